"""Curves are thinned without losing a peak; figures hold what they should and no markup of users."""

import numpy as np
import pandas as pd
import pytest

from dashboard import palette
from dashboard.charts.curves import Axes, curve_chart
from dashboard.charts.intervals import MAX_RUNS, interval_chart
from dashboard.tables import curves
from tests.dashboard.conftest import HOSTILE


def test_thinning_keeps_ends_and_peaks() -> None:
    values = np.sin(np.arange(5000) / 50)
    values[1234], values[4321] = 9.0, -9.0
    kept = curves.thinned(values)
    assert len(kept) <= curves.MAX_POINTS
    assert {0, 1234, 4321, 4999} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_smoothing_starts_at_the_first_value_and_keeps_a_constant() -> None:
    assert curves.smoothed(np.array([2.0, 2.0, 2.0]), 0.9) == pytest.approx([2.0, 2.0, 2.0])
    # Weight 0.5: (0·½ + 1) / (½ + 1) = ⅔ of the second value.
    assert curves.smoothed(np.array([0.0, 1.0]), 0.5) == pytest.approx([0.0, 2 / 3])


def test_a_curve_marks_the_kept_epoch_and_is_missing_where_nothing_was_logged() -> None:
    table = pd.DataFrame({"step": [1, 2, 3], "seconds": [60.0, 120.0, 180.0], "valid/pearson": [np.nan, 0.5, 0.7]})
    found = curves.curve_of(table, "valid/pearson", x="seconds", x_scale=60, best_step=3)
    assert found is not None
    assert found.x.tolist() == [2.0, 3.0]
    assert found.best == (3.0, 0.7)
    assert curves.curve_of(table, "valid/f1", x="step") is None


def curve(*values: float, best: tuple[float, float] | None = None, name: str = "a") -> curves.Curve:
    y = np.array(values, dtype=np.float64)
    return curves.Curve(name, name, np.arange(len(y), dtype=np.float64), y, y, best)


def test_infinite_values_are_left_out_and_counted_and_on_a_log_scale_those_below_zero_too() -> None:
    table = pd.DataFrame({"step": [1, 2, 3, 4], "grad": [np.inf, 0.0, 2.0, np.nan]})
    linear = curves.curve_of(table, "grad", x="step")
    assert linear is not None and (linear.y.tolist(), linear.left_out) == ([0.0, 2.0], 1)
    log = curves.curve_of(table, "grad", x="step", positive=True)
    assert log is not None and (log.y.tolist(), log.left_out) == ([2.0], 2)
    assert curves.curve_of(pd.DataFrame({"step": [1], "grad": ["words"]}), "grad", x="step") is None


def test_a_spike_is_cut_and_counted_and_normal_values_are_not() -> None:
    losses = 2.5 * np.exp(-np.arange(200) / 30) + 0.4
    calm = curves.range_of([curve(*losses)])
    assert (calm.outside, calm.stretched) == (0, False)
    assert calm.low < losses.min() and calm.high > losses.max()
    losses[150] = 80.0
    wild = curves.range_of([curve(*losses)])
    assert (wild.outside, wild.total, wild.stretched) == (1, 200, True)
    assert 2.9 < wild.high < 4


def test_one_spike_among_few_values_is_cut_but_never_the_kept_epoch() -> None:
    assert curves.range_of([curve(0.5, 0.6, 0.55, 0.58, 40.0)]).outside == 1
    # A low first epoch is no outlier.
    assert curves.range_of([curve(0.5, 0.65, 0.7, 0.72, 0.73)]).outside == 0
    kept = curves.range_of([curve(0.5, 0.6, 0.55, 0.58, 40.0, best=(4.0, 40.0))])
    assert kept.outside == 0 and kept.high > 40


def test_on_a_log_scale_outliers_are_told_by_magnitude() -> None:
    values = np.logspace(0, -6, 100)
    assert curves.range_of([curve(*values)], log=True).outside == 0
    ends = curves.range_of([curve(*values, 1e9)], log=True)
    assert ends.outside == 1 and 0 < ends.low < 1e-6 and 1 < ends.high < 10


def test_a_flat_curve_has_a_range_of_some_height() -> None:
    flat = curves.range_of([curve(1.0, 1.0, 1.0)])
    assert flat.low < 1 < flat.high and flat.outside == 0
    assert curves.range_of([curve(0.0)]).low < 0


def test_many_runs_share_the_points_of_a_chart() -> None:
    assert curves.limit_of(1, 2_400) == curves.MAX_POINTS
    assert curves.limit_of(20, 2_400) == 120
    assert curves.limit_of(20, 100) == 60


