"""Predictions side by side: only for the very same pairs."""

import pandas as pd

from dashboard.tables import measured


def predictions(value: float) -> pd.DataFrame:
    return pd.DataFrame({"pair_id": ["p0", "p1"], "label": [1.0, 4.0], "prediction": [value, value + 1]})


def test_runs_on_other_pairs_are_left_out_and_never_cut_down() -> None:
    tables = {"a": predictions(1), "b": predictions(2), "c": predictions(3), "d": predictions(1).head(1)}
    found = measured.join("toy", "test", tables, {"a": "x", "b": "x", "c": "y", "d": "x"}, None)
    assert found is not None and list(found.predictions) == ["a", "b"]
    assert found.left_out == {"c": "other_pairs", "d": "other_pairs"}


def test_a_run_without_a_checksum_is_put_beside_no_other() -> None:
    tables = {"a": predictions(1), "b": predictions(2)}
    found = measured.join("toy", "test", tables, {"a": "", "b": ""}, None)
    assert found is not None and list(found.predictions) == ["a"] and found.left_out == {"b": "other_pairs"}
    both = measured.join(
        "toy", "test", {**tables, "c": predictions(0), "d": predictions(3)}, {"c": "x", "d": "x"}, None
    )
    assert both is not None and list(both.predictions) == ["c", "d"]
