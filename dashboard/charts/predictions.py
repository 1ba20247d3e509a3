"""Predictions against labels: their density run by run, residuals by label, and calibration."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.frame import GRID, faded, framed
from dashboard.escaping import for_plotly, shortened
from dashboard.palette import NEUTRAL, Look
from dashboard.tables.measured import Floats
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN

CELLS = 20
"""Cells along each side of a density, a quarter of a label point wide."""

_PANEL_HEIGHT = 300
_NAME_LENGTH = 40
_COMMON_LABEL = 0.01
_FULL_COLOUR = 0.97
_BAND_WIDTH = 0.8
_DIAGONAL = [LABEL_MIN, LABEL_MAX]
_ROOMY = [LABEL_MIN - 0.1, LABEL_MAX + 0.1]


def density_chart(
    labels: Floats,
    predictions: Mapping[str, Floats],
    looks: Mapping[str, Look],
    names: Mapping[str, str],
    *,
    x_title: str,
    y_title: str,
    pairs: str,
) -> go.Figure:
    """Return one panel a run: how many pairs lie at each label (x) and prediction (y), and where the two are equal.

    Args:
        labels: 0–5, one a pair.
        predictions: run id → predictions in the labels' order.
        looks: colour of each run.
        names: run id → the panel's title.
        x_title: the label's axis.
        y_title: the prediction's axis.
        pairs: the word for what is counted.
    """
    columns = min(len(predictions), 2)
    rows = -(-len(predictions) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[for_plotly(shortened(names[run_id], _NAME_LENGTH)) for run_id in predictions],
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.04,
        vertical_spacing=0.1,
    )
    # Labels stand on steps, and cells of another width than these would show stripes.
    spread = spread_labels(labels)
    for place, (run_id, values) in enumerate(predictions.items()):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        figure.add_trace(_density(spread, values, looks[run_id].colour, x_title, y_title, pairs), **where)
        figure.add_trace(_diagonal(), **where)
    figure.update_xaxes(range=_DIAGONAL, dtick=1, zeroline=False, showgrid=False, fixedrange=True)
    figure.update_yaxes(range=_DIAGONAL, dtick=1, zeroline=False, showgrid=False, fixedrange=True)
    # Where the last row is not full, the panels above its empty places carry the axis.
    for place in range(max(len(predictions) - columns, 0), len(predictions)):
        axis = {"title": {"text": x_title, "standoff": 10}, "showticklabels": True}
        figure.update_xaxes(axis, row=place // columns + 1, col=place % columns + 1)
    figure.update_yaxes(title={"text": y_title, "standoff": 8}, col=1)
    return framed(figure, _PANEL_HEIGHT * rows + 40).update_layout(margin={"t": 26})


def spread_labels(labels: Floats, seed: int = 0) -> Floats:
    """Return labels moved at random, the same way each time, by up to half a step of the scale they were given on.

    The step is the median gap between labels that at least one pair in a hundred has.
    """
    values, counts = np.unique(labels, return_counts=True)
    common = values[counts >= _COMMON_LABEL * len(labels)]
    step = float(np.median(np.diff(common))) if len(common) > 1 else 0.0
    moved = labels + np.random.default_rng(seed).uniform(-step / 2, step / 2, len(labels))
    return np.clip(moved, LABEL_MIN, LABEL_MAX)


def residual_chart(
    residuals: pd.DataFrame, looks: Mapping[str, Look], names: Mapping[str, str], *, x_title: str, y_title: str
) -> go.Figure:
    """Return the residuals by label band: a marker at each run's mean, a bar from its 10% to its 90% quantile."""
    bands = sorted(residuals["band"].unique())
    figure = go.Figure()
    runs = list(dict.fromkeys(residuals["run_id"]))
    for number, run_id in enumerate(runs):
        rows = residuals[residuals["run_id"] == run_id]
        look = looks[run_id]
        figure.add_scatter(
            x=rows["band"].map(bands.index) + _offset(number, len(runs)),
            y=rows["mean_residual"],
            error_y=_reach(rows["mean_residual"], rows["q10"], rows["q90"], look.colour, 3),
            mode="markers",
            marker={"color": look.colour, "symbol": look.marker, "size": 8},
            name=for_plotly(names[run_id]),
            customdata=rows[["band", "q10", "q90", "pairs"]],
            hovertemplate="<b>%{fullData.name}</b><br>%{customdata[0]}: %{y:+.2f}"
            "<br>%{customdata[1]:+.2f} – %{customdata[2]:+.2f}<br>n = %{customdata[3]:,}<extra></extra>",
        )
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below")
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6},
        tickvals=list(range(len(bands))),
        ticktext=bands,
        range=[-0.5, len(bands) - 0.5],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(title=y_title, zeroline=False, gridcolor=GRID, fixedrange=True, automargin=True)
    return framed(figure, 330)


