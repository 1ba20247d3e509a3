"""The script that makes everything that ships, with tiny models on a few of our own sentences."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks import shipped_runs
from similarity.run_catalog import list_runs
from tests import builders

HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Return the script's arguments: a corpus, a teacher and pairs in KorSTS' format, all made of our own sentences."""
    pairs = pd.read_csv(HOUSE / "data" / "sample" / "pairs.csv", dtype=str)
    corpus = tmp_path / "text.txt"
    corpus.write_text("\n".join([*pairs["sentence1"], *pairs["sentence2"]][:1500]) + "\n", encoding="utf-8")
    names = {}
    for number, part in enumerate(("train", "dev")):
        table = builders.pairs(60, seed=number, prefix=part)
        rows = ["genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2"]
        rows += [
            f"main\tnews\t2012\t{number:04d}\t{row.label:.3f}\t{row.sentence1}\t{row.sentence2}"
            for number, row in enumerate(table.itertuples())
        ]
        names[part] = tmp_path / f"sts-{part}.tsv"
        names[part].write_text("\n".join(rows) + "\n", encoding="utf-8")
    teacher = builders.body(tmp_path / "teacher")
    return [
        *("--corpus", str(corpus), "--teacher", str(teacher), "--small-layers", "0,1", "--size", "tiny"),
        *("--korsts-train", str(names["train"]), "--korsts-dev", str(names["dev"])),
    ]


def test_every_step_runs_and_one_run_a_model_is_kept(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["shipped_runs", *arguments])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    shipped_runs.main()
    runs = {run.model.name: run for run in list_runs(tmp_path / "artifacts" / "runs").runs if "shipped" in run.tags}
    assert set(runs) == set(shipped_runs.RUNS)
    for run in runs.values():
        assert {seed.seed for seed in run.seeds} == set(shipped_runs.SEEDS)
        assert {"korsts", "sample"} <= set(run.metrics)
        assert run.hyper_parameters["stored_precision"] == "fp16"
    capsys.readouterr()
    shipped_runs.main()
    assert "$ python -m trainer" not in capsys.readouterr().out, "a second call finds everything done"
    torch.set_num_threads(threads)
