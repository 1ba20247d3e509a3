"""Which values runs logged, and what is known of each: its direction, how often it comes, how its numbers look."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

POSITIONS = ("step", "epoch", "seconds")
"""Columns that say where a record stands, not what was measured."""

GAP_COLUMN = "derived/loss_gap"
"""Valid loss − train loss, which nobody logs: `overfitting.with_gap` adds it."""


@dataclass(frozen=True)
class Value:
    """One logged value; `text` ends the keys of its texts and is empty where only its trainer knows what it means."""

    column: str
    text: str = ""
    better: Literal["higher", "lower", ""] = ""
    once_an_epoch: bool = True
    smooth: bool = True
    log: bool = False
    """Whether a log scale suits it: it is positive and spans magnitudes."""
    number_format: str = ".3f"


_OFTEN = False

PANELS = (
    Value("valid/pearson", "pearson", "higher"),
    Value("valid/loss", "valid_loss", "lower", log=True),
    Value("train/loss", "train_loss", "lower", once_an_epoch=_OFTEN, log=True),
    Value(GAP_COLUMN, "loss_gap"),
    Value("valid/spearman", "spearman", "higher"),
    Value("valid/f1", "f1", "higher"),
    Value(
        "learning_rate",
        "learning_rate",
        once_an_epoch=_OFTEN,
        smooth=False,
        log=True,
        number_format=".2e",
    ),
)
"""What the page always shows."""

KNOWN = (
    *PANELS,
    Value("valid/mse", "mse", "lower", log=True),
    Value("valid/macro_f1", "macro_f1", "higher"),
    Value("train/grad_norm", "grad_norm", once_an_epoch=_OFTEN, log=True),
)


def offered(tables: Iterable[pd.DataFrame]) -> list[Value]:
    """Return every value that one of the runs logged: the known ones in their order, then the others by name."""
    logged: dict[str, bool] = {}
    for table in tables:
        for column in table.columns:
            if column not in POSITIONS:
                numbers = _finite(table, column)[0]
                if len(numbers):
                    logged[column] = logged.get(column, True) and bool((numbers > 0).all())
    known = {value.column for value in KNOWN}
    others = [
        Value(column, once_an_epoch=column.startswith("valid/"), log=logged[column], number_format=".3g")
        for column in sorted(logged.keys() - known)
    ]
    return [*(value for value in KNOWN if value.column in logged), *others]


def value_of(column: str) -> Value:
    """Return what is known of a column's value; only its name where nothing is."""
    return next((value for value in KNOWN if value.column == column), Value(column))


def finite(table: pd.DataFrame, column: str) -> pd.Series:
    """Return the finite numbers of a column; empty where it is missing or holds no numbers."""
    numbers, where = _finite(table, column)
    return pd.Series(numbers, index=table.index[where])


def holds_numbers(table: pd.DataFrame, column: str) -> bool:
    """Tell whether a table has a column of numbers under this name: a trainer may log words too."""
    return column in table and pd.api.types.is_numeric_dtype(table[column])


def _finite(table: pd.DataFrame, column: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    if not holds_numbers(table, column):
        return np.empty(0), np.zeros(len(table), dtype=bool)
    numbers = table[column].to_numpy(dtype=np.float64)
    where = np.isfinite(numbers)
    return numbers[where], where
