"""What a person can change about a run: its name, tags and note; whether it is archived; delete it, and undo that."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import view_state
from dashboard.escaping import shortened
from dashboard.view_state import md, t
from similarity import project_paths, run_catalog
from similarity.errors import SimilarityError
from similarity.run_format import RunRecord, utc_now

_DELETED, _PROBLEM, _DONE, _ROUND = "run-deleted", "run-problem", "dialog-done", "dialog-round"
_LONGEST_NAME = 60


def show_undo() -> None:
    """Offer to bring back the run that was deleted last, until something else is changed; say what went wrong."""
    if _PROBLEM in st.session_state:
        st.error(md("action.failed", reason=st.session_state.pop(_PROBLEM)))
    if _DELETED in st.session_state:
        run_id, name = st.session_state[_DELETED]
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo-bar"):
            st.markdown(md("action.deleted", run=name))
            st.button(t("action.undo"), on_click=_restore, args=(run_id,), key="undo-delete", type="primary")


def show(run: RunRecord, all_tags: Sequence[str]) -> None:
    """Show the buttons that change a run; all are off while it trains."""
    trains = run.status_at(utc_now()) == "running"
    with st.container(horizontal=True, key="run-actions"):
        if st.button(t("action.edit"), key="edit-run", disabled=trains):
            # Fields of their own each time, so that what was typed and not saved does not come back.
            st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
            st.session_state.pop(_DONE, None)
            st.dialog(t("action.edit_title"))(_edit)(run, all_tags)
        label = t("action.unarchive" if run.archived else "action.archive")
        st.button(
            label,
            key="archive-run",
            on_click=_archive,
            args=(run,),
            disabled=trains,
            help=t("help.archive"),
        )
        if st.button(t("action.delete"), key="delete-run", disabled=trains):
            st.session_state.pop(_DONE, None)
            st.dialog(t("action.delete_title"))(_confirm)(run)
    if trains:
        st.caption(t("action.trains"))


def _edit(run: RunRecord, all_tags: Sequence[str]) -> None:
    if st.session_state.pop(_DONE, False):
        st.rerun()
    if _PROBLEM in st.session_state:
        st.error(md("action.failed", reason=st.session_state.pop(_PROBLEM)))
    st.text_input(t("action.name"), run.display_name, max_chars=100, key=_key("name"))
    options = sorted({*all_tags, *run.tags})
    st.multiselect(t("column.tags"), options, run.tags, key=_key("tags"), accept_new_options=True, help=t("help.tags"))
    st.text_area(t("action.note"), run.notes, height=160, max_chars=run_catalog.LONGEST_NOTE, key=_key("note"))
    st.button(t("action.save"), type="primary", on_click=_save, args=(run,), key="save-run")


def _key(field: str) -> str:
    return f"edit-{field}-{st.session_state.get(_ROUND, 0)}"


def _confirm(run: RunRecord) -> None:
    if st.session_state.pop(_DONE, False):
        st.rerun()
    st.markdown(md("action.delete_ask", run=shortened(run.display_name, _LONGEST_NAME)))
    st.caption(t("action.delete_note"))
    st.button(t("action.delete_yes"), type="primary", on_click=_delete, args=(run,), key="delete-yes")


def _save(run: RunRecord) -> None:
    name, note = st.session_state[_key("name")], st.session_state[_key("note")]
    tags = [str(tag) for tag in st.session_state[_key("tags")]]

    def change() -> None:
        root = project_paths.runs_root()
        if name != run.display_name:
            run_catalog.rename_run(root, run.run_id, name)
        if tags != run.tags:
            gone = [tag for tag in run.tags if tag not in tags]
            run_catalog.tag_run(root, run.run_id, add=tags, remove=gone)
        if note != run.notes:
            run_catalog.note_run(root, run.run_id, note)

    st.session_state[_DONE] = _try(change, t("action.saved"))


def _archive(run: RunRecord) -> None:
    def change() -> None:
        run_catalog.archive_run(project_paths.runs_root(), run.run_id, archived=not run.archived)
        # Named in the link, the run stays on this page, from where it can be brought back.
        view_state.choose("run", [run.run_id])

    _try(change, t("action.unarchived" if run.archived else "action.archived"))


def _delete(run: RunRecord) -> None:
    def change() -> None:
        run_catalog.delete_run(project_paths.runs_root(), project_paths.trash_root(), run.run_id)
        for parameter in ("run", "against", "runs"):
            view_state.choose(parameter, [each for each in view_state.values(parameter) if each != run.run_id])

    st.session_state[_DONE] = _try(change)
    if st.session_state[_DONE]:
        st.session_state[_DELETED] = (run.run_id, shortened(run.display_name, _LONGEST_NAME))


def _restore(run_id: str) -> None:
    def change() -> None:
        run_catalog.restore_run(project_paths.runs_root(), project_paths.trash_root(), run_id)
        view_state.choose("run", [run_id])

    _try(change, t("action.restored"))


def _try(change: Callable[[], None], done: str = "") -> bool:
    try:
        change()
    except (SimilarityError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)
        return False
    st.session_state.pop(_DELETED, None)
    if done:
        st.toast(done)
    return True
