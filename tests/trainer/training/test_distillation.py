"""From a teacher and a text to an encoder: what it learns, what is written, what is refused, and going on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from similarity import prepared_data, run_format
from similarity.errors import SimilarityError, TrainingError
from tests import builders
from tests.builders import FAMILIES, LONGEST, distil, pretrain
from trainer.training import distillation, long_training
from trainer.training.distillation import Batches
from trainer.training.models import load_model
from trainer.training.students import load_student
from trainer.training.teacher import Teacher


@pytest.fixture(scope="module")
def encoders(lab: Path) -> Path:
    return lab / "artifacts" / "encoders"


def silver(lab: Path, count: int) -> pd.DataFrame:
    """Return the pairs that the teacher scored when so many were asked for."""
    (path,) = (lab / "artifacts" / "unfinished" / "pairs").glob(f"*-{count}-42.parquet")
    return pd.read_parquet(path)


def scores(folder: Path, pairs: pd.DataFrame) -> npt.NDArray[np.float32]:
    """Return what the encoder's own head says of pairs."""
    model = load_student(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(
        pairs["sentence1"].tolist(), pairs["sentence2"].tolist(), padding=True, truncation=True, return_tensors="pt"
    )
    with torch.no_grad():
        return model(**inputs).logits.squeeze(-1).numpy()


def agreement(model: Any, tokenizer: Any, teacher: Teacher, texts: list[str]) -> float:
    """Correlate the student's cosines with those of the teacher's centred embeddings."""
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model.eval().float().base_model(**inputs)[0]
    mask = inputs["attention_mask"].unsqueeze(-1)
    ours = torch.nn.functional.normalize((hidden * mask).sum(dim=1) / mask.sum(dim=1), dim=-1)
    theirs = torch.from_numpy(teacher.embed(texts))
    theirs = torch.nn.functional.normalize(theirs - theirs.mean(dim=0), dim=-1)
    above = np.triu_indices(len(texts), 1)
    return float(np.corrcoef((ours @ ours.T).numpy()[above], (theirs @ theirs.T).numpy()[above])[0, 1])


# What it learns


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_comes_nearer_to_its_teacher_on_sentences_that_it_never_saw(
    distilled: Path, teacher: Teacher, sentences: list[str], family: str
) -> None:
    unseen = sentences[1500:1600]
    tokenizer = AutoTokenizer.from_pretrained(distilled / family)
    before, after = (load_student(distilled / name) for name in (family, f"{family}-distilled"))
    assert agreement(after, tokenizer, teacher, unseen) > agreement(before, tokenizer, teacher, unseen) + 0.1
    curves = run_format.read_metrics(distilled / f"{family}-distilled")
    for name in ("cosine", "similarity"):
        losses = curves[f"train/{name}_loss"].dropna()
        assert len(losses) == 52, "every third step on pairs is on embeddings"
        assert losses.tail(8).mean() < 0.95 * losses.head(8).mean()
    assert curves["train/pair_loss"].notna().sum() == 4


def test_a_student_learns_to_score_the_pairs_as_its_teacher_does(lab: Path, encoders: Path) -> None:
    few = {"sentences": 50, "pairs": 20, "steps": 0, "pair_steps": 60, "learning_rate": 1e-2}
    distil(lab, name="pairs", student="bert", **few)
    pairs = silver(lab, 20)
    error = np.mean((scores(encoders / "pairs", pairs) - pairs["label"].to_numpy()) ** 2)
    assert error < 0.5 * pairs["label"].var()


def test_a_new_head_begins_at_the_mean_score_and_a_learnt_one_stays(lab: Path, distilled: Path) -> None:
    still = {"steps": 0, "pair_steps": 1, "learning_rate": 1e-9}
    pairs = silver(lab, 400)
    distil(lab, name="new-head", student="bert", **still)
    assert scores(distilled / "new-head", pairs).mean() == pytest.approx(pairs["label"].mean(), abs=0.5)
    learnt = load_student(distilled / "bert-distilled")
    with torch.no_grad():
        learnt.classifier.bias.fill_(-3.0)
    learnt.save_pretrained(distilled / "learnt")
    AutoTokenizer.from_pretrained(distilled / "bert").save_pretrained(distilled / "learnt")
    distil(lab, name="old-head", student="learnt", **still)
    bias = load_file(distilled / "old-head" / "model.safetensors")["classifier.bias"]
    assert bias.item() == pytest.approx(-3.0, abs=0.01)


def test_without_steps_on_pairs_none_are_scored(lab: Path, encoders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillation, "make_pairs", lambda *_: pytest.fail("nobody will learn from them"))
    distil(lab, name="no-pairs", student="bert", sentences=100, pairs=99, steps=2, pair_steps=0)
    assert json.loads((encoders / "no-pairs" / "training.json").read_text())["pairs"] == 0


def test_a_student_is_measured_along_the_way_on_the_valid_split_alone(
    home: Path, encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    really = distillation.read_split

    def noted(root: Path, name: str, split: str) -> pd.DataFrame:
        read.append(split)
        return really(root, name, split)

    monkeypatch.setattr(distillation, "read_split", noted)
    distil(home, name="measured", student="bert", valid="toy", steps=2, pair_steps=3, learning_rate=1e-4)
    assert set(read) == {"valid"}
    curves = run_format.read_metrics(encoders / "measured")
    facts = json.loads((encoders / "measured" / "training.json").read_text())
    for name in ("valid/cosine_pearson", "valid/score_pearson"):
        assert curves[name].notna().sum() == 6
        assert facts["measured"][name] == pytest.approx(curves[name].dropna().iloc[-1])
        assert f"{name} on toy" in (encoders / "measured" / "README.md").read_text()
    valid = prepared_data.read_split(home / "data", "toy", "valid")
    model: Any = load_model(encoders / "measured", "bi-encoder", LONGEST)
    first, second = (model.encode(valid[column].tolist()) for column in ("sentence1", "sentence2"))
    cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    # What is written is rounded to half precision.
    expected = np.corrcoef(cosine, valid["label"])[0, 1]
    assert facts["measured"]["valid/cosine_pearson"] == pytest.approx(expected, abs=0.01)


# What is written


@pytest.mark.parametrize("family", FAMILIES)
def test_a_distilled_encoder_opens_without_our_code_its_head_included(distilled: Path, family: str) -> None:
    folder = distilled / f"{family}-distilled"
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"] and not report["mismatched_keys"]
    assert model.config.model_type == family and model.config.num_labels == 1
    assert (model.config.hidden_dropout_prob, model.config.attention_probs_dropout_prob) == (0.1, 0.1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("방이 넓어요", "방이 조용해요", return_tensors="pt")
    assert ("token_type_ids" in inputs) == (family != "roberta")
    assert model.eval().float()(**inputs).logits.isfinite().all()
    facts = json.loads((folder / "training.json").read_text())
    assert (facts["sentences"], facts["pairs"], facts["corpus"]) == (800, 400, ["text.txt"])
    card = (folder / "README.md").read_text()
    assert f"encoder `{family}`" in card and "| teacher | `teacher` |" in card and "800 sentences" in card
    assert facts["teacher"] == "teacher", "the folder that it is in is nobody's business"


def test_a_student_of_the_teachers_layers_is_distilled_with_another_vocabulary(lab: Path, encoders: Path) -> None:
    # The words come from an encoder of the other family, whose input lacks segments.
    distil(lab, name="layers", teacher_layers=[1], family="bert", vocabulary="roberta", steps=3, pair_steps=3)
    model = AutoModelForSequenceClassification.from_pretrained(encoders / "layers")
    tokenizer = AutoTokenizer.from_pretrained(encoders / "layers")
    assert (model.config.model_type, model.config.num_hidden_layers) == ("bert", 1)
    assert tokenizer.get_vocab() == AutoTokenizer.from_pretrained(encoders / "roberta").get_vocab()
    inputs = tokenizer("방이 넓어요 " * 50, "방이 조용해요", truncation=True, return_tensors="pt")
    assert "token_type_ids" in inputs
    assert inputs["input_ids"].shape[1] == LONGEST
    assert model(**inputs).logits.isfinite().all()
    assert "layers 1 of the teacher" in (encoders / "layers" / "README.md").read_text()


@pytest.mark.parametrize("named", ["student", "vocabulary"])
def test_a_card_names_no_folder_of_this_machine(lab: Path, encoders: Path, named: str) -> None:
    # The teacher is named by its folder in any case.
    start: dict[str, Any] = {
        "student": {"student": str(encoders / "bert")},
        "vocabulary": {"teacher_layers": [0], "vocabulary": str(encoders / "bert")},
    }[named]
    distil(lab, name=f"from-{named}", steps=1, pair_steps=0, **start)
    written = [path for path in (encoders / f"from-{named}").iterdir() if path.suffix in (".md", ".json", ".jsonl")]
    assert len(written) >= 6
    assert [path.name for path in written if str(lab) in path.read_text(encoding="utf-8")] == []


def test_a_student_with_a_short_input_learns_from_longer_sentences(lab: Path, encoders: Path) -> None:
    # As `pretrain --longest 16` makes it; `distill` has no such option.
    pretrain(lab, name="narrow", objective="bert", longest=16, vocabulary="bert", steps=1)
    distil(lab, name="narrow-distilled", student="narrow", steps=2, pair_steps=2)
    assert AutoTokenizer.from_pretrained(encoders / "narrow-distilled").model_max_length == 16


# What is refused


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"student": "mistyped"}, "no encoder 'mistyped'"),
        ({"teacher_layers": [7], "vocabulary": "bert"}, "layers 0–1"),
        ({"student": "bert", "valid": "mistyped"}, "mistyped"),
        ({"student": "bert", "teacher": "mistyped"}, "mistyped"),
        ({"student": "bert", "name": "roberta"}, "'roberta' already"),
    ],
    ids=["student", "layer", "valid", "teacher", "taken"],
)
def test_what_does_not_fit_is_an_error_before_the_hours_of_the_teacher(
    home: Path, wrong: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Teacher, "embed_stored", lambda *_: pytest.fail("the teacher was asked first"))
    with pytest.raises(SimilarityError, match=says):
        distil(home, **{"name": "wrong", "steps": 1, "pair_steps": 1, **wrong})
    assert not list((home / "artifacts" / "unfinished").rglob("wrong"))


