"""The numbers by which models are compared; labels and predictions are on the 0–5 scale.

Definitions follow KLUE (Park et al. 2021, https://arxiv.org/abs/2105.09680): Pearson's r, and F1 of the
positive class "similar" at 3.0. A metric that is undefined for its input is NaN, never 0.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

THRESHOLD = 3.0
"""From this score on a pair counts as similar (KLUE-STS)."""

Floats = npt.NDArray[np.float64]


class Scores(BaseModel):
    """What one model reaches on one split of one data set; `None` where a metric is undefined."""

    model_config = ConfigDict(extra="allow")

    pairs: int
    checksum: str = ""
    pearson: float | None
    pearson_low: float | None = None
    pearson_high: float | None = None
    spearman: float | None
    f1: float | None
    macro_f1: float | None
    mse: float | None
    threshold: float = THRESHOLD


def pearson(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return Pearson's r; NaN with fewer than two pairs or when either side is constant."""
    x, y = checked(labels, predictions)
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    # A constant column leaves rounding noise of about 1e-32 after its mean is subtracted.
    return float(x @ y) / scale if len(x) > 1 and scale > 1e-12 else math.nan


def spearman(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return Spearman's rho: Pearson's r of the ranks, ties at their mean rank."""
    x, y = checked(labels, predictions)
    return pearson(pd.Series(x).rank(), pd.Series(y).rank()) if len(x) else math.nan


def mse(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> float:
    """Return the mean squared error in squared label points."""
    x, y = checked(labels, predictions)
    return float(np.mean((x - y) ** 2)) if len(x) else math.nan


def f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, threshold: float = THRESHOLD) -> float:
    """Return F1 of the class "similar" (score ≥ threshold on both sides), as KLUE defines it.

    NaN when neither the labels nor the predictions hold a similar pair.
    """
    x, y = checked(labels, predictions)
    return _f1(x >= threshold, y >= threshold)


def macro_f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, threshold: float = THRESHOLD) -> float:
    """Return the mean of the F1 of "similar" and of "not similar"; not comparable with KLUE's F1."""
    x, y = checked(labels, predictions)
    return (_f1(x >= threshold, y >= threshold) + _f1(x < threshold, y < threshold)) / 2


def pearson_interval(
    labels: npt.ArrayLike,
    predictions: npt.ArrayLike,
    *,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of Pearson's r (Efron & Tibshirani 1993, chapter 13).

    Pairs are drawn with replacement, which takes them as independent draws from one population; pairs
    that share a sentence make the interval somewhat too narrow. NaN, NaN where r itself is undefined.
    """
    x, y = checked(labels, predictions)
    if math.isnan(pearson(x, y)):
        return math.nan, math.nan
    generator = np.random.default_rng(seed)
    # Centring first keeps the sums of squares below from cancelling.
    x, y = x - x.mean(), y - y.mean()
    values = []
    for chunk in range(0, resamples, 500):
        rows = generator.integers(0, len(x), size=(min(500, resamples - chunk), len(x)))
        a, b = x[rows], y[rows]
        a -= a.mean(axis=1, keepdims=True)
        b -= b.mean(axis=1, keepdims=True)
        scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        values.append((a * b).sum(axis=1)[scale > 1e-12] / scale[scale > 1e-12])
    low, high = np.quantile(np.concatenate(values), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def evaluate(
    labels: npt.ArrayLike,
    predictions: npt.ArrayLike,
    *,
    threshold: float = THRESHOLD,
    interval_resamples: int = 0,
    checksum: str = "",
) -> Scores:
    """Return all metrics of one split; with `interval_resamples` also Pearson's 95% interval.

    Raises:
        ValueError: the two sides differ in length or hold NaN.
    """
    low, high = (
        pearson_interval(labels, predictions, resamples=interval_resamples)
        if interval_resamples
        else (math.nan, math.nan)
    )
    return Scores(
        pairs=len(np.asarray(labels)),
        checksum=checksum,
        pearson=_none(pearson(labels, predictions)),
        pearson_low=_none(low),
        pearson_high=_none(high),
        spearman=_none(spearman(labels, predictions)),
        f1=_none(f1(labels, predictions, threshold)),
        macro_f1=_none(macro_f1(labels, predictions, threshold)),
        mse=_none(mse(labels, predictions)),
        threshold=threshold,
    )


METRICS: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], float]] = {
    "pearson": pearson,
    "spearman": spearman,
    "f1": f1,
    "macro_f1": macro_f1,
    "mse": mse,
}
"""Every metric by its name, logged as `valid/<name>` after each epoch."""


def checked(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both sides as arrays of one length.

    Raises:
        ValueError: they differ in length, or hold NaN or infinity.
    """
    x, y = np.asarray(labels, dtype=np.float64), np.asarray(predictions, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"labels and predictions should be lists of one length, but have shapes {x.shape}, {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("labels and predictions should be finite numbers, but hold NaN or infinity")
    return x, y


def _f1(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    hits, relevant, retrieved = int((truth & found).sum()), int(truth.sum()), int(found.sum())
    return 2 * hits / (relevant + retrieved) if relevant + retrieved else math.nan


def _none(value: float) -> float | None:
    return None if math.isnan(value) else value
