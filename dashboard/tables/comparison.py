"""Runs as tables: who is comparable with whom, in which order, and what still trains."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from similarity.metrics import Scores
from similarity.run_format import RunRecord

SPLIT = "test"
"""Runs are ranked on this split alone; valid chose their epochs."""

FILTERS = ("family", "kind", "tag", "status")

COLUMNS = (
    "run_id",
    "name",
    "status",
    "reason",
    "family",
    "kind",
    "model",
    "base_checkpoint",
    "trained_on",
    "dataset",
    "checksum",
    "pairs",
    "pearson",
    "pearson_low",
    "pearson_high",
    "spearman",
    "f1",
    "mse",
    "seeds",
    "parameters",
    "seconds",
    "milliseconds",
    "device",
    "percent",
    "tags",
    "created_at",
)

_ZERO = "0.000"

NUMBERS = ("pearson", "pearson_low", "pearson_high", "spearman", "f1", "mse", "parameters", "seconds", "milliseconds")


@dataclass(frozen=True)
class Ranking:
    """Runs that were measured on the very same pairs, the best first."""

    checksum: str
    pairs: int
    table: pd.DataFrame


@dataclass(frozen=True)
class Leaderboard:
    """One data set: the ranking that counts, rankings on other versions of the split, runs without a score."""

    ranking: Ranking | None
    others: list[Ranking]
    unscored: pd.DataFrame


def labels_of(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return a name for each run that no other has: its display name, and the end of its id where that is shared."""
    names = Counter(run.display_name for run in runs)
    ends = Counter((run.display_name, run.run_id[-4:]) for run in runs)
    labels = {}
    for run in runs:
        end = run.run_id[-4:] if ends[run.display_name, run.run_id[-4:]] == 1 else run.run_id
        labels[run.run_id] = run.display_name if names[run.display_name] == 1 else f"{run.display_name} · {end}"
    return labels


def run_table(runs: Sequence[RunRecord], now: datetime) -> pd.DataFrame:
    """Return one row for each run and data set that it was tested on, or is trained on without a score yet."""
    labels = labels_of(runs)
    rows = [{**row, "name": labels[run.run_id]} for run in runs for row in _rows(run, now)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(dict.fromkeys(NUMBERS, "float64"))


def options(table: pd.DataFrame, column: str) -> list[str]:
    """Return what can be filtered by in one column (`tag` looks into the lists of tags)."""
    values = table["tags"].explode().dropna() if column == "tag" else table[column]
    return sorted(values.astype(str).unique())


def filtered(table: pd.DataFrame, chosen: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the rows that have one of the chosen values in each column; no values means no filter."""
    for column, values in chosen.items():
        if values:
            wanted = set(values)
            held = table["tags"] if column == "tag" else table[column].map(lambda value: [value])
            table = table[[not wanted.isdisjoint(each) for each in held]]
    return table


def leaderboard(table: pd.DataFrame, dataset: str, current_checksum: str = "") -> Leaderboard:
    """Return one data set's leaderboard.

    Args:
        table: what `run_table` returns, filtered or not.
        dataset: the data set's name.
        current_checksum: that of the split which lies here; its runs form the ranking that counts. Where none
            has it, the version that most runs were measured on counts.
    """
    here = table[table["dataset"] == dataset]
    scored = here["pearson"].notna()
    # Without a checksum nobody knows what was measured, so such a run is ranked with no other.
    version = here["checksum"].where(here["checksum"] != "", "?" + here["run_id"])
    rankings = [
        Ranking(str(group["checksum"].iloc[0]), int(group["pairs"].max()), _ranked(group))
        for _, group in here[scored].groupby(version[scored], sort=True)
    ]
    rankings.sort(key=lambda each: (not each.checksum, each.checksum != current_checksum, -len(each.table)))
    return Leaderboard(rankings[0] if rankings else None, rankings[1:], here[~scored].reset_index(drop=True))


def baseline_table(baselines: Mapping[str, Scores], names: Mapping[str, str]) -> pd.DataFrame:
    """Return baselines in the ranking's columns, the best first, under the names that `names` gives."""
    rows = [
        {
            "name": names.get(key, key),
            "pearson": scores.pearson,
            "pearson_low": scores.pearson_low,
            "pearson_high": scores.pearson_high,
            "spearman": scores.spearman,
            "f1": scores.f1,
            "mse": scores.mse,
        }
        for key, scores in baselines.items()
    ]
    columns = ["name", "pearson", "pearson_low", "pearson_high", "spearman", "f1", "mse"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], "float64"))
    return table.sort_values("pearson", ascending=False, na_position="last").reset_index(drop=True)