def test_a_text_of_few_sentences_is_refused(lab: Path, sentences: list[str]) -> None:
    path = builders.text(lab / "few.txt", [*sentences[:9], *sentences[:9], "긴 " * 200])
    with pytest.raises(SimilarityError, match="9 lines of a usable length"):
        distil(lab, corpus=path, name="few", student="bert", steps=1, pair_steps=1)


# Going on


def stop_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Let batch `number` interrupt the training; returns what gives the numbers that were asked for."""
    asked: list[int] = []
    really = Batches.batch

    def watched(self: Batches, wanted: int) -> Any:
        asked.append(wanted)
        if wanted == number:
            raise KeyboardInterrupt
        return really(self, wanted)

    monkeypatch.setattr(Batches, "batch", watched)
    return lambda: asked


def test_a_stopped_distillation_goes_on_and_ends_with_the_same_weights(
    lab: Path, encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short: dict[str, Any] = {"student": "roberta", "steps": 4, "pair_steps": 6}
    whole = distil(lab, name="distilled-whole", **short)
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    with monkeypatch.context() as stopping:
        stop_at(6, stopping)
        with pytest.raises(KeyboardInterrupt):
            distil(lab, name="distilled-parts", **short)
    with pytest.raises(TrainingError, match="--restart"):
        distil(lab, name="distilled-parts", **{**short, "pair_steps": 7})
    # What the teacher said is stored: it is not asked again.
    monkeypatch.setattr(Teacher, "embed", lambda *_: pytest.fail("the teacher is asked again"))
    asked = stop_at(-1, monkeypatch)
    parts = distil(lab, name="distilled-parts", **short)
    assert asked()[0] in (4, 5) and asked()[-1] == 9
    assert (parts.steps, parts.tokens) == (whole.steps, whole.tokens)
    assert (encoders / "distilled-parts" / "model.safetensors").read_bytes() == (
        encoders / "distilled-whole" / "model.safetensors"
    ).read_bytes()
