"""One pretraining from text files to an encoder, top to bottom.

python -m trainer pretrain bert --name my-bert --corpus text.txt
"""

from collections.abc import Callable
from typing import Any

import torch
from rich.console import Console
from transformers import PreTrainedTokenizerFast, set_seed

from similarity.errors import TrainingError
from similarity.files import replaced_folder
from trainer.corpus import Corpus
from trainer.encoder_settings import EncoderPlaces, PretrainSettings
from trainer.training import encoders, environment
from trainer.training.long_training import Outcome, Schedule, train_long
from trainer.training.models import count_parameters
from trainer.training.objectives import OBJECTIVES, Size
from trainer.training.text_batches import Batch
from trainer.training.token_store import store_tokens
from trainer.training.vocabulary import load_vocabulary, train_vocabulary

HELD_OUT_BATCHES = 4
"""Batches of lines that are never trained on, for the loss on unseen text."""


def pretrain_encoder(
    settings: PretrainSettings, corpus: Corpus, places: EncoderPlaces, console: Console, *, restart: bool
) -> Outcome:
    """Pretrain an encoder and write it to `artifacts/encoders/<name>/`.

    Raises:
        SimilarityError: the corpus, the vocabulary or the settings don't allow it.
        KeyboardInterrupt: stopped by the user; the same command goes on.
    """
    work, encoder = places.training(settings.name), places.encoders / settings.name
    if settings.vocabulary:
        places.find(settings.vocabulary)
    encoders.begin(work, encoder, {**settings.model_dump(), "corpus": corpus.checksum}, restart=restart)
    objective = OBJECTIVES[settings.objective]

    # 1. The vocabulary and the text as its pieces.
    tokenizer = _vocabulary(settings, corpus, places, console)
    tokenizer.model_input_names = _input_names(objective.has_segments)
    tokenizer.init_kwargs["model_input_names"] = tokenizer.model_input_names
    tokenizer.model_max_length = settings.longest
    with console.status("Splitting the text into word pieces …"):
        store = store_tokens(corpus.lines(), corpus.checksum, tokenizer, places.work / "tokens")
    train, held_out = store.split(settings.held_out_lines)
    if int(train.lengths.sum()) < settings.longest:
        raise TrainingError(f"The corpus has {int(train.lengths.sum())} word pieces, too few to train on. Add text.")
    console.print(f"{len(store):,} lines, {int(store.lengths.sum()):,} word pieces", highlight=False)

    # 2. The model.
    set_seed(settings.seed)
    size = Size(settings.layers, settings.width, settings.heads, settings.longest)
    module: Any = objective.module(tokenizer, size, attn_implementation="eager", **settings.dropout)
    console.print(
        f"{settings.name}: {settings.objective}, {count_parameters(module.body) / 1e6:.1f} M parameters, "
        f"{settings.precision} on {environment.device_name()}",
        highlight=False,
    )

    # 3. Training, with the loss on held-out lines along the way.
    batches = objective.batches(train, tokenizer, size, settings.batch_tokens, settings.seed)
    unseen = objective.batches(held_out, tokenizer, size, settings.batch_tokens, settings.seed)
    schedule = Schedule(
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        warmup_ratio=settings.warmup_ratio,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        precision=settings.precision,
    )
    outcome = train_long(module, batches, schedule, work, console, _held_out_loss(module, unseen))

    # 4. The body alone, with its card.
    facts = {
        **settings.model_dump(),
        "vocabulary": settings.vocabulary and places.find(settings.vocabulary).name,
        "corpus": corpus.names,
        "corpus_checksum": corpus.checksum,
        "lines": len(store),
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds),
        "tokens_per_second": round(outcome.tokens_per_second),
        "held_out_loss": _held_out_loss(module, unseen)(),
        "environment": environment.describe(settings.precision).model_dump(),
    }
    encoders.write_encoder(encoder, module.body, tokenizer, facts, _card(settings, facts), work)
    return outcome


def _vocabulary(
    settings: PretrainSettings, corpus: Corpus, places: EncoderPlaces, console: Console
) -> PreTrainedTokenizerFast:
    if settings.vocabulary:
        return load_vocabulary(places.find(settings.vocabulary))
    folder = places.work / "vocabularies" / f"{corpus.checksum[:16]}-{settings.pieces}"
    if not folder.is_dir():
        with console.status("Learning the vocabulary …"):
            learnt = train_vocabulary(corpus.lines(), pieces=settings.pieces, longest_input=settings.longest)
            with replaced_folder(folder) as temporary:
                learnt.save_pretrained(temporary)
    return load_vocabulary(folder)


def _input_names(has_segments: bool) -> list[str]:
    return ["input_ids", "token_type_ids", "attention_mask"] if has_segments else ["input_ids", "attention_mask"]


def _held_out_loss(module: torch.nn.Module, batch: Callable[[int], Batch]) -> Callable[[], dict[str, float]]:
    def measure() -> dict[str, float]:
        module.eval()
        device = next(module.parameters()).device
        with torch.no_grad():
            losses = [
                module(**{name: value.to(device) for name, value in batch(number).items()})["loss"].item()
                for number in range(HELD_OUT_BATCHES)
            ]
        module.train()
        return {"valid/loss": sum(losses) / len(losses)}

    return measure


def _card(settings: PretrainSettings, facts: dict[str, Any]) -> str:
    return f"""# {settings.name}

A small Korean encoder, pretrained from random weights by `python -m trainer pretrain {settings.objective}`.

| | |
|---|---|
| objective | {settings.objective} |
| body | {settings.layers} layers of {settings.width}, {settings.heads} heads, up to {settings.longest} pieces |
| text | {", ".join(facts["corpus"])} ({facts["lines"]:,} lines) |
| licence of the text | {settings.licence or "not stated"} |
| steps | {settings.steps:,} |
| tokens seen | {facts["tokens"]:,} |
| seconds | {facts["seconds"]:,} ({facts["tokens_per_second"]:,} tokens a second, {facts["environment"]["device"]}) |
| loss on held-out lines | {facts["held_out_loss"]["valid/loss"]:.3f} |
| seed | {settings.seed} |

Sentence vectors of a body that was only pretrained say little about meaning: `python -m trainer distill` is the
second stage.
"""
