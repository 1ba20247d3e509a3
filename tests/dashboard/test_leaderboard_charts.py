"""The leaderboard's figures: the tied group is set apart, the front is the front, and no markup of users is in them."""

from typing import Any

import pandas as pd

from dashboard.charts.intervals import interval_chart
from dashboard.charts.pareto import pareto_chart
from dashboard.palette import Look
from dashboard.tables.significance import BEHIND, BEST, TIED, UNTESTED
from tests.dashboard.conftest import HOSTILE

NO_BASELINES = pd.DataFrame(columns=["name", "pearson", "pearson_low", "pearson_high"])


def ranking(*standings: str) -> pd.DataFrame:
    count = len(standings)
    return pd.DataFrame(
        {
            "run_id": list("abcd"[:count]),
            "name": [HOSTILE] * count,
            "pearson": [0.9, 0.88, 0.8, 0.7][:count],
            "pearson_low": [0.85, 0.83, 0.75, 0.65][:count],
            "pearson_high": [0.95, 0.93, 0.85, 0.75][:count],
            "standing": list(standings),
            "seeds": [[0.89, 0.91], [], [0.8], []][:count],
        }
    )


def intervals(table: pd.DataFrame, looks: dict[str, Look] | None = None) -> object:
    return interval_chart(table, NO_BASELINES, looks or {}, x_title="x", interval_name="i", seed_name="seed")


def is_seeds(trace: Any) -> bool:
    return isinstance(trace.marker.symbol, str) and trace.marker.symbol == "line-ns"


def symbols_of(trace: Any) -> list[tuple[int, str]]:
    return list(zip(trace.y.tolist(), trace.marker.symbol, strict=True))


def test_the_best_and_those_tied_with_it_lie_on_a_band_with_filled_dots() -> None:
    figure = intervals(ranking(BEST, BEHIND, TIED, UNTESTED), {"b": Look("#123456", marker="square")})
    dots = {place: symbol for trace in figure.data if not is_seeds(trace) for place, symbol in symbols_of(trace)}
    assert [dots[place] for place in range(4)] == ["circle", "square-open", "circle", "circle-open-dot"]
    assert [(shape.y0, shape.y1) for shape in figure.layout.shapes] == [(-0.5, 0.5), (1.5, 2.5)]


def test_without_a_test_all_dots_are_alike_and_there_is_no_band() -> None:
    figure = intervals(ranking(UNTESTED, UNTESTED))
    assert {symbol for trace in figure.data if not is_seeds(trace) for _, symbol in symbols_of(trace)} == {"circle"}
    assert not figure.layout.shapes


def test_several_seeds_are_bars_in_the_runs_row() -> None:
    figure = intervals(ranking(BEST, BEHIND, BEHIND))
    (bars,) = filter(is_seeds, figure.data)
    assert list(bars.x) == [0.89, 0.91] and set(bars.y) == {0}
    assert "<script>" not in figure.to_json()


def points() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": ["a", "b", "c"],
            "name": ["small", HOSTILE, "large"],
            "cost": [2.0, 5.0, 40.0],
            "quality": [0.7, 0.65, 0.9],
            "front": [True, False, True],
        }
    )


def test_the_front_is_joined_and_named_and_the_rest_is_open() -> None:
    figure = pareto_chart(points(), {"c": Look("#123456", marker="star")}, x_title="x", y_title="y")
    line = figure.data[0]
    assert line.mode == "lines" and list(line.x) == [2.0, 40.0] and list(line.y) == [0.7, 0.9]
    symbols = {tuple(trace.x): trace.marker.symbol for trace in figure.data if trace.mode == "markers"}
    assert symbols == {(5.0,): "circle-open", (2.0,): "circle", (40.0,): "star"}
    labels = [trace.text[0].strip() for trace in figure.data if trace.mode == "text"]
    assert labels == ["small", "large"]
    assert figure.layout.xaxis.type == "log" and "<script>" not in figure.to_json()


def test_one_run_is_a_chart_too() -> None:
    figure = pareto_chart(points().head(1), {}, x_title="x", y_title="y")
    assert len(figure.layout.xaxis.tickvals) > 1


def test_costs_that_lie_close_together_have_ticks_of_their_own() -> None:
    close = points().assign(cost=[1.31, 1.35, 1.42])
    axis = pareto_chart(close, {}, x_title="x", y_title="y").layout.xaxis
    assert {"1.31", "1.42"} <= set(axis.ticktext)
    wide = pareto_chart(points().assign(cost=[2.0, 500.0, 40_000.0]), {}, x_title="x", y_title="y").layout.xaxis
    assert "1e+04" not in wide.ticktext and "10,000" in wide.ticktext
