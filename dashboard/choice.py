"""The chosen runs: from the URL, with one look each, and what to say about ids that no run has."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import palette, view_state
from dashboard.escaping import for_html, shortened
from dashboard.tables import comparison
from dashboard.view_state import md, t
from dashboard.views import controls
from similarity.run_catalog import RunCatalog
from similarity.run_format import RunRecord

MAX_CHOSEN = 20
DEFAULT_COUNT = 3


@dataclass(frozen=True)
class Choice:
    """The runs that a page shows, with their names and looks; `is_default` where nobody chose them."""

    runs: list[RunRecord]
    labels: dict[str, str]
    looks: dict[str, palette.Look]
    unknown: list[str]
    is_default: bool = False


def load(
    catalog: RunCatalog, *, fall_back: bool = False, prefer: Callable[[RunRecord], bool] = lambda run: True
) -> Choice:
    """Return the chosen runs; with `fall_back` the newest where none is, those that `prefer` likes first."""
    by_id = {run.run_id: run for run in catalog.runs}
    ids = list(dict.fromkeys(view_state.values("runs")))
    known = [run_id for run_id in ids if run_id in by_id][:MAX_CHOSEN]
    unknown = [run_id for run_id in ids if run_id not in by_id]
    is_default = fall_back and not ids
    if is_default:
        liked_first = sorted(catalog.runs, key=prefer, reverse=True)
        known = [run.run_id for run in liked_first[:DEFAULT_COUNT]]
    oldest_first = [run.run_id for run in reversed(catalog.runs)]
    return Choice(
        [by_id[run_id] for run_id in known],
        comparison.labels_of(catalog.runs),
        palette.looks_of(known, oldest_first),
        unknown,
        is_default,
    )


def choose(run_ids: list[str]) -> None:
    """Make these the chosen runs; to be called in a callback."""
    if len(run_ids) > MAX_CHOSEN:
        st.toast(t("choice.too_many", limit=MAX_CHOSEN))
    view_state.choose("runs", run_ids[:MAX_CHOSEN])


def picker(catalog: RunCatalog, choice: Choice) -> None:
    """Show a list to choose runs from, and what is wrong with the ids in the link."""
    controls.multiselect(
        "runs",
        t("choice.label"),
        [run.run_id for run in catalog.runs],
        lambda run_id: choice.labels[run_id],
        placeholder=t("choice.placeholder"),
        limit=MAX_CHOSEN,
    )
    if choice.is_default:
        st.caption(t("choice.default", count=len(choice.runs)))
    warn_of_unknown(catalog, choice)


def warn_of_unknown(catalog: RunCatalog, choice: Choice) -> None:
    """Say which ids of the link no run has, or whose run can't be read."""
    if not choice.unknown:
        return
    reasons = {run.name: run.reason for run in catalog.unreadable}
    with st.container(key="unknown-runs"):
        for run_id in choice.unknown[:5]:
            name = shortened(run_id, 80)
            if run_id in reasons:
                st.warning(md("choice.unreadable", run=name, reason=reasons[run_id]))
            else:
                st.warning(md("choice.unknown", run=name))
        st.button(t("choice.forget"), key="forget-unknown", on_click=choose, args=([r.run_id for r in choice.runs],))


def legend(choice: Choice) -> None:
    """Show the chosen runs as chips in their colours."""
    chips = "".join(
        f'<span class="chip"><i style="background:{choice.looks[run.run_id].colour}" '
        f'data-dash="{choice.looks[run.run_id].dash}"></i>'
        f"{for_html(shortened(choice.labels[run.run_id], 48))}</span>"
        for run in choice.runs
    )
    st.html(f'<div class="chips" data-testid="chosen-runs">{chips}</div>', width="content")
