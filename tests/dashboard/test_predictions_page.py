"""The Predictions page: what it says of two runs, in which section, and where there is nothing to say."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from similarity import metrics, prepared_data, run_format
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown, tables

SECTIONS = ("scatter", "calibration", "threshold", "slices", "agreement")
GOOD, BAD, TWIN = "good", "bad", "twin"


def add_predictions(home: Path, run_id: str, dataset: str, split: str, noise: float, seed: int) -> None:
    """Write predictions for a split into a run, and its scores into the record."""
    runs, data = home / "artifacts" / "runs", home / "data"
    pairs = prepared_data.read_split(data, dataset, split)[["pair_id", "label"]]
    drawn = np.random.default_rng(seed).normal(0, noise, len(pairs))
    pairs["prediction"] = np.clip(pairs["label"] + drawn, 0, 5)
    run_format.write_predictions(runs / run_id, dataset, split, pairs)
    record = run_format.read_record(runs / run_id)
    checksum = prepared_data.read_card(data, dataset).splits[split].checksum  # type: ignore[index]
    scores = metrics.evaluate(pairs["label"], pairs["prediction"], checksum=checksum)
    record.metrics.setdefault(dataset, {})[split] = scores
    run_format.write_record(runs, record)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three comparable runs (two with valid predictions), one on another version, one without a file, one failed."""
    home = tmp_path_factory.mktemp("predictions")
    runs, data = home / "artifacts" / "runs", home / "data"
    builders.dataset(data, "korsts", (60, 40, 90))
    builders.dataset(data, "klue-sts", (60, 20, 60))
    for number, (run_id, noise) in enumerate(((GOOD, 0.4), (BAD, 2.5), (TWIN, 0.4))):
        name = HOSTILE if run_id == BAD else run_id
        builders.run(runs, data, run_id, dataset_name="korsts", noise=noise, seed=number, display_name=name)
    for run_id, seed in ((GOOD, 5), (TWIN, 6)):
        add_predictions(home, run_id, "korsts", "valid", 0.4, seed)
    add_predictions(home, GOOD, "klue-sts", "test", 0.4, 7)
    builders.run(runs, data, "old", dataset_name="korsts", seed=3)
    record = json.loads((runs / "old" / "run.json").read_text(encoding="utf-8"))
    record["metrics"]["korsts"]["test"]["checksum"] = "0" * 64
    (runs / "old" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    builders.run(runs, data, "shipped", dataset_name="korsts", seed=4)
    (runs / "shipped" / "predictions" / "korsts.test.parquet").unlink()
    builders.run(runs, data, "failed", dataset_name="korsts", status="failed", metrics={})
    (runs / "failed" / "predictions" / "korsts.test.parquet").unlink()
    return home


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def plain(app: AppTest) -> str:
    return shown(app).replace("\\", "")


def test_a_clear_difference_and_none_are_said_in_words(home: Path, open_page: OpenPage) -> None:
    clear = plain(open_page(home, "predictions", runs=[BAD, GOOD]))
    assert "**good** follows the labels more closely than **" in clear
    assert "on the same 90 pairs" in clear and "p < 0.001" in clear
    same = plain(open_page(home, "predictions", runs=[GOOD, TWIN]))
    assert "**can’t be told apart** on these 90 pairs" in same


def test_the_first_screen_ranks_by_r_and_has_r_within_the_source(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[BAD, GOOD])
    table = tables(app)[0]
    assert table["name"].tolist() == ["good", HOSTILE]
    recorded = run_format.read_record(home / "artifacts" / "runs" / GOOD).metrics["korsts"]["test"]
    assert table["pearson"].iloc[0] == pytest.approx(recorded.pearson)
    assert table["f1"].iloc[0] == pytest.approx(recorded.f1)
    assert table[["within", "calibration_error", "mse", "spearman"]].notna().all(axis=None)


@pytest.mark.parametrize("run_ids", [[GOOD], [GOOD, BAD]])
def test_each_section_opens_for_one_run_and_for_two(home: Path, open_page: OpenPage, run_ids: list[str]) -> None:
    app = open_page(home, "predictions", runs=run_ids)
    for section in SECTIONS:
        app.segmented_control(key="widget.section").set_value(section).run()
        assert not app.exception
        assert charts(app) >= 1 or (section == "agreement" and len(run_ids) == 1)
        assert ("Choose one more run" in plain(app)) == (len(run_ids) == 1)
        assert "<script>alert" not in shown(app)
        assert not app.warning


def test_the_two_runs_come_from_the_link_and_are_never_the_same(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, BAD, TWIN], first=BAD, second=BAD)
    first, second = (app.selectbox(key=f"widget.{name}") for name in ("first", "second"))
    assert first.value == BAD
    assert second.value != BAD and len(second.options) == 2
    unknown = open_page(home, "predictions", runs=[GOOD, BAD], first="../../etc")
    assert unknown.selectbox(key="widget.first").value == GOOD


def test_the_threshold_moves_the_confusion_and_f1_of_the_first_screen(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, BAD], section="threshold")
    before = tables(app)[0]["f1"].tolist()
    app.slider(key="widget.threshold").set_value(4.5).run()
    assert app.query_params["threshold"] == "4.5"
    assert tables(app)[0]["f1"].tolist() != before
    assert "Confusion at 4.50" in plain(app)
    assert plain(app).count('data-testid="confusion"') == 2


