"""Figures of the Predictions page: what is drawn where, in whose colour, under names shown as written."""

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.agreement import correlation_chart, right_chart
from dashboard.charts.predictions import CELLS, calibration_chart, density_chart, residual_chart, spread_labels
from dashboard.charts.slices import Rows, difference_chart, slice_chart
from dashboard.charts.thresholds import measures_chart, trade_off_chart
from dashboard.palette import NEUTRAL, Look, looks_of
from dashboard.tables import prediction_tables, slice_tables
from dashboard.tables.measured import Measured
from tests.dashboard.conftest import HOSTILE

IDS = ["a", "b", "c"]
LOOKS = looks_of(IDS, IDS)
NAMES = {"a": HOSTILE, "b": "B", "c": "C"}


@pytest.fixture
def measured() -> Measured:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 26, 200) / 5
    pairs = pd.DataFrame({"pair_id": [f"p{number}" for number in range(200)], "label": labels})
    predictions = {run_id: np.clip(labels + generator.normal(0, 1, 200), 0, 5) for run_id in IDS}
    return Measured("toy", "test", pairs, predictions)


def test_every_pair_is_counted_in_its_panel(measured: Measured) -> None:
    figure = density_chart(measured.labels, measured.predictions, LOOKS, NAMES, x_title="x", y_title="y", pairs="pairs")
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert [int(np.nansum(each.z)) for each in maps] == [200, 200, 200]
    assert np.shape(maps[0].z) == (CELLS, CELLS)
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert titles[0].startswith("&lt;script&gt;") and "<script>" not in figure.to_json().replace("\\u003c", "<")


def test_predictions_beyond_the_scale_are_not_lost() -> None:
    labels = np.array([0.0, 5.0])
    figure = density_chart(labels, {"b": np.array([-0.4, 5.7])}, LOOKS, NAMES, x_title="x", y_title="y", pairs="pairs")
    assert np.nansum(figure.data[0].z) == 2


@pytest.mark.parametrize("step", [0.1, 0.2, 0.5, 1.0])
def test_labels_are_spread_within_their_own_step_the_same_way_each_time(step: float) -> None:
    labels = np.tile(np.arange(0, 5 + step / 2, step), 20)
    spread = spread_labels(labels)
    assert (np.abs(spread - labels) <= step / 2 + 1e-9).all()
    assert len(set(spread)) > len(set(labels))
    assert (spread == spread_labels(labels)).all()
    assert spread.min() >= 0 and spread.max() <= 5


def test_a_single_label_stays_where_it_is() -> None:
    assert spread_labels(np.full(5, 3.0)).tolist() == [3.0] * 5


def test_residuals_of_runs_stand_beside_each_other_in_each_band(measured: Measured) -> None:
    figure = residual_chart(prediction_tables.residuals(measured, IDS), LOOKS, NAMES, x_title="x", y_title="y")
    assert [trace.marker.color for trace in figure.data] == [LOOKS[run_id].colour for run_id in IDS]
    firsts = [trace.x[0] for trace in figure.data]
    assert firsts == sorted(firsts) and len(set(firsts)) == 3
    assert list(figure.layout.xaxis.ticktext) == ["0–1", "1–2", "2–3", "3–4", "4–5"]


def test_calibration_has_the_diagonal_and_a_line_a_run(measured: Measured) -> None:
    figure = calibration_chart(prediction_tables.calibrations(measured, IDS), LOOKS, NAMES, x_title="x", y_title="y")
    assert list(figure.data[0].x) == list(figure.data[0].y) == [0.0, 5.0]
    assert len(figure.data) == 4
    assert np.isfinite(figure.data[1].error_y.array).all()


def test_a_run_without_a_valid_threshold_has_no_ring(measured: Measured) -> None:
    curves = prediction_tables.threshold_curves(measured)
    titles = {"precision": "P", "recall": "R", "f1": "F1"}
    figure = measures_chart(
        curves, LOOKS, NAMES, threshold=2.0, best={"a": 2.5}, titles=titles, x_title="x", best_name="best"
    )
    rings = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(ring.x) for ring in rings] == [[2.5]]
    assert len(figure.data) == 3 * 3 + 1


