"""What a report says, as numbers and tables without words.

All runs of a report were measured on the very same pairs of one data set's test split; the others are left out, with
the reason. Nothing here chooses anything on test: valid chose each run's epoch before.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd

from dashboard.palette import Look
from dashboard.report.leakage import TrainOverlap, linked_pairs, train_overlaps
from dashboard.tables import comparison, significance
from dashboard.tables.comparison import SPLIT, Ranking
from dashboard.tables.measured import Measured
from dashboard.tables.significance import Comparison, Verdict
from similarity import metrics, slices
from similarity.metrics import Scores
from similarity.prepared_data import DatasetCard
from similarity.run_format import RunRecord

WORST_PAIRS = 10
MAX_SLICES = 30
"""Of one dimension; those with the most pairs are kept."""

DIMENSIONS = ("source", "phenomenon")

RECORD_TOLERANCE = 0.001
"""A run's recorded r and the one that its predictions give should not differ by more than this."""

ALL = ""
"""The slice of all pairs."""


@dataclass(frozen=True)
class Material:
    """What a report is made from.

    Attributes:
        dataset: the data set's name.
        runs: the chosen runs.
        names: run id → name, no two alike.
        looks: run id → colour, dash and marker.
        card: the data set's card, if the very pairs that were measured lie here.
        pairs: those pairs with their sentences, if they lie here.
        measured: predictions of the runs that are compared, or None where there are none.
        baselines: name → scores on the same pairs.
        curves: run id → logged values, for runs whose curves can be read.
        train: checksum → the train split that a run was trained on, where it lies here.
    """

    dataset: str
    runs: Sequence[RunRecord]
    names: Mapping[str, str]
    looks: Mapping[str, Look]
    card: DatasetCard | None = None
    pairs: pd.DataFrame | None = None
    measured: Measured | None = None
    baselines: Mapping[str, Scores] = field(default_factory=dict)
    curves: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    train: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A run that is not compared; `reason` is a status, `unmeasured`, `undefined` or `other_pairs`."""

    run: RunRecord
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class SliceTable:
    """Two runs (or one) on the slices of one dimension, all pairs (`ALL`) first.

    `table` has slice, pairs, then `first`, `first_low`, `first_high`, the same of `second`, and `difference`, `low`,
    `high`; `cut` slices with fewer pairs are left out.
    """

    dimension: str
    table: pd.DataFrame
    cut: int


@dataclass(frozen=True)
class WorstPair:
    """A pair with its mean absolute error over the runs and each run's score, and its sentences if they are here."""

    pair_id: str
    label: float
    error: float
    scores: tuple[float, ...]
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """Everything that a report says; `ranking` is the leaderboard, the best first, with a `standing` each."""

    material: Material
    made_at: datetime
    checksum: str
    pairs: int
    ranking: pd.DataFrame
    verdict: Verdict
    reference: str
    """Run id that differences are measured from; empty without a paired comparison."""
    baselines: pd.DataFrame
    """Their keys as `name`, in the ranking's columns."""
    left_out: list[LeftOut]
    slice_runs: tuple[str, ...]
    slice_tables: list[SliceTable]
    worst: list[WorstPair]
    train_overlaps: list[TrainOverlap]
    linked_pairs: int | None
    """Pairs that share a sentence with another of the measured pairs; None where the sentences are not here."""
    unlike_record: dict[str, float]
    """Run id → r that its predictions give, where its record says otherwise."""

    @property
    def run_ids(self) -> list[str]:
        """The compared runs, the best first."""
        return [str(run_id) for run_id in self.ranking["run_id"]]

    @property
    def records(self) -> list[RunRecord]:
        """The compared runs' records, the best first."""
        by_id = {run.run_id: run for run in self.material.runs}
        return [by_id[run_id] for run_id in self.run_ids]

    @property
    def has_sentences(self) -> bool:
        """Whether the measured pairs' sentences are here."""
        return self.material.pairs is not None


def ranking_of(
    dataset: str, runs: Sequence[RunRecord], names: Mapping[str, str], current_checksum: str, now: datetime
) -> Ranking | None:
    """Return the leaderboard of the runs that were tested on the very same pairs, or None where none was tested."""
    table = comparison.run_table(runs, now)
    table["name"] = table["run_id"].map(dict(names))
    return comparison.leaderboard(table, dataset, current_checksum).ranking


def build(material: Material, ranking: Ranking, made_at: datetime) -> Content:
    """Return the content of a report on what `ranking_of` returned."""
    measured = material.measured
    tested = significance.compare(measured) if measured and len(measured.predictions) > 1 else None
    table = significance.beside(ranking.table, tested)
    compared = {str(run_id) for run_id in table["run_id"]}
    in_it = [run for run in material.runs if run.run_id in compared]
    two = _best_two(table, measured, tested)
    return Content(
        material=material,
        made_at=made_at,
        checksum=ranking.checksum,
        pairs=ranking.pairs,
        ranking=table,
        verdict=significance.verdict(table, tested, ranking.pairs),
        reference=tested.best if tested else "",
        baselines=comparison.baseline_table(material.baselines, {}),
        left_out=[_left_out(run, material.dataset, made_at) for run in material.runs if run.run_id not in compared],
        slice_runs=two,
        slice_tables=_slice_tables(measured, two, _whole_row(table, two, tested)) if measured else [],
        worst=worst_pairs(measured, table["run_id"].tolist()) if measured else [],
        train_overlaps=train_overlaps(material.pairs, in_it, material.train),
        linked_pairs=None if material.pairs is None else linked_pairs(material.pairs),
        unlike_record=_unlike_record(table, measured) if measured else {},
    )


