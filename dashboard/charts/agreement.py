"""How alike runs are: Pearson's r between each two, and how many of them are right."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed
from dashboard.escaping import for_plotly, shortened
from dashboard.palette import COLOURS, NEUTRAL

_NAME_LENGTH = 20
_LOW, _HIGH = "#e3ebfa", "#1f3f80"
_WRITTEN = 8
"""Up to this many runs the numbers stand in the cells."""


def correlation_chart(correlations: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """Return a square of r between each two runs, the darker the higher; r of a run with itself is left empty."""
    values = correlations.to_numpy(dtype=np.float64, copy=True)
    np.fill_diagonal(values, np.nan)
    titles = [for_plotly(shortened(names[str(run_id)], _NAME_LENGTH)) for run_id in correlations.columns]
    places = list(range(len(titles)))
    figure = go.Figure(
        go.Heatmap(
            x=places,
            y=places,
            z=values,
            zmin=0,
            zmax=1,
            colorscale=[[0, _LOW], [1, _HIGH]],
            texttemplate="%{z:.2f}" if len(titles) <= _WRITTEN else "",
            textfont={"size": 13},
            showscale=False,
            hoverongaps=False,
            xgap=2,
            ygap=2,
            customdata=[[f"{row} × {column}" for column in titles] for row in titles],
            hovertemplate="%{customdata}<br>r = %{z:.3f}<extra></extra>",
        )
    )
    axis = {"tickvals": places, "ticktext": titles, "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(side="bottom", range=[-0.5, len(titles) - 0.5], automargin=True, **axis)
    figure.update_yaxes(range=[len(titles) - 0.5, -0.5], automargin=True, **axis)
    return framed(figure, 120 + max(22, 280 // len(titles)) * len(titles))


def right_chart(counts: pd.DataFrame, *, x_title: str, y_title: str) -> go.Figure:
    """Return how many pairs (bars) are put right by how many of the runs."""
    shares = counts["pairs"] / counts["pairs"].sum()
    figure = go.Figure(
        go.Bar(
            x=counts["runs"],
            y=counts["pairs"],
            text=[f"{share:.0%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            marker={"color": _ends_stand_out(len(counts))},
            hovertemplate=f"{x_title}: %{{x}}<br>%{{y:,}} (%{{text}})<extra></extra>",
        )
    )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, dtick=1, zeroline=False, fixedrange=True)
    figure.update_yaxes(title=y_title, zeroline=False, gridcolor=GRID, fixedrange=True, automargin=True)
    return framed(figure, 260).update_layout(margin={"t": 24}, bargap=0.35)


def _ends_stand_out(count: int) -> Sequence[str]:
    return [COLOURS[0] if place in (0, count - 1) else NEUTRAL for place in range(count)]
