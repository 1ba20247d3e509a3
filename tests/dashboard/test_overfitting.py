"""When validation loss leaves training loss behind."""

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import overfitting
from dashboard.tables.logged_values import GAP_COLUMN


def logged(train: list[list[float]], valid: list[float]) -> pd.DataFrame:
    """Return what a run logs: train losses of each epoch, evenly spaced, and the valid loss at its end."""
    rows: list[dict[str, float]] = []
    for number, (losses, loss) in enumerate(zip(train, valid, strict=True)):
        for place, value in enumerate(losses, start=1):
            rows.append({"step": 10 * number + 10 * place / len(losses), "epoch": number + place / len(losses)})
            rows[-1]["train/loss"] = value
        rows.append({"step": 10.0 * (number + 1), "epoch": number + 1.0, "valid/loss": loss})
    return pd.DataFrame(rows).assign(seconds=1.0)


def overfits_from(train: list[float], valid: list[float]) -> float:
    return overfitting.overfits_from(overfitting.epoch_losses(logged([[loss] for loss in train], valid)))


def test_train_loss_is_the_mean_of_the_epoch_before_each_validation() -> None:
    losses = overfitting.epoch_losses(logged([[4.0, 2.0], [1.0, 1.0]], [2.0, 1.5]))
    assert losses["epoch"].tolist() == [1.0, 2.0]
    assert losses["train"].tolist() == [3.0, 1.0]


def test_a_logged_loss_counts_by_the_steps_that_it_stands_for() -> None:
    table = pd.DataFrame(
        {
            "step": [8, 10, 10],
            "epoch": [0.8, 1.0, 1.0],
            "train/loss": [1.0, 6.0, np.nan],
            "valid/loss": [np.nan, np.nan, 2.0],
        }
    )
    assert overfitting.epoch_losses(table)["train"].tolist() == pytest.approx([(8 * 1.0 + 2 * 6.0) / 10])


def test_validation_within_an_epoch_looks_back_one_epoch() -> None:
    table = logged([[4.0, 2.0], [1.0, 1.0]], [2.0, 1.5])
    half = pd.DataFrame([{"step": 15.0, "epoch": 1.5, "valid/loss": 1.8}])
    table = pd.concat([table, half]).sort_values("step", kind="stable").reset_index(drop=True)
    # The records at epochs 1.0 and 1.5.
    assert overfitting.epoch_losses(table).set_index("epoch").loc[1.5, "train"] == pytest.approx(1.5)


def test_the_gap_stands_where_validation_stands_and_is_missing_without_both_losses() -> None:
    table = logged([[4.0, 2.0], [1.0, 1.0]], [2.0, 1.5])
    assert overfitting.with_gap(table)[GAP_COLUMN].dropna().to_dict() == {2: -1.0, 5: 0.5}
    for column in ("train/loss", "valid/loss"):
        assert GAP_COLUMN not in overfitting.with_gap(table.drop(columns=column))
    assert GAP_COLUMN not in table
    assert GAP_COLUMN not in overfitting.with_gap(pd.DataFrame(columns=["step", "epoch", "seconds"]))
    assert GAP_COLUMN not in overfitting.with_gap(table.assign(**{"train/loss": "words"}))


def test_overfitting_begins_after_the_lowest_valid_loss() -> None:
    assert overfits_from([3, 2, 1, 0.5, 0.3], [3, 2, 1.5, 1.7, 1.9]) == 4


@pytest.mark.parametrize(
    ("train", "valid"),
    [
        ([3, 2, 1], [3, 2, 1]),  # still falling
        ([3, 2, 1, 1.2], [3, 2, 1, 1.5]),  # train loss rises as well: diverging, not overfitting
        ([3, 2, 1, 0.9], [3, 2, 1, 1.005]),  # within the noise
        ([3, 2, 1, 0.5, 0.3], [3, 2, 1.5, 1.9, 1.5]),  # back at its lowest
    ],
)
def test_what_is_no_overfitting(train: list[float], valid: list[float]) -> None:
    assert math.isinf(overfits_from(train, valid))


def test_one_validation_tells_nothing() -> None:
    assert math.isnan(overfits_from([3], [2]))
    assert math.isnan(overfitting.overfits_from(overfitting.epoch_losses(pd.DataFrame({"step": [1]}))))
