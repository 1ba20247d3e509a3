"""The content of a report as a document: what was measured, who is best, where, and on which pairs all go wrong."""

import math
from collections.abc import Mapping
from typing import Any

from dashboard.escaping import shortened
from dashboard.palette import NEUTRAL, Look
from dashboard.report import background, slice_section, verdict
from dashboard.report.content import Content
from dashboard.report.document import (
    Block,
    Bullets,
    Cell,
    Chart,
    Code,
    Column,
    Document,
    Facts,
    Paragraph,
    Section,
    Table,
)
from dashboard.report.recipes import evaluate_command
from dashboard.report.svg import IntervalPicture, IntervalRow
from dashboard.report.words import MISSING, Words, interval, number, share
from dashboard.tables import comparison, significance
from dashboard.tables.comparison import SPLIT
from dashboard.tables.run_facts import plain

MIN_ROOM = 0.25
"""A baseline further left of all runs than this, and than the runs' own range, stands at the chart's edge."""

SHORT_NAME = 22


def document(content: Content, language: str, *, show_pairs: bool = True) -> Document:
    """Return the report in one language.

    Without `show_pairs` no sentence, no label and no single prediction stands in it: of the worst pairs only ids and
    mean errors.
    """
    words = Words(language)
    made_at = f"{content.made_at:%Y-%m-%d %H:%M} UTC"
    place = {"dataset": _title(content), "split": SPLIT, "pairs": f"{content.pairs:,}"}
    parts = [
        _measured(content, words),
        _leaderboard(content, words),
        background.training(content, words),
        *slice_section.sections(content, words),
        *_worst(content, words, show_pairs),
        *_left_out(content, words),
        background.method(content, words),
        background.reproduction(content, words),
        background.glossary(words),
    ]
    return Document(
        language=language,
        title=words.t("report.document_title", **place),
        subtitle=words.t("report.document_subtitle", **place, runs=len(content.ranking), date=made_at),
        verdict_title=words.t("report.verdict_title"),
        verdict=verdict.sentences(content, words),
        contents_title=words.t("report.contents"),
        sections=parts,
        footer=words.t("report.footer", date=made_at),
    )


def _title(content: Content) -> str:
    card = content.material.card
    return f"{card.title} ({card.name})" if card and card.title else content.material.dataset


def _measured(content: Content, words: Words) -> Section:
    card, measured = content.material.card, content.material.measured
    facts = [
        (words.t("report.fact_dataset"), _title(content)),
        (words.t("report.fact_split"), words.t("report.fact_split_value", split=SPLIT, pairs=f"{content.pairs:,}")),
        (words.t("report.fact_checksum"), content.checksum or MISSING),
        (words.t("report.fact_licence"), card.licence if card and card.licence else words.t("report.no_licence")),
    ]
    if measured is not None:
        mean, spread = measured.labels.mean(), measured.labels.std(ddof=1) if content.pairs > 1 else math.nan
        facts.append((words.t("report.fact_labels"), f"0–5 · {number(mean, 2)} ± {number(spread, 2)}"))
        same, count = len(measured.predictions) - len(content.unlike_record), len(measured.predictions)
        facts.append((words.t("report.fact_records"), words.t("report.fact_agree", same=same, count=count)))
    facts += _of_card(content, words)
    here = "elsewhere" if measured is None else "here" if content.has_sentences else "no_sentences"
    facts.append((words.t("report.fact_here"), words.t(f"report.fact_here_{here}")))
    blocks: list[Block] = [Paragraph(words.t("report.measured_read")), Facts(facts), _train_table(content, words)]
    return Section("measured", words.t("report.measured"), blocks)


