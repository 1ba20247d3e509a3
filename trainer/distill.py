"""Distil a teacher's sense of sentence meaning into a small encoder and write it into `artifacts/encoders/`.

python -m trainer distill my-bert --name my-bert-distilled --teacher RUN_ID --corpus text.txt
python -m trainer distill --teacher-layers 0,2,4,7,9,11 --vocabulary my-bert --name my-small --corpus text.txt
"""

from pathlib import Path
from typing import Annotated

import typer

from similarity import project_paths
from similarity.errors import TrainingError
from trainer.console import console
from trainer.corpus import open_corpus
from trainer.encoder_options import Licence, Precision, Restart, Seed, print_outcome
from trainer.encoder_settings import DistillSettings, EncoderPlaces, checked

DEFAULT_TEACHER = "intfloat/multilingual-e5-small"
PREFIXES = {DEFAULT_TEACHER: "query: "}
"""What a teacher was trained with before every sentence (its card on the hub says so)."""


def distill(
    student: Annotated[str | None, typer.Argument(help="Encoder to start from: a name or a folder.")] = None,
    name: Annotated[str, typer.Option(help="Name of the new encoder.", show_default=False)] = "",
    corpus: Annotated[
        list[Path] | None, typer.Option(help="Text file, plain or .zst, one sentence or paragraph a line.")
    ] = None,
    teacher: Annotated[str, typer.Option(help="Folder, id of a bi-encoder run, or hub id.")] = DEFAULT_TEACHER,
    teacher_prefix: Annotated[
        str | None, typer.Option(help="What the teacher wants before every sentence. [default: known for the default]")
    ] = None,
    teacher_layers: Annotated[
        str, typer.Option(help="Start from these layers of the teacher instead, such as 0,2,4,7,9,11.")
    ] = "",
    family: Annotated[str, typer.Option(help="bert or roberta, for a student of the teacher's layers.")] = "roberta",
    vocabulary: Annotated[str, typer.Option(help="Encoder whose vocabulary such a student takes.")] = "",
    sentences: Annotated[int | None, typer.Option(help="Sentences to learn from. [default: 200000]")] = None,
    longest_sentence: Annotated[int | None, typer.Option(help="In characters. [default: 120]")] = None,
    pairs: Annotated[int | None, typer.Option(help="Pairs that the teacher scores. [default: 100000]")] = None,
    pair_data: Annotated[str, typer.Option(help="Prepared data set whose train pairs are scored too.")] = "",
    pair_teacher: Annotated[
        list[str] | None, typer.Option(help="Run that scores the pairs beside the teacher; repeatable.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps on embeddings. [default: 4000]")] = None,
    pair_steps: Annotated[int | None, typer.Option(help="Steps on pairs after them. [default: 4000]")] = None,
    batch_characters: Annotated[int | None, typer.Option(help="Characters a step. [default: 8192]")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest learning rate. [default: 0.0005]")] = None,
    valid: Annotated[str, typer.Option(help="Prepared data set whose valid split to measure on.")] = "",
    precision: Precision = "auto",
    seed: Seed = 42,
    licence: Licence = "",
    restart: Restart = False,
) -> None:
    """Teach a small encoder a teacher's sentence embeddings, then its scores of pairs.

    The same command goes on where it was stopped.
    """
    settings = checked(
        DistillSettings,
        {
            "name": name,
            "student": student,
            "teacher": teacher,
            "teacher_prefix": PREFIXES.get(teacher, "") if teacher_prefix is None else teacher_prefix,
            "teacher_layers": _layers(teacher_layers),
            "family": family,
            "vocabulary": vocabulary,
            "sentences": sentences,
            "longest_sentence": longest_sentence,
            "pairs": pairs,
            "pair_data": pair_data,
            "pair_teachers": pair_teacher,
            "steps": steps,
            "pair_steps": pair_steps,
            "batch_characters": batch_characters,
            "learning_rate": learning_rate,
            "valid": valid,
            "precision": precision,
            "seed": seed,
            "licence": licence,
        },
    )
    text = open_corpus(corpus or [])
    with console.status("Loading PyTorch …"):
        from trainer.training import environment
        from trainer.training.distillation import distil_encoder
        from trainer.training.process import long_command
    settings = settings.model_copy(update={"precision": environment.choose_precision(settings.precision)})
    places = EncoderPlaces(project_paths.encoders_root(), project_paths.work_root())
    with long_command():
        outcome = distil_encoder(settings, text, places, console, restart=restart)
    print_outcome(
        outcome,
        places.encoders / name,
        f"python -m trainer train --model {name} --kind cross-encoder --data {valid or 'DATA'}",
    )


def _layers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",") if number.strip()]
    except ValueError as error:
        raise TrainingError(f"--teacher-layers expects numbers such as 0,2,4, but {text!r} came.") from error
