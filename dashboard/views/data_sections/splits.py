"""Splits: what stands on both sides of two of them, what stands twice within one, and what preparing left out."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import data as charts
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.view_state import md, t
from dashboard.views import chart_view
from dashboard.views.data_sections import words
from similarity.prepared_data import DatasetCard

LEFT_OUT = (
    "duplicates",
    "swapped_duplicates",
    "duplicates_with_another_label",
    "pairs_in_test",
    "pairs_in_valid",
    "sentences_in_test",
    "sentences_in_valid",
    "bad_rows",
    "empty_after_cleaning",
)
"""Reasons of a card for leaving pairs out that have a sentence here."""

MAX_BAD_ROWS = 100


def show(data: DataSet) -> None:
    """Show what stands twice: between splits and within each, and what preparing left out."""
    if data.is_file:
        st.info(t("data.file_has_no_splits"))
    elif len(data.splits) == 1:
        st.info(t("data.one_split", split=words.split_name(next(iter(data.splits)))))
    else:
        _show_overlap(data)
    st.markdown(f"**{t('data.duplicates_title')}**")
    table = words.renamed(data_store.duplicates(data))
    st.dataframe(table, hide_index=True, column_config=words.whole_numbers(table), key="duplicates", width="content")
    st.caption(t("data.read_duplicates"))
    if data.card is not None:
        _show_left_out(data.card)


def _show_overlap(data: DataSet) -> None:
    table = data_store.overlap(data)
    names = words.split_names(data.splits)
    for place, count in zip(st.columns(2, gap="large"), ("touched", "shared_pairs"), strict=True):
        with place:
            figure = charts.overlap_chart(table, names, count, x_title=t("data.stands_in"), y_title=t("data.pairs_of"))
            title, read = t(f"data.{count}_title"), t(f"data.read_{count}")
            chart_view.show(figure, count, title=title, read=read, table=words.renamed(table))
    st.markdown("\n".join(_in_words(table, list(data.splits), names)))


def _in_words(table: pd.DataFrame, splits: list[str], names: dict[str, str]) -> list[str]:
    lines = []
    rows: list[Any] = list(table.itertuples())
    for row in rows:
        # From the later split's side: what of valid and test a model may have seen in training.
        if splits.index(row.split) < splits.index(row.other):
            continue
        fields = {"one": names[row.other], "two": names[row.split], "sentences": f"{row.shared_sentences:,}"}
        fields |= {"count": f"{row.touched:,}", "pairs": f"{row.pairs:,}", "share": f"{row.share:.1%}"}
        near = t("data.near", count=f"{row.near_sentences:,}") if row.near_sentences else ""
        lines.append(f"- {md('data.leak' if row.touched else 'data.no_leak', **fields)} {near}")
    return lines


def _show_left_out(card: DatasetCard) -> None:
    st.markdown(f"**{t('data.left_out_title')}**")
    counts = sorted(((key, count) for key, count in card.dropped.items() if count), key=lambda item: -item[1])
    if not counts:
        st.caption(t("data.nothing_left_out"))
        return
    table = pd.DataFrame(
        [{"split": key.partition("_")[0], "pairs": count, "reason": _why(key)} for key, count in counts]
    )
    st.dataframe(words.renamed(table), hide_index=True, key="left-out", width="content")
    if card.bad_rows:
        with st.expander(t("data.bad_rows", count=f"{len(card.bad_rows):,}")):
            st.code("\n".join(card.bad_rows[:MAX_BAD_ROWS]), language=None, wrap_lines=True)


def _why(key: str) -> str:
    reason = key.partition("_")[2]
    return t(f"left_out.{reason}") if reason in LEFT_OUT else reason
