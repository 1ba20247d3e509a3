"""Which runs of a ranking are tied with its best, by a paired bootstrap on the same pairs, and what follows from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dashboard.tables.measured import Measured
from similarity.paired_bootstrap import SMALLEST_SAMPLE, Difference, PairedBootstrap, holm, standings

MAX_TESTED = 20
"""So many of the best runs are tested against the best: each further one would make the test less sharp for all."""

LEVEL = 0.95
RESAMPLES = 10_000

BEST, TIED, BEHIND, UNTESTED = STANDINGS = ("best", "tied", "behind", "untested")
"""Tied: not significantly behind the best. Untested: without predictions here, or not among those compared."""


@dataclass(frozen=True)
class Comparison:
    """How runs stand relative to the best of them.

    `behind` holds each other run's difference (the best run's r minus its own), `tied` those not significantly
    behind, `p_values` those of the runs that make up the family of Holm's correction.
    """

    best: str
    pairs: int
    behind: dict[str, Difference]
    tied: frozenset[str]
    p_values: tuple[float, ...]


@dataclass(frozen=True)
class Verdict:
    """What a ranking says, for a sentence: names where a run is meant.

    `kind` is `single` (one run only), `few` (too few pairs), `untested` (no predictions to test with), `clear` (no
    run is tied with the best), `tied` or `all_tied`. `untested_top` is a run with a higher r that can't be tested,
    `seeds_overlap` are runs clearly behind, one of whose seeds nevertheless reached the worst seed of the best.
    """

    kind: str
    best: str
    tied: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    untested_top: str = ""
    seeds_overlap: list[str] = field(default_factory=list)
    lead: Difference | None = None
    """Of the best over the first run that is clearly behind."""


def contenders(run_ids: Sequence[str], chosen: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Return the best runs, which are tested together, and the chosen ones further down; `run_ids` best first."""
    return list(run_ids[:MAX_TESTED]), [run_id for run_id in run_ids[MAX_TESTED:] if run_id in chosen]


def compare(measured: Measured) -> Comparison | None:
    """Return how the runs stand relative to the best of them; None below ten pairs or where no r is defined."""
    if len(measured.labels) < SMALLEST_SAMPLE:
        return None
    rows = standings(PairedBootstrap(measured.labels, measured.predictions, resamples=RESAMPLES), LEVEL)
    best = rows[0]
    if math.isnan(best.pearson):
        return None
    behind = {row.name: row.behind_best for row in rows if row.behind_best is not None}
    return Comparison(
        best=best.name,
        pairs=len(measured.labels),
        behind=behind,
        tied=frozenset(row.name for row in rows[1:] if row.tied),
        p_values=tuple(each.p_value for each in behind.values() if not math.isnan(each.p_value)),
    )


def with_others(tested: Comparison, measured: Measured) -> Comparison:
    """Return `tested` with further runs compared with its best; how the first ones stand does not change.

    Holm's correction for the further runs counts all comparisons, theirs and the first ones'.

    Args:
        tested: what `compare` returned.
        measured: predictions of its best and of the further runs, for the same pairs.
    """
    bootstrap = PairedBootstrap(measured.labels, measured.predictions, resamples=RESAMPLES)
    others = [run_id for run_id in bootstrap.names if run_id != tested.best and run_id not in tested.behind]
    behind = {run_id: bootstrap.difference(tested.best, run_id, LEVEL) for run_id in others}
    compared = [run_id for run_id in others if not math.isnan(behind[run_id].p_value)]
    p_values = [*tested.p_values, *(behind[run_id].p_value for run_id in compared)]
    worse = dict(zip(compared, holm(p_values, 1 - LEVEL)[len(tested.p_values) :], strict=True))
    tied = tested.tied | {run_id for run_id in compared if not worse[run_id]}
    return Comparison(tested.best, tested.pairs, {**tested.behind, **behind}, tied, tested.p_values)


def beside(ranking: pd.DataFrame, tested: Comparison | None) -> pd.DataFrame:
    """Return a ranking with each run's `standing`, and its `difference` to the best (0 or below) with an interval."""
    behind = [tested.behind.get(run_id) if tested else None for run_id in ranking["run_id"]]
    return ranking.assign(
        standing=[_standing(run_id, tested) for run_id in ranking["run_id"]],
        difference=[-each.estimate if each else math.nan for each in behind],
        difference_low=[-each.high if each else math.nan for each in behind],
        difference_high=[-each.low if each else math.nan for each in behind],
    )


def verdict(ranking: pd.DataFrame, tested: Comparison | None, pairs: int) -> Verdict:
    """Return what a ranking says.

    Args:
        ranking: what `beside` returns, the best first, not empty.
        tested: what `beside` got.
        pairs: how many pairs the runs were measured on.
    """
    names = {standing: ranking.loc[ranking["standing"] == standing, "name"].tolist() for standing in STANDINGS}
    top = str(ranking["name"].iloc[0])
    if len(ranking) == 1:
        return Verdict("single", top)
    if pairs < SMALLEST_SAMPLE:
        return Verdict("few", top)
    if tested is None or not names[BEST] or not (names[TIED] or names[BEHIND]):
        return Verdict("untested", top, untested=names[UNTESTED])
    kind = "clear" if not names[TIED] else "tied" if names[BEHIND] else "all_tied"
    first_behind = ranking.loc[ranking["standing"] == BEHIND, "run_id"].head(1)
    return Verdict(
        kind,
        names[BEST][0],
        tied=names[TIED],
        behind=names[BEHIND],
        untested=names[UNTESTED],
        untested_top=top if ranking["standing"].iloc[0] == UNTESTED else "",
        seeds_overlap=_seeds_overlap(ranking),
        lead=tested.behind[first_behind.iloc[0]] if len(first_behind) else None,
    )


def _standing(run_id: str, tested: Comparison | None) -> str:
    if tested is None or (run_id != tested.best and run_id not in tested.behind):
        return UNTESTED
    if run_id == tested.best:
        return BEST
    return TIED if run_id in tested.tied else BEHIND


def _seeds_overlap(ranking: pd.DataFrame) -> list[str]:
    best = ranking.loc[ranking["standing"] == BEST, "seeds"].iloc[0]
    if len(best) < 2:
        return []
    behind = ranking[ranking["standing"] == BEHIND]
    return [
        str(name)
        for name, seeds in zip(behind["name"], behind["seeds"], strict=True)
        if len(seeds) > 1 and max(seeds) >= min(best)
    ]
