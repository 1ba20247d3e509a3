"""What curves say in numbers: best and last values, when training was best, when it began to overfit, and how fast."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.tables.logged_values import POSITIONS, Value, finite
from dashboard.tables.overfitting import epoch_losses, overfits_from
from similarity.run_format import RunRecord

REACHED = 0.95
"""Share of the best valid Pearson by which the speed of runs is compared."""

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Race:
    """How soon runs that were validated on the very same pairs reach `level`, a share of the best among them."""

    dataset: str
    best: float
    level: float
    seconds: dict[str, float]
    """Run id → training time at the first validation that reached it; NaN where none has."""


def value_table(runs: Sequence[RunRecord], tables: Tables, labels: Mapping[str, str], value: Value) -> pd.DataFrame:
    """Return one row a run for one value: its best (or lowest and highest), last, and kept epoch's value.

    `best` and `best_epoch` are NaN where no direction is known; `kept` is the last value logged up to the epoch that
    was kept.
    """
    rows = []
    for run in runs:
        table = tables[run.run_id]
        numbers = finite(table, value.column)
        is_best = _is_best(numbers, value)
        rows.append(
            {
                "run_id": run.run_id,
                "name": labels[run.run_id],
                "best": _first_of(numbers[is_best]),
                "best_epoch": _first_of(table["epoch"].loc[numbers.index][is_best]),
                "lowest": numbers.min(),
                "highest": numbers.max(),
                "last": _last(numbers),
                "kept": _last(numbers[table["step"][numbers.index] <= run.best.step]) if run.best else math.nan,
            }
        )
    return pd.DataFrame(rows)


def summary(
    runs: Sequence[RunRecord], tables: Tables, labels: Mapping[str, str], races: Sequence[Race]
) -> pd.DataFrame:
    """Return one row a run: the kept epoch, when it came, the speed, the loss gap and overfitting.

    `overfits_from` is infinite where valid loss does not rise again, NaN where nobody can tell; times are minutes of
    training.
    """
    reached = {run_id: seconds for race in races for run_id, seconds in race.seconds.items()}
    rows = []
    for run in runs:
        table = tables[run.run_id]
        losses = epoch_losses(table)
        rows.append(
            {
                "run_id": run.run_id,
                "name": labels[run.run_id],
                "dataset": run.data.name,
                "kept_epoch": run.best.epoch if run.best else math.nan,
                "best_pearson": finite(table, "valid/pearson").max(),
                "minutes_to_best": _seconds_at_best(run, table) / 60,
                "minutes_to_reach": reached.get(run.run_id, math.nan) / 60,
                "gap": _last((losses["valid"] - losses["train"]).dropna()),
                "overfits_from": overfits_from(losses),
                "steps": finite(table, "step").max(),
                "minutes": finite(table, "seconds").max() / 60,
            }
        )
    return pd.DataFrame(rows)


def races(runs: Sequence[RunRecord], tables: Tables) -> list[Race]:
    """Return a race for each set of runs that were validated on the very same pairs and logged valid Pearson."""
    found = []
    for (dataset, _), members in by_valid_pairs(runs).items():
        curves = {run.run_id: finite(tables[run.run_id], "valid/pearson") for run in members}
        best = max((float(curve.max()) for curve in curves.values() if len(curve)), default=math.nan)
        if best > 0:
            level = REACHED * best
            seconds = {
                run_id: _first_of(tables[run_id]["seconds"][curve.index[curve >= level]])
                for run_id, curve in curves.items()
            }
            found.append(Race(dataset, best, level, seconds))
    return found


def by_valid_pairs(runs: Sequence[RunRecord]) -> dict[tuple[str, str], list[RunRecord]]:
    """Return runs by the data set and the checksum of what they were validated on, in the order given."""
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    for run in runs:
        part = run.data.splits.get("valid")
        groups.setdefault((run.data.name, part.checksum if part else ""), []).append(run)
    return groups


def loss_of(run: RunRecord) -> str:
    """Return what the run's losses measure; where its record does not say, the architecture, which decides it."""
    return str(run.hyper_parameters.get("loss") or run.model.architecture)


def everything(runs: Sequence[RunRecord], tables: Tables, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return all that the runs logged, as it was logged: one row a record, first whose it is and where it stands."""
    parts = []
    for run in runs:
        part = tables[run.run_id].copy()
        part.insert(0, "run", labels[run.run_id])
        part.insert(0, "run_id", run.run_id)
        parts.append(part)
    first = ["run_id", "run", *POSITIONS]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=first)
    return table[[*first, *(column for column in table.columns if column not in first)]]


def _is_best(numbers: pd.Series, value: Value) -> pd.Series:
    best = {"higher": numbers.max(), "lower": numbers.min(), "": math.nan}[value.better]
    return numbers == best


def _seconds_at_best(run: RunRecord, table: pd.DataFrame) -> float:
    if run.best is None or "valid/pearson" not in table:
        return math.nan
    return _last(table["seconds"][(table["step"] == run.best.step) & table["valid/pearson"].notna()])


def _last(values: pd.Series) -> float:
    return float(values.iloc[-1]) if len(values) else math.nan


def _first_of(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) else math.nan
