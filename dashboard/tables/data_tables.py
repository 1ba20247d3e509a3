"""What tables of sentence pairs hold: labels by band, sources and phenomena, and the pairs that a search finds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity.metrics import THRESHOLD
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN, normalise

Splits = Mapping[str, pd.DataFrame]
"""Split → its table of pairs, in the order train, valid, test."""

BAND = 0.5
BANDS = tuple(float(band) for band in np.arange(LABEL_MIN, LABEL_MAX + BAND, BAND))
"""Lower bounds of the label's bands, half a point wide; the last holds the pairs labelled 5 exactly."""

MAX_GROUPS = 12
OTHERS, NO_VALUE = "\0others", "\0none"
"""Stand for the groups beyond `MAX_GROUPS`, and for pairs without a value: no file can hold these."""

SPLIT_COLUMN = "\0split"
"""The split in a table of found pairs; a file may have a column "split" of its own."""

AUGMENTATION = "augmentation"
"""Column of a train split that says by which operation a pair was made; empty for those that stood in the file."""


def overview(splits: Splits) -> pd.DataFrame:
    """Return a row a split: split, pairs, sources, mean_label (0–5), similar (share at 3.0 or above)."""
    return pd.DataFrame(
        [
            {
                "split": split,
                "pairs": len(pairs),
                "sources": pairs["source"].nunique(),
                "mean_label": pairs["label"].mean(),
                "similar": (pairs["label"] >= THRESHOLD).mean(),
            }
            for split, pairs in splits.items()
        ]
    )


def label_histogram(splits: Splits) -> pd.DataFrame:
    """Return a row a split and band of labels: split, band (lower bound), pairs, share (of the split's pairs)."""
    rows = []
    for split, pairs in splits.items():
        counts = _band_counts(pairs["label"])
        rows += [
            {"split": split, "band": band, "pairs": int(count), "share": count / max(len(pairs), 1)}
            for band, count in zip(BANDS, counts, strict=True)
        ]
    return pd.DataFrame(rows)


