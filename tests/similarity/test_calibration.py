"""Calibration, residuals and thresholds against scipy, scikit-learn and worked numbers."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve

from similarity.calibration import (
    best_threshold,
    calibration_error,
    calibration_table,
    residual_table,
    threshold_table,
)
from similarity.metrics import f1

GENERATOR = np.random.default_rng(7)
LABELS = GENERATOR.uniform(0, 5, 400)
PREDICTIONS = np.clip(LABELS + GENERATOR.normal(0, 1, 400), 0, 5)


def test_bands_hold_their_lower_bound_and_none_is_lost() -> None:
    table = calibration_table([1, 2, 3, 4, 5, 0], [0.0, 0.5, 0.99, 5.0, 5.7, -0.2])
    assert table[["low", "high", "pairs"]].to_numpy().tolist() == [[0, 0.5, 2], [0.5, 1, 2], [4.5, 5, 2]]
    assert table["mean_label"].tolist() == [0.5, 2.5, 4.5]
    assert table["mean_prediction"].tolist() == pytest.approx([-0.1, 0.745, 5.35])
    assert calibration_table(LABELS, PREDICTIONS, bands=7)["pairs"].sum() == 400


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_interval_of_the_mean_label_is_students(level: float) -> None:
    row = calibration_table(LABELS, PREDICTIONS, bands=5, level=level).iloc[2]
    inside = LABELS[(PREDICTIONS >= 2) & (PREDICTIONS < 3)]
    expected = stats.ttest_1samp(inside, 0).confidence_interval(level)
    assert (row["label_low"], row["label_high"]) == pytest.approx((expected.low, expected.high))


def test_a_band_of_one_pair_has_no_interval() -> None:
    table = calibration_table([1, 2], [0.1, 4.9])
    assert table["label_low"].isna().all() and table["label_high"].isna().all()
    assert table["mean_label"].tolist() == [1, 2]


def test_calibration_error_by_hand() -> None:
    # Three pairs half a point too low, one pair two points too high.
    assert calibration_error([1.5, 1.5, 1.5, 1], [1.0, 1.0, 1.0, 3.0]) == pytest.approx((3 * 0.5 + 2) / 4)
    assert math.isnan(calibration_error([], []))


def test_calibration_error_sees_a_shift_that_pearson_does_not() -> None:
    exact = np.round(LABELS, 1)
    assert calibration_error(exact, exact) == pytest.approx(0)
    assert calibration_error(exact, exact / 2) == pytest.approx((exact / 2).mean())
    # The label is scattered evenly around the prediction: noisy, but calibrated.
    predictions = GENERATOR.uniform(1, 4, 40_000)
    assert calibration_error(predictions + GENERATOR.uniform(-1, 1, 40_000), predictions) < 0.03


def test_residuals_by_label_band() -> None:
    table = residual_table([0, 0.5, 0.9, 5.0], [1.0, 0.5, 1.4, 4.0]).set_index("band")
    assert list(table.index) == ["0–1", "4–5"]
    first = table.loc["0–1"]
    assert first["pairs"] == 3 and first["mean_residual"] == pytest.approx(0.5) and first["mae"] == pytest.approx(0.5)
    assert first["sd"] == pytest.approx(0.5)
    assert (first["q10"], first["q90"]) == pytest.approx((0.1, 0.9))
    last = table.loc["4–5"]
    assert (last["mean_residual"], last["mae"]) == (-1, 1) and math.isnan(last["sd"])


def test_residuals_agree_with_numpy_on_many_pairs() -> None:
    row = residual_table(LABELS, PREDICTIONS).set_index("band").loc["3–4"]
    inside = (LABELS >= 3) & (LABELS < 4)
    residuals = (PREDICTIONS - LABELS)[inside]
    assert row["q10"] == pytest.approx(np.quantile(residuals, 0.1))
    assert row["sd"] == pytest.approx(residuals.std(ddof=1))
    assert row["mae"] == pytest.approx(np.abs(residuals).mean())


def test_precision_and_recall_agree_with_scikit_learn() -> None:
    rounded = np.round(PREDICTIONS, 1)
    precision, recall, thresholds = precision_recall_curve(LABELS >= 3, rounded)
    table = threshold_table(LABELS, rounded, thresholds=list(thresholds))
    np.testing.assert_allclose(table["precision"], precision[:-1])
    np.testing.assert_allclose(table["recall"], recall[:-1])


@pytest.mark.parametrize("label_threshold", [3.0, 2.0])
def test_f1_and_accuracy_agree_with_scikit_learn_on_the_whole_grid(label_threshold: float) -> None:
    table = threshold_table(LABELS, PREDICTIONS, label_threshold=label_threshold)
    assert len(table) == 101 and table["threshold"].iloc[[0, 3, -1]].tolist() == [0.0, 0.15, 5.0]
    assert (table[["tp", "fp", "fn", "tn"]].sum(axis=1) == 400).all()
    truth = LABELS >= label_threshold
    for row in table.iloc[::9].itertuples():
        found = PREDICTIONS >= row.threshold
        assert row.f1 == pytest.approx(f1_score(truth, found))
        assert row.accuracy == pytest.approx(accuracy_score(truth, found))


def test_row_at_three_is_klues_f1() -> None:
    rounded = np.round(PREDICTIONS * 4) / 4
    table = threshold_table(LABELS, rounded).set_index("threshold")
    assert table.loc[3.0, "f1"] == pytest.approx(f1(LABELS, rounded))


def test_undefined_is_nan_and_never_zero() -> None:
    nothing_found = threshold_table([1, 4], [1, 2], thresholds=[3]).iloc[0]
    assert math.isnan(nothing_found["precision"]) and nothing_found["recall"] == 0 and nothing_found["f1"] == 0
    nothing_similar = threshold_table([1, 2], [1, 2], thresholds=[3]).iloc[0]
    assert math.isnan(nothing_similar["recall"]) and math.isnan(nothing_similar["f1"])
    assert nothing_similar["accuracy"] == 1
    no_pairs = threshold_table([], [], thresholds=[3]).iloc[0]
    assert math.isnan(no_pairs["accuracy"]) and math.isnan(no_pairs["f1"])
    assert len(calibration_table([], [])) == len(residual_table([], [])) == 0


def test_best_threshold_mends_a_shift() -> None:
    exact = np.round(LABELS * 4) / 4
    chosen = best_threshold(exact, exact - 1.5)
    assert 1.25 < chosen <= 1.5
    assert threshold_table(exact, exact - 1.5, thresholds=[chosen])["f1"].item() == 1


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [([0.1, 4.9], 3.0), ([3.52, 4.9], 3.55), ([0.1, 2.52], 2.5), ([2.0, 4.0], 3.0)],
)
def test_of_several_best_thresholds_the_nearest_to_three_counts(predictions: list[float], expected: float) -> None:
    assert best_threshold([0, 5], predictions) == expected


def test_best_threshold_is_the_best_of_the_grid() -> None:
    table = threshold_table(LABELS, PREDICTIONS)
    chosen = table.set_index("threshold").loc[best_threshold(LABELS, PREDICTIONS)]
    assert chosen["f1"] == table["f1"].max()


def test_without_a_similar_pair_there_is_no_best_threshold() -> None:
    assert math.isnan(best_threshold([0, 1, 2], [0, 4, 5]))
    assert math.isnan(best_threshold([], []))
    assert best_threshold([0, 1, 2], [0, 1, 2], label_threshold=2.0) == 2.0


def test_what_is_no_comparison_is_refused() -> None:
    for function in (calibration_table, calibration_error, residual_table, threshold_table, best_threshold):
        with pytest.raises(ValueError, match="finite"):
            function([1, 2], [1, math.nan])
        with pytest.raises(ValueError, match="one length"):
            function([1, 2], [1])
    with pytest.raises(ValueError, match="band"):
        calibration_table([1], [1], bands=0)
