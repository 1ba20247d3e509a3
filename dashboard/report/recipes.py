"""How the runs of a report were made, as numbers and tables without words: training, settings, machine, commands."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.tables import curves
from dashboard.tables.comparison import SPLIT
from dashboard.tables.curves import Curve
from dashboard.tables.run_facts import flattened, plain
from similarity.run_format import Environment, RunRecord

POINTS = 3_000
"""Of all curves of one chart together."""

SMOOTHING = 0.8
"""Weight of the past in the training losses that are drawn."""


def training_table(records: Sequence[RunRecord], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row a run: how long it was trained, which epoch was kept, and where it ended.

    Columns: run_id, epochs, kept_epoch, valid_pearson (of the kept epoch), train_loss (mean over the last epoch),
    valid_loss (the last), seconds, and valid, which numbers the different valid splits from 1. NaN where nothing was
    logged.
    """
    checksums = [_valid_checksum(run) for run in records]
    numbers = {checksum: number for number, checksum in enumerate(dict.fromkeys(checksums), start=1)}
    rows = []
    for run, checksum in zip(records, checksums, strict=True):
        table = tables.get(run.run_id, pd.DataFrame(columns=["epoch"]))
        last_epoch = table[table["epoch"] > table["epoch"].max() - 1]
        best = run.best
        rows.append(
            {
                "run_id": run.run_id,
                "epochs": run.progress.epoch,
                "kept_epoch": best.epoch if best else math.nan,
                "valid_pearson": best.value if best and best.metric == "valid/pearson" else math.nan,
                "train_loss": _logged(last_epoch, "train/loss").mean(),
                "valid_loss": _last(_logged(table, "valid/loss")),
                "seconds": run.cost.seconds if run.cost.seconds is not None else run.progress.seconds or math.nan,
                "valid": numbers[checksum],
            }
        )
    return pd.DataFrame(rows)


def valid_curves(
    records: Sequence[RunRecord], tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]
) -> list[Curve]:
    """Return valid Pearson over epochs of the runs that logged it, the kept epoch marked."""
    return _curves(records, tables, names, "valid/pearson", 0.0)


def loss_curves(
    records: Sequence[RunRecord], tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]
) -> list[Curve]:
    """Return smoothed training losses over epochs of the runs that logged them."""
    found = _curves(records, tables, names, "train/loss", SMOOTHING)
    return [dataclasses.replace(curve, y=curve.smooth, best=None) for curve in found]


def settings(records: Sequence[RunRecord]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return what decides the runs' outcome: settings that all share, and those that differ with a value a run.

    A setting that a run lacks is an empty text.
    """
    each = [_settings_of(run) for run in records]
    names = list(dict.fromkeys(name for found in each for name in found))
    values = {name: [found.get(name, "") for found in each] for name in names}
    shared = {name: found[0] for name, found in values.items() if len(set(found)) == 1 and found[0]}
    return shared, {name: found for name, found in values.items() if len(set(found)) > 1}


def environments(records: Sequence[RunRecord]) -> list[tuple[Environment, list[int]]]:
    """Return the different environments, each with the numbers (from 1) of the runs that were trained in it."""
    found: list[tuple[Environment, list[int]]] = []
    for number, run in enumerate(records, start=1):
        same = next((numbers for environment, numbers in found if environment == run.environment), None)
        if same is None:
            found.append((run.environment, [number]))
        else:
            same.append(number)
    return found


def evaluate_command(run_id: str, dataset: str) -> str:
    """Return the command that measures a run on a data set's test split and keeps its predictions."""
    return f"python -m trainer evaluate {run_id} --data {dataset} --split {SPLIT}"


def _settings_of(run: RunRecord) -> dict[str, str]:
    train = run.data.splits.get("train")
    first = {
        "architecture": run.model.architecture,
        "base_checkpoint": run.model.base_checkpoint,
        "head": run.model.head,
        "max_length": run.model.max_length,
        "train_data": run.data.name,
        "train_pairs": train.pairs if train else None,
    }
    found = {name: plain(value) for name, value in flattened({**first, **run.hyper_parameters})}
    return {name: value for name, value in found.items() if value}


def _curves(
    records: Sequence[RunRecord],
    tables: Mapping[str, pd.DataFrame],
    names: Mapping[str, str],
    column: str,
    smoothing: float,
) -> list[Curve]:
    limit = curves.limit_of(len(records), POINTS)
    drawn = [
        curves.curve_of(
            tables[run.run_id],
            column,
            x="epoch",
            smoothing=smoothing,
            run_id=run.run_id,
            name=names[run.run_id],
            best_step=run.best.step if run.best else None,
            limit=limit,
        )
        for run in records
        if run.run_id in tables
    ]
    return [curve for curve in drawn if curve is not None]


def _valid_checksum(run: RunRecord) -> str:
    part = run.data.splits.get("valid")
    return part.checksum if part else ""


def _logged(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column].dropna().astype("float64") if column in table else pd.Series(dtype="float64")


def _last(values: pd.Series) -> float:
    return float(values.iloc[-1]) if len(values) else math.nan
