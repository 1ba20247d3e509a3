"""A document as Markdown as GitHub shows it: tables in place of pictures, all text shown as written."""

import re
from functools import singledispatch

from dashboard.report.document import Bullets, Cell, Chart, Code, Document, Facts, Paragraph, Section, Table

_SPECIAL = re.compile(r"([\\`*\[\]<~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;))")
_AT_THE_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=(?:[-+]|#{1,6})(?:\s|$)|>|[-=]+$))")


def rendered(document: Document) -> str:
    """Return the file's text."""
    verdict = "\n".join(f"> {escaped(sentence)}\n>" for sentence in document.verdict).removesuffix("\n>")
    parts = [
        f"# {escaped(document.title)}",
        escaped(document.subtitle),
        f"> **{escaped(document.verdict_title)}**\n>\n{verdict}",
        *(_section(section) for section in document.sections),
        f"---\n\n{escaped(document.footer)}",
    ]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as written on one line; in a table's cell `|` needs a backslash too."""
    one_line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _AT_THE_START.sub(r"\1\\", one_line)


def _section(section: Section) -> str:
    blocks = [text for block in section.blocks if (text := _block(block))]
    return "\n\n".join([f"## {escaped(section.title)}", *blocks])


@singledispatch
def _block(block: object) -> str:
    raise TypeError(f"a report has no part of type {type(block).__name__}")


@_block.register
def _(block: Paragraph) -> str:
    return escaped(block.text)


@_block.register
def _(block: Bullets) -> str:
    return "\n".join(f"- {escaped(item)}" for item in block.items)


@_block.register
def _(block: Facts) -> str:
    return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in block.rows)


@_block.register
def _(block: Code) -> str:
    text = "\n".join(block.lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"### {escaped(block.title)}\n\n{fence}sh\n{text}\n{fence}"


@_block.register
def _(block: Chart) -> str:
    return ""


@_block.register
def _(block: Table) -> str:
    lines = [
        _row([_cell(column.title) for column in block.columns]),
        _row(["---:" if column.numeric else "---" for column in block.columns]),
        *(_row([_cell(cell) for cell in row]) for row in block.rows),
    ]
    return f"{escaped(block.caption)}\n\n" + "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return "<br>".join(map(escaped, (cell,) if isinstance(cell, str) else cell)).replace("|", "\\|")