def _of_card(content: Content, words: Words) -> list[tuple[str, str]]:
    card = content.material.card
    if card is None:
        return []
    facts = []
    sources = card.splits[SPLIT].sources
    if len(sources) > 1:
        listed = [f"{source} {pairs:,}" for source, pairs in sources.items()]
        facts.append((words.t("report.fact_sources"), words.listed(listed)))
    if SPLIT in card.files:
        facts.append((words.t("report.fact_file"), card.files[SPLIT]))
    prepared = [
        f"{name}: {', '.join(value) if isinstance(value, Mapping) else plain(value)}"
        for name, value in card.preprocessing.items()
        if plain(value)
    ]
    if prepared:
        facts.append((words.t("report.fact_prepared"), "; ".join(prepared)))
    return facts


def _train_table(content: Content, words: Words) -> Table:
    numbers = {run_id: place for place, run_id in enumerate(content.run_ids, start=1)}
    rows: list[list[Cell]] = []
    for part in content.train_overlaps:
        runs = ", ".join(str(place) for place in sorted(numbers[run_id] for run_id in part.run_ids))
        counts = [MISSING if count is None else share(count, content.pairs) for count in (part.pairs, part.touched)]
        rows.append([part.dataset, MISSING if part.train_pairs is None else f"{part.train_pairs:,}", runs, *counts])
    columns = [
        Column(words.t("report.column_train_data")),
        Column(words.t("report.column_train_pairs"), numeric=True),
        Column(words.t("report.column_runs")),
        Column(words.t("report.column_pairs_in_train"), numeric=True),
        Column(words.t("report.column_touched"), numeric=True),
    ]
    return Table(words.t("report.train_caption"), columns, rows)


def _leaderboard(content: Content, words: Words) -> Section:
    blocks: list[Block] = [_leaderboard_table(content, words), Paragraph(words.t("report.leaderboard_read"))]
    if content.verdict.untested_top:
        names = content.material.names
        blocks.append(Paragraph(words.t("report.leaderboard_reference", run=names[content.reference])))
    return Section("leaderboard", words.t("report.leaderboard"), [*blocks, _interval_chart(content, words)])


def _leaderboard_table(content: Content, words: Words) -> Table:
    texts = ("name", "standing", "pearson", "difference", "spearman", "f1", "mse", "size", "speed", "seeds")
    columns = [Column("#", numeric=True)]
    columns += [Column(words.t(f"report.column_{text}"), numeric=text not in ("name", "standing")) for text in texts]
    rows: list[list[Cell]] = []
    for place, row in enumerate(content.ranking.to_dict("records"), start=1):
        kind = words.t("report.kind", kind=words.t(f"kind.{row['kind']}"), family=row["family"])
        rows.append(
            [
                str(place),
                (row["name"], kind),
                words.t(f"report.standing_{row['standing']}"),
                *_scores(row),
                number(row["parameters"] / 1e6, 1),
                number(row["milliseconds"], 1),
                comparison.seed_spread(row["seeds"]) or MISSING,
            ]
        )
    marked = content.ranking["standing"].isin((significance.BEST, significance.TIED)) & (len(rows) > 1)
    for row in content.baselines.to_dict("records"):
        scores = _scores({**row, "difference": math.nan})
        rows.append(["", words.t(f"baseline.{row['name']}"), MISSING, *scores, MISSING, MISSING, MISSING])
    places = frozenset(place for place, is_marked in enumerate(marked) if is_marked)
    return Table(words.t("report.leaderboard_caption", pairs=f"{content.pairs:,}"), columns, rows, 1, places)


def _scores(row: dict[Any, Any]) -> list[Cell]:
    difference: Cell = MISSING
    if not math.isnan(row["difference"]):
        ends = comparison.signed_interval(row["difference_low"], row["difference_high"])
        difference = (comparison.signed(row["difference"]), ends)
    pearson = (number(row["pearson"]), interval(row["pearson_low"], row["pearson_high"]))
    return [pearson, difference, number(row["spearman"]), number(row["f1"]), number(row["mse"])]


