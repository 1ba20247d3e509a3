"""The command line of the offline side.

python -m trainer --help
"""

import sys

import typer

from similarity.errors import SimilarityError
from trainer.console import errors
from trainer.demo import demo
from trainer.distill import distill
from trainer.evaluate import evaluate
from trainer.merge_data import merge
from trainer.prepare_data import prepare
from trainer.pretrain import pretrain
from trainer.runs import runs
from trainer.train import train

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Prepare Korean sentence pairs, train similarity models on them, and keep the runs.",
)
app.command()(prepare)
app.command()(merge)
app.command()(pretrain)
app.command()(distill)
app.command()(train)
app.command()(evaluate)
app.add_typer(runs, name="runs")
app.command()(demo)


def main() -> int:
    """Run a command; an error that a user can mend is one message, not a stack trace."""
    try:
        app()
    except SimilarityError as error:
        errors.print(f"Error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
