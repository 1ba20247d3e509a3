"""Tables of runs whose rows can be ticked; the ticks are the chosen runs of all pages."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import choice, comparison
from dashboard.choice import Choice
from dashboard.view_state import t

RANKED = (
    "swatch",
    "rank",
    "name",
    "pearson",
    "interval",
    "spearman",
    "f1",
    "mse",
    "kind",
    "size",
    "minutes",
    "milliseconds",
    "family",
    "tags",
    "status",
    "created_at",
)
UNSCORED = ("swatch", "name", "status", "percent", "reason", "kind", "family", "minutes", "tags", "created_at")

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
    st.dataframe(
        displayed(table, chosen).loc[:, list(columns)],
        column_config={column: _config()[column] for column in columns},
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
    return table.assign(
        swatch=[_swatch(chosen, str(run_id)) for run_id in table["run_id"]],
        interval=[comparison.interval(low, high) for low, high in intervals],
        kind=table["kind"].map({"cross-encoder": t("kind.cross-encoder"), "bi-encoder": t("kind.bi-encoder")}),
        size=table["parameters"] / 1e6,
        minutes=table["seconds"] / 60,
        status=[t(f"status.{status}") if isinstance(status, str) else "" for status in table["status"]],
    )


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
    return {
        "swatch": st.column_config.ImageColumn("", width=36),
        "rank": number(label["rank"], width=44, help=t("help.rank")),
        "name": text(label["name"], width=236),
        "pearson": number(label["pearson"], format="%.3f", width=76, help=t("help.pearson")),
        "interval": text(label["interval"], width=112, alignment="center", help=t("help.interval")),
        "spearman": number(label["spearman"], format="%.3f", width=88, help=t("help.spearman")),
        "f1": number(label["f1"], format="%.3f", width=64, help=t("help.f1")),
        "mse": number(label["mse"], format="%.3f", width=64, help=t("help.mse")),
        "kind": text(label["kind"], width=112, help=t("help.kind")),
        "family": text(label["family"], width=76, help=t("help.family")),
        "size": number(label["size"], format="%.1f", width=84, help=t("help.size")),
        "minutes": number(label["minutes"], format="%.1f", width=104, help=t("help.minutes")),
        "milliseconds": number(label["milliseconds"], format="%.1f", width=92, help=t("help.milliseconds")),
        "tags": st.column_config.ListColumn(label["tags"], width=120),
        "status": text(label["status"], width=90),
        "percent": st.column_config.ProgressColumn(
            label["percent"], format="%.0f%%", min_value=0, max_value=100, width=120
        ),
        "reason": text(label["reason"], width=470),
        "created_at": st.column_config.DatetimeColumn(label["created_at"], format="YYYY-MM-DD HH:mm", width=130),
    }
