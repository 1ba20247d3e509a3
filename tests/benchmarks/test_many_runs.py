"""The made-up home is one that every reader takes for real."""

import sys
from pathlib import Path

import pytest

from benchmarks import many_runs
from similarity import metrics, prepared_data, run_format
from similarity.prepared_data import BASELINES
from similarity.run_catalog import RunCatalog, list_runs
from trainer.model_families import MODEL_FAMILIES

RUNS, STEPS = 40, 30


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    many_runs.write_home(home, RUNS, STEPS)
    return home


@pytest.fixture
def catalog(home: Path) -> RunCatalog:
    return list_runs(home / "artifacts" / "runs")


def test_every_model_and_every_ending_is_there(catalog: RunCatalog) -> None:
    assert not catalog.unreadable
    assert len(catalog.runs) == RUNS
    assert {run.model.name for run in catalog.runs} == set(MODEL_FAMILIES)
    assert {run.status for run in catalog.runs} == {"finished", "failed", "stopped"}
    assert all(bool(run.metrics) == (run.status == "finished") for run in catalog.runs)


def test_scores_are_those_of_the_predictions(home: Path, catalog: RunCatalog) -> None:
    run = next(run for run in catalog.runs if run.status == "finished")
    for split, scores in run.metrics["toy"].items():
        pairs = prepared_data.read_split(home / "data", "toy", split)
        predictions = run_format.read_predictions(home / "artifacts" / "runs" / run.run_id, "toy", split)
        assert predictions["pair_id"].tolist() == pairs["pair_id"].tolist()
        assert scores.pearson == pytest.approx(metrics.pearson(pairs["label"], predictions["prediction"]))
        assert scores.checksum == prepared_data.read_card(home / "data", "toy").splits[split].checksum
    assert set(run.metrics["toy"]) == {"valid", "test"}


def test_a_curve_has_every_step_and_is_best_where_the_record_says(home: Path, catalog: RunCatalog) -> None:
    run = next(run for run in catalog.runs if run.status == "finished")
    curves = run_format.read_metrics(home / "artifacts" / "runs" / run.run_id)
    assert curves["train/loss"].notna().sum() == STEPS
    assert curves["step"].is_monotonic_increasing
    best = curves.loc[curves["valid/pearson"].idxmax()]
    assert run.best is not None
    assert best["step"] == run.best.step
    assert best["valid/pearson"] == pytest.approx(run.best.value, abs=1e-6)
    unfinished = next(run for run in catalog.runs if run.status == "failed")
    cut = run_format.read_metrics(home / "artifacts" / "runs" / unfinished.run_id)
    assert cut["step"].max() == unfinished.progress.step < STEPS


def test_a_good_run_beats_the_baselines_and_a_bad_one_does_not(home: Path, catalog: RunCatalog) -> None:
    reached = [run.metrics["toy"]["test"].pearson or 0.0 for run in catalog.runs if run.metrics]
    table = prepared_data.read_baselines(home / "data", "toy", "test")
    assert table is not None
    assert 200 <= len(table) <= 500
    best_baseline = max(metrics.pearson(table["label"], table[name]) for name in BASELINES)
    assert min(reached) < best_baseline < max(reached)


def test_the_same_arguments_give_the_same_runs(home: Path, tmp_path: Path) -> None:
    many_runs.write_home(tmp_path, 2, STEPS)
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.suffix in (".json", ".jsonl")]
    assert len(files) == 5
    assert all((tmp_path / file).read_bytes() == (home / file).read_bytes() for file in files)


def test_a_home_with_runs_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["many_runs", "--home", str(home), "--runs", "1"])
    with pytest.raises(SystemExit):
        many_runs.main()
    assert "holds runs" in capsys.readouterr().err
    assert len(list_runs(home / "artifacts" / "runs").runs) == RUNS
