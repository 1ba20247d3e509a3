"""What each page says, run without a browser: content, the URL, hostile names, broken runs, no runs."""

import time
from pathlib import Path

import pytest

from similarity import run_format
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown, tables


def test_the_leaderboard_ranks_and_sets_other_versions_and_unfinished_runs_apart(
    full_home: Path, open_page: OpenPage
) -> None:
    app = open_page(full_home, data="korsts")
    ranking, other, unscored = tables(app)
    assert ranking["name"].tolist()[:2] == ["electra", "한국어 버트"]
    assert [name.startswith("Baseline") for name in ranking["name"]] == [False, False, True, True]
    assert other["name"].tolist() == ["Old split"]
    assert set(unscored["status"]) == {"training", "failed"}
    assert "Loss became NaN at step 7." in unscored["reason"].tolist()
    text = shown(app)
    assert "can’t be ranked against those above" in text
    assert "6 runs · 1 training · 1 failed · 2 unreadable" in text


def test_unreadable_runs_stand_below_with_the_reason(full_home: Path, open_page: OpenPage) -> None:
    text = shown(open_page(full_home))
    assert "half" in text and "not complete JSON" in text
    assert "future" in text and "format version 2" in text


def test_filters_and_language_come_from_the_url(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, data="korsts", family="electra", lang="ko")
    assert app.title[0].value == "실행 목록"
    assert tables(app)[0]["name"].tolist()[0] == "electra"
    assert "한국어 버트" not in tables(app)[0]["name"].tolist()
    by_tag = open_page(full_home, data="korsts", tag="a")
    assert by_tag.dataframe[0].value["name"].tolist()[0] == "한국어 버트"


def test_filters_that_leave_nothing_say_so(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, data="korsts", family="electra", tag="a")
    assert "No run passes these filters" in app.info[0].value


def test_an_unknown_data_set_in_the_link_is_named(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, data="../nowhere")
    assert "nowhere" in app.warning[0].value
    assert app.dataframe


def test_changing_a_filter_writes_the_url(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, data="korsts")
    app.multiselect(key="widget.family").select("electra").run()
    assert app.query_params["family"] == "electra"
    app.multiselect(key="widget.family").unselect("electra").run()
    assert "family" not in app.query_params


def test_switching_the_language_changes_every_page(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home)
    assert app.title[0].value == "Runs"
    app.sidebar.segmented_control(key="widget.lang").set_value("ko").run()
    assert app.title[0].value == "실행 목록"
    assert app.query_params["lang"] == "ko"
    app.switch_page("app_pages/curves.py").run()
    assert app.title[0].value == "학습 곡선"


@pytest.mark.parametrize("page", ["runs", "curves", "predictions", "disagreements", "run_card", "report", "score"])
def test_unknown_ids_are_named_and_never_a_path(full_home: Path, open_page: OpenPage, page: str) -> None:
    app = open_page(full_home, page, runs=["bert", "nope", "../../etc", "half"], data="korsts")
    warnings = [warning.value for warning in app.warning]
    assert any("nope" in warning and "no such run" in warning for warning in warnings)
    assert any(r"\.\.\/\.\.\/etc" in warning for warning in warnings)
    assert any("half" in warning and "can’t be read" in warning for warning in warnings)
    app.button(key="forget-unknown").click().run()
    assert app.query_params["runs"] == "bert"
    assert not app.warning


@pytest.mark.parametrize("page", ["runs", "curves", "predictions", "run_card", "score"])
def test_hostile_names_are_shown_as_written(full_home: Path, open_page: OpenPage, page: str) -> None:
    app = open_page(full_home, page, runs=["failed"], data="korsts")
    text = shown(app)
    assert "&lt;script&gt;" in text or r"\<script\>" in text or page == "score"
    assert "<script>alert" not in text
    if page == "runs":
        assert HOSTILE in tables(app)[2]["name"].tolist()


@pytest.mark.parametrize("page", ["runs", "curves", "predictions", "disagreements", "run_card", "report", "score"])
def test_without_runs_each_page_says_what_to_do(tmp_path: Path, open_page: OpenPage, page: str) -> None:
    app = open_page(tmp_path, page)
    commands = "\n".join(code.value for code in app.code)
    assert "python -m trainer demo" in commands
    assert "python -m trainer prepare" in commands and "python -m trainer train" in commands
    assert not app.dataframe