def calibration_chart(
    calibrations: pd.DataFrame, looks: Mapping[str, Look], names: Mapping[str, str], *, x_title: str, y_title: str
) -> go.Figure:
    """Return the mean label (with its interval) against the mean prediction of each band, and where they are equal."""
    figure = go.Figure([_diagonal()])
    for run_id, rows in calibrations.groupby("run_id", sort=False):
        look = looks[str(run_id)]
        figure.add_scatter(
            x=rows["mean_prediction"],
            y=rows["mean_label"],
            error_y=_reach(rows["mean_label"], rows["label_low"], rows["label_high"], look.colour, 1.5),
            mode="lines+markers",
            line={"color": look.colour, "width": 2, "dash": look.dash},
            marker={"color": look.colour, "symbol": look.marker, "size": 8},
            name=for_plotly(names[str(run_id)]),
            customdata=rows[["label_low", "label_high", "pairs"]],
            hovertemplate="<b>%{fullData.name}</b><br>%{x:.2f} → %{y:.2f} (%{customdata[0]:.2f} – %{customdata[1]:.2f})"
            "<br>n = %{customdata[2]:,}<extra></extra>",
        )
    axis = {"range": _ROOMY, "dtick": 1, "zeroline": False, "showgrid": True, "gridcolor": GRID, "fixedrange": True}
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, **axis)
    figure.update_yaxes(title=y_title, **axis)
    return framed(figure, 420)


def _density(x: Floats, y: Floats, colour: str, x_title: str, y_title: str, pairs: str) -> go.Heatmap:
    edges = np.linspace(LABEL_MIN, LABEL_MAX, CELLS + 1)
    counts: npt.NDArray[np.float64] = np.histogram2d(np.clip(y, LABEL_MIN, LABEL_MAX), x, bins=(edges, edges))[0]
    centres = (edges[1:] + edges[:-1]) / 2
    return go.Heatmap(
        x=centres,
        y=centres,
        z=np.where(counts > 0, counts, np.nan),
        colorscale=[[0, faded(colour, 0.12)], [1, faded(colour, 1)]],
        # A few crowded cells, mostly at 0 and 5, would else leave all others pale.
        zmin=0,
        zmax=float(np.quantile(counts[counts > 0], _FULL_COLOUR)),
        showscale=False,
        hoverongaps=False,
        xgap=1,
        ygap=1,
        hovertemplate=f"{x_title} %{{x:.2f}}<br>{y_title} %{{y:.2f}}<br>%{{z:,}} {pairs}<extra></extra>",
    )


def _diagonal() -> go.Scatter:
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    return go.Scatter(x=_DIAGONAL, y=_DIAGONAL, mode="lines", line=line, hoverinfo="skip")


def _reach(middle: pd.Series, low: pd.Series, high: pd.Series, colour: str, thickness: float) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - middle).fillna(0),
        "arrayminus": (middle - low).fillna(0),
        "color": faded(colour, 0.55),
        "thickness": thickness,
        "width": 0,
    }


def _offset(number: int, count: int) -> float:
    return _BAND_WIDTH * ((number + 0.5) / count - 0.5)
