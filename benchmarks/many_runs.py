"""A home full of made-up runs, to see how the dashboard does with many.

    python -m benchmarks.many_runs --home DIR [--runs 1000] [--steps 2000]

Writes a prepared data set `toy` of made-up Korean sentences, with baselines, and runs of every model that can be
trained by name: records, curves of `--steps` logged steps, and predictions and scores for valid and test. One run in
25 has failed and one in 40 was stopped, both without scores. No run has a checkpoint, so none can score a pair.
The same arguments give the same home. 1,000 runs of 2,000 steps take some 20 s and 290 MB. Look at them with

    SIMILARITY_HOME=DIR streamlit run dashboard/streamlit_app.py

The numbers look like those of trainings, and mean nothing.
"""

import argparse
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity import prepared_data, run_format
from similarity.files import write_text
from similarity.metrics import Scores, evaluate
from similarity.prepared_data import DatasetCard
from similarity.run_format import RunRecord
from similarity.sentence_pairs import LABEL_MAX
from trainer.baselines import make_baselines
from trainer.model_families import MODEL_FAMILIES, ModelFamily
from trainer.train_settings import make_settings

DATASET = "toy"
PAIRS = {"train": 500, "valid": 200, "test": 300}
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FAILED_EVERY, STOPPED_EVERY = 25, 40
RESAMPLES = 200
"""Of the intervals; few, since thousands are drawn."""

WHO = ("직원이", "친구가", "동생이", "손님이", "선생님이", "이웃이")
WHEN = ("오늘 아침에", "지난주에", "주말마다", "어제 저녁에", "비 오는 날에")
WHERE = ("도서관에서", "숙소 앞에서", "시장에서", "회의실에서", "버스 정류장에서", "카페에서")
WHAT = ("커피를", "우산을", "새 책을", "표를", "일정을", "사진을")
DOES = ("찾았습니다", "샀어요", "빌렸다", "보여 주었다", "잃어버렸어요", "바꿨습니다")
PARTS = (WHO, WHEN, WHERE, WHAT, DOES)
WEIGHTS = (0.7, 0.4, 0.6, 1.2, 2.1)
"""Label points of each part that two sentences share: what is done matters most."""

PARAMETERS = {"base": 110_000_000, "large": 337_000_000, "small": 14_000_000, "mini": 5_200_000}
MICROSECONDS_PER_MILLION_PARAMETERS = 420
LOGGED = (
    '{"step": %d, "epoch": %.6f, "seconds": %.3f, "train/loss": %.8f, "learning_rate": %.10g, "train/grad_norm": %.6f}'
)
VALID_VALUES = ("loss", "pearson", "spearman", "f1", "macro_f1", "mse")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """One run to write: its place in the order, its model, how it ends and how good it is (noise in label points)."""

    number: int
    row: ModelFamily
    status: run_format.Status
    learning_rate: float
    batch_size: int
    seed: int
    noise: float
    steps: int


