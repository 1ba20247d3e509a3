"""Lengths: how many tokens each model's input has, and what its limit cuts off."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.charts import data as charts
from dashboard.escaping import shortened
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.tables import data_tokens
from dashboard.tables.data_tokens import Feeding, Ints
from dashboard.view_state import t
from dashboard.views import chart_view, controls
from dashboard.views.data_sections import words
from similarity.run_catalog import RunCatalog

UNITS = ("characters", "words")
MAX_NAMES = 3

Lengths = dict[str, Ints]
"""Split → the length of each pair."""


def show(data: DataSet, catalog: RunCatalog, chosen: list[str]) -> None:
    """Show the lengths by one model's tokenizer, or in characters or words, and all of them in a table."""
    feedings = {feeding.key: feeding for feeding in data_store.feedings(catalog.runs, chosen)}
    if not feedings:
        st.info(t("data.no_tokenizer"))
    with st.spinner(t("data.counting"), show_time=True):
        lengths = {key: _lengths(data, feedings.get(key), key) for key in (*feedings, *UNITS)}
    names = {key: _name(feeding) for key, feeding in feedings.items()} | {unit: t(f"data.{unit}") for unit in UNITS}
    picked = controls.single(
        "tokenizer",
        t("data.tokenizer"),
        list(names),
        next(iter(names)),
        lambda key: names[key],
        side_by_side=False,
        width=560,
        help=t("help.tokenizer"),
    )
    words.legend(data.splits)
    _show_histogram(data, lengths[picked], feedings.get(picked), picked)
    st.markdown(f"**{t('data.tokenizers_title')}**")
    table = _table(lengths, feedings)
    st.dataframe(
        words.renamed(table), hide_index=True, placeholder="–", column_config=_column_config(), key="tokenizers"
    )
    if feedings:
        st.caption(t("data.read_tokenizers", runs=data_store.MAX_RUNS, limit=data_tokens.MAX_TOKENIZERS))


def _lengths(data: DataSet, feeding: Feeding | None, unit: str) -> Lengths:
    if feeding is None:
        return {split: data_store.text_lengths(data, split, unit) for split in data.splits}
    return {split: data_store.input_lengths(data, split, feeding) for split in data.splits}


def _show_histogram(data: DataSet, lengths: Lengths, feeding: Feeding | None, unit: str) -> None:
    histogram = data_tokens.length_histogram(list(lengths.items()))
    limit = feeding.max_length if feeding else None
    figure = charts.length_chart(
        histogram,
        words.split_names(data.splits),
        limit=limit,
        limit_name=t("data.limit", limit=limit),
        x_title=t(f"length_axis.{feeding.architecture if feeding else unit}"),
        y_title=t("data.share_axis"),
    )
    chart_view.show(
        figure,
        "lengths",
        title=t("data.lengths_title"),
        read=" ".join(_read(data, lengths, feeding)),
        table=words.renamed(histogram),
    )


def _read(data: DataSet, lengths: Lengths, feeding: Feeding | None) -> list[str]:
    read = [t(f"read_lengths.{feeding.architecture if feeding else 'text'}")]
    counted = _all(lengths)
    if feeding and feeding.max_length:
        cut = counted > feeding.max_length
        read.append(t("data.cut", count=f"{cut.sum():,}", share=f"{cut.mean():.2%}", limit=feeding.max_length))
    if len(counted) < sum(len(pairs) for pairs in data.splits.values()):
        read.append(t("data.sampled", limit=f"{data_tokens.MAX_PAIRS:,}"))
    return read


def _table(lengths: dict[str, Lengths], feedings: dict[str, Feeding]) -> pd.DataFrame:
    rows = []
    for key, counted in lengths.items():
        feeding = feedings.get(key)
        rows.append(
            {
                "tokenizer": " / ".join(feeding.names) if feeding else t(f"data.{key}"),
                "kind": t(f"kind.{feeding.architecture}") if feeding else "",
                **data_tokens.summary(_all(counted), feeding.max_length if feeding else None),
            }
        )
    return pd.DataFrame(rows)


def _column_config() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    whole = ("median", "p95", "longest", "limit", "cut")
    columns: dict[str, Any] = {t(f"data_column.{name}"): number(format="%d", width="small") for name in whole}
    columns[t("data_column.cut_share")] = number(format="percent", width="small")
    columns[t("data_column.tokenizer")] = st.column_config.TextColumn(width="large")
    return columns


def _name(feeding: Feeding) -> str:
    more = f" +{len(feeding.names) - MAX_NAMES}" if len(feeding.names) > MAX_NAMES else ""
    names = " / ".join(shortened(name, 30) for name in feeding.names[:MAX_NAMES]) + more
    return f"{names} · {t(f'kind.{feeding.architecture}')} · {feeding.max_length or '–'}"


def _all(lengths: Lengths) -> Ints:
    return np.concatenate(list(lengths.values()))
