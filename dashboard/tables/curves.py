"""Curves ready to draw: one value of one run, thinned out and smoothed, and the range that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.tables.logged_values import holds_numbers

MAX_POINTS = 300
"""Of one curve: more than a screen can tell apart."""

MIN_SMOOTHED = 20
"""Shorter curves (a value an epoch) are never smoothed: their average would only lag behind."""

CUT_QUANTILES = (0.01, 0.99)
CUT_MARGIN, CUT_MARGIN_OF_FEW = 0.25, 3.0
"""A value is an outlier where it is beyond a quantile by more than this times the distance of the two quantiles."""

MANY = 100
"""Of fewer values no one in a hundred can be told, so an outlier has to stand further apart."""

STRETCHED = 3.0
"""Outliers are worth a word where they make the axis this many times as long."""


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
    left_out: int = 0
    """Logged values that can't be drawn: infinite, or not positive where a log scale asks for that."""


@dataclass(frozen=True)
class Range:
    """The values that a chart shows without outliers, and how many of all lie outside."""

    low: float
    high: float
    outside: int
    total: int
    stretched: bool
    """Whether the outliers alone make the axis several times as long."""


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
    positive: bool = False,
    limit: int = MAX_POINTS,
) -> Curve | None:
    """Return the curve of one column, or None where the run has nothing to draw for it.

    Args:
        table: what `run_store.curves` returns.
        column: the value to draw.
        x: `step`, `epoch` or `seconds`.
        x_scale: x is divided by it, so 60 turns seconds into minutes.
        smoothing: weight of the past, 0 for none.
        run_id: whose curve it is.
        name: how that run is shown.
        best_step: the step whose epoch was kept.
        positive: leave out what a log scale can't show.
        limit: of points.
    """
    if not holds_numbers(table, column) or not holds_numbers(table, x):
        return None
    steps, places, values = (table[name].to_numpy(dtype=np.float64) for name in ("step", x, column))
    logged = ~np.isnan(values) & ~np.isnan(places)
    drawn = logged & np.isfinite(values) & ((values > 0) | (not positive))
    if not drawn.any():
        return None
    xs, ys = places[drawn] / x_scale, values[drawn]
    kept = thinned(ys, limit)
    at = np.flatnonzero(steps[drawn] == best_step) if best_step is not None else np.empty(0, dtype=int)
    best = (float(xs[at[-1]]), float(ys[at[-1]])) if len(at) else None
    smooth = smoothed(ys, smoothing if len(ys) > MIN_SMOOTHED else 0)[kept]
    return Curve(run_id, name, xs[kept], ys[kept], smooth, best, int((logged & ~drawn).sum()))


def range_of(curves: Sequence[Curve], *, log: bool = False) -> Range:
    """Return the range of what the curves show without outliers; the epochs that were kept are never cut.

    Outliers lie beyond the 1% or 99% quantile of all values by more than a margin; on a log scale logarithms are
    compared. The quantiles are values that occur and leave out at least one at each end, so that a single spike never
    widens them.
    """
    values = np.concatenate([curve.y for curve in curves])
    kept_epochs = np.array([curve.best[1] for curve in curves if curve.best])
    scaled, kept = (np.log10(values), np.log10(kept_epochs)) if log else (values, kept_epochs)
    quantiles = (
        float(np.quantile(scaled, CUT_QUANTILES[0], method="higher")),
        float(np.quantile(scaled, CUT_QUANTILES[1], method="lower")),
    )
    margin = (CUT_MARGIN if len(values) >= MANY else CUT_MARGIN_OF_FEW) * abs(quantiles[1] - quantiles[0])
    inside = (scaled >= min(quantiles) - margin) & (scaled <= max(quantiles) + margin)
    shown = np.concatenate([scaled[inside], kept])
    low, high = float(shown.min()), float(shown.max())
    outside = int(((scaled < low) | (scaled > high)).sum())
    stretched = bool(outside and high > low and np.ptp(scaled) >= STRETCHED * (high - low))
    pad = 0.05 * ((high - low) or abs(high) or 1.0)
    low, high = low - pad, high + pad
    return Range(10**low if log else low, 10**high if log else high, outside, len(values), stretched)


def limit_of(runs: int, budget: int) -> int:
    """Return how many points each curve may have, so that those of all runs stay within `budget`."""
    return max(60, min(MAX_POINTS, budget // max(runs, 1)))


def table_of(curves: Sequence[Curve], names: Mapping[str, str]) -> pd.DataFrame:
    """Return what curves show, one row a point, under the reader's `names` of `name`, `x` and `y`."""
    parts = [pd.DataFrame({"x": curve.x, "y": curve.y}, dtype="float32") for curve in curves]
    table = pd.concat(parts, ignore_index=True)
    of = np.repeat(np.arange(len(curves)), [len(part) for part in parts])
    # A category, so that a name is sent to the browser once and not with every point.
    names_of = pd.Categorical.from_codes(of, pd.Index([curve.name for curve in curves]))
    table.insert(0, "name", pd.Series(names_of))
    return table.rename(columns=dict(names))


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
