"""Run card: what exactly is this run, can it be repeated, and how does it differ from another one?"""

import streamlit as st

from dashboard import choice, view_state
from dashboard.escaping import for_html, for_markdown, shortened
from dashboard.stores import run_store
from dashboard.tables import comparison
from dashboard.view_state import md, t
from dashboard.views import controls, difference_view, parts, run_actions, run_sections
from similarity.run_catalog import RunCatalog
from similarity.run_format import RunRecord, utc_now

SECTIONS = {
    "scores": run_sections.show_scores,
    "recipe": run_sections.show_reproduction,
    "epochs": run_sections.show_epochs,
    "network": run_sections.show_network,
    "files": run_sections.show_files,
}
_LOG_LINES, _LOG_HEIGHT = 16, 340


def show() -> None:
    """Pick one run or two; show all about the one, or what differs between the two."""
    catalog = run_store.catalog()
    parts.header(t("run_card.title"), t("run_card.subtitle"))
    run_actions.show_undo()
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    labels = comparison.labels_of(catalog.runs)
    choice.warn_of_unknown(catalog, choice.load(catalog))
    run, against = _pick(catalog, labels)
    parts.placeholder_banner([each for each in (run, against) if each])
    if against is None:
        _show_run(run, labels[run.run_id], sorted({tag for each in catalog.runs for tag in each.tags}))
    else:
        oldest_first = [each.run_id for each in reversed(catalog.runs)]
        difference_view.show(run, against, labels, oldest_first, with_equal=bool(view_state.values("equal")))


def _pick(catalog: RunCatalog, labels: dict[str, str]) -> tuple[RunRecord, RunRecord | None]:
    runs = {run.run_id: run for run in catalog.runs}
    default = next((run.run_id for run in choice.load(catalog, fall_back=True).runs), catalog.runs[0].run_id)
    for parameter in ("run", "against"):
        _warn_of_unknown(catalog, parameter)
    names = {
        run_id: f"{labels[run_id]} · {t('card.archived')}" if run.archived else labels[run_id]
        for run_id, run in runs.items()
    }
    left, right = st.columns(2)
    with left:
        chosen = controls.single("run", t("run_card.run"), list(runs), default, names.__getitem__, side_by_side=False)
    others = ["", *(run_id for run_id in runs if run_id != chosen)]
    with right:
        against = controls.single(
            "against",
            t("run_card.against"),
            others,
            "",
            lambda run_id: names.get(run_id, t("run_card.nothing")),
            side_by_side=False,
        )
    with st.container(horizontal=True, vertical_alignment="center", key="card-tools"):
        if against:
            st.button(t("run_card.swap"), on_click=_swap, args=(chosen, against), key="swap-runs")
            st.button(
                t("run_card.choose"),
                on_click=choice.choose,
                args=([chosen, against],),
                key="choose-both",
                help=t("help.choose"),
            )
            controls.toggle("equal", t("run_card.equal"))
        if run_store.archived_count():
            controls.toggle("archived", t("run_card.show_archived"), help=t("help.archive"))
    return runs[chosen], runs.get(against)


def _warn_of_unknown(catalog: RunCatalog, parameter: str) -> None:
    known = {run.run_id for run in catalog.runs}
    reasons = {run.name: run.reason for run in catalog.unreadable}
    for run_id in view_state.values(parameter)[:1]:
        if run_id in reasons:
            st.warning(md("choice.unreadable", run=shortened(run_id, 80), reason=reasons[run_id]))
        elif run_id not in known:
            st.warning(md("choice.unknown", run=shortened(run_id, 80)))


def _swap(first: str, second: str) -> None:
    view_state.choose("run", [second])
    view_state.choose("against", [first])


def _show_run(run: RunRecord, label: str, all_tags: list[str]) -> None:
    st.subheader(for_markdown(label), anchor=False)
    _show_words(run)
    run_actions.show(run, all_tags)
    _show_failure(run)
    _show_figures(run)
    _show_section(run)


def _show_words(run: RunRecord) -> None:
    status = run.status_at(utc_now())
    words = [
        t(f"status.{status}"),
        *([t("card.archived")] if run.archived else []),
        t(f"kind.{run.model.architecture}"),
    ]
    chips = "".join(f'<span class="chip">{for_html(word)}</span>' for word in words)
    chips += "".join(f'<span class="chip tag">{for_html(tag)}</span>' for tag in run.tags)
    started = t("run_card.started", time=f"{run.created_at:%Y-%m-%d %H:%M}")
    note = f'<p class="run-note">{for_html(run.notes)}</p>' if run.notes else ""
    st.html(
        f'<div class="run-words" data-testid="run-words"><div class="chips">{chips}</div>'
        f"<p><code>{for_html(run.run_id)}</code> <span>{started}</span></p>{note}</div>"
    )


def _show_failure(run: RunRecord) -> None:
    status = run.status_at(utc_now())
    if run.error is not None:
        st.warning(f"**{for_markdown(run.error.type)}**: {for_markdown(run.error.message)}")
        if run.error.details:
            with st.expander(t("failure.details"), expanded=status == "failed"):
                is_long = run.error.details.count("\n") >= _LOG_LINES
                st.code(run.error.details, "text", wrap_lines=True, height=_LOG_HEIGHT if is_long else "content")
    elif status == "stopped":
        st.warning(t("failure.silent"))
    if status in ("failed", "stopped"):
        st.caption(t("failure.resume"))
        st.code(f"python -m trainer train --resume {run.run_id}", language="bash")


def _show_figures(run: RunRecord) -> None:
    best = run.best
    test = run.metrics.get(run.data.name, {}).get(comparison.SPLIT)
    figures = {
        "best_epoch": "–" if best is None else t("figure.of", done=f"{best.epoch:g}", whole=f"{run.progress.epochs:g}"),
        "valid_pearson": "–" if best is None or best.value is None else f"{best.value:.3f}",
        "test_pearson": "–" if test is None or test.pearson is None else f"{test.pearson:.3f}",
        "parameters": "–" if run.model.parameters is None else f"{run.model.parameters / 1e6:,.1f} M",
        "seconds": comparison.duration(run.cost.seconds),
        "milliseconds": "–" if run.cost.milliseconds_per_pair is None else f"{run.cost.milliseconds_per_pair:.1f} ms",
        "memory": "–" if run.cost.peak_memory_mb is None else f"{run.cost.peak_memory_mb:,.0f} MB",
    }
    shown = "".join(
        f'<div title="{for_html(t(f"help.figure_{name}"))}"><dt>{t(f"figure.{name}")}</dt><dd>{value}</dd></div>'
        for name, value in figures.items()
    )
    st.html(f'<dl class="figures" data-testid="run-figures">{shown}</dl>')


def _show_section(run: RunRecord) -> None:
    labels = {t(f"section.{name}"): name for name in SECTIONS}
    chosen = view_state.value("section", list(SECTIONS), "scores")
    # The state of tabs is the open one's label, which is another in each language.
    st.session_state["widget.section"] = t(f"section.{chosen}")
    tabs = st.tabs(list(labels), key="widget.section", on_change=_take_section, args=(labels,))
    for tab, name in zip(tabs, SECTIONS, strict=True):
        if name == chosen:
            with tab:
                SECTIONS[name](run)


def _take_section(labels: dict[str, str]) -> None:
    name = labels.get(str(st.session_state["widget.section"]), "scores")
    view_state.choose("section", [] if name == "scores" else [name])


if __name__ == "__main__":
    show()
