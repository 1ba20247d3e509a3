"""Whether the pairs of a report are what they should be: unseen in training, and independent of each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.tables import data_leakage
from dashboard.tables.comparison import SPLIT
from similarity.run_format import RunRecord


@dataclass(frozen=True)
class TrainOverlap:
    """How much of the measured pairs stands in a train split: whole pairs, and pairs with a sentence of it.

    The counts are None where the train split or the measured sentences are not here.
    """

    dataset: str
    train_pairs: int | None
    run_ids: tuple[str, ...]
    pairs: int | None = None
    touched: int | None = None


def train_overlaps(
    pairs: pd.DataFrame | None, runs: Sequence[RunRecord], train: Mapping[str, pd.DataFrame]
) -> list[TrainOverlap]:
    """Return the overlap of the measured pairs with each train split of the runs.

    Args:
        pairs: the measured pairs, or None where their sentences are not here.
        runs: the compared runs.
        train: checksum → the train split of it, for those that lie here.
    """
    trained: dict[tuple[str, str, int | None], list[str]] = {}
    for run in runs:
        part = run.data.splits.get("train")
        key = (run.data.name, part.checksum if part else "", part.pairs if part else None)
        trained.setdefault(key, []).append(run.run_id)
    found = []
    for (dataset, checksum, count), run_ids in trained.items():
        split = train.get(checksum)
        if split is None or pairs is None:
            found.append(TrainOverlap(dataset, count, tuple(run_ids)))
            continue
        table = data_leakage.overlap({SPLIT: pairs, "train": split})
        row = table[table["split"] == SPLIT].iloc[0]
        found.append(TrainOverlap(dataset, count, tuple(run_ids), int(row["shared_pairs"]), int(row["touched"])))
    return found


def linked_pairs(pairs: pd.DataFrame) -> int:
    """Return how many pairs share a sentence with another pair."""
    both = [{first, second} for first, second in zip(pairs["sentence1"], pairs["sentence2"], strict=True)]
    uses = pd.Series([sentence for pair in both for sentence in pair]).value_counts().to_dict()
    return sum(any(uses[sentence] > 1 for sentence in pair) for pair in both)
