"""Every logged number is offered, known ones first."""

import numpy as np
import pandas as pd

from dashboard.tables import logged_values
from dashboard.tables.logged_values import GAP_COLUMN

POSITIONS = {"step": [1, 2], "epoch": [0.5, 1.0], "seconds": [1.0, 2.0]}


def columns(*tables: pd.DataFrame) -> list[str]:
    return [value.column for value in logged_values.offered(tables)]


def test_known_values_come_in_their_order_then_the_others_by_name() -> None:
    first = pd.DataFrame({**POSITIONS, "zeta": [1.0, 2.0], "train/loss": [1.0, 2.0], "train/grad_norm": [1.0, 1.0]})
    second = pd.DataFrame({**POSITIONS, "alpha": [1, 2], GAP_COLUMN: [0.1, 0.2], "valid/pearson": [np.nan, 0.5]})
    assert columns(first, second) == [
        "valid/pearson",
        "train/loss",
        GAP_COLUMN,
        "train/grad_norm",
        "alpha",
        "zeta",
    ]


def test_only_finite_numbers_are_offered() -> None:
    table = pd.DataFrame({**POSITIONS, "words": ["a", "b"], "nothing": [np.nan, np.inf], "mixed": [1.0, "b"]})
    assert columns(table) == []
    assert columns() == []


def test_an_unknown_value_may_be_drawn_on_a_log_scale_where_all_runs_log_positive_numbers() -> None:
    positive, negative = (pd.DataFrame({**POSITIONS, "x": values}) for values in ([1.0, 2.0], [-1.0, 2.0]))
    assert logged_values.offered([positive])[0].log
    assert not logged_values.offered([positive, negative])[0].log


def test_what_is_known_of_a_column() -> None:
    assert logged_values.value_of("valid/loss").better == "lower"
    assert logged_values.value_of("train/pair_loss") == logged_values.Value("train/pair_loss")
    assert len({value.column for value in logged_values.KNOWN}) == len(logged_values.KNOWN)


def test_numbers_keep_the_index_of_their_records() -> None:
    table = pd.DataFrame({"valid/loss": [np.nan, 2.0, np.inf, 1.0]})
    assert logged_values.finite(table, "valid/loss").to_dict() == {1: 2.0, 3: 1.0}
    assert logged_values.finite(table, "missing").empty
