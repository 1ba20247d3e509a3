"""THE run format, version 1: what stands in `artifacts/runs/<run_id>/` and how it is read and written.

    run.json                                what the run is, how it went, what it reached
    metrics.jsonl                           one line a record, append-only, readable while training
    predictions/<dataset>.<split>.parquet   pair_id, label, prediction (both 0–5)
    checkpoint/                             what sentence-transformers loads (safetensors)
    tensorboard/                            event files

Trainer and dashboard both import this module; `docs/run-format.md` is its text for readers.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from similarity.errors import MissingSplitError, RunError, UnsupportedVersionError
from similarity.files import replaced, write_text
from similarity.metrics import Scores

FORMAT_VERSION = 1
RUN_FILE = "run.json"
METRICS_FILE = "metrics.jsonl"
PREDICTIONS_FOLDER = "predictions"
CHECKPOINT_FOLDER = "checkpoint"
TENSORBOARD_FOLDER = "tensorboard"
RESUME_FOLDER = "resume"
PREDICTION_COLUMNS = ("pair_id", "label", "prediction")

PLACEHOLDER_TAG = "placeholder"
"""Tag of a run that only shows what the pages look like: its scores mean nothing."""

HEARTBEAT_LIMIT = timedelta(minutes=2)
"""A run that says `running` without a sign of life for longer is shown as stopped."""

Status = Literal["running", "finished", "failed", "stopped"]
Architecture = Literal["cross-encoder", "bi-encoder"]
Family = Literal["bert", "roberta", "electra"]

_ID_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,119}")


class _Part(BaseModel):
    # Fields that a later minor version adds are kept, so that renaming a run never loses them.
    model_config = ConfigDict(extra="allow", ser_json_inf_nan="null")


class ModelPart(_Part):
    """What was trained: `name` is the preset or the folder that the user named."""

    name: str
    family: str
    architecture: Architecture
    base_checkpoint: str
    head: str = ""
    max_length: int = 128
    parameters: int | None = None


class SplitPart(_Part):
    """One split's size and the SHA-256 of its pairs, by which equal splits are recognised."""

    pairs: int
    checksum: str


class DataPart(_Part):
    """The data set of a run."""

    name: str
    splits: dict[str, SplitPart] = Field(default_factory=dict)
    preprocessing: dict[str, Any] = Field(default_factory=dict)


class Environment(_Part):
    """Where it was trained."""

    python: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    device: str = ""
    threads: int | None = None
    precision: str = "fp32"
    commit: str | None = None


class Progress(_Part):
    """How far training is; `seconds` counts training time over all resumed parts."""

    step: int = 0
    steps: int = 0
    epoch: float = 0.0
    epochs: float = 0.0
    seconds: float = 0.0


class Cost(_Part):
    """What it took: seconds, MB (10^6 bytes) of memory, milliseconds a pair (alone, on one core)."""

    seconds_per_epoch: list[float] = Field(default_factory=list)
    seconds: float | None = None
    peak_memory_mb: float | None = None
    milliseconds_per_pair: float | None = None


class Best(_Part):
    """The epoch that was kept, chosen on valid alone."""

    epoch: float
    step: int
    metric: str = "valid/pearson"
    value: float | None = None


class RunFailure(_Part):
    """Why a run failed or stopped."""

    type: str
    message: str
    details: str = ""


class SeedScores(_Part):
    """What the same training reached with one seed."""

    seed: int
    metrics: dict[str, dict[str, Scores]] = Field(default_factory=dict)


class RunRecord(_Part):
    """`run.json`. Times are ISO 8601 in UTC."""

    format_version: int = FORMAT_VERSION
    run_id: str
    display_name: str
    tags: list[str] = Field(default_factory=list)
    notes: str = ""
    archived: bool = False
    """Kept as it is, but left out of lists that don't ask for archived runs."""
    status: Status
    created_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None = None
    model: ModelPart
    data: DataPart
    hyper_parameters: dict[str, Any] = Field(default_factory=dict)
    environment: Environment = Field(default_factory=Environment)
    progress: Progress = Field(default_factory=Progress)
    cost: Cost = Field(default_factory=Cost)
    best: Best | None = None
    metrics: dict[str, dict[str, Scores]] = Field(default_factory=dict)
    """data set → split → scores."""
    seeds: list[SeedScores] = Field(default_factory=list)
    """Where a training was repeated with several seeds and one run stands for all: every seed's scores."""
    error: RunFailure | None = None
    command: str = ""

    def status_at(self, now: datetime) -> Status:
        """Return the status as a reader should show it: `running` without a recent sign of life is `stopped`."""
        if self.status == "running" and now - self.heartbeat_at > HEARTBEAT_LIMIT:
            return "stopped"
        return self.status


def check_run_id(run_id: str) -> str:
    """Return `run_id` if it can stand as a folder's name.

    Raises:
        RunError: it holds anything but lower-case letters, digits, `.`, `_`, `-`, or `..`.
    """
    if not _ID_PATTERN.fullmatch(run_id):
        raise RunError(
            f"A run id is 1–120 lower-case letters, digits, '.', '_' or '-' without '..', but {run_id!r} came. "
            "`python -m trainer runs list` shows the ids."
        )
    return run_id


