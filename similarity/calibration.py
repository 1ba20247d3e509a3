"""Do the predictions mean what they say? Mean labels by prediction, residuals by label, and the choice of threshold.

A model can order the pairs perfectly (Pearson's r near 1) and still predict two points too high; here that shows.
All labels and predictions are on the 0–5 scale.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity.metrics import THRESHOLD, Floats, checked
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN
from similarity.slices import label_band

GRID: tuple[float, ...] = tuple(round(0.05 * step, 2) for step in range(101))
"""The thresholds that are tried: 0–5 in steps of 0.05."""


def calibration_table(
    labels: npt.ArrayLike, predictions: npt.ArrayLike, bands: int = 10, *, level: float = 0.95
) -> pd.DataFrame:
    """Return the mean label in each band of the prediction: a reliability diagram's points.

    Bands are of equal width on 0–5 and hold their lower bound; a prediction beyond 0–5 is in the outermost one, and
    empty bands are left out.

    Returns:
        low, high (the band's bounds), pairs, mean_prediction, mean_label, and label_low, label_high: Student's
        interval of the mean label, NaN under two pairs. With few pairs it may reach beyond 0–5. It holds with `level`
        for each band alone, not for all together.

    Raises:
        ValueError: sides of different length, NaN or infinity, or no bands.
    """
    from scipy import stats

    x, y = checked(labels, predictions)
    if bands < 1:
        raise ValueError(f"at least one band is needed, but {bands} came")
    edges = np.linspace(LABEL_MIN, LABEL_MAX, bands + 1)
    places = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, bands - 1)
    rows = []
    for place in np.unique(places):
        inside = x[places == place]
        mean, half = float(inside.mean()), math.nan
        if len(inside) > 1:
            half = float(stats.t.ppf((1 + level) / 2, len(inside) - 1) * inside.std(ddof=1) / math.sqrt(len(inside)))
        rows.append(
            {
                "low": float(edges[place]),
                "high": float(edges[place + 1]),
                "pairs": len(inside),
                "mean_prediction": float(y[places == place].mean()),
                "mean_label": mean,
                "label_low": mean - half,
                "label_high": mean + half,
            }
        )
    columns = ["low", "high", "pairs", "mean_prediction", "mean_label", "label_low", "label_high"]
    return pd.DataFrame(rows, columns=columns)


def calibration_error(labels: npt.ArrayLike, predictions: npt.ArrayLike, bands: int = 10) -> float:
    """Return the mean of |mean label − mean prediction| over bands of the prediction, weighted by their pairs.

    The expected calibration error (Naeini et al. 2015; Guo et al. 2017, https://arxiv.org/abs/1706.04599) with the
    mean label in the place of accuracy and the mean prediction in that of confidence; in label points. With few
    pairs a band it comes out too high, for chance alone parts the two means. NaN without pairs.
    """
    table = calibration_table(labels, predictions, bands)
    gaps = (table["mean_label"] - table["mean_prediction"]).abs()
    return float(np.average(gaps, weights=table["pairs"])) if len(table) else math.nan


def residual_table(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> pd.DataFrame:
    """Return the residuals (prediction − label, in label points) by band of the label, empty bands left out.

    Some shrinkage toward the middle (too high at 0, too low at 5) is what any predictor of least squared error
    shows by label, and no miscalibration by itself; `calibration_table` tells the two apart.

    Returns:
        band ("0–1" … "4–5"), pairs, mean_residual, sd (n − 1; NaN under two pairs), mae, and the quantiles q10, q90.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    x, y = checked(labels, predictions)
    residuals = pd.Series(y - x)
    groups = residuals.groupby(label_band(x), sort=True)
    return (
        pd.DataFrame(
            {
                "pairs": groups.size(),
                "mean_residual": groups.mean(),
                "sd": groups.std(ddof=1),
                "mae": residuals.abs().groupby(label_band(x), sort=True).mean(),
                "q10": groups.quantile(0.1),
                "q90": groups.quantile(0.9),
            }
        )
        .rename_axis("band")
        .reset_index()
    )


def threshold_table(
    labels: npt.ArrayLike,
    predictions: npt.ArrayLike,
    *,
    label_threshold: float = THRESHOLD,
    thresholds: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Return how well "prediction ≥ threshold" finds the pairs with label ≥ `label_threshold`, a row a threshold.

    Args:
        labels: one label a pair.
        predictions: one prediction a pair.
        label_threshold: from this label on a pair is similar.
        thresholds: of the prediction; 0–5 in steps of 0.05 where none are given.

    Returns:
        threshold, tp, fp, fn, tn, precision, recall, f1, accuracy; NaN where a metric is undefined: precision where
        nothing is found, recall where nothing is similar, F1 where both.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    x, y = checked(labels, predictions)
    grid = np.asarray(GRID if thresholds is None else thresholds, dtype=np.float64)
    similar = x >= label_threshold
    found_right = _at_least(y[similar], grid)
    found_wrong = _at_least(y[~similar], grid)
    table = pd.DataFrame({"threshold": grid, "tp": found_right, "fp": found_wrong})
    table["fn"] = int(similar.sum()) - table["tp"]
    table["tn"] = int((~similar).sum()) - table["fp"]
    table["precision"] = table["tp"] / (table["tp"] + table["fp"])
    table["recall"] = table["tp"] / (table["tp"] + table["fn"])
    table["f1"] = 2 * table["tp"] / (2 * table["tp"] + table["fp"] + table["fn"])
    table["accuracy"] = (table["tp"] + table["tn"]) / len(x) if len(x) else math.nan
    return table


def best_threshold(labels: npt.ArrayLike, predictions: npt.ArrayLike, *, label_threshold: float = THRESHOLD) -> float:
    """Return the threshold of the prediction with the highest F1 on 0–5 in steps of 0.05.

    Call it with the pairs of valid only: a threshold that was chosen on test makes test's F1 too good. Of several
    thresholds the one nearest to 3.0 is returned, which is KLUE's. NaN where no pair is similar.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    table = threshold_table(labels, predictions, label_threshold=label_threshold)
    best = table.loc[(table["f1"] == table["f1"].max()) & (table["tp"] + table["fn"] > 0), "threshold"]
    return float(best.loc[(best - THRESHOLD).abs().round(2).idxmin()]) if len(best) else math.nan


def _at_least(values: Floats, thresholds: Floats) -> npt.NDArray[np.intp]:
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")
