"""The same models on parts of the pairs: where one is strong, weak, or better than another."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity.annotators import scores_of
from similarity.metrics import Floats, checked, pearson
from similarity.paired_bootstrap import SMALLEST_SAMPLE, PairedBootstrap

DIMENSIONS: tuple[str, ...] = ("source", "phenomenon", "length", "overlap", "label_band", "disagreement")
"""By what pairs can be sliced; `pair_features` says what each means."""

MISSING = "–"
"""The slice of pairs for which a dimension says nothing."""

_LENGTHS = ((0, 41, 61, 81), ("≤40", "41–60", "61–80", ">80"))
_OVERLAPS = ((0, 0.2, 0.4, 0.6, 0.8), ("0–0.2", "0.2–0.4", "0.4–0.6", "0.6–0.8", "0.8–1"))
_LABELS = ((0, 1, 2, 3, 4), ("0–1", "1–2", "2–3", "3–4", "4–5"))
_DISAGREEMENTS = ((0, 0.5, 1, 1.5), ("0–0.5", "0.5–1", "1–1.5", "≥1.5"))


def pair_features(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what pairs can be sliced by: a row a pair with the pairs' index, an ordered categorical a dimension.

    A band holds its lower bound, and not its upper one but for the highest. Bands are the same for all data sets,
    so that slices of two can be compared.

    `source`, `phenomenon`: as they are. `length`: characters of both sentences together, spaces included.
    `overlap`: Jaccard similarity of the two sets of character bigrams, spaces removed (a lone character stands for
    itself). `label_band`: the label, one point wide. `disagreement`: standard deviation of a pair's
    `annotations` (n − 1 in the denominator), or where a data set has none, |label − label_second|; label points.

    A dimension for which no pair has a value is left out; a pair without one is in the category "–", the last.
    """
    features: dict[str, pd.Series] = {}
    for dimension in DIMENSIONS:
        values, order = _FEATURES[dimension](pairs)
        if any(value is not None for value in values):
            present = {MISSING if value is None else value for value in values}
            features[dimension] = pd.Series(
                pd.Categorical(
                    [MISSING if value is None else value for value in values],
                    categories=[value for value in dict.fromkeys([*order, MISSING]) if value in present],
                    ordered=True,
                ),
                index=pairs.index,
            )
    return pd.DataFrame(features, index=pairs.index)


