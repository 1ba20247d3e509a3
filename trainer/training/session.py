"""One training from pairs to a finished run, top to bottom: `train_model` and `resume_model`.

python -m trainer train --model klue-roberta-base --data korsts
"""

import json
import logging
import shutil
import traceback
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from datasets import Dataset
from rich.console import Console
from safetensors import SafetensorError
from sentence_transformers import (
    CrossEncoderTrainer,
    CrossEncoderTrainingArguments,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from transformers import PrinterCallback, set_seed

from similarity import prepared_data, run_format
from similarity.errors import RunError, SimilarityError, TrainingError
from similarity.run_catalog import checkpoint_of, find_run
from similarity.run_format import Cost, DataPart, ModelPart, RunFailure, RunRecord, SplitPart
from similarity.scorers import BiEncoderScorer, CrossEncoderScorer, load_checkpoint, milliseconds_per_pair
from similarity.sentence_pairs import LABEL_MAX
from trainer.model_families import MODEL_FAMILIES
from trainer.run_writer import RunWriter
from trainer.train_settings import TrainSettings, settings_of
from trainer.training import environment, models
from trainer.training.batches import LengthGroupedBatchSampler, extend
from trainer.training.curve_recorder import (
    COMPLETE_MARK,
    last_resume_point,
    remove_incomplete_resume_points,
)
from trainer.training.evaluation import evaluate_split, pair_texts
from trainer.training.process import quiet_libraries, terminate_as_interrupt
from trainer.training.progress import TrainingProgress
from trainer.training.recorder import RunRecorder, ValidationScores

LOGGED_POINTS = 250
"""So many records of the training loss a run: enough for a curve, small enough to read at once."""

EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Places:
    """Where runs and data sets are, and where to print."""

    runs: Path
    data: Path
    console: Console


def train_model(
    settings: TrainSettings, places: Places, *, display_name: str = "", tags: tuple[str, ...] = (), command: str = ""
) -> RunRecord:
    """Train a new run and return its record.

    Raises:
        SimilarityError: the data set, the model or the settings don't allow it; the run keeps the reason.
        KeyboardInterrupt: stopped by the user, after the record says so.
    """
    # 1. The pairs: a missing train or valid split is an error before anything is written.
    train, valid = _read_pairs(settings, places)
    settings = settings.model_copy(update={"precision": environment.choose_precision(settings.precision)})

    # 2. The record, from the first second.
    now = run_format.utc_now()
    run_id = run_format.new_run_id(settings.model, settings.dataset, settings.seed, now)
    card = prepared_data.read_card(places.data, settings.dataset)
    record = RunRecord(
        run_id=run_id,
        display_name=display_name or _default_name(settings),
        tags=list(tags),
        status="running",
        created_at=now,
        heartbeat_at=now,
        model=ModelPart(
            name=settings.model,
            family=settings.family,
            architecture=settings.architecture,
            base_checkpoint=settings.base_checkpoint,
            head=models.HEADS[settings.architecture],
            max_length=settings.max_length,
        ),
        data=DataPart(
            name=settings.dataset,
            splits={split: SplitPart(pairs=part.pairs, checksum=part.checksum) for split, part in card.splits.items()},
            preprocessing=card.preprocessing,
        ),
        hyper_parameters={
            **settings.hyper_parameters(),
            "loss": models.LOSSES[settings.architecture],
            "optimizer": "AdamW (adamw_torch)",
            "schedule": "linear",
        },
        environment=environment.describe(settings.precision),
        command=command,
    )
    return _run(RunWriter(places.runs, record), settings, train, valid, places, resume_point=None)


def resume_model(run_id: str, places: Places) -> RunRecord:
    """Go on with a stopped or failed run from its last complete epoch; same seed, same weights as in one go.

    Raises:
        RunError: the run is finished, or still running.
        TrainingError: its data set has changed since.
    """
    record = find_run(places.runs, run_id)
    status = record.status_at(run_format.utc_now())
    if status in ("finished", "running"):
        what = "is finished" if status == "finished" else "is still running, or was until a moment ago"
        wait = run_format.HEARTBEAT_LIMIT // timedelta(minutes=1)
        hint = "" if status == "finished" else f" If it was killed, wait {wait} minutes and resume it then."
        raise RunError(f"Run {run_id} {what}, so there is nothing to resume.{hint}")
    settings = settings_of(record)
    train, valid = _read_pairs(settings, places)
    card = prepared_data.read_card(places.data, settings.dataset)
    changed = [split for split, part in record.data.splits.items() if card.splits[split].checksum != part.checksum]
    if changed:
        raise TrainingError(
            f"Data set {settings.dataset} has changed since run {run_id} began ({', '.join(changed)}), so it can't go "
            "on as it was. Prepare the data set as it was, or start a new run."
        )
    folder = run_format.run_folder(places.runs, run_id)
    point = last_resume_point(folder / run_format.RESUME_FOLDER)
    mark = json.loads((point / COMPLETE_MARK).read_text(encoding="utf-8")) if point else {}
    run_format.truncate_metrics(folder, mark.get("step", 0))
    cost = Cost(seconds_per_epoch=mark.get("seconds_per_epoch", []), seconds=mark.get("seconds", 0.0))
    changes = {"status": "running", "error": None, "finished_at": None, "cost": cost}
    if point is None:
        changes["best"] = None
    return _run(RunWriter(places.runs, record.model_copy(update=changes)), settings, train, valid, places, point)


def _default_name(settings: TrainSettings) -> str:
    # A name of the table says which kind it is; a folder's name can be trained as either.
    kind = "" if settings.model in MODEL_FAMILIES else f" {settings.architecture}"
    return f"{settings.model}{kind} · {settings.dataset} · seed {settings.seed}"


def _read_pairs(settings: TrainSettings, places: Places) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        prepared_data.read_split(places.data, settings.dataset, "train"),
        prepared_data.read_split(places.data, settings.dataset, "valid"),
    )


