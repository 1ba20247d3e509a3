"""Which pairs stand in which split: duplicates, sentences on both sides, and the cut of train into train and valid.

Pure functions on tables of pairs; a pair and its swapped form are the same pair.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity.errors import DataError

PRECEDENCE = ("test", "valid", "train")
"""A pair that stands in two splits stays in the first of these, so that what is measured on never changes."""

BAND = 0.5
"""Width of the label bands, in label points, by which train and valid are made alike."""


def drop_duplicates(pairs: pd.DataFrame) -> tuple[pd.DataFrame, Counter[str]]:
    """Keep the first of each pair within one split, with its own label; return it and what was dropped by reason.

    A later one whose label differs is dropped like the others, but counted by itself: no label is averaged, so
    each pair that stays is one that its file holds.
    """
    first: dict[tuple[str, str], tuple[str, float]] = {}
    stays: list[bool] = []
    dropped: Counter[str] = Counter()
    for key, sentence, label in zip(_keys(pairs), pairs["sentence1"], pairs["label"], strict=True):
        stays.append(key not in first)
        first_sentence, first_label = first.setdefault(key, (sentence, label))
        if not stays[-1]:
            reason = "duplicates" if first_sentence == sentence else "swapped_duplicates"
            dropped[reason if abs(first_label - label) < 1e-6 else "duplicates_with_another_label"] += 1
    return pairs[stays].reset_index(drop=True), dropped


def without_pairs_of(pairs: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that don't stand in `other`."""
    known = set(_keys(other))
    return pairs[[key not in known for key in _keys(pairs)]].reset_index(drop=True)


def without_sentences_of(pairs: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs neither of whose sentences stands in `other`."""
    return pairs[~_has_sentence_of(pairs, other)].reset_index(drop=True)


def count_leakage(splits: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count what stands in two splits, for each two of them.

    `train_sentences_in_test`: distinct sentences; `test_pairs_with_train_sentences` and
    `train_pairs_with_test_sentences`: pairs with at least one of them; `train_pairs_in_test`: whole pairs.
    """
    counts = {}
    for left, right in (("train", "test"), ("valid", "test"), ("train", "valid")):
        if left in splits and right in splits:
            a, b = splits[left], splits[right]
            counts[f"{left}_sentences_in_{right}"] = len(_sentences(a) & _sentences(b))
            counts[f"{left}_pairs_in_{right}"] = len(set(_keys(a)) & set(_keys(b)))
            counts[f"{left}_pairs_with_{right}_sentences"] = int(_has_sentence_of(a, b).sum())
            counts[f"{right}_pairs_with_{left}_sentences"] = int(_has_sentence_of(b, a).sum())
    return counts


def cut_valid(pairs: pd.DataFrame, *, share: float = 0.1, seed: int = 42) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut a share of train off as valid, alike in labels, with no sentence on both sides.

    Pairs that share a sentence, directly or through others, go together. Such groups are taken in random order as
    long as they fit into what valid still needs in each band of labels; what then remains is filled up by the
    groups that bring valid nearest to its share of each band.

    Args:
        pairs: train.
        share: valid's share of the pairs, above 0 and at most 0.5.
        seed: of the random order.

    Returns:
        Train and valid, each in the order of `pairs`.

    Raises:
        DataError: the share is out of range, or all pairs hang together.
    """
    if not 0 < share <= 0.5:
        raise DataError(f"The share of valid is above 0 and at most 0.5, but {share:g} came. Usual is 0.1.")
    groups = sentence_groups(pairs)
    bands = np.minimum((pairs["label"].to_numpy() / BAND).astype(int), int(5 / BAND))
    sizes = np.zeros((groups.max() + 1, bands.max() + 1))
    np.add.at(sizes, (groups, bands), 1)
    chosen = _choose(sizes, sizes.sum(axis=0) * share, np.random.default_rng(seed))
    in_valid = chosen[groups]
    if not in_valid.any() or in_valid.all():
        raise DataError(
            f"{len(pairs):,} pairs can't be cut into train and valid at {share:g} without a sentence on both sides: "
            f"they form {len(sizes):,} groups that share sentences. Name a file for valid with --valid."
        )
    return pairs[~in_valid].reset_index(drop=True), pairs[in_valid].reset_index(drop=True)


def sentence_groups(pairs: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return each pair's group: pairs linked by shared sentences, directly or through others, have the same."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, sentences = pd.factorize(pd.concat([pairs["sentence1"], pairs["sentence2"]], ignore_index=True))
    first, second = codes[: len(pairs)], codes[len(pairs) :]
    links = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(sentences), len(sentences)))
    _, group_of_sentence = connected_components(links, directed=False)
    # Numbered by first appearance, so that the groups don't depend on how the library numbers them.
    return pd.factorize(group_of_sentence[first])[0].astype(np.int64)


def _choose(
    sizes: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64], generator: np.random.Generator
) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(sizes), dtype=bool)
    missing = wanted.copy()
    order = generator.permutation(len(sizes))
    for group in order:
        if (sizes[group] <= missing).all():
            chosen[group] = True
            missing -= sizes[group]
    for group in order:
        if not chosen[group] and ((missing - sizes[group]) ** 2).sum() < (missing**2).sum():
            chosen[group] = True
            missing -= sizes[group]
    return chosen


def _keys(pairs: pd.DataFrame) -> list[tuple[str, str]]:
    return [(a, b) if a <= b else (b, a) for a, b in zip(pairs["sentence1"], pairs["sentence2"], strict=True)]


def _sentences(pairs: pd.DataFrame) -> set[str]:
    return {*pairs["sentence1"], *pairs["sentence2"]}


def _has_sentence_of(pairs: pd.DataFrame, other: pd.DataFrame) -> npt.NDArray[np.bool_]:
    known = _sentences(other)
    return (pairs["sentence1"].isin(known) | pairs["sentence2"].isin(known)).to_numpy(dtype=bool)
