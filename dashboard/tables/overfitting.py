"""Training loss and validation loss side by side, epoch by epoch.

Both are the same loss on the same scale within one run, as the run format says; between runs with different losses
they are not.
"""

import math

import numpy as np
import pandas as pd

from dashboard.tables.logged_values import GAP_COLUMN, holds_numbers

SMALLEST_RISE = 0.01
"""Share of its minimum by which valid loss has to rise again; less is taken as noise."""


def epoch_losses(table: pd.DataFrame) -> pd.DataFrame:
    """Return `epoch`, `valid` and `train` loss of each validation, with the index of its record in `table`.

    `train` is the mean over the epoch before that validation. A logged training loss is the mean since the one
    before it, so each counts by the steps that it stands for. NaN where none was logged in that epoch.
    """
    columns = ("step", "epoch", "train/loss", "valid/loss")
    if not all(holds_numbers(table, column) for column in columns):
        return pd.DataFrame({"epoch": [], "valid": [], "train": []}, dtype="float64")
    step, epoch, train, valid = (table[column].to_numpy(dtype=np.float64) for column in columns)
    trained, validated = ~np.isnan(train), ~np.isnan(valid)
    steps = np.diff(step[trained], prepend=0.0)
    weights = np.concatenate([[0.0], np.cumsum(steps)])
    sums = np.concatenate([[0.0], np.cumsum(steps * train[trained])])
    ends = epoch[validated]
    # The records of (end − 1, end]; the file holds epochs to six decimals.
    start = np.searchsorted(epoch[trained], ends - 1 + 1e-6, side="right")
    stop = np.searchsorted(epoch[trained], ends + 1e-6, side="right")
    weight = weights[stop] - weights[start]
    mean = np.divide(sums[stop] - sums[start], weight, out=np.full(len(ends), np.nan), where=weight > 0)
    return pd.DataFrame({"epoch": ends, "valid": valid[validated], "train": mean}, index=table.index[validated])


def with_gap(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with valid loss − train loss at each validation, or as it is where a run lacks one of them."""
    losses = epoch_losses(table)
    gap = (losses["valid"] - losses["train"]).dropna()
    return table.assign(**{GAP_COLUMN: gap}) if len(gap) else table


def overfits_from(losses: pd.DataFrame) -> float:
    """Return the epoch from which valid loss rises again while train loss goes on falling.

    That is the first validation after the lowest valid loss, if the last valid loss is above the lowest by at least
    `SMALLEST_RISE` of it and train loss is lower than it was there. Infinity where that has not happened; NaN where
    nobody can tell: fewer than two validations with both losses.

    Args:
        losses: what `epoch_losses` returns.
    """
    known = losses.dropna()
    if len(known) < 2:
        return math.nan
    lowest = int(known["valid"].to_numpy().argmin())
    least, last = known.iloc[lowest], known.iloc[-1]
    rises = last["valid"] - least["valid"] >= SMALLEST_RISE * abs(least["valid"]) and last["valid"] > least["valid"]
    return float(known["epoch"].iloc[lowest + 1]) if rises and last["train"] < least["train"] else math.inf
