"""Where a long training keeps its state, when it may begin, and how a finished encoder is written."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from similarity.errors import TrainingError
from trainer.training import encoders

SETTINGS: dict[str, Any] = {"name": "mine", "learning_rate": 0.003, "layers": [0, 2]}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work" / "trainings" / "mine"


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """Return the folder of an encoder that was finished before."""
    folder = tmp_path / "encoders" / "mine"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text("weights")
    return folder


def test_a_finished_encoder_is_not_made_again_under_its_name_unless_told(work: Path, encoder: Path) -> None:
    with pytest.raises(TrainingError, match=r"'mine' already.*--name.*--restart"):
        encoders.begin(work, encoder, SETTINGS, restart=False)
    assert not work.exists()
    encoders.begin(work, encoder, SETTINGS, restart=True)
    assert (encoder / "model.safetensors").is_file(), "it stays until there is another one to take its place"
    # Stopped, that training goes on by the same command, now without --restart.
    (work / "metrics.jsonl").write_text("")
    encoders.begin(work, encoder, SETTINGS, restart=False)
    assert (work / "metrics.jsonl").is_file()


def test_other_settings_under_the_same_name_are_refused_until_the_training_is_dropped(work: Path) -> None:
    encoder = work.parent / "none"
    encoders.begin(work, encoder, SETTINGS, restart=False)
    (work / "resume" / "checkpoint-3").mkdir(parents=True)
    (work / "resume" / "checkpoint-3" / "complete.json").write_text('{"step": 3, "seconds": 1.0}')
    with pytest.raises(TrainingError, match=r"\(learning_rate 0.003 → 0.1\).*--restart.*--name"):
        encoders.begin(work, encoder, {**SETTINGS, "learning_rate": 0.1}, restart=False)
    assert (work / "resume" / "checkpoint-3").is_dir()
    encoders.begin(work, encoder, {**SETTINGS, "learning_rate": 0.1}, restart=True)
    assert not (work / "resume").exists()
    encoders.begin(work, encoder, {**SETTINGS, "learning_rate": 0.1}, restart=False)


def body(tokenizer: PreTrainedTokenizerFast) -> BertModel:
    """A body as it is trained: without dropout."""
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return BertModel(BertConfig(vocab_size=len(tokenizer), **size, **dropout))


def test_an_encoder_is_written_as_whoever_fine_tunes_it_expects_it(
    work: Path, encoder: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    tokenizer = copy.deepcopy(tokenizer)
    # What asking for one batch leaves behind in a tokenizer.
    tokenizer(["방이 넓어요 " * 50, "조식"], padding=True, truncation=True, max_length=32)
    work.mkdir(parents=True)
    (work / "metrics.jsonl").write_text('{"step": 1}\n')
    model = body(tokenizer)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    encoders.write_encoder(encoder, model, tokenizer, {"seed": 42}, "# 카드\n", work)

    config = json.loads((encoder / "config.json").read_text())
    assert (config["hidden_dropout_prob"], config["attention_probs_dropout_prob"]) == (0.1, 0.1)
    stored = load_file(encoder / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert all(torch.equal(stored[name], weights[name].half()) for name in stored)
    rules = json.loads((encoder / "tokenizer.json").read_text())
    assert rules["truncation"] is None and rules["padding"] is None
    # transformers 4 knows no other name for a tokenizer like this.
    assert json.loads((encoder / "tokenizer_config.json").read_text())["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert (encoder / "README.md").read_text() == "# 카드\n"
    assert (encoder / "metrics.jsonl").read_text() == '{"step": 1}\n'
    assert json.loads((encoder / "training.json").read_text()) == {"seed": 42}
    assert not work.exists()


def test_an_encoder_that_cannot_be_written_leaves_the_one_before_and_the_work(
    work: Path, encoder: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    # Without curves: the last thing that is written.
    work.mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        encoders.write_encoder(encoder, body(tokenizer), copy.deepcopy(tokenizer), {}, "", work)
    assert [path.name for path in encoder.parent.iterdir()] == ["mine"]
    assert (encoder / "model.safetensors").read_text() == "weights"
    assert work.is_dir()