def main() -> None:
    """Write the data set and the runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a folder without runs")
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=2_000, help="logged steps of a run")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        write_home(options.home, options.runs, options.steps)
    except FileExistsError as error:
        parser.error(str(error))
    print(f"Wrote {options.runs:,} runs to {options.home} in {time.perf_counter() - start:.1f} s.")


def write_home(home: Path, runs: int, steps: int) -> None:
    """Write the data set and as many runs, each of `steps` logged steps.

    Raises:
        FileExistsError: there are runs already, which would mix with these.
    """
    root = home / "artifacts" / "runs"
    if any(root.glob("[!.]*")):
        raise FileExistsError(f"{root} should be empty or absent, but holds runs. Name another --home.")
    card = write_dataset(home / "data")
    measured = {split: prepared_data.read_split(home / "data", DATASET, split) for split in ("valid", "test")}
    for number in range(runs):
        write_run(root, plan(number, steps), card, measured)


def write_dataset(root: Path) -> DatasetCard:
    """Write the prepared data set below `root` and return its card."""
    splits = {split: made_up_pairs(split, size) for split, size in PAIRS.items()}
    card = DatasetCard(
        name=DATASET,
        title="Made-up sentences",
        licence="CC0-1.0",
        splits={split: prepared_data.describe_split(pairs) for split, pairs in splits.items()},
    )
    prepared_data.write_dataset(root, card, splits, make_baselines(splits))
    return card


def made_up_pairs(split: str, count: int) -> pd.DataFrame:
    """Return pairs of five-part sentences; the label follows the parts that they share."""
    generator = np.random.default_rng(list(PAIRS).index(split))
    first = np.stack([generator.integers(0, len(part), count) for part in PARTS], axis=1)
    shift = np.stack([generator.integers(1, len(part), count) for part in PARTS], axis=1)
    # Any number of parts is shared as often as any other.
    order = generator.permuted(np.tile(np.arange(len(PARTS)), (count, 1)), axis=1)
    shared = order < generator.integers(0, len(PARTS) + 1, (count, 1))
    second = np.where(shared, first, (first + shift) % [len(part) for part in PARTS])
    return pd.DataFrame(
        {
            "pair_id": [f"{split}-{number:04d}" for number in range(count)],
            "sentence1": _sentences(first, "."),
            "sentence2": _sentences(second, ""),
            "label": np.clip(shared @ np.array(WEIGHTS) + generator.normal(0, 1.2, count), 0, LABEL_MAX).round(1),
            "source": np.where(np.arange(count) % 3, "생활", "여행"),
        }
    )


def plan(number: int, steps: int) -> Plan:
    """Return the plan of one run: models take turns, and so do learning rates, batch sizes and seeds."""
    rows = list(MODEL_FAMILIES.values())
    row = rows[number % len(rows)]
    turn = number // len(rows)
    generator = np.random.default_rng(number)
    rate = row.defaults.learning_rate * (0.5, 1, 2)[turn % 3]
    # A larger body is better, a rate off its default worse; the seed does the rest.
    noise = 0.75 + 0.25 * (_parameters(row) < 50e6) + 0.2 * (turn % 3 == 2) + abs(generator.normal(0, 0.15))
    failed, stopped = number % FAILED_EVERY == FAILED_EVERY - 1, number % STOPPED_EVERY == STOPPED_EVERY - 1
    return Plan(
        number=number,
        row=row,
        status="failed" if failed else "stopped" if stopped else "finished",
        learning_rate=rate,
        batch_size=row.defaults.batch_size * (1, 2)[turn // 3 % 2],
        seed=42 + turn % 5,
        noise=float(noise),
        steps=steps,
    )


def write_run(root: Path, planned: Plan, card: DatasetCard, measured: dict[str, pd.DataFrame]) -> None:
    """Write one run's record, curves and predictions."""
    generator = np.random.default_rng((planned.number, 1))
    record = record_of(planned, card)
    folder = run_format.run_folder(root, record.run_id)
    folder.mkdir(parents=True)
    if planned.status == "finished":
        scores = {}
        for split, pairs in measured.items():
            predictions = pairs[["pair_id", "label"]].assign(prediction=predict(pairs, planned, generator))
            run_format.write_predictions(folder, DATASET, split, predictions)
            scores[split] = evaluate(
                predictions["label"],
                predictions["prediction"],
                interval_resamples=RESAMPLES,
                checksum=card.splits[split].checksum,
            )
        best = max(int(record.progress.epochs) - 1, 1)
        record = record.model_copy(
            update={
                "metrics": {DATASET: scores},
                "best": run_format.Best(epoch=best, step=_end_of(best, planned), value=scores["valid"].pearson),
            }
        )
    write_text(folder / run_format.METRICS_FILE, curves(planned, record, generator))
    run_format.write_record(root, record)


