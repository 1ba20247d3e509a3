"""What several pages show in the same way."""

from pathlib import Path

import streamlit as st

from dashboard.comparison import PLACEHOLDER_TAG
from dashboard.view_state import t
from similarity.run_catalog import RunCatalog
from similarity.run_format import RunRecord

STYLES = Path(__file__).parent / "style.css"
ICON = Path(__file__).parent / "icon.png"

DEMO_COMMAND = "python -m trainer demo"
TRAIN_COMMANDS = """python -m trainer prepare --help
python -m trainer train --model klue-roberta-base --data korsts"""


def header(title_key: str, subtitle: str) -> None:
    """Show a page's title and one line on what it answers."""
    st.title(t(title_key), anchor=False)
    st.caption(subtitle)


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
    st.dataframe(
        {
            t("unreadable.folder"): [run.name for run in catalog.unreadable],
            t("unreadable.reason"): [run.reason for run in catalog.unreadable],
        },
        column_config={
            t("unreadable.folder"): st.column_config.TextColumn(width="medium"),
            t("unreadable.reason"): st.column_config.TextColumn(width="large"),
        },
        hide_index=True,
        row_height=58,
        key="unreadable",
        alt=t("unreadable.title"),
    )
