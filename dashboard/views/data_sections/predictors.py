"""Trivial predictors: what is reached without understanding a sentence, beside the chosen runs."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import choice
from dashboard.charts import data as charts
from dashboard.choice import Choice
from dashboard.escaping import shortened
from dashboard.palette import NEUTRAL
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.tables import comparison, trivial_predictors
from dashboard.tables.data_findings import STRONG_SOURCE
from dashboard.tables.trivial_predictors import SOURCE_MEAN
from dashboard.view_state import md, t
from dashboard.views import chart_view
from dashboard.views.data_sections import words
from similarity.metrics import Scores
from similarity.run_catalog import RunCatalog
from similarity.run_format import RunRecord

MAX_NAMES = 5


def show(data: DataSet, catalog: RunCatalog) -> None:
    """Show what trivial predictors reach on valid or test, and the chosen runs measured on the very same pairs."""
    if not data.measured_on:
        st.info(t("data.nothing_to_measure"))
        return
    split = words.pick_split(data.measured_on)
    if "train" not in data.splits:
        st.caption(t("data.file_unfitted" if data.is_file else "data.unfitted"))
    checksum = data.card.splits[split].checksum if data.card else ""
    rows = _trivial_rows(data, split)
    _warn_of_sources(data, split)
    if checksum and catalog.runs:
        chosen = choice.load(
            catalog, fall_back=True, prefer=lambda run: _scores_of(run, data.name, split, checksum) is not None
        )
        choice.picker(catalog, chosen)
        rows = [*_run_rows(data, split, checksum, chosen), *rows]
    _show_rows(data, split, rows)


def _trivial_rows(data: DataSet, split: str) -> list[dict[str, Any]]:
    found = data_store.without_a_network(data, split)
    rows = [_row(t(f"predictor.{name}"), scores, NEUTRAL, "diamond-open") for name, scores in found.items()]
    return sorted(rows, key=lambda row: -math.inf if math.isnan(row["pearson"]) else row["pearson"], reverse=True)


def _run_rows(data: DataSet, split: str, checksum: str, chosen: Choice) -> list[dict[str, Any]]:
    rows, left_out = [], []
    for run in chosen.runs:
        scores = _scores_of(run, data.name, split, checksum)
        look = chosen.looks[run.run_id]
        if scores is None:
            left_out.append(shortened(chosen.labels[run.run_id], 48))
        else:
            rows.append(_row(chosen.labels[run.run_id], scores, look.colour, "circle"))
    if left_out:
        more = f" +{len(left_out) - MAX_NAMES}" if len(left_out) > MAX_NAMES else ""
        names = ", ".join(left_out[:MAX_NAMES]) + more
        st.caption(md("data.runs_left_out", runs=names, split=words.split_name(split)))
    return sorted(rows, key=lambda row: row["pearson"], reverse=True)


def _scores_of(run: RunRecord, dataset: str, split: str, checksum: str) -> Scores | None:
    scores = run.metrics.get(dataset, {}).get(split)
    return scores if scores is not None and scores.checksum == checksum and scores.pearson is not None else None


def _row(name: str, scores: Scores, colour: str, marker: str) -> dict[str, Any]:
    names = {"pearson": "pearson", "low": "pearson_low", "high": "pearson_high", "spearman": "spearman", "f1": "f1"}
    values = {short: getattr(scores, field) for short, field in names.items()}
    numbers = {short: math.nan if value is None else float(value) for short, value in values.items()}
    return {"name": name, **numbers, "colour": colour, "marker": marker}


def _warn_of_sources(data: DataSet, split: str) -> None:
    ratio = trivial_predictors.source_ratio(data.splits[split])
    if math.isnan(ratio):
        return
    mean = data_store.trivial_scores(data, split).get(SOURCE_MEAN)
    said = t("data.source_ratio", ratio=f"{ratio:.3f}", share=f"{ratio**2:.0%}")
    if mean is not None and (mean.pearson or 0) >= STRONG_SOURCE:
        said = f"{t('data.strong_mean', value=f'{mean.pearson:.3f}')} {said}"
    if (ratio if mean is None else mean.pearson or 0) >= STRONG_SOURCE:
        st.warning(f"{said} {t('data.strong_source')}")
    else:
        st.caption(said)


def _show_rows(data: DataSet, split: str, rows: list[dict[str, Any]]) -> None:
    table = pd.DataFrame(rows)
    numbers = table.assign(
        interval=[comparison.interval(low, high) for low, high in zip(table["low"], table["high"], strict=True)]
    )[["name", "pearson", "interval", "spearman", "f1"]]
    columns = {name: t(f"data_column.{'predictor' if name == 'name' else name}") for name in numbers.columns}
    left, right = st.columns([2, 3], gap="large")
    with left:
        chart_view.show(
            charts.predictor_chart(
                [row for row in rows if not math.isnan(row["pearson"])],
                x_title=t("data.pearson_axis", split=words.split_name(split)),
                interval_name=t("data_column.interval"),
            ),
            "predictors",
            title=t("data.predictors_title", split=words.split_name(split), pairs=f"{len(data.splits[split]):,}"),
            read=t("data.read_predictors"),
            table=numbers.rename(columns=columns),
            terms=("pearson", "interval"),
        )
    with right:
        number = st.column_config.NumberColumn(format="%.3f", width="small")
        config: dict[str, Any] = {columns[name]: number for name in ("pearson", "spearman", "f1")}
        config[columns["name"]] = st.column_config.TextColumn(width=210)
        st.markdown(f"**{t('data.predictor_numbers')}**")
        st.dataframe(
            numbers.rename(columns=columns),
            hide_index=True,
            placeholder="–",
            column_config=config,
            key="predictor-table",
        )
        st.caption(" ".join(_read_table(data, split)))


def _read_table(data: DataSet, split: str) -> list[str]:
    read = [t("data.on_scale")] if "train" in data.splits else []
    similar = trivial_predictors.all_similar_f1(data.splits[split])
    return [*read, t("data.all_similar", f1=f"{similar:.3f}")]
