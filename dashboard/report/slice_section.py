"""The best two runs of a report on parts of the pairs: a picture of their difference, and the numbers."""

import math
from collections.abc import Sequence

from dashboard.escaping import shortened
from dashboard.palette import NEUTRAL, Look
from dashboard.report.content import ALL, Content, SliceTable
from dashboard.report.document import Block, Cell, Chart, Column, Paragraph, Section, Table
from dashboard.report.svg import IntervalPicture, IntervalRow
from dashboard.report.words import MISSING, Words, interval, number
from dashboard.tables import comparison
from similarity import slices

_NAME_LENGTH = 32


def sections(content: Content, words: Words) -> list[Section]:
    """Return the section on slices; none where the data set has none, or its sentences are not here."""
    if not content.slice_tables:
        return []
    names = [content.material.names[run_id] for run_id in content.slice_runs]
    two = len(names) == 2
    blocks: list[Block] = [
        Paragraph(words.t("report.slices_read_two", first=names[0], second=names[1]))
        if two
        else Paragraph(words.t("report.slices_read_one", first=names[0]))
    ]
    for part in content.slice_tables:
        blocks.append(_slice_chart(content, part, words))
        blocks.append(_slice_table(part, names, words))
        if part.cut:
            blocks.append(Paragraph(words.t("report.slices_cut", count=part.cut)))
    return [Section("slices", words.t("report.slices"), blocks)]


def _slice_chart(content: Content, part: SliceTable, words: Words) -> Chart:
    looks = [content.material.looks.get(run_id, Look(NEUTRAL)) for run_id in content.slice_runs]
    dimension = words.t(f"report.dimension_{part.dimension}")
    rows = []
    for row in part.table.to_dict("records"):
        name = words.t("report.slice_name", name=_slice_word(row["slice"], words), pairs=f"{row['pairs']:,}")
        if len(looks) == 2:
            colour = looks[0].colour if row["low"] > 0 else looks[1].colour if row["high"] < 0 else NEUTRAL
            value = comparison.signed(row["difference"]) if not math.isnan(row["difference"]) else MISSING
            rows.append(IntervalRow(name, value, row["difference"], row["low"], row["high"], colour))
        else:
            ends = (row["first_low"], row["first_high"])
            rows.append(IntervalRow(name, number(row["first"]), row["first"], *ends, looks[0].colour, looks[0].marker))
    if len(looks) == 2:
        picture = IntervalPicture(rows, words.t("report.difference_axis"), reference=0.0)
        return Chart(words.t("report.slice_title_two", dimension=dimension), words.t("report.forest_read"), picture)
    picture = IntervalPicture(rows, words.t("report.pearson_axis"))
    return Chart(words.t("report.slice_title_one", dimension=dimension), words.t("report.interval_read_one"), picture)


def _slice_table(part: SliceTable, names: Sequence[str], words: Words) -> Table:
    dimension = words.t(f"report.dimension_{part.dimension}")
    columns = [Column(dimension), Column(words.t("report.column_pairs"), numeric=True)]
    columns += [Column(f"r · {shortened(name, _NAME_LENGTH)}", numeric=True) for name in names]
    columns += [Column(words.t("report.column_slice_difference"), numeric=True)] if len(names) == 2 else []
    rows: list[list[Cell]] = []
    for row in part.table.to_dict("records"):
        cells: list[Cell] = [_slice_word(row["slice"], words), f"{row['pairs']:,}"]
        for side in ("first", "second")[: len(names)]:
            cells.append((number(row[side]), interval(row[f"{side}_low"], row[f"{side}_high"])))
        if len(names) == 2:
            signed = MISSING if math.isnan(row["difference"]) else comparison.signed(row["difference"])
            cells.append((signed, comparison.signed_interval(row["low"], row["high"])))
        rows.append(cells)
    return Table(words.t("report.slice_caption", dimension=dimension), columns, rows)


def _slice_word(name: str, words: Words) -> str:
    special = {ALL: "all_pairs", slices.MISSING: "no_slice"}
    return words.t(f"report.{special[name]}") if name in special else name
