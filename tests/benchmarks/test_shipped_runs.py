"""The script that makes everything that ships, with tiny models on a few of our own sentences."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import shipped_runs
from similarity.run_catalog import list_runs
from tests import builders

SAMPLE_PAIRS = {"train": 60, "valid": 20, "test": 20}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of which the sample is the first pairs of ours: thirty measurements of all of them take long."""
    pairs = pd.read_csv(builders.SAMPLE, dtype=str)
    few = pd.concat([pairs[pairs["split"] == split].head(size) for split, size in SAMPLE_PAIRS.items()])
    (tmp_path / "data" / "sample").mkdir(parents=True)
    few.to_csv(tmp_path / "data" / "sample" / "pairs.csv", index=False)
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Return the script's arguments: a corpus, a teacher and pairs in KorSTS' format, all made of our own sentences."""
    corpus = builders.text(tmp_path / "text.txt", builders.sentences()[:600])
    names = {}
    for number, part in enumerate(("train", "dev")):
        table = builders.pairs(60, seed=number, prefix=part)
        rows = ["genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2"]
        rows += [
            f"main\tnews\t2012\t{number:04d}\t{row.label:.3f}\t{row.sentence1}\t{row.sentence2}"
            for number, row in enumerate(table.itertuples())
        ]
        names[part] = builders.text(tmp_path / f"sts-{part}.tsv", rows)
    teacher = builders.body(tmp_path / "teacher")
    coarse = tmp_path / "coarse.csv"
    builders.pairs(80, seed=5, prefix="coarse").drop(columns="pair_id").to_csv(coarse, index=False)
    return [
        *("--corpus", str(corpus), "--teacher", str(teacher), "--small-layers", "0,1", "--size", "tiny"),
        *("--teacher-pairs", str(coarse)),
        *("--korsts-train", str(names["train"]), "--korsts-dev", str(names["dev"])),
    ]


@pytest.mark.usefixtures("light_training")
def test_every_step_runs_and_one_run_a_model_is_kept(
    home: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["shipped_runs", *arguments])
    shipped_runs.main()
    runs = {run.model.name: run for run in list_runs(home / "artifacts" / "runs").runs if "shipped" in run.tags}
    assert set(runs) == set(shipped_runs.RUNS)
    for run in runs.values():
        assert {seed.seed for seed in run.seeds} == set(shipped_runs.SEEDS)
        assert {"korsts", "sample"} <= set(run.metrics)
        assert run.hyper_parameters["stored_precision"] == "fp16"
    capsys.readouterr()
    shipped_runs.main()
    assert "$ python -m trainer" not in capsys.readouterr().out, "a second call finds everything done"
