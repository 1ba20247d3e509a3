"""Fine-tune a model on a prepared data set and write the run into `artifacts/runs/`.

python -m trainer train --model klue-roberta-base --data korsts
python -m trainer train --model path/to/encoder --kind bi-encoder --data korsts --epochs 2
python -m trainer train --resume RUN_ID
"""

import shlex
import sys
from typing import Annotated

import typer

from similarity import project_paths
from similarity.errors import TrainingError
from similarity.metrics import Scores
from similarity.run_format import RunRecord
from trainer.console import console, say_next, shown
from trainer.model_families import MODEL_FAMILIES, resolve_model
from trainer.train_settings import make_settings

_MODEL_HELP = f"One of {', '.join(MODEL_FAMILIES)}; or a folder, or a hub id, with --kind."


def train(
    model: Annotated[str | None, typer.Option(help=_MODEL_HELP)] = None,
    data: Annotated[str | None, typer.Option(help="Name of a prepared data set (`python -m trainer prepare`).")] = None,
    kind: Annotated[str | None, typer.Option(help="cross-encoder or bi-encoder, for a folder or a hub id.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="Folder or hub id to load the weights of --model from instead of its own.")
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Run id to go on with, from its last whole epoch.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the train split. [default: the model's]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pairs a step. [default: the model's]")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest learning rate. [default: the model's]")] = None,
    warmup_ratio: Annotated[
        float | None, typer.Option(help="Share of steps to warm up. [default: the model's]")
    ] = None,
    max_length: Annotated[int | None, typer.Option(help="Longest input in word pieces. [default: 128]")] = None,
    max_steps: Annotated[int | None, typer.Option(help="Stop after so many steps. [default: all epochs]")] = None,
    patience: Annotated[int, typer.Option(help="Stop after so many epochs without a better valid Pearson.")] = 3,
    both_orders: Annotated[
        bool | None,
        typer.Option("--both-orders/--one-order", help="Train on every pair in both orders. [default: the model's]"),
    ] = None,
    equal_pairs: Annotated[
        float | None,
        typer.Option(help="Share of pairs of a sentence with itself to add. [default: the model's]"),
    ] = None,
    stored_precision: Annotated[str, typer.Option(help="fp32 or fp16, of the weights that are kept.")] = "fp32",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16; auto takes bf16 where it is fast.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the new head, dropout and the order of the pairs.")] = 42,
    name: Annotated[str, typer.Option(help="Display name of the run.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the run; can be repeated.")] = None,
) -> None:
    """Fine-tune a model on a prepared data set; the best epoch by valid Pearson is kept and measured on test."""
    if resume:
        if model or data:
            raise TrainingError("--resume takes its model and data set from the run: leave --model and --data out.")
        _report(_resume(resume))
        return
    if not (model and data):
        raise TrainingError(
            "Name a model and a prepared data set: python -m trainer train --model klue-roberta-base --data korsts "
            "(or a run to go on with: --resume RUN_ID)."
        )
    settings = make_settings(
        resolve_model(model, kind=kind, weights=weights),
        data,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup_ratio=warmup_ratio,
        max_length=max_length,
        max_steps=max_steps,
        patience=patience,
        both_orders=both_orders,
        equal_pairs=equal_pairs,
        stored_precision=stored_precision,
        precision=precision,
        seed=seed,
    )
    with console.status("Loading PyTorch …"):
        from trainer.training.session import Places, train_model
    places = Places(project_paths.runs_root(), project_paths.data_root(), console)
    command = shlex.join(["python", "-m", "trainer", *sys.argv[1:]])
    _report(train_model(settings, places, display_name=name, tags=tuple(tag or ()), command=command))


def _resume(run_id: str) -> RunRecord:
    with console.status("Loading PyTorch …"):
        from trainer.training.session import Places, resume_model
    return resume_model(run_id, Places(project_paths.runs_root(), project_paths.data_root(), console))


def _report(record: RunRecord) -> None:
    for dataset, splits in record.metrics.items():
        for split, scores in splits.items():
            print_scores(dataset, split, scores)
    cost = record.cost
    console.print(
        f"{cost.seconds or 0:,.0f} s of training, peak memory {cost.peak_memory_mb or 0:,.0f} MB, "
        f"{cost.milliseconds_per_pair or 0:.1f} ms a pair, best epoch {record.best.epoch if record.best else 0:g}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"Written to {shown(project_paths.runs_root() / record.run_id)}", highlight=False, soft_wrap=True)
    say_next("make dashboard", f"python -m trainer runs show {record.run_id}")


def print_scores(dataset: str, split: str, scores: Scores) -> None:
    """Print one line of metrics of a split."""
    interval = (
        f" [{scores.pearson_low:.4f}, {scores.pearson_high:.4f}]"
        if scores.pearson_low is not None and scores.pearson_high is not None
        else ""
    )
    values = {"Spearman": scores.spearman, "F1": scores.f1, "macro F1": scores.macro_f1, "MSE": scores.mse}
    console.print(
        f"{dataset} {split} ({scores.pairs:,} pairs): Pearson {_number(scores.pearson)}{interval}  "
        + "  ".join(f"{name} {_number(value)}" for name, value in values.items()),
        highlight=False,
        soft_wrap=True,
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
