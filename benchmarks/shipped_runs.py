r"""Make everything that ships, from raw text and public pairs to the five fine-tuned runs, in one go.

    python -m benchmarks.shipped_runs --corpus reviews.txt.zst --corpus general.txt.zst \
        --teacher intfloat/multilingual-e5-small --korsts-train sts-train.tsv --korsts-dev sts-dev.tsv

1. prepares KorSTS and the sample pairs, and joins them;
2. fine-tunes the teacher on them as a bi-encoder, then as a cross-encoder that will score pairs beside it, each
   after a first stage on coarse pairs if given;
3. pretrains the three minis on the text;
4. distils the teacher's embeddings, then both teachers' scores of pairs, into the minis and into the small one;
5. fine-tunes each with three seeds, measures all, and keeps the one whose valid Pearson is in the middle.

Every step is a `python -m trainer` command, printed before it runs. A step whose result is there is skipped, and a
training that was cut off goes on, so the same command can be given again. `--size tiny` runs the same steps in about
a minute on a few sentences, for a test; its scores mean nothing.
"""

import argparse
import json
import shlex
import sys
from dataclasses import dataclass

from similarity import project_paths
from similarity.prepared_data import list_datasets
from similarity.run_catalog import checkpoint_of, delete_run, list_runs, tag_run
from similarity.run_format import RunRecord, SeedScores, write_record
from trainer.__main__ import app
from trainer.prepare_data import prepare_sample

DATA = "korsts-sample"
SEEDS = (42, 43, 44)
COARSE = "teacher-pairs"
TEACHER_TAG, PAIR_TEACHER_TAG, SHIPPED_TAG = "teacher", "pair teacher", "shipped"
MINIS = {"bert": "bert-mini", "roberta": "roberta-mini", "electra": "electra-mini"}
SMALL, SMALL_LAYERS = "roberta-small", "0,2,4,7,9,11"
RUNS = ("bert-mini", "roberta-mini", "roberta-small", "electra-mini", "sroberta-mini")


@dataclass(frozen=True)
class Effort:
    """How much each step takes: options of `pretrain`, `distill` and `train`."""

    pretrain: tuple[str, ...]
    text: tuple[str, ...]
    pairs: tuple[str, ...]
    steps: dict[str, tuple[int, int]]
    """Encoder → steps on embeddings and on pairs; roberta-mini is the body of the bi-encoder too."""
    first_stage: tuple[str, ...]
    teacher: tuple[str, ...]
    pair_teacher: tuple[str, ...]
    train: tuple[str, ...]


_ENCODERS = (*MINIS.values(), SMALL)
EFFORTS = {
    "full": Effort(
        pretrain=("--steps", "2500"),
        text=("--sentences", "600000"),
        pairs=("--pairs", "120000"),
        steps=dict.fromkeys(_ENCODERS, (3000, 5000)) | {MINIS["roberta"]: (4500, 6000)},
        first_stage=("--epochs", "1"),
        teacher=("--epochs", "3"),
        pair_teacher=("--epochs", "4"),
        train=(),
    ),
    "tiny": Effort(
        pretrain=("--steps", "4", "--pieces", "1200", "--layers", "2", "--width", "32", "--heads", "2"),
        text=("--sentences", "300"),
        pairs=("--pairs", "200"),
        steps=dict.fromkeys(_ENCODERS, (4, 4)),
        first_stage=("--max-steps", "2"),
        teacher=("--max-steps", "2"),
        pair_teacher=("--max-steps", "2"),
        train=("--max-steps", "2"),
    ),
}


def main() -> None:
    """Run all steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", required=True, help="text file, plain or .zst; repeatable")
    parser.add_argument("--corpus-licence", default="", help="for the cards")
    parser.add_argument("--teacher", required=True, help="folder or hub id of a sentence encoder")
    parser.add_argument("--small-layers", default=SMALL_LAYERS, help="layers of the teacher that the small one takes")
    parser.add_argument("--teacher-pairs", help="coarse pairs for the teacher's first stage (teacher_pairs.py)")
    parser.add_argument("--korsts-train", required=True)
    parser.add_argument("--korsts-dev", required=True)
    parser.add_argument("--size", choices=EFFORTS, default="full")
    options = parser.parse_args()
    effort = EFFORTS[options.size]
    text = [word for path in options.corpus for word in ("--corpus", path)]
    text += ["--licence", options.corpus_licence]

    prepare(options.korsts_train, options.korsts_dev)
    coarse = prepare_coarse(options.teacher_pairs)
    teacher = fine_tune_teacher(options.teacher, coarse, effort)
    pair_teacher = fine_tune_pair_teacher(teacher, coarse, effort)
    for objective, name in MINIS.items():
        make_encoder(f"{name}-pretrained", "pretrain", objective, *text, *effort.pretrain)
    shared = ["--teacher", teacher, "--valid", DATA, *text, *effort.text]
    judged = ["--pair-teacher", pair_teacher, *(("--pair-data", coarse) if coarse else ()), *effort.pairs]
    layers = ("--teacher-layers", options.small_layers, "--vocabulary", f"{MINIS['roberta']}-pretrained")
    for name, (steps, pair_steps) in effort.steps.items():
        start = layers if name == SMALL else (f"{name}-pretrained",)
        embedded = f"{name}-embedded"
        make_encoder(embedded, "distill", *start, *shared, "--steps", str(steps), "--pair-steps", "0")
        make_encoder(name, "distill", embedded, *shared, *judged, "--steps", "0", "--pair-steps", str(pair_steps))
    kept = {run.model.name for run in finished_runs(SHIPPED_TAG) if run.seeds}
    for model in (model for model in RUNS if model not in kept):
        keep_middle(model, [fine_tune(model, seed, effort) for seed in SEEDS])


def prepare(train: str, dev: str) -> None:
    """Prepare both data sets and join them; KorSTS dev is the test split, untouched."""
    there = list_datasets(project_paths.data_root())
    if "korsts" not in there:
        korsts = ("--train", train, "--test", dev, "--name", "korsts", "--keep-test-duplicates")
        trainer("prepare", *korsts, "--title", "KorSTS", "--licence", "CC BY-SA 4.0")
    if "sample" not in there:
        prepare_sample()
    if DATA not in there:
        trainer("merge", "korsts", "sample", "--name", DATA)


def prepare_coarse(pairs: str | None) -> str:
    """Prepare the coarse pairs and return their data set's name, empty where there are none."""
    if not pairs:
        return ""
    if COARSE not in list_datasets(project_paths.data_root()):
        trainer("prepare", "--train", pairs, "--name", COARSE)
    return COARSE


