"""What a threshold on the prediction costs and brings: precision, recall and F1, run by run."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.frame import GRID, framed
from dashboard.escaping import for_plotly
from dashboard.palette import NEUTRAL, Look
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN

MEASURES = ("precision", "recall", "f1")
_ROW_HEIGHTS = [0.28, 0.28, 0.44]
_SHARE = [0, 1.02]
_HEIGHT = 460


def measures_chart(
    curves: pd.DataFrame,
    looks: Mapping[str, Look],
    names: Mapping[str, str],
    *,
    threshold: float,
    best: Mapping[str, float],
    titles: Mapping[str, str],
    x_title: str,
    best_name: str,
) -> go.Figure:
    """Return precision, recall and F1 over the threshold, below each other.

    Args:
        curves: `threshold_curves`.
        looks: how each run is drawn.
        names: run id → name.
        threshold: where the line stands.
        best: run id → the threshold that is best on valid, ringed on F1; runs without one have no ring.
        titles: of the three axes, by `MEASURES`.
        x_title: of the threshold's axis.
        best_name: what the ring says on hover.
    """
    figure = make_subplots(
        rows=len(MEASURES), cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=_ROW_HEIGHTS
    )
    for run_id, rows in curves.groupby("run_id", sort=False):
        look, name = looks[str(run_id)], for_plotly(names[str(run_id)])
        for place, measure in enumerate(MEASURES, start=1):
            figure.add_scatter(
                x=rows["threshold"],
                y=rows[measure],
                mode="lines",
                line={"color": look.colour, "width": 2, "dash": look.dash},
                name=name,
                hovertemplate="%{y:.3f} · %{fullData.name}<extra></extra>",
                row=place,
                col=1,
            )
        if run_id in best:
            at = rows.iloc[[int((rows["threshold"] - best[str(run_id)]).abs().argmin())]]
            figure.add_trace(
                _ring(at["threshold"], at["f1"], look, f"{name} · {for_plotly(best_name)}"), len(MEASURES), 1
            )
    figure.add_vline(x=threshold, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below")
    figure.update_xaxes(range=[LABEL_MIN, LABEL_MAX], dtick=1, zeroline=False, gridcolor=GRID, fixedrange=True)
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, row=len(MEASURES))
    figure.update_yaxes(range=_SHARE, dtick=0.5, zeroline=False, gridcolor=GRID, fixedrange=True)
    for place, measure in enumerate(MEASURES, start=1):
        figure.update_yaxes(title=titles[measure], row=place)
    return framed(figure, _HEIGHT).update_layout(hovermode="x unified")


def trade_off_chart(
    curves: pd.DataFrame,
    chosen: pd.DataFrame,
    looks: Mapping[str, Look],
    names: Mapping[str, str],
    *,
    x_title: str,
    y_title: str,
    threshold_name: str,
) -> go.Figure:
    """Return precision against recall, with a marker at the chosen threshold.

    Args:
        curves: `threshold_curves`.
        chosen: `at_threshold`.
        looks: how each run is drawn.
        names: run id → name.
        x_title: of recall.
        y_title: of precision.
        threshold_name: the word for the threshold on hover.
    """
    figure = go.Figure()
    for run_id, rows in curves.dropna(subset=["precision", "recall"]).groupby("run_id", sort=False):
        look, name = looks[str(run_id)], for_plotly(names[str(run_id)])
        for points, drawn in (
            (rows, {"mode": "lines", "line": {"color": look.colour, "width": 2, "dash": look.dash}}),
            (
                chosen[chosen["run_id"] == run_id],
                {"mode": "markers", "marker": {"color": look.colour, "symbol": look.marker, "size": 12}},
            ),
        ):
            figure.add_scatter(
                x=points["recall"],
                y=points["precision"],
                customdata=points["threshold"],
                name=name,
                hovertemplate=f"<b>%{{fullData.name}}</b><br>{threshold_name} %{{customdata:.2f}}<br>"
                f"{y_title} %{{y:.3f}}<br>{x_title} %{{x:.3f}}<extra></extra>",
                **drawn,
            )
    axis = {"zeroline": False, "showgrid": True, "gridcolor": GRID, "fixedrange": True}
    lowest = curves["precision"].min()
    floor = 0.0 if math.isnan(lowest) else math.floor(10 * lowest) / 10
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, range=_SHARE, dtick=0.2, **axis)
    figure.update_yaxes(title=y_title, range=[floor, _SHARE[1]], nticks=7, **axis)
    return framed(figure, _HEIGHT)


def _ring(x: pd.Series, y: pd.Series, look: Look, name: str) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"symbol": "circle-open", "size": 14, "color": look.colour, "line": {"width": 2}},
        name=name,
        hovertemplate="%{x:.2f}: %{y:.3f} · %{fullData.name}<extra></extra>",
    )
