"""The report page: what it offers to download, in which states, and what its preview may do."""

import html
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import palette
from dashboard.choice import Choice
from dashboard.report import load
from dashboard.tables import comparison
from similarity import prepared_data
from similarity.run_catalog import list_runs
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown


def preview(app: AppTest) -> str:
    """Return the file as the preview shows it."""
    (frame,) = app.get("iframe")
    before, _, after = frame.proto.srcdoc.partition('<iframe sandbox srcdoc="')
    assert "script" not in before
    return html.unescape(after.partition('"')[0])


def choice_of(home: Path) -> Choice:
    runs = list_runs(home / "artifacts" / "runs").runs
    ids = [run.run_id for run in runs]
    return Choice(runs, comparison.labels_of(runs), palette.looks_of(ids, ids), [])


def test_the_page_offers_both_files_of_the_chosen_runs(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "report", runs=["bert", "electra", "old", "failed"], data="korsts")
    labels = [button.proto.label for button in app.get("download_button")]
    assert [label.split(" (")[0] for label in labels] == ["Download HTML", "Download Markdown"]
    assert all(label.endswith(" kB)") for label in labels)
    text = preview(app)
    assert "<h1>Sentence similarity models compared: korsts</h1>" in text
    assert "electra" in text and "한국어 버트" in text
    assert "Old split: measured on another version of the pairs (checksum 000000000000)" in text
    assert html.escape(HOSTILE) in text and HOSTILE not in text
    assert '<base href="about:srcdoc">' in text
    assert not app.exception


def test_the_language_of_the_page_is_that_of_the_report(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "report", runs=["bert", "electra"], data="korsts", lang="ko")
    assert app.title[0].value == "보고서"
    assert '<html lang="ko">' in preview(app) and "문장 유사도 모델 비교: korsts" in preview(app)


def test_sentences_can_be_left_out_and_the_link_says_so(full_home: Path, open_page: OpenPage) -> None:
    pairs = prepared_data.read_split(full_home / "data", "korsts", "test")
    app = open_page(full_home, "report", runs=["bert", "electra"], data="korsts")
    assert any(sentence in preview(app) for sentence in pairs["sentence1"])
    assert "states no licence" in shown(app)
    app.toggle(key="widget.hide").set_value(True).run()
    assert app.query_params["hide"] == "on"
    assert not any(sentence in preview(app) for sentence in pairs["sentence1"])
    assert "states no licence" not in shown(app)


def test_a_data_set_that_no_chosen_run_was_tested_on_is_named(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "report", runs=["bert"], data="klue-sts")
    assert "klue\\-sts" in app.warning[0].value and "korsts" in app.warning[0].value
    assert "korsts" in preview(app)


def test_runs_without_a_score_get_the_command_instead(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "report", runs=["failed", "training"])
    assert "none of the chosen runs" in app.info[0].value.lower()
    assert app.code[0].value == "python -m trainer evaluate failed --data korsts --split test"
    assert not app.get("iframe")


def test_nobody_chose_and_the_newest_tested_runs_are_reported(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "report")
    assert app.get("iframe") and "newest" in shown(app)


def test_without_data_and_predictions_the_records_alone_make_a_report(
    full_home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    shutil.copytree(full_home / "artifacts", tmp_path / "artifacts")
    app = open_page(tmp_path, "report", runs=["bert", "electra"])
    assert "could not be checked" in preview(app)
    for run_id in ("bert", "electra"):
        shutil.rmtree(tmp_path / "artifacts" / "runs" / run_id / "predictions")
    app = open_page(tmp_path, "report", runs=["bert", "electra"])
    assert "fewer than two runs have their predictions here" in preview(app)
    assert "python -m trainer evaluate bert --data korsts --split test" in preview(app)


def test_a_report_is_made_anew_only_when_something_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    runs, data = tmp_path / "artifacts" / "runs", tmp_path / "data"
    builders.dataset(data)
    builders.run(runs, data, "one", noise=0.5)
    builders.run(runs, data, "two", noise=1.0, seed=1)
    first = load.report(choice_of(tmp_path), "toy", "en", show_pairs=True)
    assert load.report(choice_of(tmp_path), "toy", "en", show_pairs=True) is first
    assert load.report(choice_of(tmp_path), "toy", "en", show_pairs=False).html != first.html
    builders.run(runs, data, "two", noise=1.0, seed=1, display_name="renamed")
    renamed = load.report(choice_of(tmp_path), "toy", "en", show_pairs=True)
    assert "renamed" in renamed.html and "renamed" not in first.html
    builders.run(runs, data, "two", noise=1.4, seed=1, display_name="renamed")
    assert load.report(choice_of(tmp_path), "toy", "en", show_pairs=True).html != renamed.html
    assert first.file_name.startswith("report.toy.test.20")


def test_unreadable_curves_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    runs, data = tmp_path / "artifacts" / "runs", tmp_path / "data"
    builders.dataset(data)
    builders.run(runs, data, "broken")
    (runs / "broken" / "metrics.jsonl").write_text("{oops}\n{}\n", encoding="utf-8")
    made = load.report(choice_of(tmp_path), "toy", "en", show_pairs=True)
    assert "Runs whose curves can’t be read: broken." in made.markdown