def _run(
    writer: RunWriter,
    settings: TrainSettings,
    train: pd.DataFrame,
    valid: pd.DataFrame,
    places: Places,
    resume_point: Path | None,
) -> RunRecord:
    console = places.console
    resume_folder = writer.folder / run_format.RESUME_FOLDER
    with writer, terminate_as_interrupt(), quiet_libraries():
        console.print(f"Run [bold]{writer.record.run_id}[/] in {writer.folder}", highlight=False, soft_wrap=True)
        try:
            remove_incomplete_resume_points(resume_folder)
            _fit(writer, settings, train, valid, console, resume_point)
            record = _measure(writer, settings, valid, places)
        except KeyboardInterrupt:
            message = _stopped_message(writer)
            _end(writer, "stopped", RunFailure(type="Stopped", message=message))
            console.print(message, highlight=False, soft_wrap=True)
            raise
        except Exception as error:
            # Whatever went wrong belongs in the record; the error itself goes on to the caller.
            remove_incomplete_resume_points(resume_folder)
            explained = _explain(error, writer)
            details = "".join(traceback.format_exception(error))[-4000:]
            _end(writer, "failed", RunFailure(type=type(error).__name__, message=str(explained), details=details))
            if explained is error:
                raise
            raise explained from error
    shutil.rmtree(resume_folder, ignore_errors=True)
    return record


def _fit(
    writer: RunWriter,
    settings: TrainSettings,
    train: pd.DataFrame,
    valid: pd.DataFrame,
    console: Console,
    resume_point: Path | None,
) -> None:
    # 3. The model; the seed comes first, since the new head is drawn from it.
    set_seed(settings.seed)
    folder = models.locate(settings.base_checkpoint)
    model = models.load_model(folder, settings.architecture, settings.max_length)
    if settings.architecture == "cross-encoder" and not models.has_head(folder):
        models.start_head_at(model, float(train["label"].mean()))
    parameters = models.count_parameters(model)
    part = writer.record.model.model_copy(update={"family": models.family_of(folder), "parameters": parameters})
    writer.update(model=part)
    console.print(
        f"{part.name}: {part.architecture}, {parameters / 1e6:,.1f} M parameters, {settings.precision} on "
        f"{writer.record.environment.device}; {len(train):,} train and {len(valid):,} valid pairs",
        highlight=False,
        soft_wrap=True,
    )

    seen = extend(train, both_orders=settings.both_orders, equal_pairs=settings.equal_pairs, seed=settings.seed)

    # 4. Training; the Trainer saves a resume point an epoch, the recorder keeps the best checkpoint.
    is_cross = settings.architecture == "cross-encoder"
    scorer = (CrossEncoderScorer if is_cross else BiEncoderScorer)(model, EVALUATION_BATCH)
    recorder = RunRecorder(
        writer,
        TrainingProgress(console),
        patience=settings.patience,
        resumed_seconds=writer.record.cost.seconds or 0.0,
        half=settings.stored_precision == "fp16",
    )
    trainer = (_CrossEncoderTrainer if is_cross else _BiEncoderTrainer)(
        model=model,
        args=_arguments(settings, writer.folder / run_format.RESUME_FOLDER, len(seen)),
        train_dataset=_dataset(seen, settings),
        eval_dataset=_dataset(valid, settings),
        loss=models.make_loss(model, settings.architecture),
        evaluator=ValidationScores(scorer, valid),
        callbacks=[recorder],
    )
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(resume_point) if resume_point else None)
    finally:
        recorder.close()


