"""The best runs by a measure: on the very same pairs, from the records alone."""

from dashboard.tables import top_runs
from similarity.run_format import RunRecord
from tests import builders


def scores(pearson: float | None, checksum: str = "x", mse: float | None = 1.0) -> dict[str, object]:
    return {
        "pairs": 10,
        "checksum": checksum,
        "pearson": pearson,
        "spearman": None,
        "f1": None,
        "macro_f1": None,
        "mse": mse,
    }


def measured(run_id: str, pearson: float | None, checksum: str = "x", **more: object) -> RunRecord:
    return builders.record(run_id, metrics={"toy": {"test": scores(pearson, checksum)}}, **more)


def test_the_most_measured_valid_split_comes_first_and_costs_last() -> None:
    both = {"toy": {"valid": scores(0.8), "test": scores(0.7)}, "rare": {"valid": scores(0.9)}}
    runs = [builders.record("a", metrics=both), builders.record("b", metrics={"toy": {"valid": scores(0.5)}})]
    assert top_runs.measures(runs) == [
        "toy/valid/pearson",
        "toy/valid/mse",
        "rare/valid/pearson",
        "rare/valid/mse",
        "toy/test/pearson",
        "toy/test/mse",
        "seconds",
        "milliseconds",
        "parameters",
    ]
    assert top_runs.measures([]) == []


def test_runs_on_other_pairs_are_never_compared() -> None:
    runs = [measured("a", 0.8), measured("b", 0.9), measured("c", 0.99, "y"), measured("d", None)]
    assert top_runs.best_runs(runs, "toy/test/pearson", 5) == top_runs.Best(["b", "a"], 2)
    assert top_runs.best_runs(runs, "toy/test/pearson", 5, "y") == top_runs.Best(["c"], 1)
    assert top_runs.best_runs(runs, "toy/test/pearson", 1) == top_runs.Best(["b"], 2)
    assert top_runs.best_runs(runs, "other/test/pearson", 5) == top_runs.Best([], 0)


def test_a_lower_error_and_a_shorter_time_are_better() -> None:
    low, high = ({"toy": {"test": scores(0.5, mse=mse)}} for mse in (0.3, 0.6))
    runs = [
        builders.record("slow", metrics=low, cost={"seconds": 90.0}),
        builders.record("fast", metrics=high, cost={"seconds": 30.0}),
        builders.record("unknown", cost={}),
        builders.record("failed", status="failed", cost={"seconds": 1.0}),
    ]
    assert top_runs.best_runs(runs, "toy/test/mse", 5).run_ids == ["slow", "fast"]
    assert top_runs.best_runs(runs, "seconds", 5).run_ids == ["fast", "slow"]


def test_a_run_that_still_trains_counts_by_its_best_epoch_so_far() -> None:
    training = builders.record(
        "training",
        status="running",
        metrics={},
        best={"epoch": 1, "step": 20, "value": 0.9},
        data={"name": "toy", "splits": {"valid": {"pairs": 10, "checksum": "x"}}},
    )
    done = builders.record("done", metrics={"toy": {"valid": scores(0.8)}})
    assert top_runs.measures([training])[0] == "toy/valid/pearson"
    assert top_runs.best_runs([done, training], "toy/valid/pearson", 5).run_ids == ["training", "done"]
    assert top_runs.best_runs([done, training], "toy/valid/mse", 5).run_ids == ["done"]


def test_runs_without_a_checksum_are_compared_with_no_other() -> None:
    runs = [measured("a", 0.9, ""), measured("b", 0.8, ""), measured("c", 0.5), measured("d", 0.4)]
    assert top_runs.best_runs(runs, "toy/test/pearson", 5).run_ids == ["c", "d"]
    assert top_runs.best_runs(runs[:2], "toy/test/pearson", 5).compared == 1
