"""The metrics against scipy, scikit-learn and worked numbers, and where they are undefined."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from similarity import metrics

GENERATOR = np.random.default_rng(7)
LABELS = GENERATOR.uniform(0, 5, 200)
PREDICTIONS = np.clip(LABELS + GENERATOR.normal(0, 1, 200), 0, 5)


def test_correlations_agree_with_scipy() -> None:
    assert metrics.pearson(LABELS, PREDICTIONS) == pytest.approx(stats.pearsonr(LABELS, PREDICTIONS).statistic)
    rounded = np.round(PREDICTIONS)
    assert metrics.spearman(LABELS, rounded) == pytest.approx(stats.spearmanr(LABELS, rounded).statistic)


def test_f1_agrees_with_scikit_learn() -> None:
    truth, found = LABELS >= 3, PREDICTIONS >= 3
    assert metrics.f1(LABELS, PREDICTIONS) == pytest.approx(f1_score(truth, found))
    assert metrics.macro_f1(LABELS, PREDICTIONS) == pytest.approx(f1_score(truth, found, average="macro"))


def test_f1_by_hand_counts_three_as_similar() -> None:
    # Two of three similar pairs found, one false alarm: precision 2/3, recall 2/3.
    assert metrics.f1([3.0, 4.0, 5.0, 1.0, 0.0], [3.0, 2.9, 5.0, 3.1, 0.0]) == pytest.approx(2 / 3)


def test_undefined_is_nan_and_never_zero() -> None:
    assert math.isnan(metrics.pearson([1, 2, 3], [2, 2, 2]))
    assert math.isnan(metrics.pearson([0.1] * 3, [1, 2, 3]))
    assert math.isnan(metrics.pearson([1.0], [2.0]))
    assert math.isnan(metrics.f1([1, 2], [0, 1]))
    assert metrics.evaluate([1, 2, 3], [2, 2, 2]).pearson is None
    with pytest.raises(ValueError, match="finite"):
        metrics.pearson([1, 2], [1, math.nan])
    with pytest.raises(ValueError, match="one length"):
        metrics.pearson([1, 2], [1, 2, 3])


def test_interval_agrees_with_scipys_bootstrap_and_repeats_with_its_seed() -> None:
    low, high = metrics.pearson_interval(LABELS, PREDICTIONS)
    reference = stats.bootstrap(
        (LABELS, PREDICTIONS),
        lambda x, y: stats.pearsonr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.005)
    assert (low, high) == metrics.pearson_interval(LABELS, PREDICTIONS)
    assert low < metrics.pearson(LABELS, PREDICTIONS) < high


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    true_r, hits, rounds = 0.7, 0, 200
    for _ in range(rounds):
        x, noise = generator.normal(size=(2, 150))
        y = true_r * x + math.sqrt(1 - true_r**2) * noise
        low, high = metrics.pearson_interval(x, y, resamples=500)
        hits += low <= true_r <= high
    assert 0.88 <= hits / rounds <= 0.99
