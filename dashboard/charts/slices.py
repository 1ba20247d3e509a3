"""Runs on parts of the pairs: Pearson's r of each, and the difference between two."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed, name_rows
from dashboard.escaping import for_plotly
from dashboard.palette import NEUTRAL, Look

_FRAME_HEIGHT = 70
_ROOM = 0.72
_NAME_LENGTH = 28
_FAINT = 0.4


@dataclass(frozen=True)
class Rows:
    """The slices of a chart from top to bottom, what each is called, and which are too small to say much."""

    slices: list[str]
    words: Mapping[str, str]
    small: Collection[str]
    height: int
    """Pixels of a row, so that charts side by side line up."""


def slice_chart(
    scores: pd.DataFrame,
    rows: Rows,
    looks: Mapping[str, Look],
    names: Mapping[str, str],
    *,
    x_title: str,
) -> go.Figure:
    """Return Pearson's r of each run on each slice with its interval.

    Args:
        scores: `slice_scores`, with what else has a row.
        rows: what stands below each other.
        looks: how each run is drawn; a run without a look is left out.
        names: run id → name.
        x_title: of the axis.
    """
    figure = go.Figure()
    for number, (run_id, look) in enumerate(looks.items()):
        run = scores[scores["name"] == run_id].set_index("slice").reindex(rows.slices).reset_index()
        places = np.arange(len(run)) + _ROOM * ((number + 0.5) / len(looks) - 0.5)
        for table in _by_size(run.assign(value=run["pearson"], place=places), rows):
            figure.add_trace(_points(table, rows, look.colour, look.marker, names[run_id], ".3f"))
    return _with_rows(figure, rows, x_title)


def difference_chart(
    differences: pd.DataFrame, rows: Rows, colours: tuple[str, str], *, name: str, x_title: str
) -> go.Figure:
    """Return the difference between two runs on each slice: grey, or where its interval leaves out 0 in a run's colour.

    Args:
        differences: `slice_differences`, with what else has a row.
        rows: what stands below each other.
        colours: of the first run (where it is better) and of the second.
        name: what the difference is, on hover.
        x_title: of the axis.
    """
    figure = go.Figure()
    table = differences.set_index("slice").reindex(rows.slices).reset_index()
    better = np.select([table["low"] > 0, table["high"] < 0], colours, NEUTRAL)
    table = table.assign(value=table["difference"], place=np.arange(len(table)), colour=better)
    for part in _by_size(table, rows):
        for colour, same in part.groupby("colour", sort=False):
            figure.add_trace(_points(same, rows, str(colour), "circle", name, "+.3f"))
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below")
    return _with_rows(figure, rows, x_title)


def _by_size(table: pd.DataFrame, rows: Rows) -> list[pd.DataFrame]:
    small = table["slice"].isin(list(rows.small))
    return [part for part in (table[~small], table[small]) if part["value"].notna().any()]


def _points(table: pd.DataFrame, rows: Rows, colour: str, symbol: str, name: str, number_format: str) -> go.Scatter:
    faint = table["slice"].iloc[0] in rows.small
    words = [for_plotly(rows.words[name]) for name in table["slice"]]
    intervals = [
        "" if np.isnan(low) else f"<br>{low:{number_format}} – {high:{number_format}}"
        for low, high in zip(table["low"], table["high"], strict=True)
    ]
    return go.Scatter(
        x=table["value"],
        y=table["place"],
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 8},
        opacity=_FAINT if faint else 1.0,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (table["high"] - table["value"]).fillna(0),
            "arrayminus": (table["value"] - table["low"]).fillna(0),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        name=for_plotly(name),
        customdata=list(zip(words, intervals, table["pairs"], strict=True)),
        hovertemplate="<b>%{customdata[0]}</b> · n = %{customdata[2]:,}<br>%{fullData.name}: "
        f"%{{x:{number_format}}}%{{customdata[1]}}<extra></extra>",
    )


def _with_rows(figure: go.Figure, rows: Rows, x_title: str) -> go.Figure:
    name_rows(figure, [rows.words[name] for name in rows.slices], _NAME_LENGTH)
    figure.update_xaxes(
        title={"text": x_title, "standoff": 8},
        zeroline=False,
        nticks=6,
        fixedrange=True,
        showgrid=True,
        gridcolor=GRID,
    )
    return framed(figure, _FRAME_HEIGHT + rows.height * len(rows.slices))
