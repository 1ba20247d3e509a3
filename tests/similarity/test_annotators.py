"""Single annotators against the mean of the others: known answers, what is passed over, and KLUE-STS itself."""

import math

import numpy as np
import pytest
from scipy import stats

from similarity.annotators import scores_of, single_annotator_agreement
from similarity.sentence_pairs import read_pairs
from tests.shared_data import KLUE_STS, needs_klue


def _annotations(generator: np.random.Generator, pairs: int, annotators: int, noise: float) -> list[list[float]]:
    truth = generator.normal(size=(pairs, 1))
    return [list(row) for row in truth + noise * generator.normal(size=(pairs, annotators))]


def test_two_annotators_agree_as_their_columns_correlate() -> None:
    generator = np.random.default_rng(0)
    scores = np.array(_annotations(generator, 400, 2, 0.7))
    found = single_annotator_agreement(scores.tolist())
    assert found is not None
    # With two, each draw pairs one column with the other, sides swapped at random.
    assert found.pearson == pytest.approx(stats.pearsonr(scores[:, 0], scores[:, 1]).statistic, abs=0.01)
    assert (found.pairs, found.annotators) == (400, 2)
    assert found.low < found.pearson < found.high


def test_agreement_is_what_the_noise_allows() -> None:
    # Truth of variance 1, noise of variance s² = 1, k = 5: r = 1 / √((1 + s²)(1 + s²/(k − 1))) = .632.
    found = single_annotator_agreement(_annotations(np.random.default_rng(1), 6_000, 5, 1.0), draws=50, resamples=100)
    assert found is not None
    assert found.pearson == pytest.approx(1 / math.sqrt(2 * 1.25), abs=0.015)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(2)
    truth, hits, rounds = 1 / math.sqrt(1.25 * (1 + 0.25 / 3)), 0, 150
    for number in range(rounds):
        scores = _annotations(generator, 100, 4, 0.5)
        found = single_annotator_agreement(scores, draws=30, resamples=300, seed=number)
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / rounds <= 0.99


def test_full_agreement_is_one() -> None:
    found = single_annotator_agreement([[float(number % 6)] * 3 for number in range(30)], draws=5, resamples=50)
    assert found is not None
    assert (found.pearson, found.low, found.high) == pytest.approx((1, 1, 1))


def test_pairs_with_one_score_or_none_are_passed_over() -> None:
    scores = _annotations(np.random.default_rng(3), 20, 3, 0.5)
    mixed: list[object] = [*scores, [4.0], [], None, math.nan, [3.0, math.nan]]
    found = single_annotator_agreement(mixed, draws=20, resamples=50)  # type: ignore[arg-type]
    assert found == single_annotator_agreement(scores, draws=20, resamples=50)
    assert found is not None and (found.pairs, found.annotators) == (20, 3)


def test_too_few_pairs_have_no_agreement_and_constant_ones_an_undefined_one() -> None:
    scores = _annotations(np.random.default_rng(4), 10, 3, 0.5)
    assert single_annotator_agreement(scores) is not None
    assert single_annotator_agreement(scores[:9]) is None
    constant = single_annotator_agreement([[3.0, 3.0]] * 12, draws=5, resamples=20)
    assert constant is not None and math.isnan(constant.pearson) and math.isnan(constant.low)


def test_pairs_may_have_different_numbers_of_scores() -> None:
    scores = _annotations(np.random.default_rng(5), 60, 7, 0.3)
    uneven = [row[: 5 + number % 3] for number, row in enumerate(scores)]
    found = single_annotator_agreement(uneven, draws=20, resamples=50)
    assert found is not None and found.annotators == pytest.approx(6)
    assert found.pearson > 0.85


def test_scores_are_the_finite_numbers_of_a_list() -> None:
    assert scores_of(np.array([1, 2])).tolist() == [1, 2]
    assert scores_of([1, None, "2", [3], math.inf, 4.5]).tolist() == [1, 4.5]
    assert scores_of("12").tolist() == scores_of(None).tolist() == []


@needs_klue
def test_klue_annotators_agree_as_published() -> None:
    found = single_annotator_agreement(read_pairs(KLUE_STS).pairs["annotations"])
    assert found is not None and found.pairs == 120 and 5 <= found.annotators <= 7
    assert 0.78 < found.pearson < 0.9
