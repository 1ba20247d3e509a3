"""Numbers of the Predictions page against scipy and counted by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dashboard.tables import prediction_tables
from dashboard.tables.measured import Measured
from dashboard.tables.prediction_tables import PERSON
from similarity.annotators import Agreement
from similarity.paired_bootstrap import PairedBootstrap

LABELS = np.array([0.0, 1, 2, 3, 4, 5])


def measured(labels: np.ndarray = LABELS, **predictions: list[float] | np.ndarray) -> Measured:
    pairs = pd.DataFrame({"pair_id": [f"p{number}" for number in range(len(labels))], "label": labels})
    return Measured("toy", "test", pairs, {name: np.array(values, dtype=float) for name, values in predictions.items()})


def test_overall_puts_the_best_first_and_agrees_with_scipy() -> None:
    generator = np.random.default_rng(0)
    labels = generator.uniform(0, 5, 80)
    groups = pd.Series(["a", "b"] * 40)
    both = measured(labels, weak=labels + generator.normal(0, 3, 80), strong=labels + generator.normal(0, 0.5, 80))
    bootstrap = PairedBootstrap(both.labels, both.predictions, resamples=200)
    table = prediction_tables.overall(both, bootstrap, groups)
    assert table["run_id"].tolist() == prediction_tables.best_first(both) == ["strong", "weak"]
    strong = table.iloc[0]
    assert strong["pearson"] == pytest.approx(stats.pearsonr(labels, both.predictions["strong"])[0])
    assert strong["spearman"] == pytest.approx(stats.spearmanr(labels, both.predictions["strong"])[0])
    assert strong["low"] < strong["pearson"] < strong["high"]
    assert math.isfinite(strong["within"])


def test_r_within_the_source_is_missing_where_there_is_one_source_or_none() -> None:
    alone = measured(a=LABELS)
    bootstrap = PairedBootstrap(alone.labels, alone.predictions, resamples=10)
    for groups in (None, pd.Series(["x"] * 6)):
        assert math.isnan(prediction_tables.overall(alone, bootstrap, groups)["within"].iloc[0])


def test_a_person_stands_last_and_only_where_there_are_annotations() -> None:
    table = pd.DataFrame({"run_id": ["a"], "pearson": [0.5], "low": [0.4], "high": [0.6], "mse": [1.0]})
    assert prediction_tables.with_person(table, None) is table
    added = prediction_tables.with_person(table, Agreement(0.83, 0.79, 0.87, 120, 6.4))
    assert added["run_id"].tolist() == ["a", PERSON]
    assert added["pearson"].iloc[1] == 0.83
    assert math.isnan(added["mse"].iloc[1])


def test_a_constant_prediction_has_no_r_and_breaks_nothing() -> None:
    both = measured(flat=[2.0] * 6, good=LABELS)
    assert prediction_tables.best_first(both) == ["good", "flat"]
    bootstrap = PairedBootstrap(both.labels, both.predictions, resamples=10)
    table = prediction_tables.overall(both, bootstrap, None).set_index("run_id")
    assert math.isnan(table.loc["flat", "pearson"])
    assert table.loc["flat", "mse"] == pytest.approx(np.mean((LABELS - 2) ** 2))
    assert math.isnan(prediction_tables.prediction_correlations(both, ["flat", "good"]).loc["flat", "good"])


def test_the_largest_offset_is_the_band_that_is_furthest_off_by_more_than_chance() -> None:
    labels = np.repeat([0.5, 2.5, 4.5], 20) + np.tile([-0.1, 0.1], 30)
    predictions = np.repeat([0.5, 3.3, 4.2], 20)
    found = prediction_tables.largest_offset(labels, predictions)
    assert found is not None
    assert (found.low, found.high, found.pairs) == (3, 4, 20)
    assert found.points == pytest.approx(0.8)
    assert prediction_tables.largest_offset(labels, np.repeat([0.5, 2.5, 4.5], 20)) is None


def test_calibrated_runs_are_seldom_said_to_be_off() -> None:
    """Five bands at 95% each would blame about one calibrated run in five; together at 95% it is one in twenty."""
    blamed = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        predictions = generator.uniform(0, 5, 200)
        blamed += prediction_tables.largest_offset(predictions + generator.normal(0, 0.7, 200), predictions) is not None
    assert blamed / 400 < 0.09


def test_few_pairs_are_no_offset() -> None:
    assert prediction_tables.largest_offset(LABELS, [5 - label for label in LABELS]) is None


def test_the_confusion_keeps_the_label_threshold_at_three() -> None:
    row = prediction_tables.at_threshold(measured(a=[0, 1, 2.5, 2.5, 2.4, 5]), 2.5).iloc[0]
    assert (row["tp"], row["fp"], row["fn"], row["tn"]) == (2, 1, 1, 2)
    assert row["f1"] == pytest.approx(2 / 3)


def test_a_threshold_found_elsewhere_is_applied_here() -> None:
    curves = prediction_tables.threshold_curves(measured(low=LABELS - 0.5, none=LABELS))
    table = prediction_tables.applied_thresholds(curves, {"low": 2.5, "none": math.nan}).set_index("run_id")
    assert table.loc["low", "f1"] == pytest.approx(4 / 5)
    assert table.loc["low", "f1_chosen"] == 1
    assert math.isnan(table.loc["none", "f1_chosen"])
    assert prediction_tables.applied_thresholds(curves, {}).empty


def test_errors_correlate_otherwise_than_predictions() -> None:
    noise = np.array([1.0, -1, 1, -1, 1, -1])
    both = measured(up=LABELS + noise, down=LABELS - noise)
    assert prediction_tables.prediction_correlations(both, ["up", "down"]).loc["up", "down"] > 0
    assert prediction_tables.error_correlations(both, ["up", "down"]).loc["up", "down"] == pytest.approx(-1)
    assert prediction_tables.mean_of_two(both, "up", "down").tolist() == LABELS.tolist()


def test_who_is_right_counts_every_pair_once() -> None:
    both = measured(a=[0, 1, 2, 3, 4, 5], b=[3, 1, 2, 2, 4, 5], c=[5, 1, 2, 0, 0, 5])
    assert prediction_tables.right_together(both, "a", "b", 3.0) == {"both": 4, "first": 2, "second": 0, "neither": 0}
    assert prediction_tables.right_together(both, "b", "c", 3.0) == {"both": 3, "first": 1, "second": 0, "neither": 2}
    counts = prediction_tables.right_by_count(both, ["a", "b", "c"], 3.0)
    assert counts["pairs"].tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0002, "< 0.001"),
        (0.0421, "= 0.042"),
        (0.04962, "= 0.0496"),
        (0.0504, "= 0.0504"),
        (0.424, "= 0.42"),
        (1, "= 1.00"),
    ],
)
def test_p_values_are_written_without_false_precision(value: float, shown: str) -> None:
    assert prediction_tables.p_value(value) == shown
