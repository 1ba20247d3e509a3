"""Expensive numbers are computed once for the same predictions, and again when anything in them changes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dashboard.stores import prediction_store
from dashboard.tables.measured import Measured
from tests import builders


def measured() -> Measured:
    pairs = builders.pairs(40)
    generator = np.random.default_rng(0)
    predictions = {name: pairs["label"].to_numpy() + generator.normal(0, 1, 40) for name in ("a", "b")}
    return Measured("toy", "test", pairs, predictions)


def test_the_same_numbers_are_not_computed_twice() -> None:
    assert prediction_store.bootstrap(measured()) is prediction_store.bootstrap(measured())
    assert prediction_store.overall(measured()) is prediction_store.overall(measured())


def changed_prediction(old: Measured) -> Measured:
    values = old.predictions["b"].copy()
    values[3] += 1e-9
    return dataclasses.replace(old, predictions={**old.predictions, "b": values})


def renamed_run(old: Measured) -> Measured:
    return dataclasses.replace(old, predictions={"a": old.predictions["a"], "c": old.predictions["b"]})


def changed_label(old: Measured) -> Measured:
    return dataclasses.replace(old, pairs=old.pairs.assign(label=np.roll(old.labels, 1)))


def without_text(old: Measured) -> Measured:
    return dataclasses.replace(old, pairs=old.pairs[["pair_id", "label"]])


def other_pairs(old: Measured) -> Measured:
    return dataclasses.replace(old, pairs=old.pairs.assign(pair_id=old.pairs["pair_id"] + "x"))


def other_data(old: Measured) -> Measured:
    return dataclasses.replace(old, dataset="other")


@pytest.mark.parametrize(
    "change", [changed_prediction, renamed_run, changed_label, without_text, other_pairs, other_data]
)
def test_whatever_changes_the_numbers_changes_the_fingerprint(change: object) -> None:
    assert callable(change)
    assert prediction_store.fingerprint(change(measured())) != prediction_store.fingerprint(measured())


def test_without_sentences_only_the_label_is_left_to_slice_by() -> None:
    assert "length" in prediction_store.features(measured())
    features = prediction_store.features(without_text(measured()))
    assert features.columns.tolist() == ["label_band"]
    assert isinstance(features["label_band"].dtype, pd.CategoricalDtype)


def test_the_mean_of_two_is_measured_on_the_same_resamples() -> None:
    found = prediction_store.averaged(measured(), "a", "b")
    mean = found.estimates[prediction_store.MEAN]
    assert mean > min(found.estimates["a"], found.estimates["b"])
    assert set(found.names) == {"a", "b", prediction_store.MEAN}
