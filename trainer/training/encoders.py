"""Where a long training keeps its state, and how a finished encoder is written: weights, tokenizer, curves, card."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from similarity import run_format
from similarity.errors import TrainingError
from similarity.files import replaced_folder, write_text
from trainer.training.curve_recorder import last_resume_point

SETTINGS_FILE = "settings.json"
FACTS_FILE = "training.json"
CARD_FILE = "README.md"
DROPOUT = 0.1


def begin(folder: Path, encoder: Path, settings: Mapping[str, Any], *, restart: bool) -> None:
    """Make the work folder of a training, or find it with the same settings to go on.

    Args:
        folder: the work folder.
        encoder: where the finished encoder will stand.
        settings: what decides how it comes out.
        restart: drop what was begun, and replace what is finished.

    Raises:
        TrainingError: there is an encoder of that name, or a training of it was begun with other settings.
    """
    if restart:
        shutil.rmtree(folder, ignore_errors=True)
    elif encoder.exists() and not folder.exists():
        raise TrainingError(f"There is an encoder {encoder.name!r} already. Choose another --name, or --restart.")
    path = folder / SETTINGS_FILE
    text = json.dumps(settings, ensure_ascii=False, indent=2) + "\n"
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name, value in json.loads(text).items() if before.get(name) != value]
        if other and last_resume_point(folder / run_format.RESUME_FOLDER):
            changes = ", ".join(f"{name} {before.get(name)!r} → {settings[name]!r}" for name in other)
            raise TrainingError(
                f"A training of this name was begun with other settings ({changes}) and is not finished. Use those "
                "to go on, or --restart to drop it, or another --name."
            )
        if not other:
            return
    write_text(path, text)


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Save a tokenizer so that transformers 4 loads it too, without what is true on this machine only."""
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config = {name: value for name, value in config.items() if name not in ("is_local", "local_files_only", "backend")}
    # transformers 5 writes a class name of its own, which version 4 does not know.
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    write_text(path, json.dumps(config, ensure_ascii=False, indent=2) + "\n")


def write_encoder(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    facts: Mapping[str, Any],
    card: str,
    work: Path,
) -> None:
    """Write an encoder as a Hugging Face folder with its card, its curves and `training.json`, then drop the work.

    Args:
        folder: `artifacts/encoders/<name>`; what stood there is replaced in one step.
        model: in fp32; stored in fp16.
        tokenizer: what it was trained with.
        facts: settings and measures, as JSON.
        card: the text of `README.md`.
        work: the training's work folder.
    """
    with replaced_folder(folder) as temporary:
        # Trained without dropout for speed; who fine-tunes it expects what the families were published with.
        model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = DROPOUT
        model.to(torch.float16).save_pretrained(temporary)
        save_tokenizer(tokenizer, temporary)
        write_text(temporary / FACTS_FILE, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        write_text(temporary / CARD_FILE, card)
        shutil.copy(work / run_format.METRICS_FILE, temporary / run_format.METRICS_FILE)
    shutil.rmtree(work)
