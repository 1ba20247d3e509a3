"""Who is ranked with whom, and how numbers are written."""

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import comparison
from similarity.metrics import evaluate
from similarity.run_format import RunRecord
from tests import builders


def scored(run_id: str, pearson: float, checksum: str = "x", dataset: str = "toy", **fields: object) -> RunRecord:
    scores = {
        "pairs": 10,
        "checksum": checksum,
        "pearson": pearson,
        "spearman": 0.5,
        "f1": None,
        "macro_f1": None,
        "mse": 1,
    }
    return builders.record(run_id, metrics={dataset: {"test": scores}}, **fields)


def table(*runs: RunRecord) -> pd.DataFrame:
    return comparison.run_table(list(runs), builders.START + timedelta(minutes=3))


def test_runs_of_other_test_pairs_are_never_ranked_together() -> None:
    runs = table(scored("a", 0.8), scored("b", 0.9), scored("c", 0.99, "y"), scored("d", 0.95, dataset="other"))
    board = comparison.leaderboard(runs, "toy", "x")
    assert board.ranking is not None
    assert board.ranking.table["run_id"].tolist() == ["b", "a"]
    assert board.ranking.table["rank"].tolist() == [1, 2]
    assert [other.table["run_id"].tolist() for other in board.others] == [["c"]]


def test_the_split_that_lies_here_counts_even_where_fewer_runs_have_it() -> None:
    runs = table(scored("a", 0.8), scored("b", 0.9), scored("c", 0.7, "y"))
    board = comparison.leaderboard(runs, "toy", "y")
    assert board.ranking is not None and board.ranking.checksum == "y"
    elsewhere = comparison.leaderboard(runs, "toy", "")
    assert elsewhere.ranking is not None and elsewhere.ranking.checksum == "x"


def test_equal_scores_share_a_rank() -> None:
    board = comparison.leaderboard(table(scored("a", 0.8), scored("b", 0.8), scored("c", 0.7)), "toy")
    assert board.ranking is not None
    assert board.ranking.table["rank"].tolist() == [1, 1, 3]


def test_a_run_without_a_score_stands_apart_with_its_status_and_reason() -> None:
    failed = builders.record("f", status="failed", error={"type": "E", "message": "no memory"})
    silent = builders.record("s", status="running", heartbeat_at=builders.START - timedelta(hours=1))
    board = comparison.leaderboard(table(failed, silent, scored("a", 0.8)), "toy")
    assert board.unscored.set_index("run_id")["status"].to_dict() == {"f": "failed", "s": "stopped"}
    assert board.unscored.set_index("run_id").loc["f", "reason"] == "no memory"


def test_a_run_tested_on_two_data_sets_stands_in_both() -> None:
    run = scored("a", 0.8)
    run.metrics["other"] = {"test": evaluate([1, 2, 3], [1, 2, 4], checksum="z")}
    assert sorted(table(run)["dataset"]) == ["other", "toy"]


def test_filters_keep_what_has_one_of_the_values() -> None:
    runs = table(scored("a", 0.8, tags=["x", "y"]), scored("b", 0.9, tags=["z"]), scored("c", 0.7))
    assert comparison.filtered(runs, {"tag": ["y", "z"]})["run_id"].tolist() == ["a", "b"]
    assert comparison.filtered(runs, {"tag": ["y"], "status": ["failed"]}).empty
    assert len(comparison.filtered(runs, {"tag": [], "kind": ["cross-encoder"]})) == 3
    assert comparison.options(runs, "tag") == ["x", "y", "z"]
    assert comparison.filtered(table(), {"tag": ["y"]}).empty


