"""What a person should know about a data set before trusting a score on it, the gravest first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard.tables.data_tables import Splits
from dashboard.tables.trivial_predictors import SOURCE_MEAN, source_ratio
from similarity.metrics import Scores

TOUCHED_SHARE = 0.01
"""From this share of test pairs with a sentence of another split on, a score there is no longer clean."""

STRONG_SOURCE = 0.5
"""From this correlation on, knowing the source alone is a good part of a score."""

LABEL_SHIFT = 0.25
"""Label points by which the means of train and test may differ before it is named."""

MAX_SOURCES = 3


@dataclass(frozen=True)
class Finding:
    """One thing found: `key` names its sentence, `fields` fill it; `good` is None where it is neither good nor bad."""

    key: str
    good: bool | None
    fields: dict[str, Any] = field(default_factory=dict)


def findings(
    splits: Splits, overlap: pd.DataFrame, duplicates: pd.DataFrame, trivial: Mapping[str, Scores]
) -> list[Finding]:
    """Return what was found on the test split.

    Args:
        splits: the data set.
        overlap: what `data_leakage.overlap` returns for it.
        duplicates: what `data_leakage.duplicates` returns for it.
        trivial: what predictors without a network reach on the test split.
    """
    if "test" not in splits:
        return [Finding("no_test", None)]
    found = [
        *_leaks(overlap[overlap["split"] == "test"]),
        *_repeats(duplicates),
        *_sources(splits, trivial),
        *_shift(splits),
        *_best(trivial),
    ]
    return sorted(found, key=lambda each: {False: 0, None: 1, True: 2}[each.good])


def _leaks(from_test: pd.DataFrame) -> list[Finding]:
    found = []
    rows: list[Any] = list(from_test.itertuples())
    for row in rows:
        fields = {
            "other": row.other,
            "count": f"{row.touched:,}",
            "pairs": f"{row.pairs:,}",
            "share": f"{row.share:.1%}",
        }
        if row.shared_pairs:
            found.append(Finding("shared_pairs", False, {"other": row.other, "count": f"{row.shared_pairs:,}"}))
        if row.touched:
            found.append(Finding("touched", False if row.share >= TOUCHED_SHARE else None, fields))
    if len(from_test) and not found:
        found.append(Finding("clean", True))
    elif len(from_test) and not from_test["shared_pairs"].any():
        found.append(Finding("no_shared_pairs", True))
    return found


def _repeats(duplicates: pd.DataFrame) -> list[Finding]:
    row = duplicates.set_index("split").loc["test"]
    if not row["repeated_pairs"]:
        return []
    fields = {"count": f"{row['repeated_pairs']:,}", "other_label": f"{row['other_label']:,}"}
    return [Finding("repeated", False, fields)]


def _sources(splits: Splits, trivial: Mapping[str, Scores]) -> list[Finding]:
    test, train = splits["test"], splits.get("train")
    if train is None:
        ratio = source_ratio(test)
        return [Finding("source_ratio", False, {"value": f"{ratio:.3f}"})] if ratio >= STRONG_SOURCE else []
    found = []
    mean = trivial[SOURCE_MEAN].pearson
    if mean is not None and mean >= STRONG_SOURCE:
        found.append(Finding("source_mean", False, {"value": f"{mean:.3f}"}))
    unseen = test[~test["source"].isin(train["source"])]
    if len(unseen):
        names = sorted(set(unseen["source"]))
        more = f" +{len(names) - MAX_SOURCES}" if len(names) > MAX_SOURCES else ""
        fields = {"sources": ", ".join(names[:MAX_SOURCES]) + more, "count": f"{len(unseen):,}"}
        found.append(Finding("unseen_sources", None, fields))
    return found


def _shift(splits: Splits) -> list[Finding]:
    if "train" not in splits:
        return []
    train, test = splits["train"]["label"].mean(), splits["test"]["label"].mean()
    if abs(train - test) < LABEL_SHIFT:
        return []
    return [Finding("label_shift", None, {"train": f"{train:.2f}", "test": f"{test:.2f}"})]


def _best(trivial: Mapping[str, Scores]) -> list[Finding]:
    known = {name: math.nan if each.pearson is None else each.pearson for name, each in trivial.items()}
    known = {name: value for name, value in known.items() if value > 0}
    if not known:
        return []
    name = max(known, key=lambda each: known[each])
    return [Finding("best_trivial", None, {"predictor": name, "value": f"{known[name]:.3f}"})]