def test_a_log_axis_is_cut_in_powers_of_ten() -> None:
    drawn = [curve(1e-3, 1.0)]
    shown = curves.Range(1e-2, 10, 1, 2, stretched=True)
    axis = curve_chart(drawn, {}, Axes("x", "y", "b", log=True, shown=shown)).layout.yaxis
    assert (axis.type, axis.range, axis.dtick) == ("log", (-2, 1), 1)


def test_all_kept_epochs_are_one_trace_in_the_colours_of_their_runs() -> None:
    drawn = [curve(1.0, 2.0, best=(1.0, 2.0), name="a"), curve(3.0, 4.0, best=(0.0, 3.0), name=HOSTILE)]
    figure = curve_chart(drawn, {"a": palette.Look("#3e71d7", "dash")}, Axes("x", "y", "kept"))
    rings = figure.data[-1]
    assert len(figure.data) == 3
    assert rings.marker.color == ("#3e71d7", palette.NEUTRAL)
    assert rings.text[0] == "a · kept" and "<script>" not in rings.text[1]
    assert figure.data[0].line.dash == "dash"


def test_looks_are_distinct_stable_and_follow_age() -> None:
    ids = [f"r{number}" for number in range(30)]
    looks = palette.looks_of(ids[:12], ids)
    assert len({(look.colour, look.dash) for look in looks.values()}) == 12
    assert looks["r3"] == palette.looks_of(["r3"], ids)["r3"]
    collision = palette.looks_of(["r1", "r11"], ids)
    assert collision["r1"].colour != collision["r11"].colour


def test_colours_can_be_told_apart_with_red_and_green_weak_vision() -> None:
    """Machado et al. 2009, severity 1; distances in CIELAB, where about 2 is just seen."""
    views = {
        "normal": np.eye(3),
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    }
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in palette.COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07218], [0.01933, 0.11919, 0.95030]])
    for name, matrix in views.items():
        xyz = np.clip(linear @ np.array(matrix).T, 0, 1) @ to_xyz.T / [0.95047, 1, 1.08883]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(len(lab), 1)]
        assert distances.min() > 10, name


def ranking(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": [f"r{n}" for n in range(count)],
            "name": [HOSTILE] * count,
            "pearson": np.linspace(0.9, 0.5, count),
            "pearson_low": np.linspace(0.85, 0.45, count),
            "pearson_high": [np.nan] * count,
        }
    )


def test_the_interval_chart_escapes_names_and_colours_only_chosen_runs() -> None:
    no_baselines = pd.DataFrame(columns=["name", "pearson", "pearson_low", "pearson_high"])
    looks = {"r1": palette.Look("#3e71d7")}
    figure = interval_chart(ranking(3), no_baselines, looks, x_title="x", interval_name="i")
    places = {trace.marker.color: trace.y.tolist() for trace in figure.data}
    assert places == {palette.NEUTRAL: [0, 2], "#3e71d7": [1]}
    assert "<script>" not in figure.to_json().replace("\\u003c", "<")


def test_a_baseline_far_below_stands_at_the_edge_with_its_value() -> None:
    baselines = pd.DataFrame(
        {"name": ["near", "far"], "pearson": [0.4, -0.2], "pearson_low": [0.3, -0.3], "pearson_high": [0.5, -0.1]}
    )
    figure = interval_chart(ranking(3), baselines, {}, x_title="x", interval_name="i")
    near, far = figure.data
    assert near.x[-1] == 0.4
    # The runs reach from 0.45 to 0.9, so the chart goes as far again to the left.
    assert far.x[0] == pytest.approx(0.0)
    assert far.text == (" -0.200",)


def test_the_interval_chart_of_a_thousand_runs_shows_the_best_and_the_chosen() -> None:
    no_baselines = pd.DataFrame(columns=["name", "pearson", "pearson_low", "pearson_high"])
    looks = {"r999": palette.Look("#3e71d7")}
    figure = interval_chart(ranking(1000), no_baselines, looks, x_title="x", interval_name="i")
    assert sum(len(trace.x) for trace in figure.data) == MAX_RUNS + 1


def test_a_smoothed_curve_keeps_its_measured_values_faint() -> None:
    table = pd.DataFrame({"step": range(50), "train/loss": np.random.default_rng(0).normal(size=50)})
    found = curves.curve_of(table, "train/loss", x="step", smoothing=0.8, run_id="a", name=HOSTILE)
    assert found is not None
    figure = curve_chart([found], {}, Axes("x", "y", best_name="b"))
    assert [trace.opacity for trace in figure.data] == [0.28, None]
    assert "<script>" not in figure.to_json().replace("\\u003c", "<")
    assert figure.layout.xaxis.title.text == "x" and figure.layout.yaxis.title.text == "y"
