"""The commands beside training: runs, evaluate, demo, and how they speak of errors."""

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from similarity import run_format
from similarity.run_catalog import find_run, list_runs
from tests import builders
from trainer.__main__ import app

HOUSE = Path(__file__).resolve().parents[2]
RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # Rich reads the width from here; a narrow one would fold what the tests look for.
    monkeypatch.setenv("COLUMNS", "200")
    builders.dataset(tmp_path / "data")
    builders.run(
        tmp_path / "artifacts" / "runs",
        tmp_path / "data",
        "run-a",
        tags=["좋음"],
        display_name="첫 [bold]번째",
    )
    return tmp_path


def runs(home: Path) -> Path:
    return home / "artifacts" / "runs"


def main(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SIMILARITY_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "trainer", *arguments],
        capture_output=True,
        text=True,
        cwd=HOUSE,
        env=environment,
        timeout=250,
        check=False,
    )


def test_list_shows_runs_and_the_broken_ones_with_the_reason(home: Path) -> None:
    (runs(home) / "half").mkdir()
    (runs(home) / "half" / "run.json").write_text('{"format_version": 1,', encoding="utf-8")
    shown = RUNNER.invoke(app, ["runs", "list"]).output
    assert "run-a" in shown
    assert "첫 [bold]번째" in shown
    assert "unreadable half" in shown
    assert "cut off" in shown
    assert "run-a" not in RUNNER.invoke(app, ["runs", "list", "--tag", "other"]).output
    RUNNER.invoke(app, ["runs", "archive", "run-a"])
    assert "run-a" not in RUNNER.invoke(app, ["runs", "list"]).output
    assert "archived" in RUNNER.invoke(app, ["runs", "list", "--archived"]).output
    RUNNER.invoke(app, ["runs", "archive", "run-a", "--back"])
    assert "run-a" in RUNNER.invoke(app, ["runs", "list"]).output


def test_delete_asks_and_can_be_undone_until_purged(home: Path) -> None:
    assert RUNNER.invoke(app, ["runs", "delete", "run-a"], input="n\n").exit_code == 1
    assert find_run(runs(home), "run-a")
    assert RUNNER.invoke(app, ["runs", "delete", "run-a"], input="y\n").exit_code == 0
    assert not list_runs(runs(home)).runs
    assert RUNNER.invoke(app, ["runs", "restore", "run-a"]).exit_code == 0
    RUNNER.invoke(app, ["runs", "delete", "run-a", "--yes"])
    assert RUNNER.invoke(app, ["runs", "purge", "--yes"]).exit_code == 0
    assert not any((home / "artifacts" / "trash").iterdir())


def test_rename_and_tag(home: Path) -> None:
    RUNNER.invoke(app, ["runs", "rename", "run-a", "<script>alert(1)</script>"])
    RUNNER.invoke(app, ["runs", "tag", "run-a", "--add", "<b>", "--remove", "좋음"])
    record = find_run(runs(home), "run-a")
    assert (record.display_name, record.tags) == ("<script>alert(1)</script>", ["<b>"])


def test_an_exported_run_opens_elsewhere(home: Path, tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["runs", "export", "run-a"]).exit_code == 0
    with zipfile.ZipFile(home / "run-a.zip") as archive:
        archive.extractall(tmp_path / "elsewhere")
    assert find_run(tmp_path / "elsewhere", "run-a") == find_run(runs(home), "run-a")
    assert "exists already" in str(RUNNER.invoke(app, ["runs", "export", "run-a"]).exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["runs", "show", "unknown"], "runs list"),
        (["runs", "delete", "../data", "--yes"], "A run id is"),
        (["evaluate", "run-a"], "no checkpoint"),
        (["train"], "--model klue-roberta-base"),
        (["train", "--model", "klue-bert-base", "--data", "unknown"], "prepare --help"),
        (["train", "--model", "nonsense", "--data", "toy"], "Known names"),
        (["train", "--model", "sroberta", "--kind", "cross-encoder", "--data", "toy"], "klue/roberta-base --kind"),
        (["train", "--model", "klue-bert-base", "--data", "toy", "--epochs", "0"], "--epochs"),
    ],
)
def test_an_error_is_one_message_that_says_what_to_do(home: Path, arguments: list[str], says: str) -> None:
    done = main(*arguments, home=home)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_makes_two_placeholder_runs_in_under_a_minute_and_then_nothing(tmp_path: Path) -> None:
    start = time.perf_counter()
    done = main("demo", "--if-no-runs", home=tmp_path)
    seconds = time.perf_counter() - start
    assert done.returncode == 0, done.stdout + done.stderr
    assert "placeholder" in done.stdout
    catalog = list_runs(tmp_path / "artifacts" / "runs")
    assert [run.tags for run in catalog.runs] == [["placeholder"]] * 2
    assert {run.model.architecture for run in catalog.runs} == {"cross-encoder", "bi-encoder"}
    assert all(run.status == "finished" and "test" in run.metrics["sample"] for run in catalog.runs)
    assert seconds < 60

    again = main("demo", "--if-no-runs", home=tmp_path)
    assert again.stdout == ""

    run_id = catalog.runs[0].run_id
    before = catalog.runs[0].metrics["sample"]["test"]
    evaluated = main("evaluate", run_id, "--split", "test", home=tmp_path)
    assert evaluated.returncode == 0, evaluated.stderr
    assert find_run(tmp_path / "artifacts" / "runs", run_id).metrics["sample"]["test"] == before
    main("evaluate", run_id, "--split", "train", home=tmp_path)
    folder = run_format.run_folder(tmp_path / "artifacts" / "runs", run_id)
    assert len(run_format.read_predictions(folder, "sample", "train")) == 1400
    assert "no split" in main("evaluate", run_id, "--data", "sample", "--split", "other", home=tmp_path).stderr
