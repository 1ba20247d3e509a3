"""The expensive numbers behind runs' predictions, computed once for the very same predictions and labels."""

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.tables import prediction_tables, slice_tables
from dashboard.tables.measured import Floats, Measured
from similarity import calibration, slices
from similarity.annotators import Agreement, single_annotator_agreement
from similarity.paired_bootstrap import PairedBootstrap

MEAN = ""
"""Stands in the place of a run id for the mean of two runs."""


def fingerprint(measured: Measured) -> str:
    """Return what changes when a run, a prediction, a label, a pair or what is known of the pairs does."""
    digest = hashlib.blake2b(digest_size=16)
    words = [measured.dataset, measured.split, *measured.pairs.columns, *measured.predictions]
    digest.update("\0".join([*words, *measured.pairs["pair_id"].astype(str)]).encode())
    for numbers in (measured.labels, *measured.predictions.values()):
        digest.update(numbers.tobytes())
    return digest.hexdigest()


_HASHED: dict[str | type[Any], Callable[[Any], Any]] = {Measured: fingerprint}


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def bootstrap(measured: Measured) -> PairedBootstrap:
    """Return Pearson's r of all runs on the same 10,000 resamples."""
    return PairedBootstrap(measured.labels, measured.predictions)


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def features(measured: Measured) -> pd.DataFrame:
    """Return what the pairs can be sliced by; only the label's band where their sentences aren't here."""
    if measured.has_text:
        return slices.pair_features(measured.pairs)
    bands = pd.Categorical(slices.label_band(measured.labels), ordered=True)
    return pd.DataFrame({"label_band": bands}, index=measured.pairs.index)


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def overall(measured: Measured) -> pd.DataFrame:
    """Return `prediction_tables.overall`, within sources where they are known."""
    return prediction_tables.overall(measured, bootstrap(measured), features(measured).get("source"))


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def threshold_curves(measured: Measured) -> pd.DataFrame:
    """Return `prediction_tables.threshold_curves` of all runs."""
    return prediction_tables.threshold_curves(measured)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=_HASHED)
def at_threshold(measured: Measured, threshold: float) -> pd.DataFrame:
    """Return `prediction_tables.at_threshold` of all runs."""
    return prediction_tables.at_threshold(measured, threshold)


@st.cache_resource(show_spinner=False, max_entries=128)
def best_threshold(labels: Floats, predictions: Floats) -> float:
    """Return the threshold that is best on these pairs, which are to be valid's."""
    return calibration.best_threshold(labels, predictions)


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def person(measured: Measured) -> Agreement | None:
    """Return how well a single annotator agrees with the others, or None where there are no annotations."""
    if "annotations" not in measured.pairs:
        return None
    return single_annotator_agreement(measured.pairs["annotations"].tolist())


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def slice_scores(measured: Measured, dimension: str) -> pd.DataFrame:
    """Return all runs' scores on the slices of one dimension."""
    return slices.slice_scores(measured.labels, measured.predictions, features(measured)[dimension])


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def slice_differences(measured: Measured, first: str, second: str, dimension: str) -> pd.DataFrame:
    """Return how two runs differ on the slices of one dimension, the largest difference first."""
    one, two = measured.predictions[first], measured.predictions[second]
    return slices.slice_differences(measured.labels, one, two, features(measured)[dimension])


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def averaged(measured: Measured, first: str, second: str) -> PairedBootstrap:
    """Return Pearson's r of two runs and of the mean of their predictions (`MEAN`) on the same resamples."""
    predictions = {run_id: measured.predictions[run_id] for run_id in (first, second)}
    mean = prediction_tables.mean_of_two(measured, first, second)
    return PairedBootstrap(measured.labels, {**predictions, MEAN: mean}, resamples=2_000)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def person_scores(measured: Measured, dimension: str) -> pd.DataFrame:
    """Return how well a single annotator agrees with the others on the slices of one dimension."""
    return slice_tables.person_scores(measured, features(measured)[dimension])
