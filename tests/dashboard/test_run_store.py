"""What is read is read again when it changes, and only then."""

from pathlib import Path

import pytest

from dashboard.stores import run_store
from similarity import prepared_data, run_catalog, run_format, run_index
from similarity.errors import RunError
from tests import builders


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "artifacts" / "runs", tmp_path / "data", "run-a")
    return tmp_path


def test_new_changed_and_deleted_runs_show(home: Path) -> None:
    runs = home / "artifacts" / "runs"
    assert [run.run_id for run in run_store.catalog().runs] == ["run-a"]
    builders.run(runs, home / "data", "run-b")
    run_catalog.rename_run(runs, "run-a", "새 이름")
    assert {run.display_name for run in run_store.catalog().runs} == {"새 이름", "run-b"}
    run_catalog.delete_run(runs, home / "trash", "run-a")
    assert [run.run_id for run in run_store.catalog().runs] == ["run-b"]


def test_an_unchanged_record_is_not_read_twice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_store.catalog().runs[0]
    monkeypatch.setattr(run_index, "read_record", lambda folder: pytest.fail("read again"))
    assert run_store.catalog().runs[0] is first


def test_the_catalog_is_shared_until_something_changes(home: Path) -> None:
    first = run_store.catalog()
    assert run_store.catalog() is first
    (home / "artifacts" / "runs" / "broken").mkdir()
    assert [run.name for run in run_store.catalog().unreadable] == ["broken"]


def test_the_catalog_agrees_with_the_agreed_one(home: Path) -> None:
    runs = home / "artifacts" / "runs"
    builders.run(runs, home / "data", "run-b")
    (runs / "empty").mkdir()
    assert run_store.catalog() == run_catalog.list_runs(runs)


def test_curves_follow_a_run_that_goes_on(home: Path) -> None:
    folder = home / "artifacts" / "runs" / "run-a"
    before = len(run_store.curves("run-a"))
    assert run_store.curves("run-a") is run_store.curves("run-a")
    run_format.append_metrics(folder, step=999, epoch=5, seconds=1, values={"train/loss": 1.0})
    assert len(run_store.curves("run-a")) == before + 1


def test_a_path_in_a_run_id_is_refused(home: Path) -> None:
    with pytest.raises(RunError):
        run_store.curves("../data")


def test_baselines_count_only_for_the_very_same_split(home: Path) -> None:
    checksum = prepared_data.read_card(home / "data", "toy").splits["test"].checksum
    found = run_store.baselines("toy", "test", checksum)
    assert set(found) == set(prepared_data.BASELINES)
    assert found["source-mean"].pearson_low is not None
    assert run_store.baselines("toy", "test", "other") == {}
    assert run_store.baselines("none", "test", checksum) == {}
    assert run_store.baselines("../toy", "test", checksum) == {}


def test_a_broken_file_of_baselines_hides_only_the_baselines(home: Path) -> None:
    checksum = prepared_data.read_card(home / "data", "toy").splits["test"].checksum
    prepared_data.baselines_path(home / "data", "toy", "test").write_bytes(b"no parquet")
    assert run_store.baselines("toy", "test", checksum) == {}


def test_a_run_without_a_model_says_why(home: Path) -> None:
    assert "no checkpoint" in run_store.missing_checkpoint("run-a")
