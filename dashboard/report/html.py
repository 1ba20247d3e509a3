"""A document as one HTML file that needs nothing else: no script, no request, pictures inline."""

from functools import singledispatch

from dashboard.escaping import for_html
from dashboard.report.document import Bullets, Cell, Chart, Code, Column, Document, Facts, Paragraph, Section, Table
from dashboard.report.style import STYLE
from dashboard.report.svg import drawn

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for a report: nothing but what stands in it."""


def rendered(document: Document, *, embedded: bool = False) -> str:
    """Return the file's text.

    Args:
        document: the report.
        embedded: for the `srcdoc` of a frame, where links within the page would else lead to the page around it.
    """
    base = '<base href="about:srcdoc">' if embedded else ""
    contents = "".join(f'<li><a href="#{part.key}">{for_html(part.title)}</a></li>' for part in document.sections)
    verdict = "".join(f"<p>{for_html(sentence)}</p>" for sentence in document.verdict)
    return (
        f'<!DOCTYPE html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n{base}'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{for_html(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>{for_html(document.title)}</h1>\n"
        f'<p class="subtitle">{for_html(document.subtitle)}</p>\n</header>\n'
        f'<section class="verdict" id="verdict" aria-labelledby="verdict-title">'
        f'<h2 id="verdict-title">{for_html(document.verdict_title)}</h2>{verdict}</section>\n'
        f'<nav aria-label="{for_html(document.contents_title)}"><ul>{contents}</ul></nav>\n'
        f"{''.join(map(_section, document.sections))}"
        f"<footer><p>{for_html(document.footer)}</p></footer>\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return f'<section id="{section.key}">\n<h2>{for_html(section.title)}</h2>\n{blocks}\n</section>\n'


@singledispatch
def _block(block: object) -> str:
    raise TypeError(f"a report has no part of type {type(block).__name__}")


@_block.register
def _(block: Paragraph) -> str:
    return f"<p>{for_html(block.text)}</p>"


@_block.register
def _(block: Bullets) -> str:
    return f"<ul>{''.join(f'<li>{for_html(item)}</li>' for item in block.items)}</ul>"


@_block.register
def _(block: Facts) -> str:
    return f"<dl>{''.join(f'<dt>{for_html(name)}</dt><dd>{for_html(value)}</dd>' for name, value in block.rows)}</dl>"


@_block.register
def _(block: Code) -> str:
    lines = "\n".join(map(for_html, block.lines))
    return f"<h3>{for_html(block.title)}</h3>\n<pre><code>{lines}</code></pre>"


@_block.register
def _(block: Chart) -> str:
    return (
        f"<figure>\n<h3>{for_html(block.title)}</h3>\n{drawn(block.picture, block.title)}\n"
        f"<figcaption>{for_html(block.read)}</figcaption>\n</figure>"
    )


@_block.register
def _(block: Table) -> str:
    heads = "".join(f'<th scope="col"{_class(_look(column))}>{for_html(column.title)}</th>' for column in block.columns)
    rows = "\n".join(
        f"<tr{_class('marked' if place in block.marked else '')}>"
        f"{''.join(_cell(block, number, cell) for number, cell in enumerate(row))}</tr>"
        for place, row in enumerate(block.rows)
    )
    name = for_html(block.caption)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{name}">\n<table>\n'
        f"<caption><span>{name}</span></caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _cell(table: Table, number: int, cell: Cell) -> str:
    column = table.columns[number]
    first, *others = map(for_html, (cell,) if isinstance(cell, str) else cell)
    text = "<br>".join([first, *(others if column.wordy else (f"<small>{line}</small>" for line in others))])
    if number == table.head:
        return f'<th scope="row"{_class(_look(column))}>{text}</th>'
    return f"<td{_class(_look(column))}>{text}</td>"


def _look(column: Column) -> str:
    return "number" if column.numeric else "wordy" if column.wordy else ""


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""
