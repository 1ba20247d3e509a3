"""What follows from a report's numbers, and what does not, in sentences."""

from collections.abc import Iterator, Sequence

from dashboard.report.content import Content
from dashboard.report.words import Words, interval, number
from dashboard.tables import comparison, significance
from similarity.metrics import THRESHOLD
from similarity.paired_bootstrap import SMALLEST_SAMPLE
from similarity.run_format import PLACEHOLDER_TAG

FEW_PAIRS = 200
"""Below this many pairs r = .8 has an interval more than a tenth wide."""


def sentences(content: Content, words: Words) -> list[str]:
    """Return the verdict, its main statement first."""
    found = [_main(content, words)]
    verdict = content.verdict
    if verdict.untested_top:
        found.append(words.t("report.verdict_untested_top", run=verdict.untested_top))
    elif verdict.untested and verdict.kind != "untested":
        found.append(words.t("report.verdict_not_tested", runs=words.listed(verdict.untested)))
    if verdict.seeds_overlap:
        found.append(words.t("report.verdict_seeds", runs=words.listed(verdict.seeds_overlap), run=verdict.best))
    found += _smallest(content, words)
    found += _above_baselines(content, words)
    found += _contradictions(content, words)
    if any(PLACEHOLDER_TAG in run.tags for run in content.records):
        found.insert(0, words.t("report.verdict_placeholder"))
    return found


def assumptions(content: Content, words: Words) -> list[str]:
    """Return how the numbers were made and what that takes for granted."""
    count = int((content.ranking["standing"] != significance.UNTESTED).sum()) - 1
    found = [words.t("report.method_interval"), words.t("report.method_recorded")]
    if content.reference:
        found.append(
            words.t(
                "report.method_paired", pairs=f"{content.pairs:,}", resamples=f"{significance.RESAMPLES:,}", count=count
            )
        )
        found.append(words.t("report.method_winner"))
    found.append(words.t("report.method_threshold", threshold=f"{THRESHOLD:.1f}"))
    return found


def limits(content: Content, words: Words) -> list[str]:
    """Return what the numbers do not show."""
    parts = (_limits_of_pairs, _limits_of_training)
    return [sentence for part in parts for sentence in part(content, words)]


def _main(content: Content, words: Words) -> str:
    verdict, table = content.verdict, content.ranking
    row = table[table["name"] == verdict.best].iloc[0]
    fields = {
        "run": verdict.best,
        "r": number(row["pearson"]),
        "interval": interval(row["pearson_low"], row["pearson_high"]),
        "pairs": f"{content.pairs:,}",
        "dataset": content.material.dataset,
        "least": SMALLEST_SAMPLE,
        "behind": len(verdict.behind),
        "tied": words.listed(verdict.tied),
    }
    if verdict.kind == "clear" and verdict.lead:
        ends = comparison.signed_interval(verdict.lead.low, verdict.lead.high)
        fields |= {"second": verdict.behind[0], "lead": comparison.unsigned(verdict.lead.estimate), "ends": ends}
    return words.t(f"report.verdict_{verdict.kind}", **fields)


def _smallest(content: Content, words: Words) -> Iterator[str]:
    if not content.verdict.tied:
        return
    equals = content.ranking[content.ranking["standing"].isin((significance.BEST, significance.TIED))]
    known = equals.dropna(subset="parameters")
    if len(known) == len(equals):
        row = known.sort_values("parameters").iloc[0]
        size, speed = number(row["parameters"] / 1e6, 1), number(row["milliseconds"], 1)
        yield words.t("report.verdict_smallest", run=row["name"], size=size, speed=speed)


def _above_baselines(content: Content, words: Words) -> Iterator[str]:
    known = content.baselines.dropna(subset=["pearson", "pearson_high"])
    if len(known):
        best = known.iloc[0]
        above = int((content.ranking["pearson_low"] > best["pearson_high"]).sum())
        fields = {
            "baseline": words.t(f"predictor.{best['name']}"),
            "r": number(best["pearson"]),
            "above": above,
            "count": len(content.ranking),
        }
        yield words.t("report.verdict_baseline", **fields)


def _contradictions(content: Content, words: Words) -> Iterator[str]:
    recorded = dict(zip(content.run_ids, content.ranking["pearson"], strict=True))
    for run_id, recomputed in content.unlike_record.items():
        fields = {"r": number(recorded[run_id]), "found": number(recomputed)}
        yield words.t("report.verdict_record", run=content.material.names[run_id], **fields)


def _limits_of_pairs(content: Content, words: Words) -> Iterator[str]:
    if content.linked_pairs is None:
        yield words.t("report.limit_unknown_links")
    elif content.linked_pairs:
        yield words.t("report.limit_links", count=f"{content.linked_pairs:,}", pairs=f"{content.pairs:,}")
    if content.pairs < FEW_PAIRS:
        yield words.t("report.limit_few", pairs=content.pairs)
    for part in content.train_overlaps:
        if part.touched is None:
            yield words.t("report.limit_unknown_train", dataset=part.dataset, runs=_named(content, part.run_ids, words))
        elif part.touched:
            fields = {"pairs": f"{part.pairs or 0:,}", "touched": f"{part.touched:,}", "dataset": part.dataset}
            yield words.t("report.limit_train", **fields, runs=_named(content, part.run_ids, words))
    yield words.t("report.limit_pretraining")
    yield words.t("report.limit_reuse")
    if content.baselines.empty:
        yield words.t("report.limit_no_baseline")


def _limits_of_training(content: Content, words: Words) -> Iterator[str]:
    names = dict(zip(content.run_ids, content.ranking["name"], strict=True))
    alone = [names[run.run_id] for run in content.records if len(run.seeds) < 2]
    if alone:
        yield words.t("report.limit_seeds", runs=words.listed(alone))
    devices = {(run.environment.device, run.environment.threads) for run in content.records}
    if len(devices) > 1:
        yield words.t("report.limit_devices")


def _named(content: Content, run_ids: Sequence[str], words: Words) -> str:
    return words.listed([content.material.names[run_id] for run_id in run_ids])
