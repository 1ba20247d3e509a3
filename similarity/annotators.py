"""How well people agree with each other on the labels, as a reference line beside the models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from similarity.metrics import Floats, pearson
from similarity.paired_bootstrap import SMALLEST_SAMPLE, resampled_pearson


@dataclass(frozen=True)
class Agreement:
    """Pearson's r of single annotators with the mean of the others, and its 95% interval; NaN where undefined.

    `pairs` counts the pairs with two or more scores, `annotators` is the mean number of scores on those.
    """

    pearson: float
    low: float
    high: float
    pairs: int
    annotators: float


def single_annotator_agreement(
    annotations: Sequence[Sequence[float]], *, draws: int = 200, resamples: int = 1_000, seed: int = 0
) -> Agreement | None:
    """Return how well one annotator, drawn at random for each pair, agrees with the mean of the others.

    The leave-one-out form of inter-annotator agreement, each annotator against the rest, without the need to know
    which scores are the same person's. It is the mean of r over `draws` such draws; the interval resamples the
    pairs (percentile bootstrap, as in `PairedBootstrap`) and averages over the draws within each resample.

    A reference, not a ceiling: a single person is noisier than the mean of several, and models are compared with
    the mean of all annotators, not of all but one. A model may stand above it.

    Args:
        annotations: the scores of each pair, 0–5; what is no finite number is passed over.
        draws: how often an annotator is drawn for each pair.
        resamples: how often the pairs are drawn for the interval.
        seed: of both.

    Returns:
        The agreement, or None where fewer than 10 pairs have two or more scores.
    """
    usable = [scores for scores in map(scores_of, annotations) if len(scores) > 1]
    if len(usable) < SMALLEST_SAMPLE:
        return None
    generator = np.random.default_rng(seed)
    single = np.stack([scores[generator.integers(0, len(scores), draws)] for scores in usable])
    sums, counts = (np.array([function(scores) for scores in usable])[:, None] for function in (np.sum, len))
    others = (sums - single) / (counts - 1)
    drawn = resampled_pearson(others, single, resamples=resamples, seed=seed)
    averaged = _mean_of_defined(drawn)
    averaged = averaged[np.isfinite(averaged)]
    low, high = np.quantile(averaged, [0.025, 0.975]) if len(averaged) else (math.nan, math.nan)
    estimates = np.array([[pearson(others[:, draw], single[:, draw]) for draw in range(draws)]])
    return Agreement(
        pearson=float(_mean_of_defined(estimates)[0]),
        low=float(low),
        high=float(high),
        pairs=len(usable),
        annotators=float(counts.mean()),
    )


def scores_of(annotation: object) -> Floats:
    """Return the finite numbers in a pair's list of scores; none where it is missing or no list."""
    if not isinstance(annotation, list | tuple | np.ndarray):
        return np.empty(0)
    return np.array(
        [float(score) for score in annotation if isinstance(score, Real) and math.isfinite(score)], dtype=np.float64
    )


def _mean_of_defined(rows: Floats) -> Floats:
    defined = np.isfinite(rows)
    count = defined.sum(axis=1)
    total = np.where(defined, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
