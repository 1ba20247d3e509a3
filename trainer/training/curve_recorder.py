"""What every training writes as it goes on: the curves, TensorBoard events, the bar, and complete resume points."""

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from similarity import run_format
from similarity.files import write_text
from trainer.training.progress import TrainingProgress

COMPLETE_MARK = "complete.json"
"""Written last into a resume point: a folder without it was cut off while it was written."""

RESUME_PREFIX = "checkpoint-"


class CurveRecorder(TrainerCallback):
    """Keeps the clock over all resumed parts, writes `metrics.jsonl` and events, and marks resume points."""

    def __init__(self, folder: Path, progress: TrainingProgress, resumed_seconds: float) -> None:
        self.folder = folder
        self.progress = progress
        self._seconds_before = resumed_seconds
        self._start = time.perf_counter()
        self._board: SummaryWriter | None = None

    def seconds(self) -> float:
        """Return the training time so far in seconds, over all resumed parts."""
        return self._seconds_before + time.perf_counter() - self._start

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock and the progress bar."""
        self._start = time.perf_counter()
        self._board = SummaryWriter(
            str(self.folder / run_format.TENSORBOARD_FOLDER), purge_step=state.global_step or None
        )
        self.progress.start(state.max_steps, state.global_step)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Mark the resume point that the Trainer just wrote as complete, and remove the older ones."""
        points = Path(str(args.output_dir))
        newest = points / f"{RESUME_PREFIX}{state.global_step}"
        write_text(newest / COMPLETE_MARK, json.dumps(self.mark(state)) + "\n")
        for folder in points.glob(f"{RESUME_PREFIX}*"):
            if folder != newest:
                shutil.rmtree(folder)

    def mark(self, state: TrainerState) -> dict[str, Any]:
        """Return what a resumed training has to know beside the Trainer's own state."""
        return {"step": state.global_step, "seconds": self.seconds()}

    def append(self, state: TrainerState, values: Mapping[str, float]) -> None:
        """Append one record to the curves."""
        run_format.append_metrics(
            self.folder, step=state.global_step, epoch=state.epoch or 0.0, seconds=self.seconds(), values=values
        )
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, state.global_step)

    def close(self) -> None:
        """End the progress bar and the event file."""
        self.progress.stop()
        if self._board is not None:
            self._board.close()


def last_resume_point(folder: Path) -> Path | None:
    """Return the newest complete resume point below a run's `resume/`, or None."""
    points = [path.parent for path in folder.glob(f"{RESUME_PREFIX}*/{COMPLETE_MARK}")]
    return max(points, key=lambda path: int(path.name.removeprefix(RESUME_PREFIX)), default=None)


def remove_incomplete_resume_points(folder: Path) -> None:
    """Remove resume points that were cut off while they were written."""
    for path in folder.glob(f"{RESUME_PREFIX}*"):
        if not (path / COMPLETE_MARK).is_file():
            shutil.rmtree(path)
