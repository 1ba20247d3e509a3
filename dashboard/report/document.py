"""A document as plain parts, the same for every format: text is plain text, and whoever writes it down escapes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.report.svg import IntervalPicture, LinePicture

Cell = str | tuple[str, ...]
"""One line of text, or several below each other."""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Names and their values."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """Lines to copy into a shell."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Column:
    """A table's column; `numeric` ones stand to the right, `wordy` ones hold sentences."""

    title: str
    numeric: bool = False
    wordy: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under columns; column `head` names the rows, rows in `marked` stand out."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    head: int = 0
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Chart:
    """A picture with its title and how to read it; a table has its numbers, for formats without pictures."""

    title: str
    read: str
    picture: IntervalPicture | LinePicture


Block = Paragraph | Bullets | Facts | Code | Table | Chart


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it; `key` names it in links."""

    key: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A whole report; `verdict` says in sentences what follows from it."""

    language: str
    title: str
    subtitle: str
    verdict_title: str
    verdict: Sequence[str]
    contents_title: str
    sections: Sequence[Section]
    footer: str
