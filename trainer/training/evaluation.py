"""Scores one split of a prepared data set with a run's checkpoint and writes the predictions."""

from pathlib import Path

import pandas as pd

from similarity import prepared_data, run_format
from similarity.metrics import Scores, evaluate
from similarity.scorers import Scorer

INTERVAL_RESAMPLES = 10_000


def evaluate_split(
    scorer: Scorer, run_folder: Path, data_root: Path, dataset: str, split: str
) -> tuple[Scores, pd.DataFrame]:
    """Write the predictions of one split and return its scores (with Pearson's interval) and predictions.

    Raises:
        MissingSplitError: the data set has no such split.
    """
    card = prepared_data.read_card(data_root, dataset)
    pairs = prepared_data.read_split(data_root, dataset, split)
    predictions = pairs[["pair_id", "label"]].assign(prediction=scorer.score(pair_texts(pairs)))
    scores = evaluate(
        predictions["label"],
        predictions["prediction"],
        interval_resamples=INTERVAL_RESAMPLES,
        checksum=card.splits[split].checksum,
    )
    run_format.write_predictions(run_folder, dataset, split, predictions)
    return scores, predictions


def pair_texts(pairs: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the two sentences of each pair."""
    return list(zip(pairs["sentence1"], pairs["sentence2"], strict=True))
