"""Tables of runs whose rows can be ticked; the ticks are the chosen runs of all pages."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import choice
from dashboard.choice import Choice
from dashboard.tables import comparison
from dashboard.tables.significance import BEHIND, BEST, STANDINGS, TIED, UNTESTED
from dashboard.view_state import t

RANKED = (
    "swatch",
    "rank",
    "name",
    "pearson",
    "standing",
    "difference",
    "difference_interval",
    "spread",
    "published",
    "published_gap",
    "milliseconds",
    "size",
    "kind",
    "interval",
    "spearman",
    "f1",
    "mse",
    "family",
    "trained_on",
    "minutes",
    "tags",
    "status",
    "created_at",
)
RANKED_APART = tuple(
    column
    for column in RANKED
    if column not in ("standing", "difference", "difference_interval", "published", "published_gap")
)
UNSCORED = ("swatch", "name", "status", "percent", "reason", "kind", "family", "minutes", "tags", "created_at")

_HIDDEN_IF_EMPTY = {"spread", "published", "published_gap"}
_STANDING_COLOURS = {BEST: "green", TIED: "green", BEHIND: "gray", UNTESTED: "orange"}
_ROW_HEIGHT = 35
_VISIBLE_ROWS = 14


def show(table: pd.DataFrame, columns: Sequence[str], chosen: Choice, name: str) -> None:
    """Show runs, one a row; `table` may end in rows without `run_id` (baselines), which can't be chosen."""
    ids = table["run_id"].where(table["run_id"].notna(), "").astype(str).tolist()
    fingerprint = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12]
    key = f"table-{name}-{fingerprint}"
    ticked = [place for place, run_id in enumerate(ids) if run_id in chosen.looks]
    # The choice may have changed elsewhere, and a tick on a baseline is taken back.
    st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}
    cells = displayed(table, chosen)
    shown = [column for column in columns if column not in _HIDDEN_IF_EMPTY or _has_values(cells[column])]
    config = _config()
    st.dataframe(
        cells.loc[:, shown],
        column_config={column: config[column] for column in shown},
        hide_index=True,
        placeholder="–",
        height="content" if len(table) <= _VISIBLE_ROWS else _ROW_HEIGHT * (_VISIBLE_ROWS + 1),
        row_height=_ROW_HEIGHT,
        key=key,
        on_select=lambda: _take(key, ids, list(chosen.looks)),
        selection_mode="multi-row",
        alt=t("table.alt"),
    )


def displayed(table: pd.DataFrame, chosen: Choice) -> pd.DataFrame:
    """Return the table with its cells as they are shown: swatches, intervals, sizes and words."""
    intervals = zip(table["pearson_low"], table["pearson_high"], strict=True)
    statuses = {status: t(f"status.{status}") for status in table["status"].dropna().unique()}
    if "standing" in table:
        differences = zip(table["difference_low"], table["difference_high"], strict=True)
        standings = {standing: [t(f"standing.{standing}")] for standing in STANDINGS}
        words = [standings.get(standing, []) for standing in table["standing"]]
        table = table.assign(
            standing=pd.Series(words, index=table.index, dtype=object),
            difference_interval=[comparison.signed_interval(low, high) for low, high in differences],
        )
    return table.assign(
        spread=[comparison.seed_spread(seeds) if isinstance(seeds, list) else "" for seeds in table["seeds"]],
        swatch=[_swatch(chosen, str(run_id)) for run_id in table["run_id"]],
        interval=[comparison.interval(low, high) for low, high in intervals],
        kind=table["kind"].map({"cross-encoder": t("kind.cross-encoder"), "bi-encoder": t("kind.bi-encoder")}),
        size=table["parameters"] / 1e6,
        minutes=table["seconds"] / 60,
        status=table["status"].map(statuses).fillna(""),
    )


def _has_values(column: pd.Series) -> bool:
    return bool((column.notna() & (column != "")).any())


def _swatch(chosen: Choice, run_id: str) -> str:
    look = chosen.looks.get(run_id)
    if look is None:
        return ""
    circle = f"%3Ccircle cx='10' cy='10' r='7' fill='%23{look.colour[1:]}'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='20' height='20'%3E{circle}%3C/svg%3E"


def _take(key: str, ids: list[str], before: list[str]) -> None:
    ticked = [ids[row] for row in st.session_state[key]["selection"]["rows"] if ids[row]]
    kept = [run_id for run_id in before if run_id not in ids or run_id in ticked]
    choice.choose([*kept, *(run_id for run_id in ticked if run_id not in kept)])


def _config() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    label = {column: t(f"column.{column}") for column in {*RANKED, *UNSCORED} - {"swatch"}}
    standings = {t(f"standing.{standing}"): colour for standing, colour in _STANDING_COLOURS.items()}
    return {
        "swatch": st.column_config.ImageColumn("", width=30),
        "rank": number(label["rank"], width=38, help=t("help.rank")),
        "name": text(label["name"], width=184),
        "standing": st.column_config.MultiselectColumn(
            label["standing"],
            width=92,
            help=t("help.standing"),
            options=list(standings),
            color=list(standings.values()),
        ),
        "difference": number(label["difference"], format="%+.3f", width=84, help=t("help.difference")),
        "difference_interval": text(label["difference_interval"], width=124, help=t("help.difference_interval")),
        "spread": text(label["spread"], width=126, help=t("help.spread")),
        "published": number(label["published"], format="%.3f", width=80, help=t("help.published")),
        "published_gap": number(label["published_gap"], format="%+.3f", width=68, help=t("help.published_gap")),
        "trained_on": text(label["trained_on"], width=110, help=t("help.trained_on")),
        "pearson": number(label["pearson"], format="%.3f", width=76, help=t("help.pearson")),
        "interval": text(label["interval"], width=112, alignment="center", help=t("help.interval")),
        "spearman": number(label["spearman"], format="%.3f", width=88, help=t("help.spearman")),
        "f1": number(label["f1"], format="%.3f", width=64, help=t("help.f1")),
        "mse": number(label["mse"], format="%.3f", width=64, help=t("help.mse")),
        "kind": text(label["kind"], width=112, help=t("help.kind")),
        "family": text(label["family"], width=76, help=t("help.family")),
        "size": number(label["size"], format="%.1f", width=80, help=t("help.size")),
        "minutes": number(label["minutes"], format="%.1f", width=104, help=t("help.minutes")),
        "milliseconds": number(label["milliseconds"], format="%.1f", width=88, help=t("help.milliseconds")),
        "tags": st.column_config.ListColumn(label["tags"], width=120),
        "status": text(label["status"], width=90),
        "percent": st.column_config.ProgressColumn(
            label["percent"], format="%.0f%%", min_value=0, max_value=100, width=120
        ),
        "reason": text(label["reason"], width=470),
        "created_at": st.column_config.DatetimeColumn(label["created_at"], format="YYYY-MM-DD HH:mm", width=130),
    }