def bands_by_group(pairs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return groups (the largest first) × bands: each band's share of the group's pairs, and `pairs` in all."""
    groups = largest_groups(pairs[column])
    table = pd.DataFrame(
        {group: _band_counts(pairs["label"][groups == group]) for group in _ordered(groups)}, index=list(BANDS)
    ).T
    totals = table.sum(axis=1)
    return table.div(totals, axis=0).assign(pairs=totals.astype(int))


def group_counts(splits: Splits, column: str) -> pd.DataFrame:
    """Return a row a group and split that holds it: group, split, pairs, share (of the split), mean_label, similar.

    Groups come with the most pairs first, those beyond `MAX_GROUPS` together as `OTHERS`, pairs without a value as
    `NO_VALUE`; none at all where no split has a value in this column.
    """
    holders = {split: pairs for split, pairs in splits.items() if column in pairs}
    columns = ["group", "split", "pairs", "share", "mean_label", "similar"]
    if not any(has_groups(pairs, column) for pairs in holders.values()):
        return pd.DataFrame(columns=columns)
    groups = largest_groups(pd.concat([pairs[column] for pairs in holders.values()], ignore_index=True))
    labels = pd.concat([pairs["label"] for pairs in holders.values()], ignore_index=True)
    of_split = np.repeat(list(holders), [len(pairs) for pairs in holders.values()])
    rows = []
    for group in _ordered(groups):
        for split, pairs in holders.items():
            inside = labels[(groups == group).to_numpy() & (of_split == split)]
            if len(inside):
                rows.append(
                    {
                        "group": group,
                        "split": split,
                        "pairs": len(inside),
                        "share": len(inside) / len(pairs),
                        "mean_label": inside.mean(),
                        "similar": (inside >= THRESHOLD).mean(),
                    }
                )
    return pd.DataFrame(rows, columns=columns)


def has_groups(pairs: pd.DataFrame, column: str) -> bool:
    """Return whether any pair has a value in this column."""
    return column in pairs and bool((_as_text(pairs[column]) != NO_VALUE).any())


def before_and_after(train: pd.DataFrame) -> Splits:
    """Return the pairs as they stood in the file (`before`) and with those that augmentation made (`after`).

    Empty where no pair was made by augmentation.
    """
    if not has_groups(train, AUGMENTATION):
        return {}
    return {"before": train[_as_text(train[AUGMENTATION]) == NO_VALUE], "after": train}


def options(splits: Splits, column: str) -> list[str]:
    """Return the values that a column holds in any split, sorted; empty ones are left out."""
    found: set[str] = set()
    for pairs in splits.values():
        if column in pairs:
            found |= set(_as_text(pairs[column]))
    return sorted(found - {NO_VALUE})


def largest_groups(values: pd.Series) -> pd.Series:
    """Return values as text, those beyond the `MAX_GROUPS` most frequent as `OTHERS`, missing ones as `NO_VALUE`."""
    text = _as_text(values)
    counts = text[text != NO_VALUE].value_counts()
    if len(counts) <= MAX_GROUPS:
        return text
    # Of equally frequent groups always the same ones stay.
    kept = sorted(counts.index, key=lambda group: (-counts[group], group))[:MAX_GROUPS]
    return text.where(text.isin([*kept, NO_VALUE]), OTHERS)


@dataclass(frozen=True)
class Query:
    """What a person looks for among the pairs; what is empty filters nothing."""

    text: str = ""
    splits: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    phenomena: tuple[str, ...] = ()
    low: float = LABEL_MIN
    high: float = LABEL_MAX
    ids: Mapping[str, frozenset[str]] | None = None
    """Split → only pairs with one of these ids, if given."""


def find_pairs(splits: Splits, query: Query) -> pd.DataFrame:
    """Return the pairs that a query finds, split by split, with the split as their first column (`SPLIT_COLUMN`).

    The text is looked for as it is, upper and lower case alike, in either sentence; it is no pattern.
    """
    found = []
    for split, pairs in splits.items():
        if query.splits and split not in query.splits:
            continue
        fits = _matches(pairs, query)
        if query.ids is not None:
            fits &= pairs["pair_id"].isin(query.ids.get(split, frozenset()))
        found.append(pairs[fits].assign(**{SPLIT_COLUMN: split}))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[SPLIT_COLUMN])
    return table[[SPLIT_COLUMN, *(column for column in table if column != SPLIT_COLUMN)]]


def _matches(pairs: pd.DataFrame, query: Query) -> pd.Series:
    fits = pairs["label"].between(query.low - 1e-9, query.high + 1e-9)
    for column, wanted in (("source", query.sources), ("phenomenon", query.phenomena)):
        if wanted:
            fits &= _as_text(pairs[column]).isin(wanted) if column in pairs else False
    text = normalise(query.text).casefold()
    if text:
        fits &= _contains(pairs["sentence1"], text) | _contains(pairs["sentence2"], text)
    return fits


def _contains(sentences: pd.Series, text: str) -> pd.Series:
    return pd.Series([text in sentence.casefold() for sentence in sentences], index=sentences.index, dtype=bool)


def _band_counts(labels: pd.Series) -> npt.NDArray[np.int64]:
    places = np.floor(labels.to_numpy(dtype=np.float64) / BAND + 1e-9).astype(int)
    return np.bincount(np.clip(places, 0, len(BANDS) - 1), minlength=len(BANDS))


def _ordered(groups: pd.Series) -> list[str]:
    counts = groups.value_counts()
    return sorted(
        counts.index, key=lambda group: (group in (OTHERS, NO_VALUE), group == NO_VALUE, -counts[group], group)
    )


def _as_text(values: pd.Series) -> pd.Series:
    text = [str(value).strip() if pd.api.types.is_scalar(value) and pd.notna(value) else "" for value in values]
    return pd.Series([each or NO_VALUE for each in text], index=values.index, dtype=object)
