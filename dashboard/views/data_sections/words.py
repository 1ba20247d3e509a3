"""What all sections of the data page share: the names of splits, groups and columns, and the splits' colours."""

from collections.abc import Collection, Iterable, Sized
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.data import SPLIT_COLOURS
from dashboard.escaping import for_html
from dashboard.tables.data_tables import NO_VALUE, OTHERS
from dashboard.view_state import t
from dashboard.views import controls

COLUMNS = (
    "split",
    "other",
    "band",
    "group",
    "pairs",
    "share",
    "mean_label",
    "similar",
    "operation",
    "reason",
    "shared_sentences",
    "shared_pairs",
    "touched",
    "near_sentences",
    "sentences",
    "repeated_sentences",
    "repeated_pairs",
    "other_label",
    "identical",
    "tokenizer",
    "kind",
    "median",
    "p95",
    "longest",
    "limit",
    "cut",
    "cut_share",
    "low",
    "width",
)
"""Columns that are named for the reader."""


ALL = ""
"""Stands for all sources together."""

_KNOWN_SPLITS = ("train", "valid", "test", "file", "before", "after")


def split_name(split: str) -> str:
    """Return what a split, or what stands in its place, is called."""
    return t(f"data_split.{split}") if split in _KNOWN_SPLITS else split


def split_names(splits: Iterable[str]) -> dict[str, str]:
    """Return split → what it is called."""
    return {split: split_name(split) for split in splits}


def group_name(group: str) -> str:
    """Return what a source or a phenomenon is called."""
    return {OTHERS: t("data.others"), NO_VALUE: t("data.no_value"), ALL: t("data.all_sources")}.get(group, group)


def group_names(groups: Iterable[object]) -> dict[str, str]:
    """Return group → what it is called."""
    return {str(group): group_name(str(group)) for group in groups}


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of numbers with its columns, splits and groups named for the reader."""
    named = table.copy()
    for column, name_of in (("split", split_name), ("other", split_name), ("group", group_name)):
        if column in named:
            named[column] = [name_of(str(value)) for value in named[column]]
    return named.rename(columns={name: t(f"data_column.{name}") for name in table.columns if name in COLUMNS})


def whole_numbers(table: pd.DataFrame) -> dict[str, Any]:
    """Return how a table shows its columns of whole numbers: with a mark between thousands."""
    return {str(name): st.column_config.NumberColumn(format="localized") for name in table.select_dtypes("integer")}


def colours(splits: Sized) -> str:
    """Return that colours are splits, with a space behind it; nothing where there is but one."""
    return f"{t('data.colours')} " if len(splits) > 1 else ""


def legend(splits: Collection[str]) -> None:
    """Show the splits as chips in their colours; nothing where there is but one."""
    if len(splits) < 2:
        return
    chips = "".join(
        f'<span class="chip"><i style="background:{SPLIT_COLOURS[split]}"></i>{for_html(split_name(split))}</span>'
        for split in splits
    )
    st.html(f'<div class="chips">{chips}</div>', width="content")


def pick_split(splits: list[str]) -> str:
    """Show a choice of one split, test where nobody chose; none to choose from where there is but one."""
    default = "test" if "test" in splits else splits[0]
    return controls.single("split", t("data.split"), splits, default, split_name) if len(splits) > 1 else splits[0]
