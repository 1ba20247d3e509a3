"""Scorers: the 0–5 scale, the order of the pairs, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from similarity.errors import CheckpointError, DataError
from similarity.scorers import load_checkpoint, load_scorer, milliseconds_per_pair
from tests import builders

PAIRS = [
    ("숙소 위치", "숙소 위치"),
    ("버스", "아침 커피 예산 날씨"),
    ("<script>alert(1)</script>", "숙소"),
    ("가", "나"),
]


@pytest.fixture(scope="module", params=["cross-encoder", "bi-encoder"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    from trainer.training.models import load_model

    folder = tmp_path_factory.mktemp("model")
    body = builders.body(folder / "body", "roberta")
    load_model(body, request.param, 64).save_pretrained(str(folder / "checkpoint"), create_model_card=False)
    return folder / "checkpoint", request.param


def test_scores_lie_on_the_scale_in_the_order_of_the_pairs(checkpoint: tuple[Path, str]) -> None:
    scorer = load_checkpoint(*checkpoint)
    scores = scorer.score(PAIRS)
    assert scores.shape == (4,)
    assert ((scores >= 0) & (scores <= 5)).all()
    assert scores[::-1] == pytest.approx(scorer.score(PAIRS[::-1]), abs=1e-4)
    assert [float(scorer.score([pair])[0]) for pair in PAIRS] == pytest.approx(list(scores), abs=1e-4)
    assert scorer.score([]).shape == (0,)
    assert scorer.parameters > 1000
    assert scorer.memory_mb == pytest.approx(scorer.parameters * 4 / 1e6)
    assert milliseconds_per_pair(scorer, PAIRS, repeats=3) > 0


def test_a_bi_encoder_gives_a_sentence_with_itself_five(checkpoint: tuple[Path, str]) -> None:
    folder, architecture = checkpoint
    if architecture == "bi-encoder":
        assert load_checkpoint(folder, architecture).score([PAIRS[0]])[0] == pytest.approx(5, abs=1e-4)


def test_empty_and_endless_sentences_are_refused_with_their_place(checkpoint: tuple[Path, str]) -> None:
    scorer = load_checkpoint(*checkpoint)
    with pytest.raises(DataError, match="Pair 2 has an empty sentence"):
        scorer.score([("가", "나"), ("  ", "나")])
    with pytest.raises(DataError, match="10,001 characters"):
        scorer.score([("가" * 10_001, "나")])
    assert np.isfinite(scorer.score([("가 " * 5_000, "나")])).all()


def test_weights_that_are_not_safetensors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin.*pickle"):
        load_checkpoint(tmp_path, "cross-encoder")
    (tmp_path / "pytorch_model.bin").unlink()
    with pytest.raises(CheckpointError, match="no .safetensors"):
        load_checkpoint(tmp_path, "cross-encoder")
    (tmp_path / "model.safetensors").write_bytes(b"half a file")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not load"):
        load_checkpoint(tmp_path, "cross-encoder")


def test_a_run_without_checkpoint_does_not_load(tmp_path: Path) -> None:
    builders.dataset(tmp_path / "data")
    builders.run(tmp_path / "runs", tmp_path / "data", "run-a")
    with pytest.raises(Exception, match="no checkpoint"):
        load_scorer(tmp_path / "runs", "run-a")
