"""Who is tied with the best, and what is said of it."""

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import significance
from dashboard.tables.measured import Measured
from dashboard.tables.significance import BEHIND, BEST, TIED, UNTESTED, Comparison
from similarity.paired_bootstrap import Difference


def measured(noises: dict[str, float], pairs: int = 200) -> Measured:
    labels = np.random.default_rng(0).uniform(0, 5, pairs)
    table = pd.DataFrame({"pair_id": [f"p{number}" for number in range(pairs)], "label": labels})
    predictions = {
        name: labels + np.random.default_rng(place + 1).normal(0, noise, pairs)
        for place, (name, noise) in enumerate(noises.items())
    }
    return Measured("toy", "test", table, predictions)


def ranking(names: str, seeds: dict[str, list[float]] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": list(names),
            "name": [name.upper() for name in names],
            "seeds": [(seeds or {}).get(n, []) for n in names],
        }
    )


def standing_of(noises: dict[str, float], pairs: int = 200) -> Comparison:
    found = significance.compare(measured(noises, pairs))
    assert found is not None
    return found


def test_a_run_as_good_is_tied_and_a_worse_one_is_behind() -> None:
    found = standing_of({"a": 0.6, "b": 0.62, "c": 2.0})
    assert found.best in ("a", "b")
    assert found.tied == {"a", "b"} - {found.best}
    assert found.behind["c"].low > 0 and found.pairs == 200 and len(found.p_values) == 2


def test_below_ten_pairs_nothing_is_tested() -> None:
    assert significance.compare(measured({"a": 0.5, "b": 2.0}, pairs=9)) is None


def test_constant_predictions_are_not_tested_against() -> None:
    both = measured({"a": 0.5, "b": 0.5})
    constant = Measured("toy", "test", both.pairs, {name: np.ones(200) for name in "ab"})
    assert significance.compare(constant) is None
    half = Measured("toy", "test", both.pairs, {"a": both.predictions["a"], "b": np.ones(200)})
    found = significance.compare(half)
    assert found is not None and found.best == "a" and found.tied == frozenset()


def test_further_runs_are_tested_against_the_same_best_and_change_nothing_for_the_first() -> None:
    everybody = measured({"a": 0.6, "b": 0.62, "c": 2.0, "d": 0.61, "e": 2.5})
    first = Measured("toy", "test", everybody.pairs, {name: everybody.predictions[name] for name in "abc"})
    found = significance.compare(first)
    assert found is not None
    further = {name: everybody.predictions[name] for name in (found.best, "d", "e")}
    more = significance.with_others(found, Measured("toy", "test", everybody.pairs, further))
    assert {name: more.behind[name] for name in found.behind} == found.behind
    assert more.tied - {"d"} == found.tied and "d" in more.tied and "e" not in more.tied
    assert more.p_values == found.p_values


def test_further_runs_count_all_comparisons() -> None:
    """A p-value of 0.03 alone is significant; beside four others of Holm's family it is not."""
    everybody = measured({"a": 0.6, "z": 0.8})
    alone = Comparison("a", 200, {}, frozenset(), ())
    p_value = significance.with_others(alone, everybody).behind["z"].p_value
    assert 0.0025 < p_value < 0.05
    assert "z" not in significance.with_others(alone, everybody).tied
    crowded = Comparison("a", 200, {}, frozenset(), (0.9,) * 20)
    assert "z" in significance.with_others(crowded, everybody).tied


def test_only_the_best_runs_and_chosen_ones_are_tested() -> None:
    ids = [f"r{number}" for number in range(30)]
    best, further = significance.contenders(ids, {"r3": None, "r25": None})
    assert best == ids[:20] and further == ["r25"]


def test_the_ranking_tells_each_run_its_distance_to_the_best() -> None:
    behind = {"b": Difference(0.02, -0.01, 0.05, 0.3), "c": Difference(0.2, 0.1, 0.3, 0.0002)}
    table = significance.beside(ranking("xabc"), Comparison("a", 200, behind, frozenset("b"), (0.3, 0.0002)))
    assert table["standing"].tolist() == [UNTESTED, BEST, TIED, BEHIND]
    assert table["difference"].tolist()[2:] == [-0.02, -0.2]
    assert table[["difference_low", "difference_high"]].iloc[3].tolist() == [-0.3, -0.1]
    assert math.isnan(table["difference"].iloc[0]) and math.isnan(table["difference"].iloc[1])
    assert set(significance.beside(ranking("ab"), None)["standing"]) == {UNTESTED}


AHEAD = Difference(0.2, 0.1, 0.3, 0.0002)
CLOSE = Difference(0.02, -0.01, 0.05, 0.3)


@pytest.mark.parametrize(
    ("names", "behind", "kind"),
    [
        ("abc", {"b": AHEAD, "c": AHEAD}, "clear"),
        ("abc", {"b": CLOSE, "c": AHEAD}, "tied"),
        ("abc", {"b": CLOSE, "c": CLOSE}, "all_tied"),
        ("abc", {}, "untested"),
        ("a", {}, "single"),
    ],
)
def test_the_verdict_follows_from_who_is_tied(names: str, behind: dict[str, Difference], kind: str) -> None:
    found = Comparison("a", 200, behind, frozenset(name for name, each in behind.items() if each is CLOSE), ())
    verdict = significance.verdict(significance.beside(ranking(names), found), found, 200)
    assert verdict.kind == kind and verdict.best == "A"
    assert verdict.lead is (AHEAD if AHEAD in behind.values() else None)


def test_the_verdict_names_a_better_run_that_can_not_be_tested() -> None:
    found = Comparison("a", 200, {"b": AHEAD}, frozenset(), (0.0002,))
    verdict = significance.verdict(significance.beside(ranking("xab"), found), found, 200)
    assert (verdict.kind, verdict.best, verdict.untested_top) == ("clear", "A", "X")
    nobody = significance.verdict(significance.beside(ranking("xab"), None), None, 200)
    assert (nobody.kind, nobody.best) == ("untested", "X")
    assert significance.verdict(significance.beside(ranking("xab"), None), None, 9).kind == "few"


def test_seeds_that_reach_the_range_of_the_best_are_named() -> None:
    found = Comparison("a", 200, {"b": AHEAD, "c": AHEAD}, frozenset(), (0.0002, 0.0002))
    seeds = {"a": [0.80, 0.85], "b": [0.70, 0.81], "c": [0.70, 0.79]}
    verdict = significance.verdict(significance.beside(ranking("abc", seeds), found), found, 200)
    assert verdict.seeds_overlap == ["B"]
    one_seed = significance.beside(ranking("abc", {**seeds, "a": [0.80]}), found)
    assert significance.verdict(one_seed, found, 200).seeds_overlap == []
