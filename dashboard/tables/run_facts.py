"""A run's record as tables: what decides its outcome, what it reached epoch by epoch and seed by seed, its files."""

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.tables import comparison
from similarity import run_format
from similarity.metrics import Scores
from similarity.prepared_data import DatasetCard
from similarity.run_format import RunRecord

GROUPS = ("model", "data", "hyper_parameters", "environment", "cost", "scores")
SCORES = ("pearson", "spearman", "f1", "macro_f1", "mse")
SEED = "seed"
DEFAULTS_SOURCE = "defaults_source"
"""Hyper-parameter that names where a model's defaults come from; it is shown below the others."""

_FILES = {run_format.RUN_FILE: "record", run_format.METRICS_FILE: "curves"}
_FOLDERS = {
    run_format.PREDICTIONS_FOLDER: "predictions",
    run_format.TENSORBOARD_FOLDER: "tensorboard",
    run_format.RESUME_FOLDER: "resume",
}


@dataclass(frozen=True)
class Fact:
    """One value of a record.

    `key` is the text that names it, empty where the record's own `name` does alone (`learning_rate`). `shown` is the
    value as a reader sees it and empty where there is none; `unit` says how two of them are set against each other.
    """

    group: str
    key: str
    name: str
    value: Any
    shown: str
    unit: str = ""


def facts_of(run: RunRecord) -> list[Fact]:
    """Return all that a record says of a run, group by group."""
    return [*_model(run), *_data(run), *_hyper_parameters(run), *_environment(run), *_cost(run), *_scores(run)]


def plain(value: Any) -> str:
    """Return a value of JSON as a reader sees it; empty for null and for an empty list or text."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, list):
        return ", ".join(plain(each) for each in value)
    return str(value)


def flattened(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested values under dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def epoch_table(run: RunRecord, curves: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each time that a run was validated.

    Columns: `epoch`, `step`, `seconds` of the epoch, `train_loss` (mean since the row before), `valid_loss` and the
    metrics on valid, and `kept` for the epoch whose weights are in the checkpoint. NaN where a value was not logged.
    """
    columns = {"valid_loss": "valid/loss", **{name: f"valid/{name}" for name in SCORES}}
    present = [column for column in columns.values() if column in curves]
    validated = curves.dropna(subset=present, how="all") if present else curves.iloc[:0]
    rows, before = [], 0.0
    for _, row in validated.iterrows():
        # A training that ends within an epoch is validated there; its time is that epoch's.
        number = max(math.ceil(row["epoch"] - 1e-6), 1) - 1
        times = run.cost.seconds_per_epoch
        trained = curves[(curves["step"] > before) & (curves["step"] <= row["step"])]
        rows.append(
            {
                "epoch": row["epoch"],
                "step": row["step"],
                "seconds": times[number] if number < len(times) else math.nan,
                "train_loss": trained["train/loss"].mean() if "train/loss" in trained else math.nan,
                **{name: row.get(column, math.nan) for name, column in columns.items()},
                "kept": run.best is not None and run.best.step == row["step"],
            }
        )
        before = float(row["step"])
    return pd.DataFrame(rows, columns=["epoch", "step", "seconds", "train_loss", *columns, "kept"])


def score_table(run: RunRecord, here: Mapping[str, DatasetCard | None]) -> pd.DataFrame:
    """Return one row for each split that a run was measured on.

    `here` holds the cards of the data sets that lie here. Column `match` is `same` where the very pairs lie here,
    `other` where the split is another one, `none` where there is none.
    """
    rows = [
        {
            "dataset": dataset,
            "split": split,
            **scores.model_dump(include={"pairs", "pearson", "pearson_low", "pearson_high", *SCORES, "threshold"}),
            "match": match_of(here.get(dataset), split, scores.checksum),
        }
        for dataset, splits in run.metrics.items()
        for split, scores in splits.items()
    ]
    numbers = ["pearson", "pearson_low", "pearson_high", *SCORES[1:], "threshold"]
    table = pd.DataFrame(rows, columns=["dataset", "split", "pairs", *numbers, "match"])
    return table.astype(dict.fromkeys(numbers, "float64"))


def split_table(run: RunRecord, here: DatasetCard | None) -> pd.DataFrame:
    """Return `split`, `pairs`, `checksum` and `match` (see `score_table`) of the data that a run was given."""
    rows = [
        (split, part.pairs, part.checksum, match_of(here, split, part.checksum))
        for split, part in run.data.splits.items()
    ]
    return pd.DataFrame(rows, columns=["split", "pairs", "checksum", "match"])


def match_of(card: DatasetCard | None, split: str, checksum: str) -> str:
    """Return `same`, `other` or `none`: whether the split that lies here is the one of that checksum."""
    if card is None or split not in card.splits:
        return "none"
    return "same" if card.splits[split].checksum == checksum else "other"


