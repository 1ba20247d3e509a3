"""What several runs predicted for the same pairs, as tables: how good, how calibrated, where right, how alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.tables.measured import Floats, Measured
from similarity import calibration, metrics
from similarity.annotators import Agreement
from similarity.metrics import THRESHOLD
from similarity.paired_bootstrap import SMALLEST_SAMPLE, PairedBootstrap, standings
from similarity.slices import within_pearson

PERSON = ""
"""Stands in the place of a run id for a single annotator."""

WHOLE_POINTS = 5
"""Bands of one label point, in which calibration is put into words."""


@dataclass(frozen=True)
class Offset:
    """By how much a run's scores lie above (or below, negative) the labels where it predicts `low`–`high`."""

    low: float
    high: float
    points: float
    pairs: int


def best_first(measured: Measured) -> list[str]:
    """Return the runs by Pearson's r, those where it is undefined last."""
    r = {run_id: metrics.pearson(measured.labels, values) for run_id, values in measured.predictions.items()}
    return sorted(r, key=lambda run_id: math.inf if math.isnan(r[run_id]) else -r[run_id])


def overall(measured: Measured, bootstrap: PairedBootstrap, groups: pd.Series | None) -> pd.DataFrame:
    """Return what each run reaches on all pairs, a row a run, the best first.

    Columns: run_id, pearson, low, high, spearman, within (r within the groups, NaN without groups or where there is
    only one), mse and calibration_error.
    """
    labels = measured.labels
    several = groups is not None and groups.nunique() > 1
    return pd.DataFrame(
        [
            {
                "run_id": standing.name,
                "pearson": standing.pearson,
                "low": standing.low,
                "high": standing.high,
                "spearman": metrics.spearman(labels, measured.predictions[standing.name]),
                "within": within_pearson(labels, measured.predictions[standing.name], groups)
                if several and groups is not None
                else math.nan,
                "mse": metrics.mse(labels, measured.predictions[standing.name]),
                "calibration_error": calibration.calibration_error(labels, measured.predictions[standing.name]),
            }
            for standing in standings(bootstrap)
        ]
    )


def with_person(table: pd.DataFrame, person: Agreement | None) -> pd.DataFrame:
    """Return `overall` with a last row for a single annotator (`run_id` is `PERSON`) where there are annotations."""
    if person is None or math.isnan(person.pearson):
        return table
    row = {"run_id": PERSON, "pearson": person.pearson, "low": person.low, "high": person.high}
    return pd.concat([table, pd.DataFrame([row])], ignore_index=True)


def p_value(value: float) -> str:
    """Return a p-value as it is written: `= 0.042`, `< 0.001`; near 0.05 so that its side of it shows."""
    if value < 0.001:
        return "< 0.001"
    decimals = 4 if round(value, 3) == 0.05 else 3 if value < 0.1 else 2
    return f"= {value:.{decimals}f}"


def residuals(measured: Measured, run_ids: Sequence[str]) -> pd.DataFrame:
    """Return `residual_table` of each run below each other, with its `run_id`."""
    return _stacked({run_id: calibration.residual_table(*_sides(measured, run_id)) for run_id in run_ids})


def calibrations(measured: Measured, run_ids: Sequence[str]) -> pd.DataFrame:
    """Return `calibration_table` in half points of each run below each other, with its `run_id`."""
    return _stacked({run_id: calibration.calibration_table(*_sides(measured, run_id)) for run_id in run_ids})