def test_the_trade_off_marks_the_chosen_threshold(measured: Measured) -> None:
    at = prediction_tables.at_threshold(measured, 2.0)
    figure = trade_off_chart(
        prediction_tables.threshold_curves(measured), at, LOOKS, NAMES, x_title="x", y_title="y", threshold_name="t"
    )
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [mark.y[0] for mark in marks] == at["precision"].tolist()


def slice_rows() -> tuple[Rows, pd.DataFrame, pd.DataFrame]:
    scores = pd.DataFrame(
        [("big", "a", 60, 0.8, 0.7, 0.9), ("big", "b", 60, 0.5, 0.3, 0.7), ("tiny", "a", 5, 0.9, math.nan, math.nan)],
        columns=["slice", "name", "pairs", "pearson", "low", "high"],
    )
    differences = pd.DataFrame(
        [("big", 60, 0.3, 0.1, 0.5), ("worse", 40, -0.2, -0.3, -0.1), ("tiny", 5, 0.4, math.nan, math.nan)],
        columns=["slice", "pairs", "difference", "low", "high"],
    )
    names = ["big", "worse", "tiny"]
    return Rows(names, {name: f"<b>{name}" for name in names}, {"tiny"}, 30), scores, differences


def test_small_slices_are_faint_and_those_without_an_interval_have_no_line() -> None:
    rows, scores, _ = slice_rows()
    figure = slice_chart(scores, rows, {"a": LOOKS["a"], "b": LOOKS["b"]}, NAMES, x_title="r")
    faint = [trace for trace in figure.data if trace.opacity < 1]
    assert [list(trace.x) for trace in faint] == [[0.9]]
    assert list(faint[0].error_x.array) == [0]
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;big"
    heights = [trace.y[0] for trace in figure.data if trace.x[0] in (0.8, 0.5)]
    assert heights[0] < heights[1]


def test_a_difference_has_a_colour_only_where_its_interval_leaves_out_zero() -> None:
    rows, _, differences = slice_rows()
    figure = difference_chart(differences, rows, ("#111111", "#222222"), name="a − b", x_title="d")
    drawn = {trace.x[0]: trace.marker.color for trace in figure.data}
    assert drawn == {0.3: "#111111", -0.2: "#222222", 0.4: NEUTRAL}


def test_a_run_with_itself_is_left_empty_and_many_runs_have_no_numbers() -> None:
    ids = [f"r{number}" for number in range(9)]
    table = pd.DataFrame(np.full((9, 9), 0.5), index=ids, columns=ids)
    figure = correlation_chart(table, {run_id: run_id for run_id in ids})
    assert np.isnan(np.diag(figure.data[0].z)).all()
    assert not figure.data[0].texttemplate
    few = correlation_chart(table.iloc[:2, :2], {"r0": HOSTILE, "r1": "x"})
    assert few.data[0].texttemplate
    assert few.layout.xaxis.ticktext[0].startswith("&lt;script&gt;")
    assert table.to_numpy()[0, 0] == 0.5


def test_shares_of_right_pairs_add_up() -> None:
    figure = right_chart(pd.DataFrame({"runs": [0, 1, 2], "pairs": [1, 1, 2]}), x_title="x", y_title="y")
    assert list(figure.data[0].text) == ["25%", "25%", "50%"]


def test_a_reference_is_drawn_as_one_more_row_mark() -> None:
    rows, scores, _ = slice_rows()
    person = pd.DataFrame([("big", "", 60, 0.83, 0.8, 0.87)], columns=scores.columns)
    looks = {"a": LOOKS["a"], "": Look(NEUTRAL, marker="diamond-open")}
    figure = slice_chart(pd.concat([scores, person]), rows, looks, {**NAMES, "": "person"}, x_title="r")
    assert figure.data[-1].marker.symbol == "diamond-open"
    assert slice_tables.row_height(1) < slice_tables.row_height(8)
