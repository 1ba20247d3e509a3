"""The best runs by one measure, from their records alone: no curve and no prediction is read."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from similarity.metrics import Scores
from similarity.run_format import RunRecord

METRICS = {"pearson": True, "spearman": True, "f1": True, "mse": False}
"""Metric of a split → whether higher is better. Losses are left out: their height depends on the loss function."""

COSTS: Mapping[str, Callable[[RunRecord], float | None]] = {
    "seconds": lambda run: run.cost.seconds,
    "milliseconds": lambda run: run.cost.milliseconds_per_pair,
    "parameters": lambda run: run.model.parameters,
}
"""What a finished run took; the least is the best."""

SPLITS = ("valid", "test")


@dataclass(frozen=True)
class Best:
    """The best runs, the best first, and how many were compared."""

    run_ids: list[str]
    compared: int


def measures(runs: Sequence[RunRecord]) -> list[str]:
    """Return by what the runs can be ranked: `<data set>/<split>/<metric>`, the most measured first, then costs."""
    counts: Counter[tuple[str, str]] = Counter()
    metrics: set[str] = set()
    for run in runs:
        for dataset, split in _measured(run):
            counts[dataset, split] += 1
            scores = _scores(run, dataset, split)
            metrics.update(f"{dataset}/{split}/{metric}" for metric in METRICS if _number(scores, metric) is not None)
    order = sorted(counts, key=lambda place: (SPLITS.index(place[1]), -counts[place], place[0]))
    by_score = [f"{dataset}/{split}/{metric}" for dataset, split in order for metric in METRICS]
    costs = [
        name for name, of in COSTS.items() if any(run.status == "finished" and of(run) is not None for run in runs)
    ]
    return [measure for measure in by_score if measure in metrics] + costs


def best_runs(runs: Sequence[RunRecord], measure: str, count: int, current_checksum: str = "") -> Best:
    """Return the best runs by one measure; only runs measured on the very same pairs are compared.

    Args:
        runs: all runs.
        measure: one that `measures` returns.
        count: how many at most.
        current_checksum: that of the split which lies here; its runs are compared if there are any, else those on
            the version that most were measured on.
    """
    if measure in COSTS:
        costs = {run.run_id: COSTS[measure](run) for run in runs if run.status == "finished"}
        return _first(costs, count, higher=False)
    dataset, split, metric = measure.rsplit("/", 2)
    versions: dict[str, dict[str, float | None]] = {}
    for run in runs:
        scores = _scores(run, dataset, split)
        if scores is not None and _number(scores, metric) is not None:
            # Without a checksum nobody knows what was measured, so such a run is compared with no other.
            versions.setdefault(scores.checksum or f"?{run.run_id}", {})[run.run_id] = _number(scores, metric)
    if not versions:
        return Best([], 0)
    version = current_checksum if current_checksum in versions else max(versions, key=lambda key: len(versions[key]))
    return _first(versions[version], count, higher=METRICS[metric])


def _first(numbers: Mapping[str, float | None], count: int, *, higher: bool) -> Best:
    known = {run_id: number for run_id, number in numbers.items() if number is not None}
    ranked = sorted(known, key=lambda run_id: -known[run_id] if higher else known[run_id])
    return Best(ranked[:count], len(known))


def _measured(run: RunRecord) -> list[tuple[str, str]]:
    places = [(dataset, split) for dataset, splits in run.metrics.items() for split in SPLITS if split in splits]
    while_training = (run.data.name, "valid")
    return places if while_training in places or run.best is None else [while_training, *places]


def _scores(run: RunRecord, dataset: str, split: str) -> Scores | None:
    scores = run.metrics.get(dataset, {}).get(split)
    if scores is not None or (dataset, split) != (run.data.name, "valid"):
        return scores
    # A run that still trains has no scores yet, but the value by which its best epoch is kept.
    part = run.data.splits.get("valid")
    if run.best is None or run.best.metric != "valid/pearson" or part is None:
        return None
    return Scores(
        pairs=part.pairs,
        checksum=part.checksum,
        pearson=run.best.value,
        spearman=None,
        f1=None,
        macro_f1=None,
        mse=None,
    )


def _number(scores: Scores | None, metric: str) -> float | None:
    number: float | None = getattr(scores, metric, None)
    return number
