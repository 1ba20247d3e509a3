"""What `trainer pretrain` and `trainer distill` have in common: options, and what they print at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.console import console, say_next, shown

if TYPE_CHECKING:
    from trainer.training.long_training import Outcome

Precision = Annotated[str, typer.Option(help="auto, fp32 or bf16; auto takes bf16 where it is fast.")]
Seed = Annotated[int, typer.Option(help="Seed of the new weights and of the order of the text.")]
Licence = Annotated[str, typer.Option(help="Licence of the text, for the card.")]
Restart = Annotated[bool, typer.Option("--restart", help="Drop what was begun or made under that name.")]


def print_outcome(outcome: "Outcome", folder: Path, next_command: str) -> None:
    """Print what a training took, where the encoder is, and the next useful command."""
    console.print(
        f"{outcome.steps:,} steps, {outcome.tokens:,} tokens, {outcome.seconds:,.0f} s "
        f"({outcome.tokens_per_second:,.0f} tokens a second)\nWritten to {shown(folder)}",
        highlight=False,
        soft_wrap=True,
    )
    say_next(next_command)
