"""Logged values over steps, epochs or time, one line a run."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.frame import framed
from dashboard.curves import Curve
from dashboard.escaping import for_plotly
from dashboard.palette import NEUTRAL, Look


def curve_chart(
    curves: Sequence[Curve],
    looks: Mapping[str, Look],
    *,
    x_title: str,
    y_title: str,
    best_name: str,
    points: bool = False,
    number_format: str = ".3f",
    tick_format: str = "",
) -> go.Figure:
    """Return one line a run; where it was smoothed the measured values stay as a faint line.

    Args:
        curves: what to draw.
        looks: colour, dash and marker of each run.
        x_title: the x axis with its unit.
        y_title: the y axis with its unit.
        best_name: what the ring around the best epoch says on hover.
        points: mark each value, for values logged once an epoch.
        number_format: of the y values on hover.
        tick_format: of the y axis; plotly chooses where it is empty.
    """
    figure = go.Figure()
    for curve in curves:
        look = looks.get(curve.run_id, Look(NEUTRAL))
        line = {"color": look.colour, "width": 2, "dash": look.dash}
        if curve.smooth is not curve.y and (curve.smooth != curve.y).any():
            figure.add_scatter(
                x=curve.x, y=curve.y, mode="lines", line={**line, "width": 1}, opacity=0.28, hoverinfo="skip"
            )
        figure.add_scatter(
            x=curve.x,
            y=curve.smooth,
            mode="lines+markers" if points or len(curve.x) == 1 else "lines",
            line=line,
            marker={"symbol": look.marker, "size": 6, "color": look.colour},
            name=for_plotly(curve.name),
            hovertemplate=f"%{{y:{number_format}}} · %{{fullData.name}}<extra></extra>",
        )
        if curve.best:
            figure.add_scatter(
                x=[curve.best[0]],
                y=[curve.best[1]],
                mode="markers",
                marker={"symbol": "circle-open", "size": 15, "color": look.colour, "line": {"width": 2}},
                name=for_plotly(f"{curve.name} · {best_name}"),
                hovertemplate="%{fullData.name}<extra></extra>",
            )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, zeroline=False, nticks=7)
    figure.update_yaxes(title=y_title, zeroline=False, nticks=6, automargin=True, tickformat=tick_format)
    return framed(figure, 270)
