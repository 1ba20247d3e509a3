"""Records a run while it trains: validation, progress, the best checkpoint."""

import copy
import math
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
from sentence_transformers.base.evaluation import BaseEvaluator
from transformers import TrainerControl, TrainerState, TrainingArguments

from similarity import run_format
from similarity.errors import TrainingError
from similarity.files import replaced_folder
from similarity.metrics import METRICS
from similarity.run_format import Best, Cost, Progress
from similarity.scorers import Scorer
from trainer.run_writer import RunWriter
from trainer.training.curve_recorder import CurveRecorder
from trainer.training.environment import peak_memory_mb
from trainer.training.progress import TrainingProgress


class ValidationScores(BaseEvaluator):
    """The evaluator that sentence-transformers calls after each epoch: every metric on the valid split."""

    def __init__(self, scorer: Scorer, pairs: pd.DataFrame) -> None:
        super().__init__()
        self.primary_metric = "pearson"
        self._scorer = scorer
        self._pairs: Sequence[tuple[str, str]] = list(zip(pairs["sentence1"], pairs["sentence2"], strict=True))
        self._labels = pairs["label"].to_numpy()

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: float = -1, steps: int = -1
    ) -> dict[str, float]:
        """Return metric → value; NaN where a metric is undefined.

        Raises:
            TrainingError: the model gives NaN.
        """
        scores = self._scorer.score(self._pairs)
        if not all(map(math.isfinite, scores)):
            raise TrainingError(
                f"After step {steps} the model's scores are NaN: training diverged. Try a lower --learning-rate"
                " or --precision fp32."
            )
        return {name: metric(self._labels, scores) for name, metric in METRICS.items()}


class RunRecorder(CurveRecorder):
    """Writes `run.json` and `checkpoint/` beside the curves as training goes on.

    The best checkpoint is the one with the highest valid Pearson, the earlier one where two are equal; with
    `patience` epochs without a better one training stops early.
    """

    def __init__(
        self, writer: RunWriter, progress: TrainingProgress, *, patience: int, resumed_seconds: float, half: bool
    ) -> None:
        super().__init__(writer.folder, progress, resumed_seconds)
        self._writer = writer
        self._half = half
        self._patience = patience
        self._epoch_start = time.perf_counter()

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Note when the epoch began."""
        self._epoch_start = time.perf_counter()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Note the progress; the record's heartbeat writes it."""
        self._writer.record.progress = self._progress_part(args, state)
        self.progress.advance(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append the training loss and the learning rate to the curves."""
        logs = logs or {}
        if "loss" not in logs:
            return
        values = {"train/loss": logs["loss"], "learning_rate": logs["learning_rate"]}
        if "grad_norm" in logs:
            values["train/grad_norm"] = logs["grad_norm"]
        self.append(state, values)
        self.progress.show_loss(logs["loss"])

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        model: Any = None,
        **kwargs: Any,
    ) -> None:
        """Append the validation metrics, keep the model if it is the best, stop if there was none for long."""
        metrics = metrics or {}
        values = {f"valid/{name}": metrics[f"eval_{name}"] for name in ("loss", *METRICS) if f"eval_{name}" in metrics}
        self.append(state, values)
        best = self._keep_best(state, values["valid/pearson"], model)
        record = self._writer.record
        seconds = [*record.cost.seconds_per_epoch, round(time.perf_counter() - self._epoch_start, 3)]
        cost = {"seconds_per_epoch": seconds, "seconds": round(self.seconds(), 3), "peak_memory_mb": peak_memory_mb()}
        self._writer.update(
            best=best,
            progress=self._progress_part(args, state),
            cost=Cost.model_validate({**record.cost.model_dump(), **cost}),
        )
        self.progress.show_epoch(
            state.epoch or 0.0, values, is_best=best is not None and best.step == state.global_step
        )
        if best is not None and (state.epoch or 0.0) - best.epoch >= self._patience:
            control.should_training_stop = True

    def mark(self, state: TrainerState) -> dict[str, Any]:
        """Return what a resumed run has to know beside the Trainer's own state."""
        return {**super().mark(state), "seconds_per_epoch": self._writer.record.cost.seconds_per_epoch}

    def _keep_best(self, state: TrainerState, value: float, model: Any) -> Best | None:
        best = self._writer.record.best
        if best is not None and best.step > state.global_step:
            # Left over from an epoch that ended after the resume point: it is being trained again.
            best = None
        # An undefined Pearson (a constant model) is kept only as long as there is nothing better.
        rank = -math.inf if math.isnan(value) else value
        held = -math.inf if best is None or best.value is None else best.value
        if best is not None and rank <= held and best.step != state.global_step:
            return best
        with replaced_folder(self._writer.folder / run_format.CHECKPOINT_FOLDER) as folder:
            stored = copy.deepcopy(model).half() if self._half else model
            stored.save_pretrained(str(folder), create_model_card=False)
        return Best(epoch=state.epoch or 0.0, step=state.global_step, value=None if math.isnan(value) else value)

    def _progress_part(self, args: TrainingArguments, state: TrainerState) -> Progress:
        return Progress(
            step=state.global_step,
            steps=state.max_steps,
            epoch=state.epoch or 0.0,
            epochs=state.num_train_epochs,
            seconds=round(self.seconds(), 3),
        )
