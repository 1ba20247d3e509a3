"""Runs that score pairs beside a teacher: what they say, that it is kept, and what becomes of the labels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from similarity.errors import SimilarityError
from similarity.prepared_data import read_split
from similarity.run_catalog import checkpoint_of
from similarity.run_format import CHECKPOINT_FOLDER, Architecture
from similarity.scorers import load_checkpoint
from tests import builders
from tests.builders import distil
from trainer.training import pair_teachers
from trainer.training.pair_teachers import PairTeacher
from trainer.training.teacher import Teacher

RUNS: dict[str, Architecture] = {"judge-a": "cross-encoder", "judge-b": "bi-encoder"}


@pytest.fixture(scope="module", autouse=True)
def judges(lab: Path) -> None:
    """Put runs of random weights beside the encoders."""
    for run_id, architecture in RUNS.items():
        model = builders.record().model.model_copy(update={"architecture": architecture})
        builders.run(lab / "artifacts" / "runs", lab / "data", run_id, model=model)
        builders.tiny_checkpoint(lab / "artifacts" / "runs" / run_id / CHECKPOINT_FOLDER, architecture)


@pytest.mark.parametrize("run_id", RUNS)
def test_a_run_scores_pairs_as_it_does_elsewhere_and_only_once(
    home: Path, tmp_path: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [(a, b) for a, b in builders.pairs(25)[["sentence1", "sentence2"]].to_numpy()]
    monkeypatch.setattr(pair_teachers, "CHUNK", 10)
    found = PairTeacher(run_id).score_stored(pairs, tmp_path, Console())
    folder = checkpoint_of(home / "artifacts" / "runs", run_id)
    assert found == pytest.approx(load_checkpoint(folder, RUNS[run_id]).score(pairs), abs=1e-4)
    monkeypatch.setattr(PairTeacher, "score", lambda *_: pytest.fail("it was scored before"))
    assert PairTeacher(run_id).score_stored(pairs, tmp_path, Console()).tolist() == found.tolist()


def test_another_precision_is_asked_anew(home: Path) -> None:
    assert PairTeacher("judge-a").key != PairTeacher("judge-a", precision="bf16").key
    assert PairTeacher("judge-a").key != PairTeacher("judge-b").key


def test_a_label_is_the_mean_of_all_teachers_and_a_data_sets_pairs_are_scored_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[pd.DataFrame] = []
    batches = "trainer.training.distillation.Batches"
    really = __import__("trainer.training.distillation", fromlist=["Batches"]).Batches
    monkeypatch.setattr(batches, lambda *given: (seen.append(given[-1]), really(*given))[1])
    few = {"student": "bert", "sentences": 60, "pairs": 40, "steps": 0, "pair_steps": 1, "pair_data": "toy"}
    distil(home, name="judged-by-none", **few)
    distil(home, name="judged-by-two", pair_teachers=list(RUNS), **few)
    alone, judged = seen
    toy = read_split(home / "data", "toy", "train")
    given = judged["kind"] == "given"
    assert judged["sentence1"][given].tolist() == toy["sentence1"].tolist()
    assert not np.allclose(judged["label"][given], toy["label"], atol=0.3), "the labels are the teachers'"
    texts = list(zip(judged["sentence1"], judged["sentence2"], strict=True))
    scores = [PairTeacher(run_id).score(texts) for run_id in RUNS]
    equal = judged["kind"] == "equal"
    assert judged["label"][~equal].to_numpy() == pytest.approx(
        np.mean([alone["label"], *scores], axis=0)[~equal], abs=1e-3
    )
    assert equal.any() and (judged["label"][equal] == 5).all()
    card = (home / "artifacts" / "encoders" / "judged-by-two" / "README.md").read_text()
    assert "judge-a" in card and "judge-b" in card


@pytest.mark.parametrize("wrong", [{"pair_teachers": ["mistyped"]}, {"pair_data": "mistyped"}])
def test_a_teacher_of_pairs_that_is_not_there_is_an_error_before_the_hours(
    home: Path, wrong: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Teacher, "embed_stored", lambda *_: pytest.fail("the teacher was asked first"))
    with pytest.raises(SimilarityError, match="mistyped"):
        distil(home, name="wrong-judge", student="bert", steps=1, pair_steps=1, **wrong)
