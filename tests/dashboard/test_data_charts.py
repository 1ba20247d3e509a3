"""The data page's figures: what is drawn where, and names as they were written."""

import math

import pandas as pd
import pytest

from dashboard.charts import data as charts
from dashboard.tables import data_leakage, data_tables
from tests import builders
from tests.dashboard.conftest import HOSTILE

SPLITS = {name: builders.pairs(30, seed=number, prefix=name) for number, name in enumerate(("train", "valid", "test"))}
NAMES = {name: name for name in SPLITS}


def test_the_threshold_stands_between_the_bands() -> None:
    histogram = data_tables.label_histogram(SPLITS)
    figure = charts.band_chart(histogram, NAMES, x_title="x", y_title="y", threshold=3.0)
    assert [trace.name for trace in figure.data] == ["train", "valid", "test"]
    bands = list(figure.data[0].x)
    assert bands.index("3") - 0.5 == figure.layout.shapes[0].x0


def test_a_heatmap_begins_at_zero_so_that_alike_shares_look_alike() -> None:
    table = data_tables.bands_by_group(SPLITS["train"], "source")
    figure = charts.band_heatmap(table, {"reviews": "reviews", "news": HOSTILE}, x_title="x")
    assert figure.data[0].zmin == 0 and figure.data[0].zmax == table.drop(columns="pairs").to_numpy().max()
    assert "&lt;script&gt;" in str(figure.data[0].customdata) and "<script>" not in str(figure.data[0].customdata)


@pytest.mark.parametrize("chart", [charts.share_chart, charts.count_chart])
def test_groups_stand_below_each_other_under_their_names(chart: object) -> None:
    table = data_tables.group_counts(SPLITS, "source")
    figure = chart(table, {"reviews": HOSTILE, "news": "news"}, NAMES, x_title="x")  # type: ignore[operator]
    assert len(figure.layout.yaxis.tickvals) == 2
    # Shown as written, and cut at a length that fits.
    assert sorted(figure.layout.yaxis.ticktext) == ["&lt;script&gt;alert(1)&lt;/script&gt;…", "news"]


def test_the_limit_is_drawn_only_where_there_is_one() -> None:
    histogram = pd.DataFrame([{"split": "train", "low": 0, "width": 5, "pairs": 3, "share": 1.0}])
    words = {"limit_name": "limit 128", "x_title": "x", "y_title": "y"}
    assert charts.length_chart(histogram, NAMES, limit=128, **words).layout.shapes[0].x0 == 128
    assert not charts.length_chart(histogram, NAMES, limit=None, **words).layout.shapes


def test_what_two_splits_share_is_written_into_the_cells() -> None:
    splits = {name: table.copy() for name, table in SPLITS.items()}
    splits["train"].loc[:2, "sentence1"] = splits["test"].loc[:2, "sentence1"].to_numpy()
    figure = charts.overlap_chart(data_leakage.overlap(splits), NAMES, "touched", x_title="x", y_title="y")
    text = dict(zip(zip(figure.data[1].y, figure.data[1].x, strict=True), figure.data[1].text, strict=True))
    assert text["test", "train"] == "<b>3</b><br>10.0%"
    assert text["valid", "train"] == "0"
    assert ("test", "test") not in text


def test_predictors_below_zero_stay_on_the_chart() -> None:
    row = {"name": HOSTILE, "pearson": -0.2, "low": -0.4, "high": 0.0, "colour": "#8a93a0", "marker": "circle"}
    bare = {**row, "name": "bare", "pearson": 0.5, "low": math.nan, "high": math.nan}
    figure = charts.predictor_chart([row, bare], x_title="x", interval_name="interval")
    assert figure.layout.xaxis.range[0] < -0.4
    assert "<script>" not in figure.data[0].name
    assert charts.predictor_chart([bare], x_title="x", interval_name="i").layout.xaxis.range[0] == -0.05
