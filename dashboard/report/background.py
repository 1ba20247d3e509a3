"""The rest of a report's document: how the runs were trained, how they were compared, and how to do it again."""

import math
import platform
from collections.abc import Sequence
from importlib.metadata import version

from dashboard.palette import NEUTRAL, Look
from dashboard.report import recipes, verdict
from dashboard.report.content import Content
from dashboard.report.document import Block, Bullets, Cell, Chart, Code, Column, Facts, Paragraph, Section, Table
from dashboard.report.recipes import evaluate_command
from dashboard.report.svg import Line, LinePicture
from dashboard.report.words import MISSING, Words, number
from dashboard.tables import comparison, curves
from dashboard.tables.comparison import SPLIT
from dashboard.tables.curves import Curve

TERMS = ("pearson", "spearman", "f1", "interval", "paired", "tied", "holm", "checksum", "crossencoder", "biencoder")
ANALYSIS_PACKAGES = ("numpy", "pandas")


def training(content: Content, words: Words) -> Section:
    """Return the training curves and what they come to."""
    names, tables = content.material.names, content.material.curves
    blocks: list[Block] = []
    valid = recipes.valid_curves(content.records, tables, names)
    if valid:
        blocks.append(_chart(content, valid, "valid", words))
    losses = recipes.loss_curves(content.records, tables, names)
    if losses:
        blocks.append(_chart(content, losses, "loss", words))
    unread = [names[run_id] for run_id in content.run_ids if run_id not in tables]
    if unread:
        blocks.append(Paragraph(words.t("report.no_curves", runs=words.listed(unread))))
    return Section("training", words.t("report.training"), [*blocks, _training_table(content, words)])


def method(content: Content, words: Words) -> Section:
    """Return how the numbers were made and what they don't show."""
    blocks: list[Block] = [
        Bullets(verdict.assumptions(content, words)),
        Paragraph(words.t("report.limits_lead")),
        Bullets(verdict.limits(content, words)),
    ]
    return Section("method", words.t("report.method"), blocks)


def reproduction(content: Content, words: Words) -> Section:
    """Return the commands, settings and versions that make the same runs."""
    blocks: list[Block] = [Paragraph(words.t("report.reproduce_read", split=SPLIT))]
    for place, run in enumerate(content.records, start=1):
        command = run.command.splitlines() or [f"# {words.t('report.no_command')}"]
        lines = [*command, evaluate_command(run.run_id, content.material.dataset)]
        blocks.append(Code(f"{place} · {content.material.names[run.run_id]}", lines))
    shared, differing = recipes.settings(content.records)
    if differing:
        blocks.append(_settings_table(content, differing, words))
    if shared:
        listed = "; ".join(f"{name}: {value}" for name, value in shared.items())
        key = "report.settings_shared" if differing else "report.settings_of_all"
        blocks.append(Paragraph(words.t(key, settings=listed)))
    blocks += [_environment_table(content, words), Paragraph(_analysis(words))]
    return Section("reproduce", words.t("report.reproduce"), blocks)


def glossary(words: Words) -> Section:
    """Return what the words mean."""
    facts = [(words.t(f"term.{term}"), words.t(f"glossary.{term}")) for term in TERMS]
    facts.append((words.t("column.mse"), words.t("help.mse")))
    return Section("glossary", words.t("report.glossary"), [Facts(facts)])


def _chart(content: Content, drawn: Sequence[Curve], kind: str, words: Words) -> Chart:
    looks = content.material.looks
    shown = curves.range_of(drawn)
    lines = [
        Line(
            curve.name,
            curve.x.tolist(),
            curve.y.tolist(),
            look.colour,
            look.dash,
            look.marker,
            curve.best if kind == "valid" else None,
        )
        for curve in drawn
        for look in [looks.get(curve.run_id, Look(NEUTRAL))]
    ]
    picture = LinePicture(lines, words.t("report.epoch"), words.t(f"report.axis_{kind}"), shown.low, shown.high)
    read = [words.t(f"report.read_{kind}")]
    if kind == "valid" and recipes.training_table(content.records, content.material.curves)["valid"].nunique() > 1:
        read.append(words.t("report.valid_differ"))
    if shown.outside:
        read.append(words.t("report.cut_values", count=shown.outside))
    return Chart(words.t(f"report.title_{kind}"), " ".join(read), picture)


def _training_table(content: Content, words: Words) -> Table:
    table = recipes.training_table(content.records, content.material.curves)
    several = table["valid"].nunique() > 1
    texts = ["epochs", "kept_epoch", "valid_pearson", "train_loss", "valid_loss", "minutes"]
    columns = [Column("#", numeric=True), Column(words.t("report.column_name"))]
    columns += [Column(words.t(f"report.column_{text}"), numeric=True) for text in texts]
    columns += [Column(words.t("report.column_valid"), numeric=True)] if several else []
    rows: list[list[Cell]] = []
    for place, row in enumerate(table.to_dict("records"), start=1):
        cells = [
            f"{row['epochs']:g}",
            MISSING if math.isnan(row["kept_epoch"]) else f"{row['kept_epoch']:g}",
            number(row["valid_pearson"]),
            number(row["train_loss"]),
            number(row["valid_loss"]),
            comparison.duration(row["seconds"]),
        ]
        cells += [words.t("report.valid_set", number=row["valid"])] if several else []
        rows.append([str(place), content.material.names[row["run_id"]], *cells])
    caption = words.t("report.training_caption_several" if several else "report.training_caption")
    return Table(caption, columns, rows, head=1)


def _settings_table(content: Content, differing: dict[str, list[str]], words: Words) -> Table:
    columns = [Column("#", numeric=True), Column(words.t("report.column_name")), *map(Column, differing)]
    rows = [
        [str(place + 1), content.material.names[run_id], *(values[place] or MISSING for values in differing.values())]
        for place, run_id in enumerate(content.run_ids)
    ]
    return Table(words.t("report.settings_caption"), columns, rows, head=1)


def _environment_table(content: Content, words: Words) -> Table:
    texts = ("runs", "packages", "device", "threads", "precision", "commit")
    rows = []
    for environment, numbers in recipes.environments(content.records):
        packages = [f"Python {environment.python}"] if environment.python else []
        packages += [f"{name} {found}" for name, found in environment.packages.items()]
        where = (environment.device, environment.threads, environment.precision, environment.commit)
        runs = ", ".join(map(str, numbers))
        rows.append([runs, *(str(cell or MISSING) for cell in (", ".join(packages), *where))])
    return Table(
        words.t("report.environment_caption"), [Column(words.t(f"report.column_{text}")) for text in texts], rows
    )


def _analysis(words: Words) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ANALYSIS_PACKAGES)
    return words.t("report.analysis", packages=f"Python {platform.python_version()}, {packages}")
