"""Slices beside all pairs: order, greyed slices, chance, and a person on each."""

import math

import numpy as np
import pandas as pd

from dashboard.tables import prediction_tables, slice_tables
from dashboard.tables.measured import Measured
from dashboard.tables.slice_tables import ALL
from similarity import slices
from similarity.paired_bootstrap import PairedBootstrap

GROUPS = pd.Series(pd.Categorical(["big"] * 60 + ["small"] * 8))


def measured(annotated: bool = False) -> Measured:
    generator = np.random.default_rng(1)
    labels = generator.uniform(0, 5, len(GROUPS))
    pairs = pd.DataFrame({"pair_id": [f"p{number}" for number in range(len(labels))], "label": labels})
    if annotated:
        pairs["annotations"] = [list(label + generator.normal(0, 0.5, 5)) for label in labels]
    predictions = {name: labels + generator.normal(0, noise, len(labels)) for name, noise in (("a", 0.3), ("b", 2.0))}
    return Measured("toy", "test", pairs, predictions)


def test_all_pairs_stand_first_with_the_numbers_of_the_first_screen() -> None:
    both = measured()
    bootstrap = PairedBootstrap(both.labels, both.predictions, resamples=100)
    overall = prediction_tables.overall(both, bootstrap, None)
    scores = slice_tables.scores_with_all(
        slices.slice_scores(both.labels, both.predictions, GROUPS, resamples=100), overall, both
    )
    whole = scores[scores["slice"] == ALL]
    assert whole["name"].tolist() == ["a", "b"]
    assert whole["pearson"].tolist() == overall["pearson"].tolist()
    assert whole["bias"].iloc[1] == (both.predictions["b"] - both.labels).mean()
    assert set(scores["pairs"]) == {68, 60, 8}
    assert slice_tables.small_slices(scores) == {"small"}


def test_scores_follow_the_order_of_the_differences() -> None:
    both = measured()
    one, two = both.predictions.values()
    differences = slice_tables.differences_with_all(
        slices.slice_differences(both.labels, one, two, GROUPS, resamples=100),
        PairedBootstrap(both.labels, both.predictions, resamples=100).difference("a", "b"),
        68,
    )
    assert differences["slice"].tolist() == [ALL, "big", "small"]
    scores = slices.slice_scores(both.labels, both.predictions, GROUPS, resamples=10)
    order = list(reversed(["big", "small"]))
    assert slice_tables.ordered(scores, order)["slice"].tolist() == ["small", "small", "big", "big"]
    assert slice_tables.ordered(scores, order)["name"].tolist() == ["a", "b", "a", "b"]


def test_chance_counts_slices_with_an_interval_and_not_all_pairs() -> None:
    table = pd.DataFrame(
        {
            "slice": [ALL, "clear", "worse", "none", "tiny"],
            "low": [0.1, 0.1, -0.3, -0.1, math.nan],
            "high": [0.2, 0.2, -0.1, 0.1, math.nan],
        }
    )
    clear, count, by_chance = slice_tables.beyond_chance(table)
    assert (clear, count) == (2, 3)
    assert round(by_chance, 9) == 0.15


def test_a_person_is_measured_on_each_slice_that_is_large_enough() -> None:
    assert slice_tables.person_scores(measured(), GROUPS).empty
    table = slice_tables.person_scores(measured(annotated=True), GROUPS)
    assert table["slice"].tolist() == [ALL, "big"]
    assert table["pairs"].tolist() == [68, 60]
    assert (table["pearson"] > 0.8).all()
