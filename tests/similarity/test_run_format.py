"""The run format: what is written is read back, and what is broken is named and hides nothing."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from similarity import run_format
from similarity.errors import MissingSplitError, RunError, UnknownNameError, UnsupportedVersionError
from similarity.run_catalog import (
    checkpoint_of,
    delete_run,
    find_run,
    list_runs,
    purge_deleted,
    record_scores,
    rename_run,
    restore_run,
    tag_run,
)
from tests import builders

STORED = Path(__file__).resolve().parents[1] / "stored_runs" / "format_1"
HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "runs", tmp_path / "data", "run-a")
    return tmp_path / "runs"


def test_a_stored_run_of_version_1_loads_for_ever(tmp_path: Path) -> None:
    catalog = list_runs(STORED)
    assert not catalog.unreadable
    (record,) = catalog.runs
    assert record.run_id == "stored-run"
    assert record.metrics["toy"]["test"].pearson == pytest.approx(0.9, abs=0.1)
    folder = STORED / record.run_id
    curves = run_format.read_metrics(folder)
    assert curves["valid/pearson"].notna().sum() == 2
    assert len(run_format.read_predictions(folder, "toy", "test")) == record.metrics["toy"]["test"].pairs
    copied = tmp_path / "runs" / record.run_id
    shutil.copytree(folder, copied)
    assert rename_run(tmp_path / "runs", record.run_id, "새 이름").display_name == "새 이름"
    kept = json.loads((copied / "run.json").read_text(encoding="utf-8"))
    # A field that this version does not know outlives a change by this version.
    assert kept["a_field_of_a_later_minor_version"] == {"kept": True}


def test_records_round_trip(root: Path) -> None:
    record = find_run(root, "run-a")
    run_format.write_record(root, record)
    assert find_run(root, "run-a") == record


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ('{"format_version": 1, "run_id": "run-', RunError, "cut off"),
        ("", RunError, "cut off"),
        ("[]", RunError, "JSON object"),
        ('{"format_version": 2}', UnsupportedVersionError, "version 2"),
        ('{"run_id": "x"}', UnsupportedVersionError, "version None"),
        ('{"format_version": 1, "run_id": "broken"}', RunError, "display_name"),
    ],
)
def test_a_broken_record_is_named_and_hides_no_other(
    root: Path, content: str, error: type[Exception], says: str
) -> None:
    (root / "broken").mkdir()
    (root / "broken" / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(error, match=says):
        find_run(root, "broken")
    catalog = list_runs(root)
    assert [run.run_id for run in catalog.runs] == ["run-a"]
    assert [(run.name, says in run.reason) for run in catalog.unreadable] == [("broken", True)]


def test_a_folder_without_record_and_one_of_another_name_are_listed_as_unreadable(root: Path) -> None:
    (root / "empty").mkdir()
    shutil.copytree(root / "run-a", root / "copied")
    reasons = {run.name: run.reason for run in list_runs(root).unreadable}
    assert "missing" in reasons["empty"]
    assert "run-a" in reasons["copied"]


@pytest.mark.parametrize("run_id", ["../run-a", "..", "a/../b", "/etc", "", "A", "a" * 121, "run a", ".hidden", "a..b"])
def test_an_id_is_never_a_path(root: Path, run_id: str) -> None:
    for action in (
        lambda: find_run(root, run_id),
        lambda: checkpoint_of(root, run_id),
        lambda: delete_run(root, root.parent / "trash", run_id),
        lambda: run_format.predictions_path(root / "run-a", f"../{run_id}", "test"),
    ):
        with pytest.raises(RunError):
            action()
    assert find_run(root, "run-a")


def test_an_unknown_run_and_a_run_without_checkpoint_say_what_to_do(root: Path) -> None:
    with pytest.raises(UnknownNameError, match="runs list"):
        find_run(root, "run-b")
    with pytest.raises(RunError, match="no checkpoint"):
        checkpoint_of(root, "run-a")
    with pytest.raises(MissingSplitError, match="trainer evaluate run-a"):
        run_format.read_predictions(root / "run-a", "toy", "train")


def test_running_without_a_sign_of_life_is_stopped() -> None:
    record = builders.record(status="running")
    assert record.status_at(record.heartbeat_at + timedelta(seconds=30)) == "running"
    assert record.status_at(record.heartbeat_at + run_format.HEARTBEAT_LIMIT + timedelta(seconds=1)) == "stopped"
    assert builders.record().status_at(record.heartbeat_at + timedelta(days=9)) == "finished"


def test_curves_are_readable_while_a_line_is_being_written(root: Path) -> None:
    folder = root / "run-a"
    whole = run_format.read_metrics(folder)
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 81, "train/lo')
    assert len(run_format.read_metrics(folder)) == len(whole)
    run_format.truncate_metrics(folder, 40)
    assert run_format.read_metrics(folder)["step"].max() == 40
    with pytest.raises(RunError, match="line 2"):
        (folder / "metrics.jsonl").write_text('{"step": 1}\nnonsense\n{"step": 2}\n', encoding="utf-8")
        run_format.read_metrics(folder)


def test_predictions_hold_ids_and_numbers_only(root: Path) -> None:
    table = pd.DataFrame({"pair_id": ["a"], "label": [1.0], "prediction": [2.0], "sentence1": ["비밀"]})
    run_format.write_predictions(root / "run-a", "toy", "valid", table)
    stored = run_format.read_predictions(root / "run-a", "toy", "valid")
    assert list(stored.columns) == ["pair_id", "label", "prediction"]


def test_names_and_tags_are_kept_as_written(root: Path) -> None:
    assert rename_run(root, "run-a", "  <script>alert(1)</script>  ").display_name == "<script>alert(1)</script>"
    assert tag_run(root, "run-a", add=["<b>", "좋음"]).tags == ["<b>", "좋음"]
    assert tag_run(root, "run-a", remove=["<b>"]).tags == ["좋음"]
    for name in ("", "x" * 101):
        with pytest.raises(RunError, match="1–100"):
            rename_run(root, "run-a", name)
    with pytest.raises(RunError, match="at most 20"):
        tag_run(root, "run-a", add=[str(number) for number in range(30)])


def test_scores_of_another_split_stand_beside_the_first(root: Path) -> None:
    scores = find_run(root, "run-a").metrics["toy"]["test"]
    record = record_scores(root, "run-a", "toy", "valid", scores)
    assert set(record.metrics["toy"]) == {"test", "valid"}


def test_deleting_keeps_a_copy_until_it_is_purged(root: Path) -> None:
    trash = root.parent / "trash"
    held = find_run(root, "run-a")
    delete_run(root, trash, "run-a")
    assert not list_runs(root).runs
    restore_run(root, trash, "run-a")
    assert find_run(root, "run-a") == held
    delete_run(root, trash, "run-a")
    assert purge_deleted(trash) == ["run-a"]
    with pytest.raises(UnknownNameError):
        restore_run(root, trash, "run-a")


def test_a_run_that_still_trains_is_not_changed_by_others(root: Path) -> None:
    record = find_run(root, "run-a").model_copy(update={"status": "running", "heartbeat_at": run_format.utc_now()})
    run_format.write_record(root, record)
    with pytest.raises(RunError, match="still training"):
        rename_run(root, "run-a", "new")


def test_the_page_on_the_run_format_names_every_field_and_file() -> None:
    text = (HOUSE / "docs" / "run-format.md").read_text(encoding="utf-8")
    models = (
        run_format.RunRecord,
        run_format.ModelPart,
        run_format.DataPart,
        run_format.Environment,
        run_format.Progress,
        run_format.Cost,
        run_format.Best,
        run_format.RunFailure,
        run_format.Scores,
    )
    missing = [f"{model.__name__}.{name}" for model in models for name in model.model_fields if f"`{name}`" not in text]
    assert missing == []
    assert f"version {run_format.FORMAT_VERSION}" in text
    for name in (run_format.RUN_FILE, run_format.METRICS_FILE, run_format.CHECKPOINT_FOLDER, run_format.RESUME_FOLDER):
        assert name in text