def worst_pairs(measured: Measured, order: Sequence[str]) -> list[WorstPair]:
    """Return the ten pairs with the largest mean absolute error over all runs, the worst first.

    Args:
        measured: the predictions.
        order: run ids in which each pair's scores stand; those without predictions are passed over.
    """
    run_ids = [run_id for run_id in order if run_id in measured.predictions]
    scores = np.column_stack([measured.predictions[run_id] for run_id in run_ids])
    errors = np.abs(scores - measured.labels[:, None]).mean(axis=1)
    worst = []
    for place in np.argsort(-errors, kind="stable")[:WORST_PAIRS]:
        row = measured.pairs.iloc[place]
        sentences = (str(row["sentence1"]), str(row["sentence2"])) if measured.has_text else ()
        numbers = float(row["label"]), float(errors[place]), tuple(map(float, scores[place]))
        worst.append(WorstPair(str(row["pair_id"]), *numbers, sentences))
    return worst


def _left_out(run: RunRecord, dataset: str, now: datetime) -> LeftOut:
    scores = run.metrics.get(dataset, {}).get(SPLIT)
    if scores is not None:
        undefined = scores.pearson is None
        return LeftOut(run, "undefined" if undefined else "other_pairs", "" if undefined else scores.checksum)
    status = run.status_at(now)
    if status != "finished":
        return LeftOut(run, status, run.error.message if run.error else "")
    return LeftOut(run, "unmeasured")


def _best_two(table: pd.DataFrame, measured: Measured | None, tested: Comparison | None) -> tuple[str, ...]:
    if measured is None:
        return ()
    known = [str(run_id) for run_id in table["run_id"] if run_id in measured.predictions]
    if tested is None:
        return tuple(known[:1])
    others = sorted((run_id for run_id in known if run_id in tested.behind), key=lambda run_id: _behind(tested, run_id))
    return (tested.best, *others[:1])


def _behind(tested: Comparison, run_id: str) -> float:
    estimate = tested.behind[run_id].estimate
    return math.inf if math.isnan(estimate) else estimate


def _slice_tables(measured: Measured, two: Sequence[str], whole: pd.DataFrame) -> list[SliceTable]:
    if not measured.has_text:
        return []
    features = slices.pair_features(measured.pairs)
    sides = {run_id: measured.predictions[run_id] for run_id in two}
    tables = []
    for dimension in DIMENSIONS:
        if dimension in features and features[dimension].nunique() > 1:
            table = _slice_table(measured, sides, features[dimension])
            kept = table[table["pairs"].rank(ascending=False, method="first") <= MAX_SLICES]
            both = pd.concat([whole, kept], ignore_index=True)
            tables.append(SliceTable(dimension, both, len(table) - len(kept)))
    return tables


def _slice_table(measured: Measured, sides: Mapping[str, metrics.Floats], groups: pd.Series) -> pd.DataFrame:
    scores = slices.slice_scores(measured.labels, sides, groups)
    table = scores.drop_duplicates("slice")[["slice", "pairs"]]
    for place, run_id in zip(("first", "second"), sides, strict=False):
        named = {"pearson": place, "low": f"{place}_low", "high": f"{place}_high"}
        part = scores[scores["name"] == run_id].rename(columns=named)
        table = table.merge(part[["slice", *named.values()]], on="slice")
    if len(sides) == 2:
        first, second = sides.values()
        differences = slices.slice_differences(measured.labels, first, second, groups)
        table = table.merge(differences[["slice", "difference", "low", "high"]], on="slice")
    return table.astype({"slice": str})


def _whole_row(table: pd.DataFrame, two: Sequence[str], tested: Comparison | None) -> pd.DataFrame:
    rows = {str(row["run_id"]): row for row in table.to_dict("records")}
    whole: dict[str, object] = {"slice": ALL, "pairs": rows[two[0]]["pairs"]}
    for place, run_id in zip(("first", "second"), two, strict=False):
        row = rows[run_id]
        whole |= {place: row["pearson"], f"{place}_low": row["pearson_low"], f"{place}_high": row["pearson_high"]}
    if tested is not None and len(two) == 2:
        difference = tested.behind[two[1]]
        whole |= {"difference": difference.estimate, "low": difference.low, "high": difference.high}
    return pd.DataFrame([whole])


def _unlike_record(table: pd.DataFrame, measured: Measured) -> dict[str, float]:
    found = {}
    for run_id, recorded in zip(table["run_id"], table["pearson"], strict=True):
        if run_id in measured.predictions:
            recomputed = metrics.pearson(measured.labels, measured.predictions[run_id])
            if not abs(recomputed - recorded) <= RECORD_TOLERANCE:
                found[str(run_id)] = recomputed
    return found
