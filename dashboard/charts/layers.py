"""Parameters by layer, one row a module."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, framed
from dashboard.escaping import for_plotly

_ROW_HEIGHT, _FRAME_HEIGHT = 24, 96


def layer_chart(
    parts: pd.DataFrame, colours: Mapping[str, str], names: Mapping[str, str], *, x_title: str, unit: float = 1e6
) -> go.Figure:
    """Return one stacked bar a module, the input at the top.

    Args:
        parts: `label` (of the module), `kind` (a key of `colours`) and `parameters`, in the order to draw.
        colours: kind → colour, in the order of the legend.
        names: kind → what the legend says.
        x_title: the x axis with its unit.
        unit: by what the parameters are divided.
    """
    labels: Sequence[str] = list(dict.fromkeys(parts["label"]))
    figure = go.Figure()
    for kind, colour in colours.items():
        sums = parts[parts["kind"] == kind].groupby("label", sort=False)["parameters"].sum()
        if sums.empty:
            continue
        figure.add_bar(
            x=[sums.get(label, 0) / unit for label in labels],
            y=[for_plotly(label) for label in labels],
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            name=for_plotly(names[kind]),
            customdata=[sums.get(label, 0) for label in labels],
            hovertemplate="%{y} · %{fullData.name}<br>%{customdata:,}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, automargin=True, fixedrange=True)
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6},
        showgrid=True,
        gridcolor=GRID,
        zeroline=False,
        nticks=6,
        fixedrange=True,
    )
    framed(figure, _FRAME_HEIGHT + _ROW_HEIGHT * len(labels))
    return figure.update_layout(
        barmode="stack",
        bargap=0.25,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal"},
    )
