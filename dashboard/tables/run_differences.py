"""Two runs side by side: what differs, and what stands out about whether they can be compared."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.tables.comparison import SPLIT
from dashboard.tables.run_facts import GROUPS, SEED, Fact, facts_of, flattened
from similarity.metrics import Scores
from similarity.run_format import RunRecord


@dataclass(frozen=True)
class Difference:
    """One value of two runs; `change` is `×1.8` or `+0.0123` of the second against the first, or empty."""

    group: str
    key: str
    name: str
    first: str
    second: str
    change: str
    equal: bool


@dataclass(frozen=True)
class Remark:
    """Something that stands out; `text` is the key of its sentence below `remark.`."""

    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    is_warning: bool = False


def differences(first: RunRecord, second: RunRecord) -> list[Difference]:
    """Return every value that either record has, in the order of the groups.

    Scores that were measured on other pairs, or are defined for one run alone, are not subtracted.
    """
    left = {(fact.group, fact.name, fact.key): fact for fact in facts_of(first)}
    right = {(fact.group, fact.name, fact.key): fact for fact in facts_of(second)}
    measured = {fact.name for fact in left.values()} & {fact.name for fact in right.values()}
    other_pairs = _other_pairs(first, second)
    same_valid = _checksum(first, "valid") == _checksum(second, "valid") != ""
    found = []
    for place in sorted(dict.fromkeys([*left, *right]), key=lambda place: GROUPS.index(place[0])):
        if place[0] == "scores" and place[1] not in measured and place[2] != "pearson":
            # One row is enough to say that only one of them was measured there.
            continue
        one, two = left.get(place), right.get(place)
        same = (one.value if one else None) == (two.value if two else None)
        comparable = place[1] not in other_pairs and (same_valid or place[2] != "best_value")
        change = _change(one, two) if comparable and not same else ""
        found.append(
            Difference(place[0], place[2], place[1], one.shown if one else "", two.shown if two else "", change, same)
        )
    return found


def remarks(first: RunRecord, second: RunRecord, labels: Mapping[str, str], now: datetime) -> list[Remark]:
    """Return what a reader of the differences should know first; warnings come before the rest."""
    found = [*_unfinished(first, labels, now), *_unfinished(second, labels, now)]
    found += _on_the_scores(first, second)
    found += _on_the_recipe(first, second)
    found += _on_the_machine(first, second)
    return sorted(found, key=lambda remark: not remark.is_warning)


def _change(one: Fact | None, two: Fact | None) -> str:
    if one is None or two is None or one.value is None or two.value is None:
        return ""
    if one.unit == "ratio" and one.value:
        return f"×{two.value / one.value:.2f}"
    return f"{two.value - one.value:+.4f}".replace("-", "−") if one.unit == "difference" else ""


def _other_pairs(first: RunRecord, second: RunRecord) -> set[str]:
    return {
        f"{dataset} · {split}"
        for dataset, splits in first.metrics.items()
        for split, scores in splits.items()
        if (other := second.metrics.get(dataset, {}).get(split)) and not _same_pairs(scores, other)
    }


def _checksum(run: RunRecord, split: str) -> str:
    part = run.data.splits.get(split)
    return part.checksum if part else ""


def _same_pairs(one: Scores, two: Scores) -> bool:
    # Without a checksum nobody knows what was measured.
    return one.checksum == two.checksum != ""


def _unfinished(run: RunRecord, labels: Mapping[str, str], now: datetime) -> list[Remark]:
    status = run.status_at(now)
    return [] if status == "finished" else [Remark(f"unfinished_{status}", {"run": labels[run.run_id]}, True)]


def _on_the_scores(first: RunRecord, second: RunRecord) -> list[Remark]:
    found = []
    shared = [name for name in first.metrics if SPLIT in first.metrics[name] and SPLIT in second.metrics.get(name, {})]
    for dataset in shared:
        one, two = first.metrics[dataset][SPLIT], second.metrics[dataset][SPLIT]
        if not _same_pairs(one, two):
            found.append(Remark("other_pairs", {"dataset": dataset}, True))
        elif _known(one.pearson) and _known(two.pearson):
            fields = {
                "dataset": dataset,
                "pairs": f"{one.pairs:,}",
                "first": f"{one.pearson:.3f}",
                "second": f"{two.pearson:.3f}",
            }
            found.append(Remark(f"same_pairs_{_overlap(one, two)}", fields))
    measured = any(SPLIT in splits for run in (first, second) for splits in run.metrics.values())
    return found if shared or not measured else [Remark("nothing_shared", is_warning=True)]


def _overlap(one: Scores, two: Scores) -> str:
    ends = (one.pearson_low, one.pearson_high, two.pearson_low, two.pearson_high)
    if not all(map(_known, ends)):
        return "unknown"
    low, high, other_low, other_high = (float(end) for end in ends if end is not None)
    return "overlap" if low <= other_high and other_low <= high else "apart"


def _on_the_recipe(first: RunRecord, second: RunRecord) -> list[Remark]:
    found = []
    for split, text in (("train", "other_train"), ("valid", "other_valid")):
        one, two = _checksum(first, split), _checksum(second, split)
        if one and two and one != two:
            found.append(Remark(text, is_warning=split == "train"))
    seeds = first.hyper_parameters.get(SEED), second.hyper_parameters.get(SEED)
    changed = [each for each in differences(first, second) if not each.equal and _decides(each)]
    if not changed:
        same_seed = "same_recipe" if seeds[0] == seeds[1] else "only_seed"
        found.append(Remark(same_seed, {"first": seeds[0], "second": seeds[1]}))
    elif seeds[0] != seeds[1]:
        found.append(Remark("seed_too", {"first": seeds[0], "second": seeds[1]}))
    if bool(first.seeds) != bool(second.seeds):
        found.append(Remark("seeds_of_one", {"count": len(first.seeds or second.seeds)}))
    return found


def _decides(difference: Difference) -> bool:
    # What preprocessing made of the data is in the checksums; the number of parameters follows from the model.
    if difference.group == "data":
        return difference.key in ("pairs", "checksum") and difference.name in ("train", "valid")
    named = difference.group == "model" and difference.key not in ("model_parameters", "model_name")
    return named or (difference.group == "hyper_parameters" and difference.name not in (SEED, "defaults_source"))


def _on_the_machine(first: RunRecord, second: RunRecord) -> list[Remark]:
    found = []
    one, two = first.environment, second.environment
    if (one.device, one.threads) != (two.device, two.threads):
        found.append(Remark("other_machine"))
    left, right = dict(flattened(one.packages)), dict(flattened(two.packages))
    other = [name for name in left if name in right and left[name] != right[name]]
    if other:
        found.append(Remark("other_packages", {"packages": ", ".join(other)}))
    return found


def _known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)