def largest_offset(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> Offset | None:
    """Return where a run's scores are furthest off by more than chance, in bands of one label point.

    A band counts when it holds at least 10 pairs and its mean prediction lies outside the interval of its mean label,
    which is 95% for the five bands together (Bonferroni). None where no band does.
    """
    table = calibration.calibration_table(labels, predictions, WHOLE_POINTS, level=1 - 0.05 / WHOLE_POINTS)
    beyond = (table["mean_prediction"] < table["label_low"]) | (table["mean_prediction"] > table["label_high"])
    table = table[beyond & (table["pairs"] >= SMALLEST_SAMPLE)].reset_index(drop=True)
    if table.empty:
        return None
    points = table["mean_prediction"] - table["mean_label"]
    place = int(points.abs().argmax())
    row = table.iloc[place]
    return Offset(float(row["low"]), float(row["high"]), float(points[place]), int(row["pairs"]))


def threshold_curves(measured: Measured) -> pd.DataFrame:
    """Return `threshold_table` over 0–5 of each run below each other, with its `run_id`."""
    return _stacked({run_id: calibration.threshold_table(*_sides(measured, run_id)) for run_id in measured.predictions})


def at_threshold(measured: Measured, threshold: float) -> pd.DataFrame:
    """Return a row a run: the confusion of "prediction ≥ threshold" with "label ≥ 3.0", and what follows from it."""
    return _stacked(
        {
            run_id: calibration.threshold_table(*_sides(measured, run_id), thresholds=[threshold])
            for run_id in measured.predictions
        }
    )


def applied_thresholds(curves: pd.DataFrame, best: Mapping[str, float]) -> pd.DataFrame:
    """Return what each run's own threshold does to F1.

    Args:
        curves: `threshold_curves` of the pairs that it is applied to (test).
        best: run id → the threshold that was found on other pairs (valid), NaN where there is none to be found.

    Returns:
        run_id, threshold, f1 (at 3.0) and f1_chosen (at `threshold`); NaN where F1 or the threshold is undefined.
    """
    rows = []
    for run_id, threshold in best.items():
        run = curves[curves["run_id"] == run_id].set_index("threshold")["f1"]
        chosen = math.nan if math.isnan(threshold) else run[threshold]
        rows.append({"run_id": run_id, "threshold": threshold, "f1": run[THRESHOLD], "f1_chosen": chosen})
    return pd.DataFrame(rows, columns=["run_id", "threshold", "f1", "f1_chosen"])


def prediction_correlations(measured: Measured, run_ids: Sequence[str]) -> pd.DataFrame:
    """Return Pearson's r between the predictions of each two runs; NaN beside constant predictions."""
    return pd.DataFrame({run_id: measured.predictions[run_id] for run_id in run_ids}).corr()


def error_correlations(measured: Measured, run_ids: Sequence[str]) -> pd.DataFrame:
    """Return Pearson's r between the errors (prediction − label) of each two runs."""
    return pd.DataFrame({run_id: measured.predictions[run_id] - measured.labels for run_id in run_ids}).corr()


def right_together(measured: Measured, first: str, second: str, threshold: float) -> dict[str, int]:
    """Return how many pairs `both`, only the `first`, only the `second`, or `neither` put on the label's side."""
    one, two = (_right(measured, run_id, threshold) for run_id in (first, second))
    return {
        "both": int((one & two).sum()),
        "first": int((one & ~two).sum()),
        "second": int((~one & two).sum()),
        "neither": int((~one & ~two).sum()),
    }


def right_by_count(measured: Measured, run_ids: Sequence[str], threshold: float) -> pd.DataFrame:
    """Return how many pairs are put on the label's side by 0, 1, … all of the runs: columns runs, pairs."""
    counts = np.sum([_right(measured, run_id, threshold) for run_id in run_ids], axis=0)
    return pd.DataFrame(
        {"runs": range(len(run_ids) + 1), "pairs": np.bincount(counts, minlength=len(run_ids) + 1)}
    ).astype(int)


def mean_of_two(measured: Measured, first: str, second: str) -> Floats:
    """Return the mean of two runs' predictions."""
    return (measured.predictions[first] + measured.predictions[second]) / 2


def _right(measured: Measured, run_id: str, threshold: float) -> npt.NDArray[np.bool_]:
    return (measured.predictions[run_id] >= threshold) == (measured.labels >= THRESHOLD)


def _sides(measured: Measured, run_id: str) -> tuple[Floats, Floats]:
    return measured.labels, measured.predictions[run_id]


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(run_id=run_id) for run_id, table in tables.items()], ignore_index=True)
