"""Two runs side by side: what differs is found, what can't be compared is not subtracted, what matters comes first."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.tables.run_differences import Difference, Remark, differences, remarks
from similarity.run_format import RunRecord, utc_now
from tests import builders

LABELS = {"a": "first", "b": "second"}


def scores(pearson: float, low: float | None = None, high: float | None = None, checksum: str = "c") -> dict[str, Any]:
    return {
        "pairs": 1500,
        "checksum": checksum,
        "pearson": pearson,
        "pearson_low": low,
        "pearson_high": high,
        "spearman": 0.5,
        "f1": 0.5,
        "macro_f1": 0.5,
        "mse": 0.5,
    }


def run(run_id: str, test: dict[str, Any] | None = None, **fields: Any) -> RunRecord:
    splits = {"train": {"pairs": 60, "checksum": "t"}, "valid": {"pairs": 20, "checksum": "v"}}
    metrics = {"toy": {"test": test}} if test else {}
    return builders.record(run_id, **{"data": {"name": "toy", "splits": splits}, "metrics": metrics, **fields})


def changed(first: RunRecord, second: RunRecord) -> dict[tuple[str, str, str], Difference]:
    return {(each.group, each.name, each.key): each for each in differences(first, second) if not each.equal}


def said(first: RunRecord, second: RunRecord) -> list[str]:
    return [remark.text for remark in remarks(first, second, LABELS, utc_now())]


def test_equal_runs_differ_in_nothing() -> None:
    assert changed(run("a", scores(0.8)), run("b", scores(0.8))) == {}
    assert all(each.equal for each in differences(run("a"), run("b")))


def test_what_differs_is_named_with_its_change() -> None:
    first = run("a", scores(0.80), cost={"seconds": 100.0}, hyper_parameters={"seed": 1, "learning_rate": 5e-5})
    second = run("b", scores(0.82), cost={"seconds": 250.0}, hyper_parameters={"seed": 1, "extra": "x"})
    found = changed(first, second)
    assert found["scores", "toy · test", "pearson"].change == "+0.0200"
    assert found["cost", "", "seconds"].change == "×2.50"
    rate = found["hyper_parameters", "learning_rate", ""]
    assert (rate.first, rate.second, rate.change) == ("5e-05", "", "")
    assert found["hyper_parameters", "extra", ""].second == "x"
    assert ("hyper_parameters", "seed", "") not in found


def test_scores_on_other_pairs_are_shown_and_not_subtracted() -> None:
    found = changed(run("a", scores(0.80)), run("b", scores(0.82, checksum="d")))
    assert found["scores", "toy · test", "pearson"].change == ""
    assert ("scores", "toy · test", "checksum") in found
    unknown = changed(run("a", scores(0.80, checksum="")), run("b", scores(0.82, checksum="")))
    assert unknown["scores", "toy · test", "pearson"].change == ""


@pytest.mark.parametrize(("checksum", "change"), [("v", "+0.1000"), ("w", "")])
def test_valid_scores_are_subtracted_on_the_same_valid_pairs_only(checksum: str, change: str) -> None:
    data = {"name": "toy", "splits": {"valid": {"pairs": 20, "checksum": checksum}}}
    first = run("a", best={"epoch": 1, "step": 1, "value": 0.6})
    second = run("b", best={"epoch": 1, "step": 1, "value": 0.7}, data=data)
    assert changed(first, second)["scores", "", "best_value"].change == change


def test_a_split_that_one_run_was_measured_on_is_one_row() -> None:
    found = [each for each in differences(run("a", scores(0.8)), run("b")) if each.name == "toy · test"]
    assert [(each.key, each.first, each.second) for each in found] == [("pearson", "0.8000", "")]


def test_an_undefined_score_is_a_dash_and_no_zero() -> None:
    found = changed(run("a", {**scores(0.8), "f1": None}), run("b", scores(0.8)))
    f1 = found["scores", "toy · test", "f1"]
    assert (f1.first, f1.second, f1.change) == ("", "0.5000", "")


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (scores(0.82, 0.79, 0.84), "same_pairs_overlap"),
        (scores(0.90, 0.88, 0.92), "same_pairs_apart"),
        (scores(0.82), "same_pairs_unknown"),
        (scores(0.82, 0.79, 0.84, checksum="d"), "other_pairs"),
    ],
)
def test_whether_scores_can_be_compared(second: dict[str, Any], text: str) -> None:
    assert text in said(run("a", scores(0.80, 0.77, 0.83)), run("b", second))


def test_no_shared_test_set_is_a_warning_and_no_score_at_all_is_none() -> None:
    elsewhere = run("b", metrics={"other": {"test": scores(0.8)}})
    assert "nothing_shared" in said(run("a", scores(0.8)), elsewhere)
    assert "nothing_shared" not in said(run("a"), run("b"))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"seed": 1, "epochs": 4}, "same_recipe"),
        ({"seed": 2, "epochs": 4}, "only_seed"),
        ({"seed": 2, "epochs": 5}, "seed_too"),
        ({"seed": 1, "epochs": 5}, None),
        ({"seed": 1, "epochs": 4, "defaults_source": "elsewhere"}, "same_recipe"),
    ],
)
def test_what_the_seed_explains(settings: dict[str, Any], text: str | None) -> None:
    found = said(run("a", hyper_parameters={"seed": 1, "epochs": 4}), run("b", hyper_parameters=settings))
    assert [each for each in found if each in ("same_recipe", "only_seed", "seed_too")] == ([text] if text else [])


def test_other_train_pairs_are_no_matter_of_the_seed() -> None:
    other = {"name": "toy", "splits": {"train": {"pairs": 60, "checksum": "u"}, "valid": {"pairs": 9, "checksum": "w"}}}
    found = said(run("a"), run("b", data=other, hyper_parameters={"seed": 43}))
    assert found[0] == "other_train"
    assert "other_valid" in found and "only_seed" not in found


def test_the_machine_and_the_packages_are_noted() -> None:
    first = run("a", environment={"device": "cpu", "packages": {"torch": "2.12", "numpy": "2"}})
    second = run("b", environment={"device": "cuda", "packages": {"torch": "2.13", "pandas": "3"}})
    found = remarks(first, second, LABELS, utc_now())
    assert Remark("other_machine") in found
    assert Remark("other_packages", {"packages": "torch"}) in found


def test_unfinished_runs_come_first() -> None:
    failed = run("a", status="failed")
    training = run("b", status="running", heartbeat_at=utc_now() + timedelta(minutes=1))
    found = remarks(failed, training, LABELS, utc_now())
    assert [remark.text for remark in found][:2] == ["unfinished_failed", "unfinished_running"]
    assert found[0].fields == {"run": "first"} and found[0].is_warning


def test_a_run_that_stands_for_several_seeds_is_told_from_a_single_one() -> None:
    seeds = [{"seed": seed, "metrics": {}} for seed in (1, 2, 3)]
    found = remarks(run("a", seeds=seeds), run("b"), LABELS, utc_now())
    assert Remark("seeds_of_one", {"count": 3}) in found
    assert "seeds_of_one" not in said(run("a", seeds=seeds), run("b", seeds=seeds))
