"""Quality against cost: which runs are worth their price?"""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed
from dashboard.escaping import for_plotly, shortened
from dashboard.palette import NEUTRAL, Look

MAX_POINTS = 150
"""So many of the best runs are worth drawing besides the front and the chosen; the table behind the chart has all."""

_HEIGHT = 330
_NAME_LENGTH = 20
_MAX_LABELS = 8
_GAP = "\u00a0" * 2


def pareto_chart(points: pd.DataFrame, looks: Mapping[str, Look], *, x_title: str, y_title: str) -> go.Figure:
    """Return Pearson's r over a cost on a logarithmic axis, the Pareto front as a step line, its runs with their names.

    Args:
        points: `run_id`, `name`, `cost` (above 0), `quality`, `front` (whether no run beats it at both); no NaN.
        looks: of the chosen runs; all others are grey.
        x_title: the cost with its unit.
        y_title: the quality.
    """
    figure = go.Figure()
    front = points[points["front"]].sort_values("cost")
    figure.add_scatter(
        x=front["cost"],
        y=front["quality"],
        mode="lines",
        line={"shape": "hv", "color": NEUTRAL, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    chosen = points["run_id"].isin(list(looks))
    for is_on_front, others in points[~chosen].groupby("front"):
        figure.add_trace(_dots(others, Look(NEUTRAL), is_filled=bool(is_on_front)))
    for run_id, one in points[chosen].groupby("run_id", sort=False):
        figure.add_trace(_dots(one, looks[str(run_id)], is_filled=bool(one["front"].all())))
    # A tag's arrow would hide the points; plain text beside them, on the inner side, stays readable.
    middle = (points["cost"].min() * points["cost"].max()) ** 0.5
    for row in front.tail(_MAX_LABELS).itertuples():
        figure.add_scatter(
            x=[row.cost],
            y=[row.quality],
            mode="text",
            text=[f"{_GAP}{for_plotly(shortened(str(row.name), _NAME_LENGTH))}{_GAP}"],
            textposition="top right" if row.cost <= middle else "top left",
            cliponaxis=False,
            hoverinfo="skip",
        )
    ticks = _ticks(points["cost"].min(), points["cost"].max())
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6},
        type="log",
        tickvals=ticks,
        ticktext=[f"{float(f'{tick:.3g}'):,g}" for tick in ticks],
        gridcolor=GRID,
        showgrid=True,
        fixedrange=True,
    )
    figure.update_yaxes(
        title=y_title, zeroline=False, nticks=6, automargin=True, tickformat=".2f", gridcolor=GRID, fixedrange=True
    )
    return framed(figure, _HEIGHT).update_layout(margin={"t": 18})


def _ticks(low: float, high: float) -> list[float]:
    """Return round costs for an axis from `low` to `high`: powers of ten, and the fewer of those the more between."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ratio = high / low
    steps = (1,) if ratio > 1000 else (1, 2, 5) if ratio > 10 else (1, 1.5, 2, 3, 4, 5, 7)
    round_ones = [step * 10.0**power for power in powers for step in steps]
    # Costs that lie close together may have no round one between them.
    return round_ones if sum(low <= tick <= high for tick in round_ones) > 1 else sorted({low, high, *round_ones})


def _dots(points: pd.DataFrame, look: Look, *, is_filled: bool) -> go.Scatter:
    return go.Scatter(
        x=points["cost"].to_numpy(),
        y=points["quality"].to_numpy(),
        mode="markers",
        marker={
            "symbol": look.marker if is_filled else f"{look.marker}-open",
            "size": 10,
            "color": look.colour,
            "line": {"width": 1.5, "color": look.colour},
        },
        customdata=[for_plotly(name) for name in points["name"]],
        hovertemplate="<b>%{customdata}</b><br>%{y:.3f} · %{x:,.4g}<extra></extra>",
    )
