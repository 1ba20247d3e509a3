"""Training that goes on for hours: a resume point every few minutes, the same curves as a run, one command to go on.

Used by `trainer pretrain` and `trainer distill`. A batch is a function of its number, so the same command resumes
where it was cut off and sees the batches that it would have seen.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from safetensors.torch import load_model, save_model
from torch.utils.data import Dataset
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.utils import SAFE_WEIGHTS_NAME

from similarity import run_format
from trainer.training.curve_recorder import (
    COMPLETE_MARK,
    CurveRecorder,
    last_resume_point,
    remove_incomplete_resume_points,
)
from trainer.training.process import quiet_libraries, terminate_as_interrupt
from trainer.training.progress import TrainingProgress
from trainer.training.text_batches import Batch

RESUME_SECONDS = 180.0
"""How much work an interruption may cost."""
LOGGED_POINTS = 200
MEASURED_POINTS = 20


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: steps, the highest learning rate, the share of steps to warm up, seed, precision."""

    steps: int
    learning_rate: float
    warmup_ratio: float
    weight_decay: float
    seed: int
    precision: str


@dataclass(frozen=True)
class Outcome:
    """What a training took: steps, tokens seen (padding left out), seconds over all resumed parts."""

    steps: int
    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Tokens seen a second."""
        return self.tokens / self.seconds if self.seconds else 0.0


class NumberedBatches(Dataset[Batch]):
    """A data set whose item n is the whole batch n."""

    def __init__(self, make: Callable[[int], Batch], steps: int) -> None:
        self._make = make
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, number: int) -> Batch:
        return self._make(number)


class _Trainer(Trainer):
    """Takes a module that returns a dict of losses; logs the mean of each over the steps since the last record."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sums: dict[str, torch.Tensor] = {}
        self._count = 0

    def compute_loss(self, model: Any, inputs: Batch, return_outputs: bool = False, **_: Any) -> Any:
        losses = model(**inputs)
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, torch.zeros((), device=value.device)) + value.detach().float()
        self._count += 1
        return (losses["loss"], losses) if return_outputs else losses["loss"]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if self._count and "loss" in logs:
            logs = {**logs, **{name: float(total) / self._count for name, total in self._sums.items()}}
            self._sums, self._count = {}, 0
        super().log(logs, start_time)

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        # save_file, which the base class uses, refuses embeddings that two modules share.
        folder = Path(output_dir or str(self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.model, str(folder / SAFE_WEIGHTS_NAME))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # The base class takes the second name of shared embeddings for a missing weight, and fails on a plain module.
        load_model(self.model, str(Path(resume_from_checkpoint) / SAFE_WEIGHTS_NAME))


class _Recorder(CurveRecorder):
    def __init__(
        self, folder: Path, progress: TrainingProgress, measure: Callable[[], dict[str, float]] | None, seconds: float
    ) -> None:
        super().__init__(folder, progress, seconds)
        self._measure = measure
        self._saved = time.perf_counter()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        super().on_train_begin(args, state, control, **kwargs)
        self._saved = time.perf_counter()
        if not state.global_step:
            self._write_measures(state)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self.progress.advance(state.global_step)
        if state.global_step % max(1, state.max_steps // MEASURED_POINTS) == 0 or state.global_step == state.max_steps:
            self._write_measures(state)
        if time.perf_counter() - self._saved > RESUME_SECONDS:
            control.should_save = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        logs = logs or {}
        if "loss" not in logs:
            return
        losses = {f"train/{name}": value for name, value in logs.items() if name == "loss" or name.endswith("_loss")}
        speed = state.num_input_tokens_seen / self.seconds()
        self.append(
            state,
            {
                **losses,
                "learning_rate": logs["learning_rate"],
                "tokens": float(state.num_input_tokens_seen),
                "tokens_per_second": speed,
            },
        )
        self.progress.show_loss(logs["loss"], f"{speed:,.0f} tokens/s")

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        super().on_save(args, state, control, **kwargs)
        self._saved = time.perf_counter()

    def _write_measures(self, state: TrainerState) -> None:
        if self._measure is None:
            return
        values = self._measure()
        self.append(state, {**values, "tokens": float(state.num_input_tokens_seen)})
        self.progress.show_measures(state.global_step, values)


def train_long(
    module: torch.nn.Module,
    make_batch: Callable[[int], Batch],
    schedule: Schedule,
    folder: Path,
    console: Console,
    measure: Callable[[], dict[str, float]] | None = None,
) -> Outcome:
    """Train a module that returns its losses, from the last resume point in `folder` if there is one.

    Args:
        module: maps a batch to losses; `loss` is the one to lower.
        make_batch: batch number → batch.
        schedule: how long and how fast.
        folder: keeps the curves, and the resume points until the whole is done.
        console: shows the progress.
        measure: called some twenty times; what it returns goes into the curves.

    Raises:
        KeyboardInterrupt: stopped by the user; the same call goes on from the last resume point.
    """
    points = folder / run_format.RESUME_FOLDER
    remove_incomplete_resume_points(points)
    point = last_resume_point(points)
    mark = json.loads((point / COMPLETE_MARK).read_text(encoding="utf-8")) if point else {}
    folder.mkdir(parents=True, exist_ok=True)
    run_format.truncate_metrics(folder, mark.get("step", -1))
    if point:
        console.print(f"Going on from step {mark['step']:,}.", highlight=False)
    set_seed(schedule.seed)
    recorder = _Recorder(folder, TrainingProgress(console), measure, mark.get("seconds", 0.0))
    trainer = _Trainer(
        model=module,
        args=_arguments(schedule, points),
        train_dataset=NumberedBatches(make_batch, schedule.steps),
        data_collator=itemgetter(0),
        callbacks=[recorder],
    )
    trainer.remove_callback(PrinterCallback)
    with terminate_as_interrupt(), quiet_libraries():
        try:
            trainer.train(resume_from_checkpoint=str(point) if point else None)
        finally:
            recorder.close()
    return Outcome(schedule.steps, int(trainer.state.num_input_tokens_seen), recorder.seconds())


def _arguments(schedule: Schedule, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=schedule.steps,
        # An item of the data set is a whole batch.
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        learning_rate=schedule.learning_rate,
        warmup_steps=schedule.warmup_ratio,
        lr_scheduler_type="linear",
        weight_decay=schedule.weight_decay,
        max_grad_norm=1.0,
        use_cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),
        bf16=schedule.precision == "bf16",
        save_strategy="steps",
        # Saved by the clock instead, and at the very end by the caller.
        save_steps=schedule.steps + 1,
        logging_steps=max(1, schedule.steps // LOGGED_POINTS),
        include_num_input_tokens_seen="non_padding",
        seed=schedule.seed,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
