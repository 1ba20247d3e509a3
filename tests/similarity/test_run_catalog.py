"""What a person changes about a run: notes, the archive, deleting; and what is refused."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from similarity import run_format
from similarity.errors import RunError, UnknownNameError
from similarity.run_catalog import LONGEST_NOTE, archive_run, delete_run, find_run, list_runs, note_run
from tests import builders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_format.write_record(tmp_path / "runs", builders.record("run-a", tags=["x"]))
    return tmp_path / "runs"


def make_running(root: Path) -> None:
    record = find_run(root, "run-a").model_copy(
        update={"status": "running", "heartbeat_at": run_format.utc_now() + timedelta(minutes=1)}
    )
    run_format.write_record(root, record)


def test_a_note_is_kept_line_by_line_and_an_endless_one_refused(root: Path) -> None:
    assert note_run(root, "run-a", "  첫 줄\n\n<b>둘째</b> 줄\n ").notes == "첫 줄\n\n<b>둘째</b> 줄"
    assert find_run(root, "run-a").notes.startswith("첫 줄\n")
    with pytest.raises(RunError, match="10,001 came"):
        note_run(root, "run-a", "x" * (LONGEST_NOTE + 1))
    assert note_run(root, "run-a", "").notes == ""


def test_the_archive_changes_nothing_but_its_flag(root: Path) -> None:
    before = find_run(root, "run-a")
    archived = archive_run(root, "run-a")
    assert archived.archived
    assert archived.model_copy(update={"archived": False}) == before
    assert [run.run_id for run in list_runs(root).runs] == ["run-a"]
    assert not archive_run(root, "run-a", archived=False).archived


def test_a_record_from_before_the_archive_is_not_archived(root: Path) -> None:
    path = root / "run-a" / "run.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["archived"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert find_run(root, "run-a").archived is False


def test_a_run_that_trains_is_neither_noted_archived_nor_deleted(root: Path) -> None:
    make_running(root)
    for change in (
        lambda: note_run(root, "run-a", "x"),
        lambda: archive_run(root, "run-a"),
        lambda: delete_run(root, root.parent / "trash", "run-a"),
    ):
        with pytest.raises(RunError, match="still training"):
            change()
    assert find_run(root, "run-a").notes == ""


@pytest.mark.parametrize("content", ['{"format_version": 1', '{"format_version": 9}', None])
def test_a_run_that_cannot_be_read_can_be_deleted(root: Path, content: str | None) -> None:
    path = root / "run-a" / "run.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    assert delete_run(root, root.parent / "trash", "run-a").is_dir()
    with pytest.raises(UnknownNameError):
        find_run(root, "run-a")
