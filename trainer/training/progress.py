"""What a person sees while a model trains: one bar with the time left, and one line an epoch."""

import math
from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingProgress:
    """A rich progress bar; on a pipe or in a log file only the line an epoch is printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[loss]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=None, loss="")

    def start(self, steps: int, done: int) -> None:
        """Begin with `done` of `steps` steps behind us."""
        self._bar.update(self._task, total=steps, completed=done)
        self._bar.start()

    def advance(self, step: int) -> None:
        """Show that `step` steps are done."""
        self._bar.update(self._task, completed=step)

    def show_loss(self, loss: float, more: str = "") -> None:
        """Show the training loss behind the bar, and something more behind it."""
        self._bar.update(self._task, loss=f"loss {loss:.4f}  {more}".rstrip())

    def show_measures(self, step: int, values: Mapping[str, float]) -> None:
        """Print what was measured after a step."""
        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        self._console.print(f"step {step:,}  {shown}", highlight=False, soft_wrap=True)

    def show_epoch(self, epoch: float, values: Mapping[str, float], *, is_best: bool) -> None:
        """Print the validation metrics of an epoch."""
        shown = "  ".join(
            f"{name.removeprefix('valid/')} {'—' if math.isnan(value) else format(value, '.4f')}"
            for name, value in values.items()
        )
        line = f"epoch {epoch:g}  valid: {shown}{'  ← best so far' if is_best else ''}"
        self._console.print(line, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Remove the bar."""
        self._bar.stop()