def fine_tune_teacher(weights: str, coarse: str, effort: Effort) -> str:
    """Fine-tune the teacher of embeddings, a bi-encoder, on coarse pairs first where there are some; return its run."""
    kind = ("--kind", "bi-encoder")
    if coarse:
        first = train_once(
            weights, coarse, f"{TEACHER_TAG} first stage", *kind, "--batch-size", "32", *effort.first_stage
        )
        weights = checkpoint(first)
    return train_once(weights, DATA, TEACHER_TAG, *kind, *effort.teacher)


def fine_tune_pair_teacher(teacher: str, coarse: str, effort: Effort) -> str:
    """Fine-tune the teacher once more, as a cross-encoder that scores pairs, and return its run."""
    kind = ("--kind", "cross-encoder", "--both-orders")
    weights = checkpoint(teacher)
    if coarse:
        options = (*kind, "--batch-size", "32", "--learning-rate", "1e-4", *effort.first_stage)
        weights = checkpoint(train_once(weights, coarse, f"{PAIR_TEACHER_TAG} first stage", *options))
    return train_once(weights, DATA, PAIR_TEACHER_TAG, *kind, "--equal-pairs", "0.05", *effort.pair_teacher)


def checkpoint(run_id: str) -> str:
    """Return the folder of a run's model."""
    return str(checkpoint_of(project_paths.runs_root(), run_id))


def train_once(weights: str, dataset: str, tag: str, *options: str) -> str:
    """Fine-tune weights unless a run with the tag is there, and return the run's id."""
    if not finished_runs(tag):
        trainer("train", "--model", weights, "--data", dataset, "--tag", tag, *options)
    return finished_runs(tag)[0].run_id


def make_encoder(name: str, command: str, *options: str) -> None:
    """Make an encoder unless it is there."""
    if not (project_paths.encoders_root() / name).is_dir():
        trainer(command, *options, "--name", name)


def fine_tune(model: str, seed: int, effort: Effort) -> RunRecord:
    """Fine-tune a model with a seed, measure it on KorSTS dev and the sample's test, and return its run."""
    tag = f"{model} seed {seed}"
    if not finished_runs(tag):
        trainer(
            *("train", "--model", model, "--data", DATA, "--seed", str(seed), "--tag", tag, "--tag", SHIPPED_TAG),
            *("--name", model, "--stored-precision", "fp16", *effort.train),
        )
    run = finished_runs(tag)[0]
    for dataset in ("korsts", "sample"):
        if "test" not in run.metrics.get(dataset, {}):
            trainer("evaluate", run.run_id, "--data", dataset, "--split", "test")
    return finished_runs(tag)[0]


def keep_middle(model: str, runs: list[RunRecord]) -> None:
    """Keep the run whose valid Pearson is in the middle, with all seeds' scores in its record; trash the others."""
    ordered = sorted(runs, key=lambda run: run.best.value or 0.0 if run.best else 0.0)
    middle = ordered[len(ordered) // 2]
    seeds = [SeedScores(seed=run.hyper_parameters["seed"], metrics=run.metrics) for run in runs]
    write_record(project_paths.runs_root(), middle.model_copy(update={"seeds": seeds}))
    tag_run(project_paths.runs_root(), middle.run_id, remove=[f"{model} seed {middle.hyper_parameters['seed']}"])
    for run in runs:
        if run.run_id != middle.run_id:
            delete_run(project_paths.runs_root(), project_paths.trash_root(), run.run_id)
    scores = {
        str(seed.seed): {name: splits["test"].pearson for name, splits in seed.metrics.items() if "test" in splits}
        for seed in seeds
    }
    sys.stdout.write(f"{model}: kept {middle.run_id}; test Pearson by seed: {json.dumps(scores)}\n")


def finished_runs(tag: str) -> list[RunRecord]:
    """Return the finished runs with a tag, the newest first."""
    runs = list_runs(project_paths.runs_root()).runs
    return [run for run in runs if tag in run.tags and run.status == "finished"]


def trainer(*arguments: str) -> None:
    """Print and run a trainer command; an error of it ends the script."""
    sys.stdout.write(f"\n$ {shlex.join(['python', '-m', 'trainer', *arguments])}\n")
    sys.stdout.flush()
    # In this process, so that PyTorch is loaded once.
    app(list(arguments), standalone_mode=False)


if __name__ == "__main__":
    main()