def record_of(planned: Plan, card: DatasetCard) -> RunRecord:
    """Return a run's record, still without scores."""
    row, epochs = planned.row, planned.row.defaults.epochs
    done = planned.steps if planned.status == "finished" else max(planned.steps // 3, 1)
    created = START + timedelta(minutes=17 * planned.number)
    parameters = _parameters(row)
    seconds = done * _seconds_per_step(planned)
    settings = make_settings(
        row, DATASET, learning_rate=planned.learning_rate, batch_size=planned.batch_size, seed=planned.seed
    )
    problems = {
        "failed": run_format.RunFailure(type="TrainingError", message=f"The loss became NaN at step {done}."),
        "stopped": run_format.RunFailure(type="KeyboardInterrupt", message="Stopped with Ctrl-C."),
    }
    return RunRecord(
        run_id=f"{row.name}.{DATASET}.s{planned.seed}.{created:%Y%m%d-%H%M%S}.{planned.number:04x}",
        display_name=f"{row.name} lr {planned.learning_rate:g}",
        tags=[f"sweep-{planned.number // 100:02d}", *(["baseline"] if planned.number % 7 == 0 else [])],
        status=planned.status,
        created_at=created,
        heartbeat_at=created + timedelta(seconds=seconds),
        finished_at=created + timedelta(seconds=seconds),
        model=run_format.ModelPart(
            name=row.name,
            family=row.family,
            architecture=row.architecture,
            base_checkpoint=row.base_checkpoint,
            parameters=parameters,
        ),
        data=run_format.DataPart(
            name=DATASET,
            splits={
                split: run_format.SplitPart(pairs=part.pairs, checksum=part.checksum)
                for split, part in card.splits.items()
            },
        ),
        hyper_parameters=settings.hyper_parameters(),
        environment=run_format.Environment(python="3.11", device="cpu", threads=2),
        progress=run_format.Progress(
            step=done, steps=planned.steps, epoch=epochs * done / planned.steps, epochs=epochs, seconds=seconds
        ),
        cost=run_format.Cost(
            seconds_per_epoch=[seconds / epochs] * epochs if planned.status == "finished" else [],
            seconds=seconds,
            peak_memory_mb=900 + parameters * 16 / 1e6,
            milliseconds_per_pair=parameters / 1e6 * MICROSECONDS_PER_MILLION_PARAMETERS / 1e3,
        ),
        error=problems.get(planned.status),
        command=f"python -m trainer train --model {row.name} --data {DATASET} --seed {planned.seed}",
    )


def predict(pairs: pd.DataFrame, planned: Plan, generator: np.random.Generator) -> Floats:
    """Return predictions on 0–5: the label drawn to the middle, an error a pair that all models make, and noise."""
    shared = np.random.default_rng(len(pairs)).normal(0, 0.5, len(pairs))
    own = generator.normal(0, planned.noise, len(pairs))
    return np.clip(0.4 + 0.85 * pairs["label"].to_numpy() + shared + own, 0, LABEL_MAX)


def curves(planned: Plan, record: RunRecord, generator: np.random.Generator) -> str:
    """Return the lines of `metrics.jsonl`: a line a step, and the valid scores after each whole epoch."""
    done = record.progress.step
    epochs = int(record.progress.epochs)
    steps = np.arange(1, done + 1)
    share = steps / planned.steps
    values = np.stack(
        [
            steps,
            share * epochs,
            steps * _seconds_per_step(planned),
            (2.4 * np.exp(-9 * share) + 0.2 * planned.noise) * generator.lognormal(0, 0.18, done),
            planned.learning_rate * np.minimum(share / 0.1, (1 - share) / 0.9),
            generator.lognormal(0.3, 0.4, done),
        ],
        axis=1,
    )
    # One format for all lines at once: a thousand runs have two million.
    lines = ("\n".join([LOGGED] * done) % tuple(values.ravel().tolist())).split("\n")
    ends = [_end_of(epoch, planned) for epoch in range(1, epochs + 1)]
    for epoch in range(epochs, 0, -1):
        if ends[epoch - 1] <= done:
            lines.insert(ends[epoch - 1], _valid_line(epoch, planned, record, generator))
    return "\n".join(lines) + "\n"


def _valid_line(epoch: int, planned: Plan, record: RunRecord, generator: np.random.Generator) -> str:
    final = record.metrics[DATASET]["valid"] if record.metrics else None
    kept = int(record.best.epoch) if record.best else epoch
    behind = 0.0 if epoch == kept else 0.02 + abs(generator.normal(0, 0.01)) + 0.25 * np.exp(-epoch) * (epoch < kept)
    values = [planned.noise**2 + 2 * behind, *(_reached(final, name) - behind for name in VALID_VALUES[1:-1])]
    values.append(values[0])
    step = _end_of(epoch, planned)
    named = ", ".join(f'"valid/{name}": {value:.8f}' for name, value in zip(VALID_VALUES, values, strict=True))
    return f'{{"step": {step}, "epoch": {epoch}, "seconds": {step * _seconds_per_step(planned):.3f}, {named}}}'


def _reached(final: Scores | None, name: str) -> float:
    value = getattr(final, name) if final else None
    return 0.7 if value is None else float(value)


def _end_of(epoch: int, planned: Plan) -> int:
    return round(planned.steps * epoch / planned.row.defaults.epochs)


def _seconds_per_step(planned: Plan) -> float:
    return 0.02 + _parameters(planned.row) / 1e9 * planned.batch_size / 16


def _parameters(row: ModelFamily) -> int:
    return next((count for size, count in PARAMETERS.items() if size in row.name), PARAMETERS["base"])


def _sentences(choices: npt.NDArray[np.int64], end: str) -> list[str]:
    return [" ".join(part[place] for part, place in zip(PARTS, row, strict=True)) + end for row in choices.tolist()]


if __name__ == "__main__":
    main()