def slice_scores(
    labels: npt.ArrayLike,
    predictions: Mapping[str, npt.ArrayLike],
    groups: pd.Series,
    *,
    resamples: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each model's scores on each slice, the slices in their categories' order.

    Within a slice Pearson's r is often lower than on all pairs because its labels spread less; compare models on a
    slice, not slices by r. `bias` and `mae` don't have that problem.

    Args:
        labels: one label a pair, 0–5.
        predictions: model → one prediction a pair, in the labels' order.
        groups: the slice of each pair, in the labels' order whatever its index; missing ones form the slice "–".
        resamples: of the paired bootstrap within each slice.
        level: of the percentile interval.
        seed: of the resamples.

    Returns:
        slice, name, pairs, pearson, low, high, bias (mean of prediction − label) and mae (mean |prediction − label|),
        both in label points. Slices under 10 pairs have NaN intervals.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    sides = {name: checked(labels, values)[1] for name, values in predictions.items()}
    truth = np.asarray(labels, dtype=np.float64)
    rows = []
    for label, places in _slices(groups, len(truth)):
        inside = {name: values[places] for name, values in sides.items()}
        bootstrap = _bootstrap(truth[places], inside, resamples, seed)
        for name, values in inside.items():
            error = values - truth[places]
            low, high = bootstrap.interval(name, level) if bootstrap else (math.nan, math.nan)
            rows.append(
                {
                    "slice": label,
                    "name": name,
                    "pairs": len(places),
                    "pearson": pearson(truth[places], values),
                    "low": low,
                    "high": high,
                    "bias": float(error.mean()),
                    "mae": float(np.abs(error).mean()),
                }
            )
    return pd.DataFrame(rows, columns=["slice", "name", "pairs", "pearson", "low", "high", "bias", "mae"])


def slice_differences(
    labels: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    groups: pd.Series,
    *,
    resamples: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return Pearson's r of two models on each slice and the paired difference, the largest in size first.

    Slices under 10 pairs come last, for there the largest differences are chance: of two pairs r is always ±1.

    The intervals are not corrected for the number of slices: the largest of many is partly luck, so take it as a
    place to look at, not as a finding.

    Args:
        labels: one label a pair, 0–5.
        first: one model's predictions, in the labels' order.
        second: the other's.
        groups: as for `slice_scores`.
        resamples: of the paired bootstrap within each slice.
        level: of the percentile interval.
        seed: of the resamples.

    Returns:
        slice, pairs, first, second (r of each), difference (first − second), low, high. Slices without an interval
        come last, and of them those where r is undefined.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    truth, one = checked(labels, first)
    two = checked(labels, second)[1]
    rows = []
    for label, places in _slices(groups, len(truth)):
        r_one, r_two = pearson(truth[places], one[places]), pearson(truth[places], two[places])
        bootstrap = _bootstrap(truth[places], {"first": one[places], "second": two[places]}, resamples, seed)
        found = bootstrap.difference("first", "second", level) if bootstrap else None
        rows.append(
            {
                "slice": label,
                "pairs": len(places),
                "first": r_one,
                "second": r_two,
                "difference": r_one - r_two,
                "low": found.low if found else math.nan,
                "high": found.high if found else math.nan,
            }
        )
    table = pd.DataFrame(rows, columns=["slice", "pairs", "first", "second", "difference", "low", "high"])
    table = table.sort_values("difference", key=lambda column: -column.abs(), kind="stable")
    return table.sort_values("low", key=lambda column: column.isna(), kind="stable", ignore_index=True)


def within_pearson(labels: npt.ArrayLike, predictions: npt.ArrayLike, groups: pd.Series) -> float:
    """Return the pooled within-group correlation: both sides minus their group's mean, then Pearson's r.

    This is the partial correlation given the group (Snijders & Bosker 2012, chapter 3). On KLUE-STS the mean label
    of a pair's source alone reaches r = .846; this says how well a model orders pairs of the same source. NaN where
    undefined: no group holds two different labels, or predictions follow from the group alone.

    Raises:
        ValueError: sides of different length, NaN or infinity.
    """
    x, y = checked(labels, predictions)
    centred_x, centred_y = np.zeros_like(x), np.zeros_like(y)
    for _, places in _slices(groups, len(x)):
        centred_x[places] = x[places] - x[places].mean()
        centred_y[places] = y[places] - y[places].mean()
    # A side that is constant within its groups leaves rounding noise, which would correlate by chance.
    return pearson(*(np.where(np.abs(side) < 1e-9, 0.0, side) for side in (centred_x, centred_y)))


def label_band(labels: npt.ArrayLike) -> list[str]:
    """Return each label's band, one point wide: "0–1" … "4–5", the lower bound included and 5 in the last."""
    return [band or MISSING for band in _banded(labels, _LABELS)]


def bigrams(sentence: str) -> set[str]:
    """Return a sentence's character bigrams, spaces removed; a lone character stands for itself."""
    text = "".join(sentence.split())
    return {text[start : start + 2] for start in range(max(len(text) - 1, 1))}


def shared_parts(pairs: pd.DataFrame, parts: Callable[[str], set[str]]) -> list[float]:
    """Return each pair's Jaccard similarity (0–1) of the two sentences' sets of `parts`."""
    both = ((parts(a), parts(b)) for a, b in zip(pairs["sentence1"], pairs["sentence2"], strict=True))
    return [len(one & two) / max(len(one | two), 1) for one, two in both]


Feature = tuple[list[str | None], Sequence[str]]
"""The value of each pair (None where it has none), and the order of the values."""


def _category(column: str) -> Callable[[pd.DataFrame], Feature]:
    def read(pairs: pd.DataFrame) -> Feature:
        if column not in pairs:
            return [None] * len(pairs), ()
        known = [pd.api.types.is_scalar(value) and pd.notna(value) and str(value) != "" for value in pairs[column]]
        values = [str(value) if there else None for value, there in zip(pairs[column], known, strict=True)]
        return values, sorted({value for value in values if value is not None})

    return read


def _length(pairs: pd.DataFrame) -> Feature:
    return _banded(pairs["sentence1"].str.len() + pairs["sentence2"].str.len(), _LENGTHS), _LENGTHS[1]


def _overlap(pairs: pd.DataFrame) -> Feature:
    return _banded(shared_parts(pairs, bigrams), _OVERLAPS), _OVERLAPS[1]


def _label(pairs: pd.DataFrame) -> Feature:
    return _banded(pairs["label"], _LABELS), _LABELS[1]


def _disagreement(pairs: pd.DataFrame) -> Feature:
    spread = np.full(len(pairs), np.nan)
    if "annotations" in pairs:
        scores = [scores_of(value) for value in pairs["annotations"]]
        spread = np.array([np.std(values, ddof=1) if len(values) > 1 else np.nan for values in scores])
    if not np.isfinite(spread).any() and "label_second" in pairs:
        second = pd.to_numeric(pairs["label_second"], errors="coerce")
        spread = (pairs["label"] - second).abs().to_numpy(dtype=np.float64)
    return _banded(spread, _DISAGREEMENTS), _DISAGREEMENTS[1]


_FEATURES: dict[str, Callable[[pd.DataFrame], Feature]] = {
    "source": _category("source"),
    "phenomenon": _category("phenomenon"),
    "length": _length,
    "overlap": _overlap,
    "label_band": _label,
    "disagreement": _disagreement,
}


def _banded(numbers: npt.ArrayLike, bands: tuple[Sequence[float], Sequence[str]]) -> list[str | None]:
    values = np.asarray(numbers, dtype=np.float64)
    starts, names = bands
    # A label that was scaled to 0–5 should not miss its bound by rounding.
    places = np.searchsorted(starts, values + 1e-9, side="right") - 1
    return [names[max(place, 0)] if known else None for place, known in zip(places, np.isfinite(values), strict=True)]


def _slices(groups: pd.Series, pairs: int) -> Iterator[tuple[Hashable, npt.NDArray[np.intp]]]:
    if len(groups) != pairs:
        raise ValueError(f"every pair should have a slice, but {pairs:,} pairs and {len(groups):,} slices came")
    named = groups.reset_index(drop=True)
    missing = named.isna().to_numpy()
    for label in (
        named.cat.categories if isinstance(named.dtype, pd.CategoricalDtype) else sorted(set(named.dropna()), key=str)
    ):
        places = np.flatnonzero((named == label).to_numpy())
        if len(places):
            yield label, places
    if missing.any():
        yield MISSING, np.flatnonzero(missing)


def _bootstrap(truth: Floats, sides: Mapping[str, Floats], resamples: int, seed: int) -> PairedBootstrap | None:
    return PairedBootstrap(truth, sides, resamples=resamples, seed=seed) if len(truth) >= SMALLEST_SAMPLE else None
