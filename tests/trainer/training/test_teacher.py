"""The teacher of a distillation: which there are, what they are called, and their stored embeddings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console

from similarity.errors import SimilarityError
from tests import builders
from trainer.training import teacher as teacher_module
from trainer.training.placeholder import make_body
from trainer.training.teacher import Teacher

QUIET = Console(quiet=True)


def test_a_teachers_embeddings_are_stored_and_not_computed_again(
    lab: Path, tmp_path: Path, sentences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_module, "CHUNK", 40)
    teacher = Teacher(str(lab / "teacher"), longest=builders.LONGEST)
    asked: list[int] = []
    really = teacher.embed

    def counted(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        asked.append(len(texts))
        return really(texts)

    monkeypatch.setattr(teacher, "embed", counted)
    first = teacher.embed_stored(sentences[:100], tmp_path, QUIET)
    assert asked == [40, 40, 20]
    asked.clear()
    assert np.array_equal(teacher.embed_stored(sentences[:100], tmp_path, QUIET), first)
    assert asked == []
    more = teacher.embed_stored(sentences[:150], tmp_path, QUIET)
    assert asked == [40, 30], "what was whole is not computed again when there are more sentences"
    assert np.array_equal(more[:80], first[:80])
    assert more.dtype == np.float16
    assert more.astype(np.float32) == pytest.approx(really(sentences[:150]), abs=2e-3)


def test_other_weights_or_another_way_of_asking_are_another_teacher(
    lab: Path, tmp_path: Path, sentences: list[str]
) -> None:
    path = str(lab / "teacher")
    (tmp_path / "other").mkdir()
    make_body(tmp_path / "other", "bert", sentences, seed=1)
    plain, prefixed = Teacher(path), Teacher(path, prefix="조식 ")
    others = [Teacher(str(tmp_path / "other")), Teacher(path, longest=16), Teacher(path, precision="bf16")]
    assert len({teacher.key for teacher in (plain, prefixed, *others)}) == 5
    assert Teacher(path).key == plain.key
    ours, theirs = prefixed.embed(["방이 넓어요"]), plain.embed(["조식 방이 넓어요"])
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert np.linalg.norm(ours, axis=1) == pytest.approx(1, abs=1e-5)
    assert plain.embed([]).shape == (0, plain.width)


def test_the_teacher_can_be_a_bi_encoder_run_and_nothing_but_one(home: Path) -> None:
    runs = home / "artifacts" / "runs"
    model = {**builders.record().model.model_dump(), "architecture": "bi-encoder"}
    builders.run(runs, home / "data", "bi", model=model)
    builders.tiny_checkpoint(runs / "bi" / "checkpoint", "bi-encoder")
    builders.run(runs, home / "data", "cross")
    builders.tiny_checkpoint(runs / "cross" / "checkpoint", "cross-encoder")
    teacher = Teacher("bi")
    assert teacher.embed(["숙소 위치 버스"]).shape == (1, 64)
    assert teacher.shown_name == "bi"
    # Its body was trained for one score of two sentences: its mean says nothing of one sentence.
    with pytest.raises(SimilarityError, match="bi-encoder"):
        Teacher("cross")


@pytest.mark.parametrize("name", ["{home}/teacher/", "~/teacher"])
def test_of_a_folder_on_this_machine_only_its_own_name_is_shown(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    assert Teacher(name.format(home=home)).shown_name == "teacher"


def test_a_teacher_of_the_hub_is_shown_by_its_id(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher_module, "locate", lambda name: home / "teacher")
    assert Teacher("owner/sentence-model").shown_name == "owner/sentence-model"
