"""Report: the comparison of the chosen runs as one file, for people who don't have the dashboard."""

import streamlit as st

from dashboard import choice, view_state
from dashboard.escaping import for_html, shortened
from dashboard.report import load
from dashboard.report.load import Report
from dashboard.report.recipes import evaluate_command
from dashboard.stores import run_store
from dashboard.view_state import md, t
from dashboard.views import controls, parts
from similarity.run_format import RunRecord

PREVIEW_HEIGHT = 900


def show() -> None:
    """Pick runs and a data set, make the report, offer it in two formats and show what it looks like."""
    catalog = run_store.catalog()
    parts.header(t("report.title"), t("report.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    chosen = choice.load(catalog, fall_back=True, prefer=lambda run: bool(load.scored_on([run])))
    choice.picker(catalog, chosen)
    if not chosen.runs:
        return
    parts.placeholder_banner(chosen.runs)
    offered = load.scored_on(chosen.runs)
    if not offered:
        _say_nothing_to_report(chosen.runs[0])
        return
    dataset, show_pairs = _pick(offered)
    with st.spinner(t("report.making")):
        made = load.report(chosen, dataset, view_state.language(), show_pairs=show_pairs)
    _show_downloads(made)
    _show_preview(made)


def _say_nothing_to_report(run: RunRecord) -> None:
    st.info(t("report.nothing"))
    st.code(evaluate_command(run.run_id, run.data.name), language="bash")


def _pick(offered: dict[str, int]) -> tuple[str, bool]:
    names = list(offered)
    with st.container(horizontal=True, vertical_alignment="bottom", key="report-options"):
        dataset = controls.single(
            "data",
            t("filter.data"),
            names,
            names[0],
            lambda name: f"{name} ({offered[name]:,})",
            width="content",
        )
        hidden = controls.toggle("hide", t("report.hide_pairs"), help=t("report.help_hide_pairs"))
    unknown = [name for name in view_state.values("data") if name not in offered]
    if unknown:
        st.warning(md("report.unknown_data", name=shortened(unknown[0], 80), shown=dataset))
    card = run_store.dataset_card(dataset)
    if not hidden and card is not None and not card.licence:
        st.caption(t("report.no_licence_note"))
    return dataset, not hidden


def _show_downloads(made: Report) -> None:
    with st.container(horizontal=True, key="report-downloads"):
        for text, kind, content, mime in (
            ("html", "html", made.html, "text/html"),
            ("markdown", "md", made.markdown, "text/markdown"),
        ):
            data = content.encode()
            st.download_button(
                t(f"report.download_{text}", size=_size(len(data))),
                data,
                f"{made.file_name}.{kind}",
                mime,
                type="primary" if kind == "html" else "secondary",
                on_click="ignore",
                key=f"download-{text}",
            )
    st.caption(t("report.download_read"))


def _show_preview(made: Report) -> None:
    # Streamlit's own frame may run scripts and reach this page; the frame within it may do neither.
    frame = f'<iframe sandbox srcdoc="{for_html(made.preview)}" title="{for_html(t("report.preview"))}"></iframe>'
    style = "<style>html,body{margin:0;height:100%}iframe{border:0;width:100%;height:100%;display:block}</style>"
    with st.container(border=True, key="report-preview"):
        st.iframe(f"{style}{frame}", height=PREVIEW_HEIGHT, alt=t("report.preview"))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 1):.0f} kB"


if __name__ == "__main__":
    show()
