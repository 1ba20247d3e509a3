"""The only cached reads: everything is read again when its file's time or size changes, and not before."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import view_state
from dashboard.tables.measured import Measured, join
from similarity import metrics, prepared_data, project_paths, run_format
from similarity.errors import DataError, MissingSplitError, RunError, UnknownNameError
from similarity.prepared_data import BASELINES, DatasetCard
from similarity.run_catalog import RunCatalog, checkpoint_of
from similarity.run_format import RunRecord
from similarity.run_index import RunIndex

BASELINE_RESAMPLES = 2_000


class Stamp(NamedTuple):
    """By what a changed file is recognised."""

    modified: int
    size: int


def catalog() -> RunCatalog:
    """Return the runs, the newest first; a thousand unchanged ones take some milliseconds.

    Archived runs are among them where the view shows archived runs or names them, or where there are no others. All
    sessions share the catalog, and it stays the same object while no run changes and none is archived: don't write
    into it.
    """
    everything = _index(str(project_paths.runs_root())).catalog()
    if not any(run.archived for run in everything.runs) or view_state.values("archived"):
        return everything
    named = {run_id for parameter in ("runs", "run", "against") for run_id in view_state.values(parameter)}
    shown = [run for run in everything.runs if not run.archived or run.run_id in named]
    return RunCatalog(shown, everything.unreadable) if shown else everything


def archived_count() -> int:
    """Return how many runs are archived, shown or not."""
    return sum(run.archived for run in _index(str(project_paths.runs_root())).catalog().runs)


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


def datasets() -> tuple[dict[str, DatasetCard], dict[str, str]]:
    """Return the cards of all prepared data sets by name, and of those whose card can't be read the reason."""
    root = project_paths.data_root()
    cards, unreadable = {}, {}
    for name in prepared_data.list_datasets(root):
        try:
            cards[name] = _card(str(root), name, _stamp(root / name / prepared_data.CARD_FILE))
        except (DataError, UnknownNameError) as error:
            unreadable[name] = str(error)
    return cards, unreadable


def baselines(dataset: str, split: str, checksum: str) -> dict[str, metrics.Scores]:
    """Return the baselines' scores on one split, by name; none where the split here is another one."""
    card = dataset_card(dataset)
    if card is None or split not in card.splits or card.splits[split].checksum != checksum:
        return {}
    root = project_paths.data_root()
    return _baselines(str(root), dataset, split, _stamp(prepared_data.baselines_path(root, dataset, split)))


def pairs(dataset: str, split: str) -> pd.DataFrame | None:
    """Return the pairs of a split that lies here, or None; the table is shared, so don't write into it."""
    card = dataset_card(dataset)
    if card is None or split not in card.splits:
        return None
    try:
        return _pairs(str(project_paths.data_root()), dataset, split, card.splits[split].checksum)
    except DataError:
        return None


def predictions(run_id: str, dataset: str, split: str) -> pd.DataFrame:
    """Return a run's predictions; the table is shared, so don't write into it.

    Raises:
        MissingSplitError: the run was never measured there, or its predictions did not come with it.
        RunError: the file can't be read.
    """
    folder = run_format.run_folder(project_paths.runs_root(), run_id)
    path = run_format.predictions_path(folder, dataset, split)
    return _predictions(str(folder), dataset, split, _stamp(path))


def has_predictions(run_id: str, dataset: str, split: str) -> bool:
    """Return whether a run's predictions for a split came with it."""
    folder = run_format.run_folder(project_paths.runs_root(), run_id)
    return _stamp(run_format.predictions_path(folder, dataset, split)) is not None


def measured(runs: Sequence[RunRecord], dataset: str, split: str) -> Measured | None:
    """Return what these runs predicted for a split, side by side, or None where none has predictions."""
    tables: dict[str, pd.DataFrame | str] = {}
    checksums = {}
    for run in runs:
        scores = run.metrics.get(dataset, {}).get(split)
        if scores is None:
            tables[run.run_id] = "unmeasured"
            continue
        checksums[run.run_id] = scores.checksum
        try:
            tables[run.run_id] = predictions(run.run_id, dataset, split)
        except (RunError, MissingSplitError):
            tables[run.run_id] = "no_predictions"
    card = dataset_card(dataset)
    checksum = card.splits[split].checksum if card and split in card.splits else ""
    return join(dataset, split, tables, checksums, pairs(dataset, split), checksum)


@st.cache_resource(show_spinner=False, max_entries=4)
def _index(root: str) -> RunIndex:
    return RunIndex(Path(root))


@st.cache_resource(show_spinner=False, max_entries=128)
def _curves(folder: str, stamp: Stamp | None) -> pd.DataFrame:
    return run_format.read_metrics(Path(folder))


@st.cache_resource(show_spinner=False, max_entries=16)
def _pairs(root: str, name: str, split: str, checksum: str) -> pd.DataFrame:
    return prepared_data.read_split(Path(root), name, split)


@st.cache_resource(show_spinner=False, max_entries=128)
def _predictions(folder: str, dataset: str, split: str, stamp: Stamp | None) -> pd.DataFrame:
    return run_format.read_predictions(Path(folder), dataset, split)


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