def seed_table(run: RunRecord) -> pd.DataFrame:
    """Return Pearson by seed and measured split, then their mean and standard deviation (n − 1); empty without seeds.

    Column `seed` is text: the seed, `mean` or `deviation`; the others are named `data set · split`.
    """
    rows = [
        {
            f"{dataset} · {split}": scores.pearson
            for dataset, splits in each.metrics.items()
            for split, scores in splits.items()
        }
        for each in run.seeds
    ]
    table = pd.DataFrame(rows).astype("float64")
    if table.empty:
        return pd.DataFrame({"seed": []})
    sums = pd.DataFrame([table.mean(), table.std(ddof=1)])
    names = [*(str(each.seed) for each in run.seeds), "mean", "deviation"]
    whole = pd.concat([table, sums], ignore_index=True)
    whole.insert(0, "seed", names)
    return whole


def file_table(folder: Path) -> pd.DataFrame:
    """Return `name` (below the run's folder), `kind` and `bytes` of a run's files, in order; links are not followed."""
    rows = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            relative = path.relative_to(folder)
            # A run that trains replaces its files while they are listed.
            with contextlib.suppress(FileNotFoundError):
                rows.append((relative.as_posix(), _kind_of(relative), path.lstat().st_size))
    return pd.DataFrame(rows, columns=["name", "kind", "bytes"])


def _kind_of(path: Path) -> str:
    top = path.parts[0]
    if len(path.parts) == 1:
        return _FILES.get(top, "other")
    if top == run_format.CHECKPOINT_FOLDER:
        if path.suffix == ".safetensors":
            return "weights"
        return "tokenizer" if path.name.startswith(("tokenizer", "vocab", "special_tokens", "merges")) else "config"
    return _FOLDERS.get(top, "other")


def _model(run: RunRecord) -> Iterator[Fact]:
    model = run.model
    for key in ("name", "family", "architecture", "base_checkpoint", "head", "max_length"):
        value = getattr(model, key)
        yield Fact("model", f"model_{key}", "", value, plain(value))
    shown = "" if model.parameters is None else f"{model.parameters:,}"
    yield Fact("model", "model_parameters", "", model.parameters, shown, "ratio")


def _data(run: RunRecord) -> Iterator[Fact]:
    yield Fact("data", "data_name", "", run.data.name, run.data.name)
    for split, part in run.data.splits.items():
        yield Fact("data", "pairs", split, part.pairs, f"{part.pairs:,}")
        yield Fact("data", "checksum", split, part.checksum, part.checksum)
    for name, value in flattened(run.data.preprocessing):
        yield Fact("data", "", name, value, plain(value))


def _hyper_parameters(run: RunRecord) -> Iterator[Fact]:
    for name, value in flattened(run.hyper_parameters):
        yield Fact("hyper_parameters", "", name, value, plain(value))


def _environment(run: RunRecord) -> Iterator[Fact]:
    environment = run.environment
    yield Fact("environment", "", "python", environment.python, environment.python)
    for name, version in environment.packages.items():
        yield Fact("environment", "", name, version, version)
    for key in ("device", "threads", "precision", "commit"):
        value = getattr(environment, key)
        yield Fact("environment", key, "", value, plain(value))


def _cost(run: RunRecord) -> Iterator[Fact]:
    cost = run.cost
    epochs = cost.seconds_per_epoch
    mean = sum(epochs) / len(epochs) if epochs else None
    yield Fact("cost", "epochs_trained", "", run.progress.epoch, plain(run.progress.epoch))
    for key, seconds in (("seconds_per_epoch", mean), ("seconds", cost.seconds)):
        yield Fact("cost", key, "", seconds, "" if seconds is None else comparison.duration(seconds), "ratio")
    yield Fact("cost", "peak_memory", "", cost.peak_memory_mb, _with_unit(cost.peak_memory_mb, ",.0f", "MB"), "ratio")
    latency = cost.milliseconds_per_pair
    yield Fact("cost", "milliseconds", "", latency, _with_unit(latency, ".1f", "ms"), "ratio")


def _scores(run: RunRecord) -> Iterator[Fact]:
    if run.best is not None:
        yield Fact("scores", "best_epoch", "", run.best.epoch, plain(run.best.epoch))
        yield Fact("scores", "best_value", "", run.best.value, _score(run.best.value), "difference")
    for dataset, splits in run.metrics.items():
        for split, scores in splits.items():
            yield from _scores_on(f"{dataset} · {split}", scores)


def _scores_on(name: str, scores: Scores) -> Iterator[Fact]:
    yield Fact("scores", "pairs", name, scores.pairs, f"{scores.pairs:,}")
    yield Fact("scores", "checksum", name, scores.checksum, scores.checksum)
    for metric in SCORES:
        value = getattr(scores, metric)
        yield Fact("scores", metric, name, value, _score(value), "difference")


def _score(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.4f}"


def _with_unit(value: float | None, form: str, unit: str) -> str:
    return "" if value is None else f"{value:{form}} {unit}"
