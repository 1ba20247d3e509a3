"""Best, last and kept values; how fast runs were, compared on the very same pairs only."""

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import curve_tables
from dashboard.tables.logged_values import value_of
from similarity.run_format import RunRecord
from tests import builders

EMPTY = pd.DataFrame(columns=["step", "epoch", "seconds"])


def run(run_id: str, checksum: str = "x", *, best_step: int | None = None) -> RunRecord:
    data = {"name": "toy", "splits": {"valid": {"pairs": 9, "checksum": checksum}}}
    best = None if best_step is None else {"epoch": best_step / 10, "step": best_step}
    return builders.record(run_id, data=data, best=best)


def logged(pearson: list[float], pace: float = 6.0) -> pd.DataFrame:
    """Return one validation an epoch of ten steps, `pace` seconds a step, and a training loss in between."""
    rows: list[dict[str, float]] = []
    for number, value in enumerate(pearson, start=1):
        rows.append({"step": 10 * number - 1, "epoch": number - 0.1, "train/loss": 1 / number})
        rows.append({"step": 10 * number, "epoch": float(number), "valid/pearson": value, "valid/loss": 2 - value})
    table = pd.DataFrame(rows)
    return table.assign(seconds=table["step"] * pace)


def test_best_last_and_kept_follow_the_direction_of_the_value() -> None:
    runs, tables = [run("a", best_step=20)], {"a": logged([0.5, 0.8, 0.7])}
    pearson = curve_tables.value_table(runs, tables, {"a": "A"}, value_of("valid/pearson")).iloc[0]
    assert (pearson["name"], pearson["best"], pearson["best_epoch"], pearson["last"]) == ("A", 0.8, 2, 0.7)
    assert pearson["kept"] == 0.8
    loss = curve_tables.value_table(runs, tables, {"a": "A"}, value_of("train/loss")).iloc[0]
    # Nothing was logged at the kept step itself: the last training loss before it counts.
    assert (loss["best"], loss["kept"]) == (pytest.approx(1 / 3), 0.5)


def test_a_value_without_a_direction_has_ends_but_no_best() -> None:
    table = logged([0.5, 0.8]).assign(other=[3.0, np.inf, 1.0, np.nan])
    row = curve_tables.value_table([run("a")], {"a": table}, {"a": "A"}, value_of("other")).iloc[0]
    assert (row["lowest"], row["highest"], row["last"]) == (1.0, 3.0, 1.0)
    assert math.isnan(row["best"]) and math.isnan(row["best_epoch"]) and math.isnan(row["kept"])


def test_tables_survive_a_run_that_logged_nothing() -> None:
    runs = [run("a", best_step=20)]
    values = curve_tables.value_table(runs, {"a": EMPTY}, {"a": "A"}, value_of("valid/pearson")).iloc[0]
    assert values[["best", "best_epoch", "last", "kept"]].isna().all()
    summary = curve_tables.summary(runs, {"a": EMPTY}, {"a": "A"}, []).iloc[0]
    assert summary["name"] == "A" and summary["kept_epoch"] == 2
    assert summary[["best_pearson", "minutes_to_best", "gap", "overfits_from", "steps"]].isna().all()
    assert curve_tables.races(runs, {"a": EMPTY}) == []


def test_the_summary_says_when_the_kept_epoch_came_and_how_soon_the_level_was_reached() -> None:
    runs = [run("a", best_step=20), run("b", best_step=30)]
    tables = {"a": logged([0.5, 0.80, 0.7]), "b": logged([0.7, 0.77, 0.79], pace=3.0)}
    races = curve_tables.races(runs, tables)
    summary = curve_tables.summary(runs, tables, {"a": "A", "b": "B"}, races).set_index("run_id")
    assert summary["minutes_to_best"].tolist() == [2.0, 1.5]
    assert summary["minutes_to_reach"].tolist() == [2.0, 1.0]
    assert summary["minutes"].tolist() == [3.0, 1.5]
    assert summary.loc["a", "gap"] == pytest.approx(2 - 0.7 - 1 / 3)
    assert summary.loc["a", "overfits_from"] == 3 and math.isinf(summary.loc["b", "overfits_from"])


def test_runs_race_only_against_runs_on_the_very_same_pairs() -> None:
    runs = [run("a"), run("b"), run("c", "y")]
    tables = {"a": logged([0.90]), "b": logged([0.60]), "c": logged([0.50])}
    first, second = curve_tables.races(runs, tables)
    assert (first.best, first.level) == (0.90, pytest.approx(0.855))
    assert first.seconds["a"] == 60 and math.isnan(first.seconds["b"])
    assert second.seconds == {"c": 60}


def test_losses_are_told_apart_by_what_the_record_says_else_by_the_architecture() -> None:
    said = builders.record(hyper_parameters={"loss": "MSELoss on the 0–5 label"})
    assert curve_tables.loss_of(said) == "MSELoss on the 0–5 label"
    assert curve_tables.loss_of(builders.record()) == "cross-encoder"


def test_the_download_holds_every_record_of_every_run() -> None:
    tables = {"a": logged([0.5, 0.6]), "b": logged([0.7]).assign(extra=1.0)}
    table = curve_tables.everything([run("a"), run("b")], tables, {"a": "A", "b": "B"})
    assert table.columns[:5].tolist() == ["run_id", "run", "step", "epoch", "seconds"]
    assert table["run"].tolist() == ["A"] * 4 + ["B"] * 2
    assert table["extra"].isna().sum() == 4
    assert "run" not in tables["a"]
    assert curve_tables.everything([], {}, {}).empty