def new_run_id(model_name: str, dataset_name: str, seed: int, when: datetime) -> str:
    """Return `<model>.<dataset>.s<seed>.<time>.<2 bytes>`, unique and readable."""
    parts = [re.sub(r"[^a-z0-9-]+", "-", part.lower()).strip("-")[:30] or "x" for part in (model_name, dataset_name)]
    return check_run_id(f"{parts[0]}.{parts[1]}.s{seed}.{when:%Y%m%d-%H%M%S}.{os.urandom(2).hex()}")


def run_folder(root: Path, run_id: str) -> Path:
    """Return the folder of a run, its id checked; the folder need not exist."""
    return root / check_run_id(run_id)


def write_record(root: Path, record: RunRecord) -> None:
    """Write `run.json` in one step."""
    write_text(run_folder(root, record.run_id) / RUN_FILE, record.model_dump_json(indent=1) + "\n")


def read_record(folder: Path) -> RunRecord:
    """Read one run's `run.json`.

    Raises:
        UnsupportedVersionError: the file's version is not 1.
        RunError: the file is missing, half-written or lacks a field.
    """
    path = folder / RUN_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is missing: this folder is not a run. Move it out of {folder.parent}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RunError(
            f"{path} is not complete JSON ({error}). It was cut off while it was written; restore it or delete the run."
        ) from error
    if not isinstance(content, dict):
        raise RunError(f"{path} should hold a JSON object, but it holds a {type(content).__name__}.")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise UnsupportedVersionError(
            f"{path} is of format version {version!r}; this program reads version {FORMAT_VERSION}. "
            "Update the program, or open the run with the one that wrote it."
        )
    try:
        record = RunRecord.model_validate(content)
    except ValidationError as error:
        fields = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise RunError(f"{path} is not a valid run record: {fields}.") from error
    if record.run_id != folder.name:
        raise RunError(
            f"{path} says run_id {record.run_id!r}, but its folder is {folder.name!r}. Give the folder its run's id."
        )
    check_run_id(record.run_id)
    return record


def append_metrics(folder: Path, *, step: int, epoch: float, seconds: float, values: Mapping[str, float]) -> None:
    """Append one record to `metrics.jsonl`; `seconds` are since the start of training."""
    record = {"step": step, "epoch": round(epoch, 6), "seconds": round(seconds, 3), **values}
    with (folder / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def truncate_metrics(folder: Path, step: int) -> None:
    """Drop the records after `step`, which a resumed run writes again, and an unfinished last line."""
    path = folder / METRICS_FILE
    table = read_metrics(folder)
    if len(table):
        kept = table[table["step"] <= step].to_dict("records")
        lines = [json.dumps({key: value for key, value in row.items() if value == value}) + "\n" for row in kept]
        write_text(path, "".join(lines))


def read_metrics(folder: Path) -> pd.DataFrame:
    """Return `metrics.jsonl` as a table: step, epoch, seconds and a column a value (NaN where not logged).

    An unfinished last line (the trainer is writing it) is left out. No file yet gives an empty table.

    Raises:
        RunError: a line before the last is not JSON.
    """
    path = folder / METRICS_FILE
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return pd.DataFrame(columns=["step", "epoch", "seconds"])
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number == len(lines):
                break
            raise RunError(f"{path}, line {number} is not JSON ({error}). Delete it to read the rest.") from error
    table = pd.DataFrame.from_records(records)
    return table if len(table) else pd.DataFrame(columns=["step", "epoch", "seconds"])


def predictions_path(folder: Path, dataset: str, split: str) -> Path:
    """Return where the predictions for a data set's split stand."""
    if not re.fullmatch(r"[\w-][\w.-]*", dataset) or ".." in dataset or not re.fullmatch(r"[a-z]+", split):
        raise RunError(f"A data set's name is letters, digits, '.', '_' and '-', but {dataset!r} / {split!r} came.")
    return folder / PREDICTIONS_FOLDER / f"{dataset}.{split}.parquet"


def write_predictions(folder: Path, dataset: str, split: str, predictions: pd.DataFrame) -> None:
    """Write pair_id, label, prediction (0–5); other columns are dropped, so that no text is stored."""
    with replaced(predictions_path(folder, dataset, split)) as temporary:
        predictions.loc[:, list(PREDICTION_COLUMNS)].to_parquet(temporary, index=False)


def read_predictions(folder: Path, dataset: str, split: str) -> pd.DataFrame:
    """Return pair_id, label, prediction of a run for one data set's split.

    Raises:
        MissingSplitError: the run was never evaluated there.
        RunError: the file lacks a column or can't be read.
    """
    path = predictions_path(folder, dataset, split)
    if not path.is_file():
        raise MissingSplitError(
            f"Run {folder.name} has no predictions for {dataset} {split}. "
            f"`python -m trainer evaluate {folder.name} --data {dataset} --split {split}` makes them."
        )
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise RunError(f"{path} can't be read as Parquet ({error}). Evaluate the run again.") from error
    missing = [column for column in PREDICTION_COLUMNS if column not in table.columns]
    if missing:
        raise RunError(f"{path} lacks the columns {missing}. Evaluate the run again.")
    return table


def utc_now() -> datetime:
    """Return the present time in UTC, to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
