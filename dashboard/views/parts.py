"""What several pages show in the same way."""

from pathlib import Path

import streamlit as st

from dashboard.escaping import for_html
from dashboard.view_state import t
from similarity.run_catalog import RunCatalog
from similarity.run_format import PLACEHOLDER_TAG, RunRecord

HOUSE = Path(__file__).parents[1]
STYLES = HOUSE / "style.css"
ICON = HOUSE / "icon.png"

MAX_UNREADABLE = 50

DEMO_COMMAND = "python -m trainer demo"
TRAIN_COMMANDS = """python -m trainer prepare --name korsts --train sts-train.tsv --test sts-dev.tsv
python -m trainer train --model klue-roberta-base --data korsts"""


def header(title: str, subtitle: str, facts: str = "") -> None:
    """Show a page's title, one line on what it answers, and one of facts."""
    st.title(title, anchor=False)
    st.caption(f"{subtitle}  \n{facts}" if facts else subtitle)


def no_runs(catalog: RunCatalog) -> None:
    """Say what to do where there is no readable run, with the commands to copy."""
    with st.container(border=True, key="no-runs"):
        st.subheader(t("empty.title"), anchor=False)
        st.write(t("empty.demo"))
        st.code(DEMO_COMMAND, language="bash")
        st.write(t("empty.train"))
        st.code(TRAIN_COMMANDS, language="bash")
        st.caption(t("empty.after"))
    unreadable_runs(catalog)


def placeholder_banner(runs: list[RunRecord]) -> None:
    """Say plainly where shown runs are only a placeholder, and what to run instead."""
    if any(PLACEHOLDER_TAG in run.tags for run in runs):
        with st.container(border=True, key="placeholder-banner"):
            st.markdown(t("placeholder.text"))
            st.code(TRAIN_COMMANDS, language="bash")


def unreadable_runs(catalog: RunCatalog) -> None:
    """List the folders that can't be read as runs, each with the reason."""
    if not catalog.unreadable:
        return
    st.subheader(t("unreadable.title"), anchor=False)
    st.caption(t("unreadable.note"))
    rows = "".join(
        f"<div><dt>{for_html(run.name)}</dt><dd>{for_html(run.reason)}</dd></div>"
        for run in catalog.unreadable[:MAX_UNREADABLE]
    )
    st.html(f'<dl class="reasons" data-testid="unreadable-runs">{rows}</dl>')
    if len(catalog.unreadable) > MAX_UNREADABLE:
        st.caption(t("unreadable.more", count=len(catalog.unreadable) - MAX_UNREADABLE))
