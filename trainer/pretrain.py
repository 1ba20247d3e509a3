"""Pretrain a small encoder from random weights on raw text and write it into `artifacts/encoders/`.

python -m trainer pretrain bert --name my-bert --corpus text.txt --corpus more.txt.zst
"""

from pathlib import Path
from typing import Annotated

import typer

from similarity import project_paths
from trainer.console import console
from trainer.corpus import open_corpus
from trainer.encoder_options import Licence, Precision, Restart, Seed, print_outcome
from trainer.encoder_settings import EncoderPlaces, PretrainSettings, checked


def pretrain(
    objective: Annotated[str, typer.Argument(help="bert, roberta or electra.")],
    name: Annotated[str, typer.Option(help="Name of the encoder: its folder below artifacts/encoders/.")],
    corpus: Annotated[list[Path], typer.Option(help="Text file, plain or .zst, one sentence or paragraph a line.")],
    layers: Annotated[int | None, typer.Option(help="[default: 4]")] = None,
    width: Annotated[int | None, typer.Option(help="Hidden width. [default: 256]")] = None,
    heads: Annotated[int | None, typer.Option(help="Attention heads. [default: 4]")] = None,
    longest: Annotated[int | None, typer.Option(help="Longest input in word pieces. [default: 128]")] = None,
    pieces: Annotated[
        int | None, typer.Option(help="Size of the vocabulary learnt from the text. [default: 8000]")
    ] = None,
    vocabulary: Annotated[str, typer.Option(help="Encoder or folder whose vocabulary to take instead.")] = "",
    steps: Annotated[int | None, typer.Option(help="[default: 5000]")] = None,
    batch_tokens: Annotated[int | None, typer.Option(help="Word pieces a step. [default: 4096]")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest learning rate. [default: 0.001]")] = None,
    dropout: Annotated[float | None, typer.Option(help="[default: 0]")] = None,
    precision: Precision = "auto",
    seed: Seed = 42,
    licence: Licence = "",
    restart: Restart = False,
) -> None:
    """Pretrain a small encoder on raw text: masked words (bert, roberta) or replaced words (electra).

    The same command goes on where it was stopped.
    """
    settings = checked(
        PretrainSettings,
        {
            "name": name,
            "objective": objective,
            "layers": layers,
            "width": width,
            "heads": heads,
            "longest": longest,
            "pieces": pieces,
            "vocabulary": vocabulary,
            "steps": steps,
            "batch_tokens": batch_tokens,
            "learning_rate": learning_rate,
            "dropout_ratio": dropout,
            "precision": precision,
            "seed": seed,
            "licence": licence,
        },
    )
    text = open_corpus(corpus)
    with console.status("Loading PyTorch …"):
        from trainer.training import environment
        from trainer.training.pretraining import pretrain_encoder
        from trainer.training.process import long_command
    settings = settings.model_copy(update={"precision": environment.choose_precision(settings.precision)})
    places = EncoderPlaces(project_paths.encoders_root(), project_paths.work_root())
    with long_command():
        outcome = pretrain_encoder(settings, text, places, console, restart=restart)
    print_outcome(
        outcome,
        places.encoders / name,
        f"python -m trainer distill {name} --name {name}-distilled --corpus {corpus[0]} --teacher TEACHER",
    )
