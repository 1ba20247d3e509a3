"""From a text file to an encoder: what is written, what is refused, and how a stopped pretraining goes on."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from similarity import run_format
from similarity.errors import SimilarityError, TrainingError
from tests import builders
from tests.builders import FAMILIES, LONGEST, pretrain
from trainer.training import long_training, pretraining
from trainer.training.objectives import OBJECTIVES


@pytest.fixture(scope="module")
def written(lab: Path) -> Path:
    """Return the folder with an encoder of each objective, pretrained in one go."""
    return lab / "artifacts" / "encoders"


def test_the_loss_on_unseen_text_falls_with_every_objective(written: Path) -> None:
    parts = {"bert": {"masked", "next_sentence"}, "roberta": {"masked"}, "electra": {"masked", "replaced"}}
    for objective in FAMILIES:
        curves = run_format.read_metrics(written / objective)
        unseen = curves["valid/loss"].dropna()
        assert len(unseen) > 10
        assert unseen.iloc[-1] < 0.97 * unseen.iloc[0]
        assert curves["step"].iloc[0] == 0 and curves["step"].iloc[-1] == 40
        for part in parts[objective]:
            assert curves[f"train/{part}_loss"].notna().sum() == 40
        facts = json.loads((written / objective / "training.json").read_text())
        assert facts["held_out_loss"]["valid/loss"] == pytest.approx(unseen.iloc[-1], rel=1e-4)


@pytest.mark.parametrize("objective", FAMILIES)
def test_an_encoder_opens_without_our_code(written: Path, objective: str) -> None:
    folder = written / objective
    model, report = AutoModel.from_pretrained(folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.model_type == objective
    # A body pretrained without next sentences has no pooler.
    assert [name for name in report["missing_keys"] if "pooler" not in name] == []
    assert not report["unexpected_keys"] and "auto_map" not in json.loads((folder / "config.json").read_text())
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert tokenizer.model_max_length == LONGEST
    pair = tokenizer("방이 넓어요", "방이 조용해요", return_tensors="pt")
    if objective == "roberta":
        assert set(pair) == {"input_ids", "attention_mask"}
    else:
        assert pair["token_type_ids"][0, 0] == 0 and pair["token_type_ids"][0, -1] == 1
    hidden = model.eval().float()(**pair)[0]
    assert hidden.shape == (*pair["input_ids"].shape, 32) and hidden.isfinite().all()
    longest = tokenizer("방이 넓어요 " * 100, truncation=True, return_tensors="pt")
    assert longest["input_ids"].shape[1] == LONGEST
    assert model(**longest)[0].isfinite().all()


def test_an_encoder_comes_with_its_card_and_names_no_folder_of_this_machine(lab: Path, written: Path) -> None:
    for objective in FAMILIES:
        folder = written / objective
        facts = json.loads((folder / "training.json").read_text())
        assert facts["objective"] == objective and facts["lines"] == 1500 and facts["corpus"] == ["text.txt"]
        assert facts["tokens"] > 40 * 300
        card = (folder / "README.md").read_text()
        assert f"pretrain {objective}" in card and "1,500 lines" in card and "not stated" in card
        for name in ("README.md", "training.json", "config.json", "tokenizer_config.json"):
            assert str(lab) not in (folder / name).read_text()
        assert not list((lab / "artifacts" / "unfinished").rglob(objective))


def test_another_encoders_vocabulary_can_be_taken(lab: Path, written: Path) -> None:
    pretrain(lab, objective="roberta", name="taken", vocabulary="bert", steps=1)
    ours, theirs = (AutoTokenizer.from_pretrained(written / name) for name in ("taken", "bert"))
    assert ours.get_vocab() == theirs.get_vocab()
    assert "token_type_ids" not in ours("방이 넓어요") and "token_type_ids" in theirs("방이 넓어요")


def test_a_tokenizer_cuts_at_the_longest_input_of_its_own_encoder(lab: Path, written: Path) -> None:
    # The vocabulary of this text was learnt before, for inputs of 64.
    pretrain(lab, objective="bert", name="shorter", longest=32, steps=1)
    assert AutoTokenizer.from_pretrained(written / "shorter").model_max_length == 32


# What is refused


@pytest.mark.parametrize(
    ("content", "says"),
    [("네\n응\n방이 넓어요\n", "1 usable lines"), ("가나다라\n" * 3, "too few to train on")],
    ids=["one-line", "few-pieces"],
)
def test_a_text_without_enough_lines_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SimilarityError, match=says):
        pretrain(tmp_path, corpus=path, name="x", objective="roberta", steps=2)


@pytest.mark.timeout(30)
def test_held_out_lines_that_cannot_be_cut_in_two_are_refused_and_do_not_hang(lab: Path, sentences: list[str]) -> None:
    # Of 20 lines the first and the last are held out; two unknown words are two pieces, which can't be cut into spans.
    path = builders.text(lab / "held-out.txt", ["뷁뷁뷁 뷁뷁뷁", *sentences[:18], "뷁뷁뷁 뷁뷁뷁"])
    with pytest.raises(TrainingError, match="four word pieces"):
        pretrain(lab, corpus=path, objective="bert", name="held-out", vocabulary="bert", steps=2)


@pytest.mark.parametrize("wrong", ["vocabulary", "corpus"])
def test_a_command_that_could_not_begin_does_not_stand_in_the_way_of_the_mended_one(lab: Path, wrong: str) -> None:
    short = builders.text(lab / "short.txt", ["방이 넓고 조용해요"])
    settings: dict[str, Any] = {"objective": "bert", "name": f"mended-{wrong}", "steps": 1}
    with pytest.raises(SimilarityError, match="no encoder|Add text"):
        pretrain(lab, **settings, **{"vocabulary": {"vocabulary": "mistyped"}, "corpus": {"corpus": short}}[wrong])
    pretrain(lab, **settings)


def test_no_name_of_an_encoder_drops_what_others_share(lab: Path) -> None:
    shared = lab / "artifacts" / "unfinished" / "tokens"
    before = {path.name for path in shared.iterdir()}
    assert before
    pretrain(lab, objective="roberta", name="tokens", steps=1)
    assert before <= {path.name for path in shared.iterdir()}


# Stopping and going on


class Watch:
    """Stands before an objective's batches: notes which are asked for, and does something at one of them."""

    def __init__(self, objective: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[int] = []
        self.at: dict[int, Callable[[], None]] = {}
        row = OBJECTIVES[objective]
        self._made = 0

        def batches(*arguments: Any) -> Callable[[int], Any]:
            make = row.batches(*arguments)
            self._made += 1
            if self._made % 2 == 0:
                # The second one made is for the held-out lines.
                return make

            def watched(number: int) -> Any:
                self.asked.append(number)
                self.at.get(number, lambda: None)()
                return make(number)

            return watched

        monkeypatch.setitem(pretraining.OBJECTIVES, objective, dataclasses.replace(row, batches=batches))


def interrupt() -> None:
    raise KeyboardInterrupt


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_a_stopped_pretraining_goes_on_and_ends_with_the_same_weights(
    lab: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ELECTRA has the most that could get lost: shared embeddings, and the noise that its generator samples with.
    settings: dict[str, Any] = {"objective": "electra", "steps": 8, "dropout_ratio": 0.1}
    whole = pretrain(lab, name="whole", **settings)
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    watch = Watch("electra", monkeypatch)
    watch.at = {5: interrupt}
    with pytest.raises(KeyboardInterrupt):
        pretrain(lab, name="parts", **settings)
    with pytest.raises(TrainingError, match=r"learning_rate 0.003 → 0.1"):
        pretrain(lab, name="parts", **settings, learning_rate=0.1)
    with pytest.raises(TrainingError, match="corpus"):
        pretrain(lab, name="parts", **settings, corpus=lab / "text.txt.zst")
    watch.at, watch.asked = {}, []
    parts = pretrain(lab, name="parts", **settings)
    assert watch.asked[0] in (3, 4) and watch.asked[-1] == 7
    assert weights(written / "parts") == weights(written / "whole")
    assert (parts.steps, parts.tokens) == (whole.steps, whole.tokens)
    expected, curves = (run_format.read_metrics(written / name) for name in ("whole", "parts"))
    assert curves["valid/loss"].tolist() == pytest.approx(expected["valid/loss"].tolist(), nan_ok=True)