def _interval_chart(content: Content, words: Words) -> Chart:
    rows, looks = [], content.material.looks
    for row in content.ranking.itertuples():
        look = looks.get(str(row.run_id), Look(NEUTRAL))
        filled = row.standing in (significance.BEST, significance.TIED)
        rows.append(_interval_row(row, look.colour, look.marker, filled))
    ends = [end for row in rows for end in (row.estimate, row.low, row.high) if not math.isnan(end)]
    left = min(ends) - max(MIN_ROOM, max(ends) - min(ends))
    known = content.baselines.dropna(subset="pearson")
    known = known.assign(name=[words.t(f"baseline.{name}") for name in known["name"]])
    rows += [_interval_row(row, NEUTRAL, "diamond", filled=False) for row in known.itertuples()]
    picture = IntervalPicture(rows, words.t("report.pearson_axis"), left=left)
    return Chart(words.t("report.interval_title"), words.t("report.interval_read"), picture)


def _interval_row(row: Any, colour: str, shape: str, filled: bool) -> IntervalRow:
    ends = interval(row.pearson_low, row.pearson_high)
    value = f"{number(row.pearson)} ({ends})" if ends else number(row.pearson)
    return IntervalRow(str(row.name), value, row.pearson, row.pearson_low, row.pearson_high, colour, shape, filled)


def _worst(content: Content, words: Words, shown: bool) -> list[Section]:
    if not content.worst:
        return []
    reason = "hidden" if not shown else "shown" if content.has_sentences else "no_sentences"
    card = content.material.card
    licence = card.licence if card and card.licence else words.t("report.no_licence")
    blocks: list[Block] = [
        Paragraph(words.t("report.worst_read")),
        Paragraph(words.t(f"report.worst_{reason}", licence=licence)),
    ]
    columns = [Column("#", numeric=True), Column(words.t("report.column_pair"), wordy=content.has_sentences and shown)]
    columns += [Column(words.t("report.column_label"), numeric=True)] if shown else []
    columns.append(Column(words.t("report.column_error"), numeric=True))
    measured = content.material.measured
    scored = [
        f"{place} · {shortened(name, SHORT_NAME)}"
        for place, (run_id, name) in enumerate(zip(content.run_ids, content.ranking["name"], strict=True), start=1)
        if shown and measured is not None and run_id in measured.predictions
    ]
    columns += [Column(name, numeric=True) for name in scored]
    rows: list[list[Cell]] = []
    for place, pair in enumerate(content.worst, start=1):
        if shown:
            numbers = [pair.label, pair.error, *pair.scores]
            rows.append([str(place), pair.sentences or pair.pair_id, *(number(value, 2) for value in numbers)])
        else:
            rows.append([str(place), pair.pair_id, number(pair.error, 2)])
    caption = words.t("report.worst_caption" if shown else "report.worst_caption_hidden")
    blocks.append(Table(caption, columns, rows))
    return [Section("worst", words.t("report.worst"), blocks)]


def _left_out(content: Content, words: Words) -> list[Section]:
    names, dataset = content.material.names, content.material.dataset
    items = [
        words.t(
            f"report.left_out_{each.reason}",
            run=names[each.run.run_id],
            dataset=dataset,
            reason=each.detail or words.t("report.no_reason"),
            checksum=each.detail[:12] or MISSING,
        )
        for each in content.left_out
    ]
    measured = content.material.measured
    unpaired = [run_id for run_id in content.run_ids if measured is None or run_id not in measured.predictions]
    if unpaired:
        items.append(words.t("report.left_out_unpaired", runs=words.listed([names[run_id] for run_id in unpaired])))
    if not items:
        return []
    blocks: list[Block] = [Bullets(items)]
    if unpaired:
        commands = [evaluate_command(run_id, dataset) for run_id in unpaired]
        blocks.append(Code(words.t("report.left_out_command"), commands))
    return [Section("left-out", words.t("report.left_out"), blocks)]
