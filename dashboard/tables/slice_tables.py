"""Runs on slices of the pairs beside all pairs: what is drawn, in which order, and what chance alone would show."""

from collections.abc import Sequence

import pandas as pd

from dashboard.tables.measured import Measured
from similarity.annotators import single_annotator_agreement
from similarity.paired_bootstrap import Difference

ALL = ""
"""The row of all pairs; no slice has an empty name."""

SMALL = 20
"""Slices under this many pairs are drawn faintly: their intervals span most of what is possible."""

LEVEL = 0.95


def scores_with_all(scores: pd.DataFrame, overall: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Return `slice_scores` below a row for all pairs of each run.

    Args:
        scores: `slice_scores`.
        overall: `prediction_tables.overall`.
        measured: the predictions of both.
    """
    labels = measured.labels
    errors = {row.run_id: measured.predictions[str(row.run_id)] - labels for row in overall.itertuples()}
    whole = overall.rename(columns={"run_id": "name"})[["name", "pearson", "low", "high"]].assign(
        slice=ALL,
        pairs=len(labels),
        bias=[float(error.mean()) for error in errors.values()],
        mae=[float(abs(error).mean()) for error in errors.values()],
    )
    return pd.concat([whole[scores.columns], scores], ignore_index=True)


def differences_with_all(differences: pd.DataFrame, whole: Difference, pairs: int) -> pd.DataFrame:
    """Return `slice_differences` below a row for all pairs, their order kept."""
    row = {"slice": ALL, "pairs": pairs, "difference": whole.estimate, "low": whole.low, "high": whole.high}
    return pd.concat([pd.DataFrame([row]), differences], ignore_index=True)


def person_scores(measured: Measured, groups: pd.Series) -> pd.DataFrame:
    """Return how well a single annotator agrees with the others on each slice and on all pairs.

    Columns: slice, pearson, low, high, pairs; slices with fewer than 10 annotated pairs have no row, and a data set
    without annotations has none at all.
    """
    columns = ["slice", "pearson", "low", "high", "pairs"]
    if "annotations" not in measured.pairs:
        return pd.DataFrame(columns=columns)
    annotations = measured.pairs["annotations"]
    parts = {ALL: annotations, **{str(name): annotations[groups == name] for name in groups.cat.categories}}
    found = {name: single_annotator_agreement(part.tolist()) for name, part in parts.items()}
    rows = [(name, each.pearson, each.low, each.high, each.pairs) for name, each in found.items() if each]
    return pd.DataFrame(rows, columns=columns)


def small_slices(scores: pd.DataFrame) -> set[str]:
    """Return the slices that hold too few pairs to say much."""
    return set(scores.loc[scores["pairs"] < SMALL, "slice"].astype(str))


def beyond_chance(differences: pd.DataFrame) -> tuple[int, int, float]:
    """Return how many intervals leave out 0, of how many, and how many would where no slice differed."""
    known = differences[(differences["slice"] != ALL) & differences["low"].notna()]
    clear = int(((known["low"] > 0) | (known["high"] < 0)).sum())
    return clear, len(known), (1 - LEVEL) * len(known)


def ordered(scores: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Return the scores with their slices in the given order, the runs of each slice in theirs."""
    place = {name: number for number, name in enumerate(order)}
    return scores.sort_values("slice", key=lambda column: column.map(place), kind="stable", ignore_index=True)


def row_height(runs: int) -> int:
    """Return the pixels that a slice of so many runs needs."""
    return max(28, 11 * runs)
