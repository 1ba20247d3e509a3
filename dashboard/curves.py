"""Curves ready to draw: one value of one run, thinned out and smoothed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

MAX_POINTS = 300
MIN_SMOOTHED = 20
"""Shorter curves (a value an epoch) are never smoothed: their average would only lag behind."""

X_AXES = ("step", "epoch", "seconds")


@dataclass(frozen=True)
class Curve:
    """One run's values along x; `smooth` equals `y` where nothing was smoothed."""

    run_id: str
    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    smooth: npt.NDArray[np.float64]
    best: tuple[float, float] | None = None
    """Where the epoch that was kept stands on this curve."""


def curve_of(
    table: pd.DataFrame,
    column: str,
    *,
    x: str,
    x_scale: float = 1.0,
    smoothing: float = 0.0,
    run_id: str = "",
    name: str = "",
    best_step: int | None = None,
) -> Curve | None:
    """Return the curve of one column, or None where the run never logged it.

    Args:
        table: what `run_store.curves` returns.
        column: the value to draw.
        x: `step`, `epoch` or `seconds`.
        x_scale: x is divided by it, so 60 turns seconds into minutes.
        smoothing: weight of the past, 0 for none.
        run_id: whose curve it is.
        name: how that run is shown.
        best_step: the step whose epoch was kept.
    """
    if column not in table or x not in table:
        return None
    points = table[["step", x, column] if x != "step" else ["step", column]].dropna()
    if points.empty:
        return None
    xs = points[x].to_numpy(dtype=np.float64) / x_scale
    ys = points[column].to_numpy(dtype=np.float64)
    kept = thinned(ys)
    at = np.flatnonzero(points["step"].to_numpy() == best_step) if best_step is not None else np.empty(0, dtype=int)
    best = (float(xs[at[-1]]), float(ys[at[-1]])) if len(at) else None
    return Curve(run_id, name, xs[kept], ys[kept], smoothed(ys, smoothing if len(ys) > MIN_SMOOTHED else 0)[kept], best)


def table_of(curves: Sequence[Curve], names: Mapping[str, str]) -> pd.DataFrame:
    """Return what curves show, one row a point, under the reader's `names` of `name`, `x` and `y`."""
    parts = [pd.DataFrame({"name": curve.name, "x": curve.x, "y": curve.y}) for curve in curves]
    return pd.concat(parts, ignore_index=True).rename(columns=dict(names))


def smoothed(values: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
    """Return the exponential moving average with `weight` on the past, corrected at its start as TensorBoard does."""
    if not weight:
        return values
    result = np.empty_like(values)
    average, share = 0.0, 0.0
    for number, value in enumerate(values):
        average = weight * average + (1 - weight) * value
        share = weight * share + (1 - weight)
        result[number] = average / share
    return result


def thinned(values: npt.NDArray[np.float64], limit: int = MAX_POINTS) -> npt.NDArray[np.intp]:
    """Return at most `limit` positions: the ends, and each bucket's lowest and highest value, so no peak is lost."""
    if len(values) <= limit:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), limit // 2, dtype=int)
    kept = {0, len(values) - 1}
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        kept.update((start + int(values[start:end].argmin()), start + int(values[start:end].argmax())))
    return np.array(sorted(kept), dtype=np.intp)