def _measure(writer: RunWriter, settings: TrainSettings, valid: pd.DataFrame, places: Places) -> RunRecord:
    # 5. The best checkpoint, loaded as every reader loads it, on valid and test.
    scorer = load_checkpoint(checkpoint_of(places.runs, writer.record.run_id), settings.architecture)
    has_test = "test" in prepared_data.read_card(places.data, settings.dataset).splits
    metrics = {}
    for split in ("valid", "test") if has_test else ("valid",):
        metrics[split], _ = evaluate_split(scorer, writer.folder, places.data, settings.dataset, split)
    if not has_test:
        places.console.print(f"[yellow]{settings.dataset} has no test split, so this run has no test score.[/]")
    cost = writer.record.cost.model_copy(
        update={
            "milliseconds_per_pair": milliseconds_per_pair(scorer, pair_texts(valid)),
            "peak_memory_mb": environment.peak_memory_mb(),
        }
    )
    return writer.update(
        metrics={**writer.record.metrics, settings.dataset: metrics},
        cost=cost,
        status="finished",
        finished_at=run_format.utc_now(),
    )


class _WithoutGeneratedCard:
    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Leave sentence-transformers' card out: it would copy sentences of the data set into every checkpoint."""


class _CrossEncoderTrainer(_WithoutGeneratedCard, CrossEncoderTrainer):
    pass


class _BiEncoderTrainer(_WithoutGeneratedCard, SentenceTransformerTrainer):
    pass


def _arguments(settings: TrainSettings, folder: Path, pairs: int) -> Any:
    steps = settings.max_steps or settings.epochs * -(-pairs // settings.batch_size)
    is_cross = settings.architecture == "cross-encoder"
    return (CrossEncoderTrainingArguments if is_cross else SentenceTransformerTrainingArguments)(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=EVALUATION_BATCH,
        batch_sampler=LengthGroupedBatchSampler,
        learning_rate=settings.learning_rate,
        # A float below 1 is a share of all steps.
        warmup_steps=settings.warmup_ratio,
        lr_scheduler_type="linear",
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        # Without this, transformers takes a missing GPU for an error when bf16 is asked for.
        use_cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),
        bf16=settings.precision == "bf16",
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_steps=max(1, steps // LOGGED_POINTS),
        seed=settings.seed,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def _dataset(pairs: pd.DataFrame, settings: TrainSettings) -> Dataset:
    # The bi-encoder's cosine lies in 0–1 for the labels' 0–5.
    scale = 1.0 if settings.architecture == "cross-encoder" else LABEL_MAX
    return Dataset.from_dict(
        {
            "sentence1": pairs["sentence1"].tolist(),
            "sentence2": pairs["sentence2"].tolist(),
            "label": (pairs["label"] / scale).tolist(),
        }
    )


def _end(writer: RunWriter, status: str, failure: RunFailure) -> None:
    try:
        writer.update(status=status, finished_at=run_format.utc_now(), error=failure)
    except OSError as error:
        logging.getLogger(__name__).error(
            "The run's record can't be written (%s); it will be shown as stopped. Reason: %s", error, failure.message
        )


def _stopped_message(writer: RunWriter) -> str:
    progress = writer.record.progress
    return (
        f"Stopped by the user at step {progress.step} of {progress.steps} (epoch {progress.epoch:.2f}). "
        f"`python -m trainer train --resume {writer.record.run_id}` goes on from the last whole epoch."
    )


_FULL_DISK_SIGNS = ("no space left", "file too large", "disk quota exceeded", "pytorchstreamwriter", "unexpected pos")


def _explain(error: Exception, writer: RunWriter) -> Exception:
    if isinstance(error, SimilarityError):
        return error
    text = str(error).lower()
    if isinstance(error, OSError | RuntimeError | SafetensorError) and any(sign in text for sign in _FULL_DISK_SIGNS):
        free = shutil.disk_usage(writer.root).free / 1e6
        return TrainingError(
            f"Writing to {writer.folder} failed: the disk is full or a size limit was reached ({free:,.0f} MB free). "
            f"Free some space, then `python -m trainer train --resume {writer.record.run_id}`. ({error})"
        )
    if isinstance(error, torch.OutOfMemoryError):
        return TrainingError(f"The GPU's memory is full. Try a smaller --batch-size or --max-length. ({error})")
    return error
