"""Logged values over steps, epochs or time, one line a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from dashboard.charts.frame import framed
from dashboard.escaping import for_plotly, shortened
from dashboard.palette import NEUTRAL, Look
from dashboard.tables.curves import Curve, Range

NAME_LENGTH = 60
SMALL_HEIGHT = 240
"""Up to this height in pixels marks are smaller."""


@dataclass(frozen=True)
class Axes:
    """The axes of a chart of curves.

    `best_name` is what the ring around the kept epoch says on hover; `points` marks each value, for values logged
    once an epoch; `shown` limits the y axis, which otherwise shows everything; `height` is in pixels.
    """

    x_title: str
    y_title: str
    best_name: str
    points: bool = False
    number_format: str = ".3f"
    log: bool = False
    shown: Range | None = None
    height: int = 270


def curve_chart(curves: Sequence[Curve], looks: Mapping[str, Look], axes: Axes) -> go.Figure:
    """Return one line a run; where it was smoothed the measured values stay as a faint line.

    Args:
        curves: what to draw.
        looks: colour, dash and marker of each run.
        axes: titles, formats, range and size.
    """
    figure = go.Figure()
    where = f"<br>{for_plotly(axes.x_title)} %{{x:,.6~g}}<extra></extra>"
    for curve in curves:
        look = looks.get(curve.run_id, Look(NEUTRAL))
        line = {"color": look.colour, "width": 2, "dash": look.dash}
        x = _light(curve.x)
        if curve.smooth is not curve.y and (curve.smooth != curve.y).any():
            figure.add_scatter(
                x=x, y=_light(curve.y), mode="lines", line={**line, "width": 1}, opacity=0.28, hoverinfo="skip"
            )
        figure.add_scatter(
            x=x,
            y=_light(curve.smooth),
            mode="lines+markers" if axes.points or len(curve.x) == 1 else "lines",
            line=line,
            marker={"symbol": look.marker, "size": 6 if axes.height > SMALL_HEIGHT else 5, "color": look.colour},
            name=_name(curve),
            hovertemplate=f"%{{y:{axes.number_format}}} · %{{fullData.name}}{where}",
        )
    _add_rings(figure, [curve for curve in curves if curve.best], looks, axes, where)
    figure.update_xaxes(title={"text": axes.x_title, "standoff": 6}, zeroline=False, nticks=7, automargin=True)
    figure.update_yaxes(
        title=axes.y_title, zeroline=False, nticks=6, automargin=True, exponentformat="e", minexponent=6
    )
    if axes.log:
        figure.update_yaxes(type="log", dtick=_log_tick(curves))
    if axes.shown:
        ends = np.array([axes.shown.low, axes.shown.high])
        figure.update_yaxes(range=(np.log10(ends) if axes.log else ends).tolist())
    return framed(figure, axes.height)


def _add_rings(figure: go.Figure, curves: Sequence[Curve], looks: Mapping[str, Look], axes: Axes, where: str) -> None:
    rings = [(*curve.best, curve) for curve in curves if curve.best]
    if rings:
        figure.add_scatter(
            x=[x for x, _, _ in rings],
            y=[y for _, y, _ in rings],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 15 if axes.height > SMALL_HEIGHT else 11,
                "color": [looks.get(curve.run_id, Look(NEUTRAL)).colour for _, _, curve in rings],
                "line": {"width": 2},
            },
            text=[f"{_name(curve)} · {for_plotly(axes.best_name)}" for _, _, curve in rings],
            hovertemplate=f"%{{y:{axes.number_format}}} · %{{text}}{where}",
        )


def _log_tick(curves: Sequence[Curve]) -> int | str | None:
    # Plotly would write 2, 3, 4 … 9 between any two powers of ten.
    decades = np.log10(max(curve.y.max() for curve in curves) / min(curve.y.min() for curve in curves))
    return 1 if decades > 1.5 else "D2" if decades > 0.5 else None


def _name(curve: Curve) -> str:
    return for_plotly(shortened(curve.name, NAME_LENGTH))


def _light(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    # Seven digits are more than a screen shows, at half of the bytes.
    return values.astype(np.float32)