def percent_done(run: RunRecord) -> float:
    """Return how far training is, 0–100."""
    return 100 * min(run.progress.step / run.progress.steps, 1.0) if run.progress.steps else 0.0


def seconds_left(run: RunRecord) -> float | None:
    """Return the training time still to go at the pace so far, or None before the first step."""
    progress = run.progress
    if not progress.step or not progress.steps or not progress.seconds:
        return None
    return progress.seconds / progress.step * max(progress.steps - progress.step, 0)


def duration(seconds: float | None) -> str:
    """Return a time as `48 s`, `3 min 20 s`, `2 h 05 min`; a dash where it is unknown."""
    if seconds is None or math.isnan(seconds):
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def interval(low: float, high: float) -> str:
    """Return an interval with three decimals; empty where there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"{low:.3f} – {high:.3f}".replace("-", "−")


def signed_interval(low: float, high: float) -> str:
    """Return an interval of differences with three decimals and their signs; empty where there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"{signed(low)} … {signed(high)}"


def signed(difference: float) -> str:
    """Return a difference as `unsigned` writes it with its sign, a zero without."""
    text = unsigned(difference)
    return f"+{text}" if difference > 0 and text != _ZERO else text


def unsigned(difference: float) -> str:
    """Return a difference with three decimals, and one that these would make zero down to its first digit.

    So what is called clear never reads as 0.000. Below a millionth it is rounding, and is.
    """
    text = f"{difference:.3f}".replace("-", "−")
    if text.removeprefix("−") != _ZERO:
        return text
    size = abs(difference)
    return f"{difference:.{math.ceil(-math.log10(size))}f}".replace("-", "−") if size >= 1e-6 else _ZERO


def seed_spread(values: Sequence[float]) -> str:
    """Return the lowest and highest of several seeds' scores and how many there are; empty below two."""
    return f"{min(values):.3f} – {max(values):.3f} · {len(values)}" if len(values) > 1 else ""


def on_front(costs: Sequence[float], qualities: Sequence[float]) -> list[bool]:
    """Return which runs are on the Pareto front: none is cheaper and as good, or as cheap and better, or both.

    A run whose cost or quality is NaN is never on it.
    """
    front = [False] * len(costs)
    known = [place for place in range(len(costs)) if not math.isnan(costs[place]) and not math.isnan(qualities[place])]
    best = -math.inf
    # At equal cost the best comes first, so that the others there fall short of it; exact equals are both kept.
    for place in sorted(known, key=lambda place: (costs[place], -qualities[place])):
        quality = qualities[place]
        if quality > best:
            best, cheapest = quality, costs[place]
            front[place] = True
        elif quality == best:
            front[place] = costs[place] == cheapest
    return front


def _ranked(group: pd.DataFrame) -> pd.DataFrame:
    ordered = group.sort_values("pearson", ascending=False, kind="stable").reset_index(drop=True)
    ordered.insert(0, "rank", ordered["pearson"].rank(ascending=False, method="min").astype(int))
    return ordered


def _rows(run: RunRecord, now: datetime) -> list[dict[str, object]]:
    row: dict[str, object] = {
        "run_id": run.run_id,
        "status": run.status_at(now),
        "reason": run.error.message if run.error else "",
        "family": run.model.family,
        "kind": run.model.architecture,
        "model": run.model.name,
        "base_checkpoint": run.model.base_checkpoint,
        "trained_on": run.data.name,
        "device": run.environment.device,
        "parameters": run.model.parameters,
        "seconds": run.cost.seconds if run.cost.seconds is not None else run.progress.seconds or None,
        "milliseconds": run.cost.milliseconds_per_pair,
        "percent": percent_done(run),
        "tags": run.tags,
        "created_at": run.created_at,
    }
    tested = {dataset: splits[SPLIT] for dataset, splits in run.metrics.items() if SPLIT in splits}
    rows = [
        {**row, "dataset": dataset, **_scores(scores), "seeds": _seeds(run, dataset, scores.checksum)}
        for dataset, scores in tested.items()
    ]
    untested = {"dataset": run.data.name, "checksum": "", "pairs": 0, "seeds": []}
    return rows if run.data.name in tested else [*rows, {**row, **untested}]


def _seeds(run: RunRecord, dataset: str, checksum: str) -> list[float]:
    found = [seed.metrics.get(dataset, {}).get(SPLIT) for seed in run.seeds]
    return [scores.pearson for scores in found if scores and scores.checksum == checksum and scores.pearson is not None]


def _scores(scores: Scores) -> dict[str, object]:
    return scores.model_dump(
        include={"checksum", "pairs", "pearson", "pearson_low", "pearson_high", "spearman", "f1", "mse"}
    )
