"""The index never changes what is read: runs that change, break, train or vanish show as they do without it."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from similarity import run_format, run_index
from similarity.run_catalog import delete_run, list_runs, rename_run
from similarity.run_format import RunRecord
from similarity.run_index import INDEX_FILE, RunIndex, list_indexed_runs
from tests import builders

STORED = Path(__file__).resolve().parents[1] / "stored_runs" / "format_1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Runs that finished (two at the same time), train, stopped long ago and failed; and what is no run."""
    root = tmp_path / "runs"
    now = run_format.utc_now()
    write(root, "run-b")
    write(root, "run-a", display_name="한국어 이름", tags=["꼬리표"])
    write(root, "new", created_at=builders.START + timedelta(days=1))
    write(root, "trains", status="running", heartbeat_at=now + timedelta(hours=1))
    write(root, "died", status="running", heartbeat_at=now - timedelta(hours=1))
    write(root, "failed", status="failed", error={"type": "E", "message": "\ud55c <b>"})
    shutil.copytree(STORED / "stored-run", root / "stored-run")
    shutil.copytree(root / "run-a", root / "renamed-by-hand")
    for name, content in (
        ("half", '{"format_version": 1,'),
        ("future", '{"format_version": 2}'),
        ("almost", '{"format_version": "1"}'),
        ("list", "[]"),
    ):
        (root / name).mkdir()
        (root / name / "run.json").write_text(content, encoding="utf-8")
    (root / "empty").mkdir()
    (root / ".hidden").mkdir()
    (root / "a file").touch()
    return root


def write(root: Path, run_id: str, **fields: object) -> RunRecord:
    record = builders.record(run_id, **fields)  # type: ignore[arg-type]
    run_format.write_record(root, record)
    return record


def indexed(root: Path) -> list[str]:
    return pq.ParquetFile(root / INDEX_FILE).read()["name"].to_pylist()


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_index, "read_record", lambda folder: pytest.fail(f"{folder} was read"))


def test_the_runs_are_those_of_list_runs_with_and_without_an_index(root: Path) -> None:
    expected = list_runs(root)
    assert len(expected.runs) == 7
    assert [run.name for run in expected.unreadable] == ["almost", "empty", "future", "half", "list", "renamed-by-hand"]
    assert list_indexed_runs(root) == expected
    assert list_indexed_runs(root) == expected
    assert list_runs(root) == expected, "the index itself is no run"


def test_an_unchanged_run_is_read_from_the_index_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        write(tmp_path, f"run-{number}")
    expected = list_indexed_runs(tmp_path)
    forbid_reading(monkeypatch)
    assert list_indexed_runs(tmp_path) == expected


def test_what_a_later_version_or_another_program_wrote_comes_back_to_the_letter(tmp_path: Path) -> None:
    write(tmp_path, "run-a")
    path = tmp_path / "run-a" / "run.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["hyper_parameters"] = {
        "nan": float("nan"),
        "big": 2**70,
        "small": 1e-310,
        "nested": [{"한": None}, 0.1 + 0.2],
    }
    content["later"] = {"infinite": float("-inf"), "text": "\u2028 \U0001f600"}
    path.write_text(json.dumps(content), encoding="utf-8")
    expected = repr(list_runs(tmp_path))
    assert "nan" in expected
    assert repr(list_indexed_runs(tmp_path)) == expected
    assert repr(list_indexed_runs(tmp_path)) == expected


def test_new_changed_and_deleted_runs_show_in_this_process_and_in_the_next(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    for name in ("run-a", "run-b", "run-c"):
        write(root, name)
    index = RunIndex(root)
    index.catalog()
    rename_run(root, "run-a", "다른 이름")
    delete_run(root, tmp_path / "trash", "run-b")
    write(root, "run-d")
    (root / "run-c" / "run.json").write_text("{", encoding="utf-8")
    expected = list_runs(root)
    assert [run.display_name for run in expected.runs] == ["run-d", "다른 이름"]
    assert index.catalog() == expected
    assert list_indexed_runs(root) == expected
    assert indexed(root) == ["run-a", "run-d"]


def test_the_catalog_stays_the_same_object_until_something_changes(root: Path) -> None:
    index = RunIndex(root)
    first = index.catalog()
    assert index.catalog() is first
    shutil.rmtree(root / "half")
    second = index.catalog()
    assert second is not first
    assert "half" not in {run.name for run in second.unreadable}
    write(root, "run-b", display_name="another")
    assert index.catalog() == list_runs(root)


def test_a_run_that_trains_comes_into_the_index_once_it_has_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = RunIndex(root)
    index.catalog()
    assert {"died", "run-a"} <= set(indexed(root))
    assert "trains" not in indexed(root)
    with monkeypatch.context() as patched:
        patched.setattr(run_index, "replaced", lambda path: pytest.fail("written"))
        ahead = run_format.utc_now() + timedelta(hours=2)
        write(root, "trains", status="running", heartbeat_at=ahead, display_name="further")
        assert "further" in {run.display_name for run in index.catalog().runs}
    write(root, "trains")
    index.catalog()
    assert "trains" in indexed(root)


def broken_bytes(path: Path) -> None:
    path.write_bytes(b"PAR1 is not enough")


def nothing_in_it(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def another_version(path: Path) -> None:
    table = pq.ParquetFile(path).read()
    pq.write_table(table.replace_schema_metadata({"run index version": "0"}), path)


def other_columns(path: Path) -> None:
    pq.write_table(pa.table({"name": ["run-a"]}), path)


def records_that_are_none(path: Path) -> None:
    table = pq.ParquetFile(path).read()
    wrong = pa.array([b'{"format_version": 1}'] * len(table), pa.binary())
    pq.write_table(table.set_column(3, table.schema.field(3), wrong), path)


def records_of_other_runs(path: Path) -> None:
    table = pq.ParquetFile(path).read()
    turned = pa.array(table["content"].to_pylist()[::-1], pa.binary())
    pq.write_table(table.set_column(3, table.schema.field(3), turned), path)


@pytest.mark.parametrize(
    "breaks",
    [
        broken_bytes,
        nothing_in_it,
        cut_off,
        another_version,
        other_columns,
        records_that_are_none,
        records_of_other_runs,
    ],
)
def test_a_broken_index_is_made_anew(
    root: Path, breaks: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list_indexed_runs(root)
    breaks(root / INDEX_FILE)
    assert list_indexed_runs(root) == expected
    for run in expected.unreadable:
        shutil.rmtree(root / run.name)
    shutil.rmtree(root / "trains")
    forbid_reading(monkeypatch)
    assert [run.run_id for run in list_indexed_runs(root).runs] == [
        run.run_id for run in expected.runs if run.run_id != "trains"
    ]


def test_where_the_index_cannot_be_written_the_runs_show_all_the_same(root: Path) -> None:
    # A folder of that name is in the way of root, too, whom a read-only folder does not stop.
    (root / INDEX_FILE).mkdir()
    assert list_indexed_runs(root) == list_runs(root)
    assert {path.name for path in root.glob(".*")} == {".hidden", INDEX_FILE}, "no temporary file is left"


def test_without_a_folder_there_are_no_runs_and_none_is_made(tmp_path: Path) -> None:
    catalog = list_indexed_runs(tmp_path / "runs")
    assert (catalog.runs, catalog.unreadable) == ([], [])
    assert not (tmp_path / "runs").exists()
