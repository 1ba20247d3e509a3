"""Scores with their intervals, one row a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed, name_rows
from dashboard.escaping import for_plotly
from dashboard.palette import COLOURS, NEUTRAL, Look
from dashboard.tables.significance import BEHIND, BEST, TIED, UNTESTED

MAX_RUNS = 30
"""A chart of intervals shows this many runs; the table below it shows all."""

_ROW_HEIGHT, _FRAME_HEIGHT = 26, 62
_MIN_ROOM = 0.25
_NAME_LENGTH = 32
_DOTS = {BEST: "", TIED: "", BEHIND: "-open", UNTESTED: "-open-dot"}


def interval_chart(
    ranking: pd.DataFrame,
    baselines: pd.DataFrame,
    looks: Mapping[str, Look],
    *,
    x_title: str,
    interval_name: str,
    seed_name: str = "",
) -> go.Figure:
    """Return one row a run: a dot at Pearson's r and its interval; baselines below as diamonds with a dotted line.

    Where the ranking has a `standing`, the best run and those tied with it lie on a band and have a filled dot, runs
    clearly behind an open one, untested runs an open one with a point. `seeds` are small bars. Chosen runs (those
    with a look) have their colour and marker, all others are grey, so the choice stands out. A baseline far below
    all runs stands at the left edge with its value, so that it does not squeeze the intervals.
    """
    rows: list[Any] = [row for place, row in enumerate(ranking.itertuples()) if place < MAX_RUNS or row.run_id in looks]
    references: list[Any] = list(baselines.dropna(subset="pearson").itertuples())
    left = _left_edge(rows)
    near = [row for row in references if row.pearson >= left]
    standings = [getattr(row, "standing", UNTESTED) for row in rows]
    own = [looks.get(str(row.run_id), Look(NEUTRAL)) for row in rows]
    dots = [_DOTS[standing] if BEST in standings else "" for standing in standings]
    drawn = [
        *(_dot(row, place, own[place].colour, own[place].marker + dots[place]) for place, row in enumerate(rows)),
        *(_dot(row, len(rows) + references.index(row), NEUTRAL, "diamond-open") for row in near),
    ]
    figure = go.Figure()
    # A trace a run would be fifty of them, each of which the browser draws on its own.
    for colour, group in pd.DataFrame(drawn).groupby("colour", sort=False):
        figure.add_trace(_intervals(group, str(colour), interval_name))
    if seeds := [
        (seed, place) for place, row in enumerate(rows) if len(getattr(row, "seeds", [])) > 1 for seed in row.seeds
    ]:
        figure.add_trace(_seed_bars(seeds, rows, own, seed_name))
    for row in references:
        if row.pearson < left:
            figure.add_trace(_off_the_scale(row, len(rows) + references.index(row), left))
    bands = [_band(place) for place, each in enumerate(standings) if each in (BEST, TIED)]
    figure.update_layout(shapes=[*bands, *(_line(row.pearson) for row in near)])
    name_rows(figure, [str(row.name) for row in (*rows, *references)], _NAME_LENGTH)
    figure.update_xaxes(
        title={"text": x_title, "standoff": 8},
        zeroline=False,
        tickformat=".2f",
        nticks=8,
        fixedrange=True,
        showgrid=True,
        gridcolor=GRID,
    )
    return framed(figure, _FRAME_HEIGHT + _ROW_HEIGHT * (len(rows) + len(references)))


def _dot(row: Any, place: int, colour: str, symbol: str) -> dict[str, Any]:
    return {
        "name": str(row.name),
        "place": place,
        "x": row.pearson,
        "low": row.pearson_low,
        "high": row.pearson_high,
        "colour": colour,
        "symbol": symbol,
    }


def _intervals(dots: pd.DataFrame, colour: str, interval_name: str) -> go.Scatter:
    between = [
        f"<br>{interval_name} {low:.3f} – {high:.3f}" if pd.notna(low) and pd.notna(high) else ""
        for low, high in zip(dots["low"], dots["high"], strict=True)
    ]
    return go.Scatter(
        x=dots["x"].to_numpy(),
        y=dots["place"].to_numpy(),
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": dots["symbol"].tolist()},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (dots["high"] - dots["x"]).fillna(0).to_numpy(),
            "arrayminus": (dots["x"] - dots["low"]).fillna(0).to_numpy(),
            "color": colour,
            "thickness": 2,
            "width": 4,
        },
        text=[for_plotly(name) + more for name, more in zip(dots["name"], between, strict=True)],
        hovertemplate="%{x:.3f} · %{text}<extra></extra>",
    )


def _seed_bars(
    seeds: Sequence[tuple[float, int]], rows: Sequence[Any], looks: Sequence[Look], seed_name: str
) -> go.Scatter:
    colours = [looks[place].colour for _, place in seeds]
    return go.Scatter(
        x=[seed for seed, _ in seeds],
        y=[place for _, place in seeds],
        mode="markers",
        marker={"color": colours, "size": 12, "symbol": "line-ns", "line": {"color": colours, "width": 1.5}},
        opacity=0.75,
        text=[for_plotly(f"{rows[place].name} · {seed_name}") for _, place in seeds],
        hovertemplate="%{x:.3f} · %{text}<extra></extra>",
    )


def _line(x: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": NEUTRAL, "width": 1, "dash": "dot"},
        "opacity": 0.7,
        "layer": "below",
    }


def _band(place: int) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": place - 0.5,
        "y1": place + 0.5,
        "fillcolor": COLOURS[2],
        "opacity": 0.13,
        "line": {"width": 0},
        "layer": "below",
    }


def _left_edge(rows: Sequence[Any]) -> float:
    ends = [
        end
        for row in rows
        for end in (row.pearson, row.pearson_low, row.pearson_high, *getattr(row, "seeds", []))
        if pd.notna(end)
    ]
    return min(ends) - max(_MIN_ROOM, max(ends) - min(ends))


def _off_the_scale(row: Any, place: int, left: float) -> go.Scatter:
    return go.Scatter(
        x=[left],
        y=[place],
        mode="markers+text",
        marker={"color": NEUTRAL, "size": 9, "symbol": "triangle-left-open"},
        text=[f" {row.pearson:.3f}"],
        textposition="middle right",
        name=for_plotly(row.name),
        hovertemplate=f"<b>%{{fullData.name}}</b><br>{row.pearson:.3f}<extra></extra>",
    )
