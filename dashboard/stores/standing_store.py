"""How runs stand relative to the best, tested once for the very same prediction files."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard.stores import run_store
from dashboard.tables import comparison, significance
from dashboard.tables.significance import Comparison
from similarity import project_paths, run_format
from similarity.errors import RunError
from similarity.run_format import RunRecord

Stamps = tuple[tuple[str, int, int], ...]
"""Run id, time and size of its prediction file; runs without one are left out."""


def load(
    ranking: pd.DataFrame, checksum: str, records: Mapping[str, RunRecord], chosen: Mapping[str, object]
) -> Comparison | None:
    """Return how a ranking's best runs and the chosen ones stand, or None where that can't be tested.

    Args:
        ranking: `run_id`, `dataset`, the best first.
        checksum: of the split that all of them were measured on.
        records: run id → record.
        chosen: the chosen runs by id.
    """
    dataset = str(ranking["dataset"].iloc[0])
    place = (str(project_paths.runs_root()), dataset, checksum)
    best, further = significance.contenders(ranking["run_id"].tolist(), chosen)
    stamps = _stamps(best, dataset)
    if len(stamps) < 2:
        return None
    tested = _test(*place, stamps, records)
    others = _stamps(further, dataset)
    if tested is None or not others:
        return tested
    return _test_others(*place, _stamps([tested.best, *further], dataset), stamps, tested, records)


@st.cache_resource(show_spinner=False, max_entries=32)
def _test(
    root: str, dataset: str, checksum: str, stamps: Stamps, _records: Mapping[str, RunRecord]
) -> Comparison | None:
    measured = run_store.measured([_records[run_id] for run_id, *_ in stamps], dataset, comparison.SPLIT)
    return significance.compare(measured) if measured and len(measured.predictions) > 1 else None


@st.cache_resource(show_spinner=False, max_entries=32)
def _test_others(
    root: str,
    dataset: str,
    checksum: str,
    stamps: Stamps,
    first: Stamps,
    _tested: Comparison,
    _records: Mapping[str, RunRecord],
) -> Comparison:
    measured = run_store.measured([_records[run_id] for run_id, *_ in stamps], dataset, comparison.SPLIT)
    if measured is None or _tested.best not in measured.predictions or len(measured.labels) != _tested.pairs:
        return _tested
    return significance.with_others(_tested, measured)


def _stamps(run_ids: Sequence[str], dataset: str) -> Stamps:
    found = []
    for run_id in run_ids:
        try:
            folder = run_format.run_folder(project_paths.runs_root(), run_id)
            status = run_format.predictions_path(folder, dataset, comparison.SPLIT).stat()
        except (OSError, RunError):
            continue
        found.append((run_id, status.st_mtime_ns, status.st_size))
    return tuple(found)
