"""Make something to look at: prepare the sample pairs and train two tiny placeholder models on them.

    python -m trainer demo

The models start from random weights and see little over a thousand pairs, so their scores mean nothing: they show
what the pages look like until real runs are there.
"""

from typing import Annotated

import typer

from similarity import project_paths
from similarity.prepared_data import list_datasets
from similarity.run_catalog import list_runs
from trainer.console import console, say_next


def demo(
    if_no_runs: Annotated[bool, typer.Option("--if-no-runs", help="Do nothing where there are runs already.")] = False,
) -> None:
    """Train two tiny placeholder models on the sample pairs, in under a minute, to see the dashboard at work."""
    if if_no_runs and list_runs(project_paths.runs_root()).runs:
        return
    console.print(
        "There are no trained runs yet. Two tiny models are trained from random weights on the sample pairs as a "
        "placeholder, so that the dashboard has something to show; their scores mean nothing."
        if if_no_runs
        else "Two tiny models are trained from random weights on the sample pairs; their scores mean nothing."
    )
    if "sample" not in list_datasets(project_paths.data_root()):
        from trainer.prepare_data import prepare_sample

        prepare_sample()
    with console.status("Loading PyTorch …"):
        from trainer.training.placeholder import train_placeholders
    train_placeholders(project_paths.runs_root(), project_paths.data_root(), console)
    say_next("make dashboard", "python -m trainer runs list")
