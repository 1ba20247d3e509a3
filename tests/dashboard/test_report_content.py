"""What a report says in numbers: the leaderboard's own, tested pair by pair, what is left out and what is leaked."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import palette
from dashboard.report import content, leakage, recipes
from dashboard.report.content import Content, Material
from dashboard.tables import comparison
from dashboard.tables.measured import Measured
from similarity import metrics, prepared_data
from similarity.paired_bootstrap import PairedBootstrap, standings
from similarity.run_format import RunRecord
from similarity.slices import slice_differences
from tests import builders

NOW = builders.START + timedelta(days=1)


def made_of(
    noises: Mapping[str, float],
    pairs: pd.DataFrame | None = None,
    *,
    others: tuple[RunRecord, ...] = (),
    without_predictions: tuple[str, ...] = (),
    has_text: bool = True,
    steps: int = 60,
    fields: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Material:
    """Return the material of a report on runs whose predictions are the labels with normal noise, in this order."""
    table = builders.pairs(80) if pairs is None else pairs
    checksum = prepared_data.checksum(table)
    labels = table["label"].to_numpy()
    predictions, runs, curves = {}, [], {}
    for seed, (run_id, noise) in enumerate(noises.items()):
        generator = np.random.default_rng(seed)
        predictions[run_id] = np.clip(labels + generator.normal(0, noise, len(table)), 0, 5)
        scores = metrics.evaluate(labels, predictions[run_id], interval_resamples=300, checksum=checksum)
        runs.append(
            builders.record(
                run_id,
                metrics={"toy": {"test": scores.model_dump()}},
                best={"epoch": 2, "step": steps // 2, "value": 0.8},
                **(fields or {}),
            )
        )
        epochs = np.arange(1, steps + 1) / steps * 4
        whole = np.isclose(epochs % 1, 0)
        curves[run_id] = pd.DataFrame(
            {
                "step": np.arange(1, steps + 1),
                "epoch": epochs,
                "seconds": epochs * 30,
                "train/loss": 2 / (epochs + 1) + generator.normal(0, 0.02, steps),
                "valid/pearson": np.where(whole, 0.8 - 0.1 / epochs, np.nan),
            }
        )
    shown = {run_id: values for run_id, values in predictions.items() if run_id not in without_predictions}
    known = table if has_text else table[["pair_id", "label"]]
    card = prepared_data.DatasetCard(
        name="toy", title="Toy pairs", licence="CC0 1.0", splits={"test": prepared_data.describe_split(table)}
    )
    everything = [*runs, *others]
    ids = [run.run_id for run in everything]
    given: dict[str, Any] = {
        "card": card if has_text else None,
        "pairs": table if has_text else None,
        "measured": Measured("toy", "test", known, shown) if shown else None,
        "curves": curves,
        **parts,
    }
    return Material("toy", everything, comparison.labels_of(everything), palette.looks_of(ids, ids), **given)


def built(material: Material) -> Content:
    checksum = material.card.splits["test"].checksum if material.card else ""
    ranking = content.ranking_of("toy", material.runs, material.names, checksum, NOW)
    assert ranking is not None
    return content.build(material, ranking, NOW)


def test_numbers_are_those_of_the_records_and_standings_those_of_the_paired_bootstrap() -> None:
    material = made_of({"good": 0.4, "equal": 0.41, "poor": 2.0})
    found = built(material)
    table = found.ranking.set_index("run_id")
    for run in material.runs:
        scores = run.metrics["toy"]["test"]
        row = table.loc[run.run_id]
        assert (row["pearson"], row["pearson_low"], row["pearson_high"]) == (
            scores.pearson,
            scores.pearson_low,
            scores.pearson_high,
        )
        assert (row["spearman"], row["f1"], row["mse"]) == (scores.spearman, scores.f1, scores.mse)
    assert material.measured is not None
    rows = standings(PairedBootstrap(material.measured.labels, material.measured.predictions))
    assert found.run_ids == [row.name for row in rows]
    assert [standing in ("best", "tied") for standing in found.ranking["standing"]] == [row.tied for row in rows]
    assert rows[2].behind_best is not None
    assert table.loc["poor", "difference"] == pytest.approx(-rows[2].behind_best.estimate)
    assert table.loc["poor", "difference_low"] == pytest.approx(-rows[2].behind_best.high)
    assert found.reference == rows[0].name and not found.unlike_record


def test_every_run_that_is_not_compared_has_its_reason() -> None:
    scores = {"pairs": 80, "pearson": 0.9, "spearman": 0.9, "f1": 0.9, "macro_f1": 0.9, "mse": 0.1}
    others = (
        builders.record("old", metrics={"toy": {"test": {**scores, "checksum": "0" * 64}}}),
        builders.record("flat", metrics={"toy": {"test": {**scores, "pearson": None}}}),
        builders.record("failed", status="failed", error={"type": "NaN", "message": "Loss became NaN."}),
        builders.record("silent", status="running", heartbeat_at=NOW - timedelta(hours=1)),
        builders.record("elsewhere"),
    )
    found = built(made_of({"a": 0.4, "b": 0.5}, others=others))
    assert {each.run.run_id: (each.reason, each.detail) for each in found.left_out} == {
        "old": ("other_pairs", "0" * 64),
        "flat": ("undefined", ""),
        "failed": ("failed", "Loss became NaN."),
        "silent": ("stopped", ""),
        "elsewhere": ("unmeasured", ""),
    }


def test_a_run_without_predictions_stays_on_the_leaderboard_untested() -> None:
    found = built(made_of({"top": 0.1, "second": 0.6, "third": 2.0}, without_predictions=("top",)))
    assert found.ranking["standing"].tolist() == ["untested", "best", "behind"]
    assert found.reference == "second"
    assert found.verdict.untested_top == "top"
    assert found.slice_runs == ("second", "third")
    nothing = built(made_of({"a": 0.4, "b": 0.5}, without_predictions=("a", "b")))
    assert nothing.verdict.kind == "untested" and nothing.reference == ""
    assert nothing.worst == [] and nothing.slice_tables == [] and nothing.slice_runs == ()
    assert nothing.linked_pairs is not None


def test_a_record_that_its_predictions_contradict_is_found() -> None:
    material = made_of({"honest": 0.5, "forged": 1.0})
    scores = material.runs[1].metrics["toy"]["test"]
    scores.pearson = 0.99
    found = built(material)
    assert list(found.unlike_record) == ["forged"]
    assert found.unlike_record["forged"] < 0.95


def test_worst_pairs_by_hand() -> None:
    pairs = builders.pairs(4).assign(label=[0.0, 1.0, 2.0, 3.0])
    predictions = {"a": np.array([1.0, 1.0, 5.0, 3.5]), "b": np.array([2.0, 1.0, 2.0, 3.5])}
    measured = Measured("toy", "test", pairs, predictions)
    worst = content.worst_pairs(measured, ["b", "unknown", "a"])
    assert [pair.pair_id for pair in worst] == [pairs["pair_id"][place] for place in (0, 2, 3, 1)]
    assert [pair.error for pair in worst] == [1.5, 1.5, 0.5, 0.0]
    assert worst[1].scores == (2.0, 5.0) and worst[1].label == 2.0
    assert worst[0].sentences == (pairs["sentence1"][0], pairs["sentence2"][0])
    bare = content.worst_pairs(Measured("toy", "test", pairs[["pair_id", "label"]], predictions), ["a", "b"])
    assert bare[0].sentences == () and bare[0].label == 0.0


def test_slices_compare_the_best_two_and_stay_readable() -> None:
    pairs = builders.pairs(90)
    pairs["phenomenon"] = [f"kind {number % 45:02d}" for number in range(90)]
    material = made_of({"second": 0.6, "first": 0.4, "third": 2.0}, pairs)
    found = built(material)
    assert found.slice_runs == ("first", "second")
    source, phenomenon = found.slice_tables
    assert source.dimension == "source" and source.table["slice"].tolist() == [content.ALL, "news", "reviews"]
    assert material.measured is not None
    sides = (material.measured.predictions[run_id] for run_id in found.slice_runs)
    expected = slice_differences(material.measured.labels, *sides, pairs["source"]).set_index("slice")
    row = source.table.set_index("slice").loc["news"]
    assert row["difference"] == pytest.approx(expected.loc["news", "difference"])
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.loc["news", ["low", "high"]]))
    whole = source.table.iloc[0]
    assert whole["first"] == found.ranking["pearson"][0] and whole["pairs"] == 90
    assert len(phenomenon.table) == content.MAX_SLICES + 1 and phenomenon.cut == 15
    assert math.isnan(phenomenon.table["low"].iloc[1])


def test_one_run_and_few_pairs_are_no_special_case() -> None:
    alone = built(made_of({"only": 0.5}))
    assert alone.verdict.kind == "single" and alone.slice_runs == ("only",)
    assert "second" not in alone.slice_tables[0].table
    few = built(made_of({"a": 0.2, "b": 2.0}, builders.pairs(6)))
    assert few.verdict.kind == "few" and len(few.worst) == 6


def test_leakage_counts_pairs_and_sentences_of_each_train_split() -> None:
    pairs = builders.pairs(20)
    train = pd.concat([pairs.iloc[:3], builders.pairs(10, seed=5, prefix="t")], ignore_index=True)
    train.loc[0, ["sentence1", "sentence2"]] = pairs.loc[0, ["sentence2", "sentence1"]].tolist()
    train.loc[1, "sentence2"] = "다른 문장"
    seen = builders.record("seen", data={"name": "seen", "splits": {"train": {"pairs": 13, "checksum": "s"}}})
    unknown = builders.record("unknown", data={"name": "gone", "splits": {"train": {"pairs": 7, "checksum": "g"}}})
    rows = leakage.train_overlaps(pairs, [seen, unknown, seen.model_copy(update={"run_id": "too"})], {"s": train})
    assert (rows[0].run_ids, rows[0].pairs, rows[0].touched) == (("seen", "too"), 2, 3)
    assert (rows[1].dataset, rows[1].train_pairs, rows[1].pairs, rows[1].touched) == ("gone", 7, None, None)
    assert leakage.train_overlaps(None, [seen], {"s": train})[0].pairs is None


def test_linked_pairs_are_those_that_share_a_sentence() -> None:
    pairs = pd.DataFrame({"sentence1": ["a", "c", "e", "g"], "sentence2": ["b", "a", "f", "g"]})
    assert leakage.linked_pairs(pairs) == 2
    assert leakage.linked_pairs(pairs.iloc[2:]) == 0


def test_recipes_tell_shared_settings_from_different_ones() -> None:
    one = builders.record("one")
    two = builders.record("two", hyper_parameters={**one.hyper_parameters, "seed": 7, "warmup": 0.1})
    shared, differing = recipes.settings([one, two])
    assert shared["learning_rate"] == "5e-05" and shared["base_checkpoint"] == "klue/bert-base"
    assert differing == {"seed": ["42", "7"], "warmup": ["", "0.1"]}
    assert recipes.settings([one])[1] == {}
    other = two.model_copy(update={"environment": two.environment.model_copy(update={"device": "gpu"})})
    assert [numbers for _, numbers in recipes.environments([one, other, one])] == [[1, 3], [2]]


def test_training_numbers_are_the_kept_epoch_and_the_last_losses() -> None:
    table = pd.DataFrame(
        {
            "step": [1, 2, 3, 4],
            "epoch": [0.5, 1.0, 1.5, 2.0],
            "train/loss": [3.0, 2.0, 1.0, 0.5],
            "valid/loss": [math.nan, 0.8, math.nan, 0.9],
        }
    )
    run = builders.record("a", best={"epoch": 1, "step": 2, "value": 0.7})
    bare = builders.record("bare", data={"name": "x", "splits": {"valid": {"pairs": 1, "checksum": "v"}}})
    rows = recipes.training_table([run, bare], {"a": table}).set_index("run_id")
    assert rows.loc["a", ["kept_epoch", "valid_pearson", "train_loss", "valid_loss"]].tolist() == [1, 0.7, 0.75, 0.9]
    assert rows.loc["bare", ["kept_epoch", "train_loss", "valid_loss"]].isna().all()
    assert rows["valid"].tolist() == [1, 2]
