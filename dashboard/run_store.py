"""The only cached reads: everything is read again when its file's time or size changes, and not before."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import streamlit as st

from similarity import metrics, prepared_data, project_paths, run_format
from similarity.errors import DataError, RunError, UnknownNameError
from similarity.prepared_data import BASELINES, DatasetCard
from similarity.run_catalog import RunCatalog, checkpoint_of, list_runs
from similarity.run_format import RunRecord

BASELINE_RESAMPLES = 2_000


class Stamp(NamedTuple):
    """By what a changed file is recognised."""

    modified: int
    size: int


def catalog() -> RunCatalog:
    """Return all runs, the newest first; a thousand unchanged ones take some milliseconds."""
    root = project_paths.runs_root()
    known = _records(str(root))

    def read(folder: Path) -> RunRecord:
        stamp = _stamp(folder / run_format.RUN_FILE)
        seen = known.get(folder.name)
        if seen is None or seen[0] != stamp:
            # Only a readable record is remembered: broken ones are few, and are read again until they are mended.
            seen = known[folder.name] = (stamp, run_format.read_record(folder))
        return seen[1]

    return list_runs(root, read)


def curves(run_id: str) -> pd.DataFrame:
    """Return a run's logged values; the table is shared, so don't write into it.

    Raises:
        RunError: the file holds a line that is not JSON.
    """
    folder = run_format.run_folder(project_paths.runs_root(), run_id)
    return _curves(str(folder), _stamp(folder / run_format.METRICS_FILE))


def missing_checkpoint(run_id: str) -> str:
    """Return why a run can't score, or an empty string where it can."""
    try:
        checkpoint_of(project_paths.runs_root(), run_id)
    except RunError as error:
        return str(error)
    return ""


def checkpoint_stamp(run_id: str) -> Stamp | None:
    """Return what changes when a run's model is written anew."""
    return _stamp(run_format.run_folder(project_paths.runs_root(), run_id) / run_format.CHECKPOINT_FOLDER)


def dataset_card(name: str) -> DatasetCard | None:
    """Return a prepared data set's card, or None where there is no readable one of that name."""
    root = project_paths.data_root()
    try:
        stamp = _stamp(root / prepared_data.check_dataset_name(name) / prepared_data.CARD_FILE)
        return _card(str(root), name, stamp)
    except (DataError, UnknownNameError):
        return None


def baselines(dataset: str, split: str, checksum: str) -> dict[str, metrics.Scores]:
    """Return the baselines' scores on one split, by name; none where the split here is another one."""
    card = dataset_card(dataset)
    if card is None or split not in card.splits or card.splits[split].checksum != checksum:
        return {}
    root = project_paths.data_root()
    return _baselines(str(root), dataset, split, _stamp(prepared_data.baselines_path(root, dataset, split)))


@st.cache_resource(show_spinner=False, max_entries=4)
def _records(root: str) -> dict[str, tuple[Stamp | None, RunRecord]]:
    return {}


@st.cache_resource(show_spinner=False, max_entries=128)
def _curves(folder: str, stamp: Stamp | None) -> pd.DataFrame:
    return run_format.read_metrics(Path(folder))


@st.cache_resource(show_spinner=False, max_entries=64)
def _card(root: str, name: str, stamp: Stamp | None) -> DatasetCard:
    return prepared_data.read_card(Path(root), name)


@st.cache_resource(show_spinner=False, max_entries=64)
def _baselines(root: str, dataset: str, split: str, stamp: Stamp | None) -> dict[str, metrics.Scores]:
    try:
        table = prepared_data.read_baselines(Path(root), dataset, split)
    except (OSError, ValueError):
        return {}
    if table is None or "label" not in table:
        return {}
    return {
        name: metrics.evaluate(table["label"], table[name], interval_resamples=BASELINE_RESAMPLES)
        for name in BASELINES
        if name in table
    }


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_size)
