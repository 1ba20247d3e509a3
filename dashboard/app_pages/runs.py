"""Runs: the leaderboard. Which run is better, and what did it cost?"""

from collections import Counter
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, choice, comparison, controls, parts, run_store, run_tables, view_state
from dashboard.choice import Choice
from dashboard.comparison import SPLIT, Ranking
from dashboard.view_state import md, t
from similarity.run_catalog import RunCatalog
from similarity.run_format import utc_now


def show() -> None:
    """Pick a data set and filters, load the runs, show the ranking."""
    catalog = run_store.catalog()
    table = comparison.run_table(catalog.runs, utc_now())
    parts.header("runs.title", _summary(catalog, table))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    parts.placeholder_banner(catalog.runs)
    chosen = choice.load(catalog)
    choice.warn_of_unknown(catalog, chosen)

    dataset = _pick_dataset(table)
    filters = _pick_filters(table[table["dataset"] == dataset])
    _show_choice(chosen)

    kept = comparison.filtered(table, filters)
    card = run_store.dataset_card(dataset)
    checksum = card.splits[SPLIT].checksum if card and SPLIT in card.splits else ""
    board = comparison.leaderboard(kept, dataset, checksum)

    if board.ranking is None and board.unscored.empty:
        st.info(t("runs.nothing_left"))
    if board.ranking is not None:
        _show_ranking(dataset, board.ranking, chosen)
    for ranking in board.others:
        _show_other_version(dataset, ranking, chosen)
    if not board.unscored.empty:
        _show_unscored(board.unscored, chosen)
    parts.unreadable_runs(catalog)


def _summary(catalog: RunCatalog, table: pd.DataFrame) -> str:
    counts = Counter(table.drop_duplicates("run_id")["status"])
    parts_of_line = [t("runs.count", count=len(catalog.runs))]
    parts_of_line += [t(f"count.{status}", count=counts[status]) for status in ("running", "failed", "stopped") if counts[status]]
    if catalog.unreadable:
        parts_of_line.append(t("count.unreadable", count=len(catalog.unreadable)))
    return t("runs.subtitle") + "  \n" + " · ".join(parts_of_line)


def _pick_dataset(table: pd.DataFrame) -> str:
    counts = table.groupby("dataset")["run_id"].nunique().to_dict()
    newest = str(table["dataset"].iloc[0])
    return controls.single(
        "data", t("filter.data"), sorted(counts), newest, lambda name: f"{view_state.plain(name)} ({counts[name]})"
    )


def _pick_filters(table: pd.DataFrame) -> dict[str, list[str]]:
    offered = {column: comparison.options(table, column) for column in comparison.FILTERS}
    offered = {column: found for column, found in offered.items() if len(found) > 1 or view_state.values(column)}
    if not offered:
        return {}
    places = st.columns(len(offered))
    return {
        column: place.container().pipe(column) if False else _filter(place, column, found)
        for place, (column, found) in zip(places, offered.items(), strict=True)
    }
