"""What stands twice: within a split, and on both sides of two splits, where a test no longer measures what it should.

Sentences are compared in the normal form in which data sets are prepared (`similarity.sentence_pairs.normalise`); a
pair and its swapped form are the same pair.
"""

import unicodedata
from itertools import permutations

import pandas as pd

from dashboard.tables.data_tables import Splits
from similarity.sentence_pairs import normalise

Pair = tuple[str, str]


def duplicates(splits: Splits) -> pd.DataFrame:
    """Return a row a split: what stands in it more than once.

    Returns:
        split, pairs, sentences (distinct), repeated_sentences (distinct ones in more than one pair), repeated_pairs
        (pairs that stood before in the same split, swapped or not), other_label (those of them whose label differs
        from the first's), identical (pairs of two equal sentences).
    """
    return pd.DataFrame([{"split": split, **_within(pairs)} for split, pairs in splits.items()])


def overlap(splits: Splits) -> pd.DataFrame:
    """Return a row for each ordered two splits: how much of the first also stands in the second.

    Returns:
        split, other, pairs (of `split`), shared_sentences (distinct), shared_pairs (pairs of `split` that stand in
        `other`), touched (pairs of `split` with at least one sentence that stands in `other`), share (touched /
        pairs), and near_sentences: distinct sentences of `split` that stand in `other` but for spaces, punctuation
        and case.
    """
    sides = {split: _Side(pairs) for split, pairs in splits.items()}
    rows = []
    for one, two in permutations(sides, 2):
        left, right = sides[one], sides[two]
        touched = sum(a in right.sentences or b in right.sentences for a, b in left.pairs)
        near = {sentence for sentence, loose in left.loose.items() if loose in right.loose_forms}
        rows.append(
            {
                "split": one,
                "other": two,
                "pairs": len(left.pairs),
                "shared_sentences": len(left.sentences & right.sentences),
                "shared_pairs": sum(pair in right.distinct for pair in left.pairs),
                "touched": touched,
                "share": touched / max(len(left.pairs), 1),
                "near_sentences": len(near - right.sentences),
            }
        )
    columns = ("split", "other", "pairs", "shared_sentences", "shared_pairs", "touched", "share", "near_sentences")
    return pd.DataFrame(rows, columns=list(columns))


def touched_ids(splits: Splits) -> dict[str, frozenset[str]]:
    """Return, by split, the ids of the pairs that hold a sentence of another split."""
    sentences = {split: _Side(pairs).sentences for split, pairs in splits.items()}
    found = {}
    for split, pairs in splits.items():
        others = set().union(*(each for other, each in sentences.items() if other != split))
        both = zip(pairs["pair_id"], _normal_pairs(pairs), strict=True)
        found[split] = frozenset(str(pair_id) for pair_id, (a, b) in both if a in others or b in others)
    return found


class _Side:
    def __init__(self, table: pd.DataFrame) -> None:
        self.pairs = [_key(pair) for pair in _normal_pairs(table)]
        self.distinct = set(self.pairs)
        self.sentences = {sentence for pair in self.pairs for sentence in pair}
        self.loose = {sentence: _loose(sentence) for sentence in self.sentences}
        self.loose_forms = set(self.loose.values()) - {""}


def _within(table: pd.DataFrame) -> dict[str, int]:
    first: dict[Pair, float] = {}
    repeated = other_label = 0
    seen_in: dict[str, int] = {}
    pairs = [_key(pair) for pair in _normal_pairs(table)]
    for key, label in zip(pairs, table["label"], strict=True):
        if key in first:
            repeated += 1
            other_label += abs(first[key] - label) > 1e-6
        first.setdefault(key, label)
        for sentence in set(key):
            seen_in[sentence] = seen_in.get(sentence, 0) + 1
    return {
        "pairs": len(pairs),
        "sentences": len(seen_in),
        "repeated_sentences": sum(count > 1 for count in seen_in.values()),
        "repeated_pairs": repeated,
        "other_label": int(other_label),
        "identical": sum(a == b for a, b in pairs),
    }


def _normal_pairs(table: pd.DataFrame) -> list[Pair]:
    return [(normalise(a), normalise(b)) for a, b in zip(table["sentence1"], table["sentence2"], strict=True)]


def _key(pair: Pair) -> Pair:
    return pair if pair[0] <= pair[1] else (pair[1], pair[0])


def _loose(sentence: str) -> str:
    return "".join(character for character in sentence.casefold() if unicodedata.category(character)[0] not in "PZS")
