"""Score a data set's split with a trained run and note predictions and metrics in the run.

python -m trainer evaluate RUN_ID --data korsts --split test
"""

from typing import Annotated

import typer

from similarity import project_paths
from similarity.run_catalog import checkpoint_of, find_run, record_scores
from similarity.run_format import run_folder
from trainer.console import console, say_next
from trainer.train import print_scores


def evaluate(
    run_id: Annotated[str, typer.Argument(help="Run id, as `python -m trainer runs list` shows it.")],
    data: Annotated[str | None, typer.Option(help="Prepared data set. [default: the one it was trained on]")] = None,
    split: Annotated[str, typer.Option(help="train, valid or test; a missing split is an error.")] = "test",
) -> None:
    """Measure a run on a prepared data set's split, with a 95% interval; predictions are kept."""
    runs, datasets = project_paths.runs_root(), project_paths.data_root()
    record = find_run(runs, run_id)
    checkpoint = checkpoint_of(runs, run_id)
    dataset = data or record.data.name
    with console.status("Loading the model …"):
        from similarity.scorers import load_checkpoint
        from trainer.training.evaluation import evaluate_split

        scorer = load_checkpoint(checkpoint, record.model.architecture)
    with console.status(f"Scoring {dataset} {split} …"):
        scores, _ = evaluate_split(scorer, run_folder(runs, run_id), datasets, dataset, split)
    record_scores(runs, run_id, dataset, split, scores)
    print_scores(dataset, split, scores)
    say_next("make dashboard")