def test_labels_are_unique() -> None:
    runs = [
        builders.record(run_id, display_name=name) for run_id, name in (("r-aaaa", "N"), ("r-bbbb", "N"), ("c", "M"))
    ]
    assert comparison.labels_of(runs) == {"r-aaaa": "N · aaaa", "r-bbbb": "N · bbbb", "c": "M"}
    same_end = [builders.record(run_id, display_name="N") for run_id in ("x-aaaa", "y-aaaa")]
    assert comparison.labels_of(same_end) == {"x-aaaa": "N · x-aaaa", "y-aaaa": "N · y-aaaa"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(48, "48 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (None, "–"), (math.nan, "–")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert comparison.duration(seconds) == text


def test_time_left_follows_the_pace_so_far() -> None:
    run = builders.record(progress={"step": 20, "steps": 80, "seconds": 60.0})
    assert comparison.seconds_left(run) == pytest.approx(180)
    assert comparison.percent_done(run) == 25
    assert comparison.seconds_left(builders.record(progress={})) is None


def test_baselines_are_sorted_and_named() -> None:
    scores = {"low": evaluate([1, 2, 3], [3, 1, 2]), "high": evaluate([1, 2, 3], [1, 2, 3])}
    found = comparison.baseline_table(scores, {"high": "High"})
    assert found["name"].tolist() == ["High", "low"]
    assert comparison.baseline_table({}, {}).empty


def test_seeds_count_only_where_they_were_measured_on_the_same_pairs() -> None:
    def seed(number: int, pearson: float | None, checksum: str = "x") -> dict[str, object]:
        scores = {**scored("s", 0.8).metrics["toy"]["test"].model_dump(), "pearson": pearson, "checksum": checksum}
        return {"seed": number, "metrics": {"toy": {"test": scores}}}

    run = scored("a", 0.8, seeds=[seed(1, 0.81), seed(2, 0.79), seed(3, None), seed(4, 0.99, "y"), {"seed": 5}])
    row = table(run).iloc[0]
    assert row["seeds"] == [0.81, 0.79]
    assert comparison.seed_spread(row["seeds"]) == "0.790 – 0.810 · 2"
    assert comparison.seed_spread([0.8]) == "" and table(builders.record("b")).iloc[0]["seeds"] == []


def test_differences_keep_their_sign_and_zero_has_none() -> None:
    assert comparison.signed(-0.0314) == "−0.031"
    assert comparison.signed(0.0314) == "+0.031"
    assert comparison.signed(0.0) == comparison.signed(-0.0) == comparison.signed(3e-17) == "0.000"
    assert comparison.signed_interval(-0.02, 0.003) == "−0.020 … +0.003"
    assert comparison.signed_interval(math.nan, 0.1) == ""


def test_a_difference_that_three_decimals_would_make_zero_shows_its_first_digit() -> None:
    assert comparison.signed(-0.0001) == "−0.0001" and comparison.signed(0.00042) == "+0.0004"
    assert comparison.signed(0.0004999) == "+0.0005" and comparison.signed(0.0005001) == "+0.001"
    assert comparison.unsigned(0.000031) == "0.00003" and comparison.unsigned(0.4) == "0.400"


def test_runs_without_a_checksum_are_ranked_with_no_other() -> None:
    runs = table(scored("a", 0.8, ""), scored("b", 0.9, ""), scored("c", 0.7, "x"))
    board = comparison.leaderboard(runs, "toy")
    assert board.ranking is not None and board.ranking.checksum == "x"
    assert [(other.checksum, other.table["run_id"].tolist()) for other in board.others] == [("", ["a"]), ("", ["b"])]


def test_the_front_holds_the_runs_that_none_beats_at_both() -> None:
    costs = [5.0, 1.0, 3.0, 3.0, 9.0, 3.0, math.nan]
    qualities = [0.8, 0.6, 0.8, 0.7, 0.9, 0.8, 1.0]
    assert comparison.on_front(costs, qualities) == [False, True, True, False, True, True, False]
    assert comparison.on_front([], []) == []


def test_the_front_agrees_with_its_definition() -> None:
    generator = np.random.default_rng(0)
    costs, qualities = generator.integers(1, 8, 60).astype(float), generator.integers(1, 8, 60).astype(float)
    beaten = [
        any((c <= cost and q > quality) or (c < cost and q >= quality) for c, q in zip(costs, qualities, strict=True))
        for cost, quality in zip(costs, qualities, strict=True)
    ]
    assert comparison.on_front(costs.tolist(), qualities.tolist()) == [not each for each in beaten]
