"""Pairs: search, filter, read, download them, and take one to the models."""

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import view_state
from dashboard.escaping import for_html
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.tables import data_tables
from dashboard.tables.data_tables import SPLIT_COLUMN, Query
from dashboard.view_state import md, t
from dashboard.views import controls
from dashboard.views.data_sections import words
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN

MAX_ROWS = 1_000
"""So many pairs are sent to the browser; the file to download holds all."""

FILTER_WIDTH = 165
FIRST_COLUMNS = ("label", "sentence1", "sentence2", "source", "phenomenon")
_ROW_HEIGHT, _VISIBLE_ROWS = 35, 14
_LABEL_STEP = 0.1


def show(data: DataSet) -> None:
    """Pick filters, find the pairs, show the first of them, and the one that is selected in full."""
    query = _pick_query(data)
    found = data_tables.find_pairs(data.splits, query)
    total = sum(len(pairs) for pairs in data.splits.values())
    shown = _ordered(found, data)
    with st.container(horizontal=True, vertical_alignment="center", key="pair-counts"):
        st.markdown(md("data.found", count=f"{len(found):,}", total=f"{total:,}"), width="content")
        if len(found) > MAX_ROWS:
            st.caption(t("data.first_rows", limit=f"{MAX_ROWS:,}", more=f"{len(found) - MAX_ROWS:,}"), width="content")
        # As spreadsheets expect it, which take a file without the mark for another alphabet's.
        st.download_button(
            t("data.download"),
            lambda: _for_file(shown).to_csv(index=False).encode("utf-8-sig"),
            f"{data.name}.pairs.csv",
            "text/csv",
            type="tertiary",
            disabled=found.empty,
            key="pairs-csv",
        )
    if found.empty:
        st.info(t("data.nothing_found"))
        return
    with st.container(key="pair-table"):
        row = _show_table(shown.head(MAX_ROWS), data, query)
    _show_selected(shown, row)


def _pick_query(data: DataSet) -> Query:
    with st.container(horizontal=True, vertical_alignment="bottom", key="pair-filters"):
        text = controls.field("find", t("data.find"), placeholder=t("data.find_placeholder"), width=240)
        split = _pick_split(list(data.splits))
        picked = {}
        for column in ("source", "phenomenon"):
            offered = data_store.options(data, column)
            picked[column] = (
                controls.multiselect(
                    column, t(f"data_column.{column}"), offered, placeholder=t("filter.any"), width=FILTER_WIDTH
                )
                if len(offered) > 1
                else []
            )
        low, high = _pick_labels()
        only_shared = len(data.splits) > 1 and _pick_shared()
    shared = data_store.touched_ids(data) if only_shared else None
    return Query(text, split, tuple(picked["source"]), tuple(picked["phenomenon"]), low, high, shared)


def _pick_split(splits: list[str]) -> tuple[str, ...]:
    if len(splits) == 1:
        return ()
    offered = ["", *splits]
    name_of = {"": t("filter.any"), **words.split_names(splits)}
    picked = controls.single("split", t("data.split"), offered, "", lambda split: name_of[split])
    return (picked,) if picked else ()


def _pick_labels() -> tuple[float, float]:
    key = "widget.labels"
    st.session_state[key] = _labels_in_view()
    st.slider(
        t("data.label_range"),
        LABEL_MIN,
        LABEL_MAX,
        step=_LABEL_STEP,
        format="%.1f",
        key=key,
        on_change=_take_labels,
        args=(key,),
        width=200,
    )
    return _labels_in_view()


def _labels_in_view() -> tuple[float, float]:
    low, _, high = next(iter(view_state.values("labels")), "").partition("-")
    try:
        found = float(low), float(high)
    except ValueError:
        return LABEL_MIN, LABEL_MAX
    return found if LABEL_MIN <= found[0] <= found[1] <= LABEL_MAX else (LABEL_MIN, LABEL_MAX)


def _take_labels(key: str) -> None:
    low, high = st.session_state[key]
    view_state.choose("labels", [] if (low, high) == (LABEL_MIN, LABEL_MAX) else [f"{low:g}-{high:g}"])


def _pick_shared() -> bool:
    key = "widget.shared"
    st.session_state[key] = view_state.value("shared", ["yes"], "") == "yes"
    st.checkbox(t("data.only_shared"), key=key, on_change=_take_shared, args=(key,), help=t("help.only_shared"))
    return view_state.value("shared", ["yes"], "") == "yes"


def _take_shared(key: str) -> None:
    view_state.choose("shared", ["yes"] if st.session_state[key] else [])


def _ordered(found: pd.DataFrame, data: DataSet) -> pd.DataFrame:
    first = [column for column in (SPLIT_COLUMN, *FIRST_COLUMNS) if column in found]
    if len(data.splits) == 1:
        first.remove(SPLIT_COLUMN)
    if not data_store.options(data, "source"):
        first.remove("source")
    return found[[*first, *(column for column in found if column not in (*FIRST_COLUMNS, SPLIT_COLUMN))]]


def _show_table(table: pd.DataFrame, data: DataSet, query: Query) -> int | None:
    fingerprint = hashlib.sha256(f"{data.digest}{query}".encode()).hexdigest()[:12]
    state: Any = st.dataframe(
        table,
        hide_index=True,
        column_config=_column_config(table),
        height="content" if len(table) <= _VISIBLE_ROWS else _ROW_HEIGHT * (_VISIBLE_ROWS + 1),
        row_height=_ROW_HEIGHT,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key=f"pairs-{fingerprint}",
        alt=t("data.pairs_alt"),
    )
    rows = state["selection"]["rows"]
    return int(rows[0]) if rows else None


def _column_config(table: pd.DataFrame) -> dict[str, Any]:
    text = st.column_config.TextColumn
    config: dict[str, Any] = {
        SPLIT_COLUMN: text(t("data_column.split"), width=64),
        "label": st.column_config.NumberColumn(t("data_column.label"), format="%.2f", width=64),
        "sentence1": text(t("data_column.sentence1"), width=320),
        "sentence2": text(t("data_column.sentence2"), width=320),
        "source": text(t("data_column.source"), width=150),
        "phenomenon": text(t("data_column.phenomenon"), width=120),
        "pair_id": text(t("data_column.pair_id"), width=130),
    }
    return {column: config[column] for column in table if column in config}


def _show_selected(table: pd.DataFrame, row: int | None) -> None:
    if row is None or row >= len(table):
        st.caption(t("data.select_row"))
        return
    pair = table.iloc[row]
    sentences = "".join(f"<p>{for_html(pair[side])}</p>" for side in ("sentence1", "sentence2"))
    st.html(f'<div class="pair" data-testid="selected-pair">{sentences}</div>')
    if st.button(t("data.score_pair"), key="score-pair"):
        st.session_state.update(sentence1=pair["sentence1"], sentence2=pair["sentence2"])
        st.switch_page("app_pages/score.py")


def _for_file(table: pd.DataFrame) -> pd.DataFrame:
    name = "split" if "split" not in table else "prepared_split"
    return table.rename(columns={SPLIT_COLUMN: name})
