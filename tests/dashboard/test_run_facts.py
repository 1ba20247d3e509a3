"""A record as tables: every number where it belongs, missing ones missing, nested settings flat."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import run_facts
from similarity import prepared_data, run_format
from similarity.run_format import Best, RunRecord, SeedScores
from tests import builders

SCORES = {"pairs": 30, "checksum": "c" * 64, "pearson": 0.8, "spearman": 0.7, "f1": None, "macro_f1": 0.5, "mse": 0.9}


def measured(**fields: object) -> RunRecord:
    return builders.record(**{"metrics": {"toy": {"test": SCORES}}, **fields})


def test_nested_settings_stand_flat_under_dotted_names() -> None:
    run = builders.record(
        hyper_parameters={"seed": 7, "loss": {"name": "MSE", "weights": [1, 2.5]}, "patience": None, "flag": True},
    )
    shown = {fact.name: fact.shown for fact in run_facts.facts_of(run) if fact.group == "hyper_parameters"}
    assert shown == {"seed": "7", "loss.name": "MSE", "loss.weights": "1, 2.5", "patience": "", "flag": "true"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(5e-05, "5e-05"), (12_345, "12,345"), (math.nan, ""), (False, "false"), (0, "0"), ([], ""), ("", ""), (0.0, "0")],
)
def test_values_look_as_in_the_record(value: object, shown: str) -> None:
    assert run_facts.plain(value) == shown


def test_every_fact_belongs_to_a_group() -> None:
    facts = run_facts.facts_of(measured(best=Best(epoch=1, step=20, value=0.5)))
    assert {fact.group for fact in facts} == set(run_facts.GROUPS)
    assert len({(fact.group, fact.name, fact.key) for fact in facts}) == len(facts)


def test_epochs_carry_their_time_their_mean_loss_and_which_was_kept() -> None:
    curves = pd.DataFrame(
        {
            "step": [10, 20, 20, 30, 40, 40],
            "epoch": [0.5, 1.0, 1.0, 1.5, 2.0, 2.0],
            "train/loss": [4.0, 2.0, np.nan, 1.0, 0.5, np.nan],
            "valid/pearson": [np.nan, np.nan, 0.5, np.nan, np.nan, 0.6],
        }
    )
    run = builders.record(best={"epoch": 2, "step": 40}, cost={"seconds_per_epoch": [30.0]})
    table = run_facts.epoch_table(run, curves)
    assert table["train_loss"].tolist() == [3.0, 0.75]
    assert table["pearson"].tolist() == [0.5, 0.6]
    assert table["kept"].tolist() == [False, True]
    # The record has one time only, and valid/f1 was never logged.
    assert table["seconds"].tolist()[0] == 30.0 and math.isnan(table["seconds"].iloc[1])
    assert table["f1"].isna().all()


def test_a_training_that_ends_within_an_epoch_takes_that_epochs_time() -> None:
    curves = pd.DataFrame({"step": [3], "epoch": [0.3], "valid/pearson": [0.1]})
    table = run_facts.epoch_table(builders.record(cost={"seconds_per_epoch": [12.0]}), curves)
    assert table["seconds"].tolist() == [12.0]


@pytest.mark.parametrize("columns", [["step", "epoch", "seconds"], ["step", "epoch", "seconds", "train/loss"]])
def test_no_validation_gives_no_epoch(columns: list[str]) -> None:
    assert run_facts.epoch_table(builders.record(), pd.DataFrame(columns=columns)).empty


def test_splits_here_are_recognised_by_their_checksum(tmp_path: Path) -> None:
    card = builders.dataset(tmp_path)
    splits = {name: {"pairs": part.pairs, "checksum": part.checksum} for name, part in card.splits.items()}
    splits["test"]["checksum"] = "other"
    run = builders.record(data={"name": "toy", "splits": splits})
    assert run_facts.split_table(run, card)["match"].tolist() == ["same", "same", "other"]
    assert run_facts.split_table(run, None)["match"].tolist() == ["none"] * 3


def test_scores_say_whether_their_pairs_lie_here(tmp_path: Path) -> None:
    card = builders.dataset(tmp_path)
    here = {**SCORES, "checksum": card.splits["test"].checksum}
    run = builders.record(metrics={"toy": {"test": here, "valid": SCORES}, "gone": {"test": SCORES}})
    table = run_facts.score_table(run, {"toy": card, "gone": None})
    assert table["match"].tolist() == ["same", "other", "none"]
    assert table["f1"].isna().all() and table["pearson_low"].isna().all()


def test_seeds_end_in_their_mean_and_deviation() -> None:
    # 0.6, 0.7, 0.8: mean 0.7, standard deviation (n − 1) 0.1.
    seeds = [
        SeedScores.model_validate({"seed": seed, "metrics": {"toy": {"test": {**SCORES, "pearson": pearson}}}})
        for seed, pearson in ((1, 0.6), (2, 0.7), (3, 0.8))
    ]
    table = run_facts.seed_table(builders.record(seeds=seeds))
    assert table["seed"].tolist() == ["1", "2", "3", "mean", "deviation"]
    assert table["toy · test"].tolist() == pytest.approx([0.6, 0.7, 0.8, 0.7, 0.1])
    assert run_facts.seed_table(builders.record()).empty
    alone = run_facts.seed_table(builders.record(seeds=seeds[:1]))
    assert math.isnan(alone["toy · test"].iloc[-1])


def test_files_have_their_size_and_say_what_they_are(tmp_path: Path) -> None:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "runs", tmp_path / "data", "run-a")
    folder = tmp_path / "runs" / "run-a"
    for name in ("checkpoint/model.safetensors", "checkpoint/tokenizer.json", "checkpoint/1_Pooling/config.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")
    (folder / "resume").mkdir()
    (folder / "resume" / "state").write_bytes(b"")
    (folder / "stray.txt").write_bytes(b"1")
    (folder / "away").symlink_to("/")
    table = run_facts.file_table(folder).set_index("name")
    assert table["kind"].to_dict() == {
        "metrics.jsonl": "curves",
        "run.json": "record",
        "stray.txt": "other",
        "checkpoint/model.safetensors": "weights",
        "checkpoint/tokenizer.json": "tokenizer",
        "checkpoint/1_Pooling/config.json": "config",
        "predictions/toy.test.parquet": "predictions",
        "resume/state": "resume",
    }
    assert table.loc["checkpoint/model.safetensors", "bytes"] == 5
    assert table.loc["run.json", "bytes"] == (folder / run_format.RUN_FILE).stat().st_size


def test_a_missing_folder_has_no_files(tmp_path: Path) -> None:
    assert run_facts.file_table(tmp_path / "gone").empty


def test_a_card_without_the_split_is_no_match(tmp_path: Path) -> None:
    card = builders.dataset(tmp_path, sizes=(10, 0, 10))
    assert isinstance(card, prepared_data.DatasetCard)
    assert run_facts.match_of(card, "valid", "x") == "none"
