"""Scores with their intervals, one row a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed
from dashboard.escaping import for_plotly, shortened
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
    rows = [row for place, row in enumerate(ranking.itertuples()) if place < MAX_RUNS or row.run_id in looks]
    references: list[Any] = list(baselines.dropna(subset="pearson").itertuples())
    figure = go.Figure()
    standings = [getattr(row, "standing", UNTESTED) for row in rows]
    is_tested = BEST in standings
    for place, (row, standing) in enumerate(zip(rows, standings, strict=True)):
        look = looks.get(str(row.run_id), Look(NEUTRAL))
        symbol = look.marker + (_DOTS[standing] if is_tested else "")
        figure.add_trace(_interval(row, place, look.colour, symbol, interval_name))
        seeds = getattr(row, "seeds", [])
        if len(seeds) > 1:
            figure.add_trace(_seed_bars(str(row.name), seeds, place, look.colour, seed_name))
    figure.update_layout(shapes=[_band(place) for place, each in enumerate(standings) if each in (BEST, TIED)])
    left = _left_edge(rows)
    for place, row in enumerate(references, start=len(rows)):
        if row.pearson < left:
            figure.add_trace(_off_the_scale(row, place, left))
            continue
        figure.add_trace(_interval(row, place, NEUTRAL, "diamond-open", interval_name))
        figure.add_vline(x=row.pearson, line={"color": NEUTRAL, "width": 1, "dash": "dot"}, opacity=0.7, layer="below")
    names = [str(row.name) for row in (*rows, *references)]
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[for_plotly(shortened(name, _NAME_LENGTH)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
    figure.update_xaxes(
        title={"text": x_title, "standoff": 8},
        zeroline=False,
        tickformat=".2f",
        nticks=8,
        fixedrange=True,
        showgrid=True,
        gridcolor=GRID,
    )
    return framed(figure, _FRAME_HEIGHT + _ROW_HEIGHT * len(names))


def _interval(row: Any, place: int, colour: str, symbol: str, interval_name: str) -> go.Scatter:
    has_interval = pd.notna(row.pearson_low) and pd.notna(row.pearson_high)
    between = f"<br>{interval_name} {row.pearson_low:.3f} – {row.pearson_high:.3f}" if has_interval else ""
    return go.Scatter(
        x=[row.pearson],
        y=[place],
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": symbol},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [row.pearson_high - row.pearson if has_interval else 0],
            "arrayminus": [row.pearson - row.pearson_low if has_interval else 0],
            "color": colour,
            "thickness": 2,
            "width": 4,
        },
        name=for_plotly(row.name),
        hovertemplate=f"<b>%{{fullData.name}}</b><br>%{{x:.3f}}{between}<extra></extra>",
    )


def _seed_bars(name: str, seeds: Sequence[float], place: int, colour: str, seed_name: str) -> go.Scatter:
    return go.Scatter(
        x=list(seeds),
        y=[place] * len(seeds),
        mode="markers",
        marker={"color": colour, "size": 12, "symbol": "line-ns", "line": {"color": colour, "width": 1.5}},
        opacity=0.75,
        name=for_plotly(f"{name} · {seed_name}"),
        hovertemplate="<b>%{fullData.name}</b><br>%{x:.3f}<extra></extra>",
    )


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