def test_placeholder_runs_are_called_so(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "tiny", tags=["placeholder"])
    for page in ("runs", "curves", "predictions", "run_card", "report", "score"):
        app = open_page(tmp_path, page)
        assert "placeholder models" in shown(app)
        assert "python -m trainer train" in app.code[0].value


def test_one_run_alone_is_no_special_case(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "only")
    app = open_page(tmp_path)
    assert tables(app)[0]["name"].tolist()[0] == "only"
    assert not app.warning


def test_curves_of_the_chosen_runs_with_progress_and_failure(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "curves", runs=["bert", "training", "failed"], x="epoch")
    assert len(app.get("plotly_chart")) == 7
    assert "epoch 2 of 4 · 25% · about 3 min 00 s left" in app.get("progress")[0].proto.text.replace("\\", "")
    assert "Loss became NaN at step 7" in app.warning[0].value.replace("\\", "")
    assert tables(app)[0]["name"].tolist() == ["한국어 버트", "training", HOSTILE]
    assert tables(app)[1]["kept_epoch"].tolist()[0] == 3


def test_curves_show_the_newest_runs_where_none_is_chosen(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "curves")
    assert "No run is chosen" in shown(app)
    assert len(tables(app)[0]) == 3


def test_a_broken_line_hides_only_that_run(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    runs = tmp_path / "artifacts" / "runs"
    for run_id in ("good", "torn"):
        builders.run(runs, tmp_path / "data", run_id)
    curves = runs / "torn" / "metrics.jsonl"
    curves.write_text("{broken\n" + curves.read_text(encoding="utf-8"), encoding="utf-8")
    app = open_page(tmp_path, "curves", runs=["good", "torn"])
    assert "torn" in app.warning[0].value and "line 1" in app.warning[0].value
    assert tables(app)[0]["name"].tolist() == ["good"]


def test_runs_without_a_model_are_offered_disabled_with_the_reason(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "score", runs=["bert"])
    assert app.checkbox[0].disabled
    assert "no checkpoint" in app.checkbox[0].help
    assert app.button(key="score").disabled


def test_examples_and_swap_fill_the_sentences(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "score")
    app.button(key="example-negation").click().run()
    first, second = (area.value for area in app.text_area)
    assert first and second and first != second
    app.button(key="swap").click().run()
    assert [area.value for area in app.text_area] == [second, first]


def test_empty_and_endless_sentences_are_refused(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    runs = tmp_path / "artifacts" / "runs"
    builders.run(runs, tmp_path / "data", "a")
    (runs / "a" / "checkpoint").mkdir()
    (runs / "a" / "checkpoint" / "config.json").write_text("{}", encoding="utf-8")
    app = open_page(tmp_path, "score")
    app.text_area[1].set_value("가" * 10_001)
    app.button(key="score").click().run()
    messages = [error.value.replace("\\", "") for error in app.error]
    assert messages[0] == "First sentence is empty. Write both sentences."
    assert "10,001 characters; at most 10,000" in messages[1]


def test_a_model_that_does_not_load_shows_its_error(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data")
    runs = tmp_path / "artifacts" / "runs"
    builders.run(runs, tmp_path / "data", "a")
    (runs / "a" / "checkpoint").mkdir()
    (runs / "a" / "checkpoint" / "config.json").write_text("{}", encoding="utf-8")
    app = open_page(tmp_path, "score")
    app.button(key="example-number").click().run()
    app.button(key="score").click().run()
    assert not app.exception
    assert "This model could not score" in shown(app)
    assert "no .safetensors file" in shown(app)


def test_a_thousand_runs_are_listed_quickly_and_at_most_twenty_compared(tmp_path: Path, open_page: OpenPage) -> None:
    runs = tmp_path / "artifacts" / "runs"
    scores = {"pairs": 9, "checksum": "x", "pearson": 0.8, "spearman": 0.8, "f1": 0.8, "macro_f1": 0.8, "mse": 0.5}
    ids = [f"run-{number:04d}" for number in range(1000)]
    for run_id in ids:
        run_format.write_record(runs, builders.record(run_id, metrics={"toy": {"test": scores}}))
    app = open_page(tmp_path, runs=ids[:25])
    assert len(tables(app)[0]) == 1000
    start = time.perf_counter()
    app.run()
    # About 0.1 s on an idle machine; the limit leaves room for a busy one.
    assert time.perf_counter() - start < 2
    app.switch_page("app_pages/curves.py").run()
    assert not app.exception
    assert len(app.multiselect(key="widget.runs").value) == 20
    assert "have not logged any value yet" in app.info[0].value