def test_the_best_threshold_comes_from_valid_and_never_from_test(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, BAD], section="threshold")
    best = next(table for table in tables(app) if "valid_pairs" in table)
    assert best["name"].tolist() == ["good"]
    assert best["valid_pairs"].tolist() == [40]
    assert f"python -m trainer evaluate {BAD} --data korsts --split valid" in [code.value for code in app.code]
    app.button(key=f"use-{GOOD}").click().run()
    assert app.slider(key="widget.threshold").value == best["threshold"].iloc[0]


def test_slices_are_sorted_by_difference_and_say_what_chance_does(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, BAD], section="slices", slice="source")
    table = next(table for table in tables(app) if "slice" in table)
    assert table["slice"].tolist()[:2] == ["All pairs", "All pairs"]
    assert set(table["slice"]) == {"All pairs", "news", "reviews"}
    assert table.groupby("slice")["pairs"].first().sum() == 180
    assert "of 2 intervals leave out 0" in app.info[0].value
    differences = app.get("popover")[1].get("dataframe")[0].value
    sizes = differences["Difference"].abs().tolist()[1:]
    assert sizes == sorted(sizes, reverse=True)


def test_agreement_counts_pairs_and_says_whether_the_mean_helps(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, BAD, TWIN], section="agreement")
    assert charts(app) == 3
    assert "Averaging" in plain(app)
    assert "Only twin" in plain(app) or "Only good" in plain(app)


def test_runs_that_can_not_be_compared_are_left_out_with_the_reason(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, "old", "shipped", "failed"], data="korsts")
    text = plain(app)
    assert "measured on other pairs (another version of korsts test), so not comparable: old" in text
    assert "predictions for korsts test did not come with it: shipped" in text
    assert "never measured on korsts test: failed" in text
    assert tables(app)[0]["name"].tolist() == ["good"]


def test_the_command_stands_there_where_the_model_does(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    folder = tmp_path / "artifacts" / "runs" / "a"
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "a")
    (folder / "predictions" / "toy.test.parquet").unlink()
    without = open_page(tmp_path, "predictions")
    assert "None of the chosen runs has test predictions here" in plain(without)
    assert not without.code and not without.dataframe
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "config.json").write_text("{}", encoding="utf-8")
    with_model = open_page(tmp_path, "predictions")
    assert "python -m trainer evaluate a --data toy --split test" in with_model.code[0].value


def test_only_data_sets_with_predictions_are_offered(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, TWIN], data="klue-sts")
    assert app.selectbox(key="widget.data").options == ["klue-sts (1)", "korsts (2)"]
    assert "**good**: Pearson’s r" in plain(app)
    other = open_page(home, "predictions", runs=[TWIN], data="<b>")
    assert "No chosen run has test predictions for data set <b>" in other.warning[0].value.replace("\\", "")
    assert "on 90 pairs" in plain(other)


def test_without_the_data_set_numbers_stay_and_slices_go_by_label(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "a")
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "b", seed=1)
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    app = open_page(tmp_path, "predictions", section="slices")
    assert "sentences of toy aren’t here" in plain(app)
    assert len(tables(app)[0]) == 2
    assert tables(app)[0]["within"].isna().all()


def test_a_person_stands_beside_the_models_where_there_are_annotations(tmp_path: Path, open_page: OpenPage) -> None:
    pairs = builders.pairs(40)
    generator = np.random.default_rng(0)
    pairs["annotations"] = [
        list(np.clip(np.round(label + generator.normal(0, 1, 5)), 0, 5)) for label in pairs["label"]
    ]
    splits = {"test": pairs, "train": builders.pairs(20, seed=1)}
    card = prepared_data.DatasetCard(
        name="people", splits={split: prepared_data.describe_split(table) for split, table in splits.items()}
    )
    prepared_data.write_dataset(tmp_path / "data", card, splits, {})
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "a", dataset_name="people")
    app = open_page(tmp_path, "predictions", section="slices", slice="disagreement")
    table = tables(app)[0]
    assert table["name"].tolist() == ["a", "One annotator (reference)"]
    assert 0.5 < table["pearson"].iloc[1] < 1
    assert "A reference, not a ceiling" in plain(app)
    scores = next(table for table in tables(app) if "slice" in table)
    assert "One annotator (reference)" in scores["name"].tolist()


def test_constant_predictions_are_no_error(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    runs = tmp_path / "artifacts" / "runs"
    builders.run(runs, tmp_path / "data", "flat")
    builders.run(runs, tmp_path / "data", "fine", seed=1)
    table = run_format.read_predictions(runs / "flat", "toy", "test").assign(prediction=2.0)
    run_format.write_predictions(runs / "flat", "toy", "test", table)
    app = open_page(tmp_path, "predictions")
    for section in SECTIONS:
        app.segmented_control(key="widget.section").set_value(section).run()
        assert not app.exception
        assert "can’t be compared" in plain(app)
    assert pd.isna(tables(app)[0]["pearson"].iloc[1])


def test_korean_and_english_say_the_same(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "predictions", runs=[GOOD, TWIN], lang="ko")
    assert app.title[0].value == "예측"
    assert "구별할 수 없습니다" in plain(app)


def test_a_click_is_quick_once_the_numbers_are_there(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data", sizes=(20, 10, 1500))
    for number in range(5):
        builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", f"r{number}", seed=number, epochs=1)
    app = open_page(tmp_path, "predictions", runs=[f"r{number}" for number in range(5)], section="threshold")
    start = time.process_time()
    app.slider(key="widget.threshold").set_value(2.0).run()
    # About 0.15 s of computing; the limit leaves room for a busy machine.
    assert time.process_time() - start < 1
    assert len(tables(app)[0]) == 5
