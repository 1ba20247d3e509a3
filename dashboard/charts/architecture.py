"""A network as a picture: SVG of our own, drawn from its blueprint alone, and the same in words."""

from dataclasses import dataclass, field

from dashboard import texts
from dashboard.escaping import for_html
from dashboard.palette import NEUTRAL, PART_COLOURS
from dashboard.tables.blueprint import Blueprint

WIDTH = 460
"""In pixels; nearly as wide as a phone, so that the letters stay readable there."""

INK = {"light": "#1b2430", "dark": "#e3e8ef"}

_MARGIN, _ARROW, _GAP = 10, 20, 12
_TITLE, _LINE, _PADDING = 17, 15.5, 9
_FONT = "-apple-system, 'Segoe UI', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', system-ui, sans-serif"


@dataclass(frozen=True)
class Block:
    """A box: what it is, its sizes, and how many parameters it has."""

    title: str
    lines: tuple[str, ...] = ()
    kind: str = "rest"
    parameters: int = 0

    @property
    def height(self) -> float:
        """In pixels."""
        return 2 * _PADDING + _TITLE + _LINE * len(self.lines)


@dataclass
class _Canvas:
    ink: str
    shapes: list[str] = field(default_factory=list)

    def block(self, block: Block, x: float, y: float, width: float) -> float:
        colour = PART_COLOURS[block.kind]
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{block.height:g}" rx="7" fill="{colour}" '
            f'fill-opacity="0.16" stroke="{colour}" stroke-width="1.2"/>'
        )
        baseline = y + _PADDING + _TITLE - 4
        self.text(block.title, x + 12, baseline, weight=600, size=14)
        if block.parameters:
            self.text(counted(block.parameters), x + width - 12, baseline, anchor="end", size=12)
        for number, line in enumerate(block.lines, start=1):
            self.text(line, x + 12, baseline + number * _LINE, size=12.5)
        return y + block.height

    def text(
        self,
        words: str,
        x: float,
        y: float,
        *,
        size: float,
        weight: int = 400,
        anchor: str = "start",
        faint: bool = False,
    ) -> None:
        opacity = ' fill-opacity="0.72"' if faint else ""
        self.shapes.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" text-anchor="{anchor}"'
            f' fill="{self.ink}"{opacity}>{for_html(words)}</text>'
        )

    def arrow(self, x: float, y: float, x_end: float | None = None, length: float = _ARROW) -> float:
        end = x if x_end is None else x_end
        self.shapes.append(
            f'<path d="M{x:g} {y + 2:g}L{end:g} {y + length - 3:g}" stroke="{self.ink}" stroke-opacity="0.6" '
            'stroke-width="1.4" fill="none" marker-end="url(#tip)"/>'
        )
        return y + length

    def around(self, x: float, y: float, width: float, height: float) -> None:
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="none" '
            f'stroke="{NEUTRAL}" stroke-dasharray="5 4" stroke-width="1.2"/>'
        )

    def bypass(self, x: float, start: float, end: float) -> None:
        self.shapes.append(
            f'<path d="M{x + 11:g} {start:g}H{x + 4:g}a4 4 0 0 0 -4 4V{end - 4:g}a4 4 0 0 0 4 4H{x + 11:g}" '
            f'stroke="{self.ink}" stroke-opacity="0.6" stroke-width="1.4" fill="none" marker-end="url(#tip)"/>'
        )

    def svg(self, height: float, title: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
            f'viewBox="0 0 {WIDTH} {height:g}" font-family="{_FONT}" role="img" aria-label="{for_html(title)}">'
            f"<title>{for_html(title)}</title>"
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0.5L7 4L0 7.5z" fill="{self.ink}" fill-opacity="0.7"/></marker></defs>'
            + "".join(self.shapes)
            + "</svg>"
        )


def draw(plan: Blueprint, language: str, theme: str = "light") -> str:
    """Return the network as SVG: one column where both sentences go in together, two towers where each goes alone."""
    canvas = _Canvas(INK.get(theme, INK["light"]))
    height = _draw_towers(canvas, plan, language) if plan.two_towers else _draw_column(canvas, plan, language)
    return canvas.svg(height + _MARGIN, describe(plan, language))


def describe(plan: Blueprint, language: str) -> str:
    """Return in sentences what the picture shows."""
    kind = "bi" if plan.two_towers else "cross"
    body = texts.text(
        "network.body",
        language,
        family=plan.family,
        words=_number(plan.words),
        width=_number(plan.width),
        layers=_number(plan.layers),
        heads=_number(plan.heads),
        inner=_number(plan.inner_width),
    )
    end = texts.text(f"network.ends_{kind}", language, end=" · ".join((_pooling(plan, language), *_head(plan))))
    return " ".join((texts.text(f"network.reads_{kind}", language, longest=f"{plan.max_length:,}"), body, end))


def counted(parameters: int) -> str:
    """Return a number of parameters as `5.14M`, `820k` or `65`."""
    if parameters >= 1e6:
        return f"{parameters / 1e6:.2f}M"
    return f"{parameters / 1e3:.0f}k" if parameters >= 1e4 else f"{parameters:,}"


def _draw_column(canvas: _Canvas, plan: Blueprint, language: str) -> float:
    x, width = _MARGIN, WIDTH - 2 * _MARGIN
    middle = WIDTH / 2
    pieces = texts.text("network.pieces", language, longest=f"{plan.max_length:,}")
    y = canvas.block(Block(texts.text("network.both", language), (pieces,)), x, _MARGIN, width)
    y = canvas.block(_embeddings(plan, language), x, canvas.arrow(middle, y), width)
    y = _draw_layers(canvas, plan, language, x, canvas.arrow(middle, y), width)
    blocks = (
        Block(texts.text("network.pooling", language), (_pooling(plan, language),)),
        Block(texts.text("network.head", language), _head(plan), parameters=plan.parameters["head"]),
        Block(texts.text("network.score", language)),
    )
    for block in blocks:
        y = canvas.block(block, x, canvas.arrow(middle, y), width)
    return y


def _draw_towers(canvas: _Canvas, plan: Blueprint, language: str) -> float:
    width = (WIDTH - 2 * _MARGIN - _GAP) / 2
    pieces = texts.text("network.pieces", language, longest=f"{plan.max_length:,}")
    pooled = (_pooling(plan, language), *_head(plan))
    ends = []
    for number, x in enumerate((_MARGIN, _MARGIN + width + _GAP), start=1):
        middle = x + width / 2
        y = canvas.block(Block(texts.text("network.sentence", language, number=number), (pieces,)), x, _MARGIN, width)
        y = canvas.block(_embeddings(plan, language), x, canvas.arrow(middle, y), width)
        y = _draw_layers(canvas, plan, language, x, canvas.arrow(middle, y), width)
        y = canvas.block(Block(texts.text("network.pooling", language), pooled), x, canvas.arrow(middle, y), width)
        ends.append(canvas.arrow(middle, y, WIDTH / 2 + (number - 1.5) * 60))
    shared = texts.text("network.shared", language)
    y = canvas.block(Block(texts.text("network.cosine", language), (shared,)), _MARGIN, ends[0], WIDTH - 2 * _MARGIN)
    score = Block(texts.text("network.score_cosine", language))
    return canvas.block(score, _MARGIN, canvas.arrow(WIDTH / 2, y), WIDTH - 2 * _MARGIN)


def _draw_layers(canvas: _Canvas, plan: Blueprint, language: str, x: float, y: float, width: float) -> float:
    head_width = f" × {plan.head_width:,}" if plan.head_width else ""
    heads = texts.text("network.heads", language, heads=_number(plan.heads), width=head_width)
    inner = texts.text("network.inner", language, inner=_number(plan.inner_width))
    parts = (
        Block(texts.text("network.attention", language), (heads,), "attention", plan.parameters["attention"]),
        Block(
            texts.text("network.feed_forward", language),
            (f"{inner} · {plan.activation}" if plan.activation else inner,),
            "feed_forward",
            plan.parameters["feed_forward"],
        ),
    )
    added = texts.text("network.add", language)
    start, left, inside = y, x + 24, width - 36
    y += 8 + _TITLE
    canvas.text(texts.text("network.layers", language, layers=_number(plan.layers)), x + 12, y - 3, weight=600, size=14)
    canvas.text(counted(plan.parameters["layers"]), x + width - 12, y - 3, anchor="end", size=12)
    for block in parts:
        y += 10
        entry = y + 4
        y = canvas.block(block, left, y, inside)
        y += _LINE + 3
        canvas.bypass(x + 11, entry, y - 4)
        canvas.text(added, left + 6, y, size=12.5, faint=True)
    y += 10
    canvas.around(x, start, width, y - start)
    return y


def _embeddings(plan: Blueprint, language: str) -> Block:
    words = texts.text("network.words", language, words=_number(plan.words), width=_number(plan.embedding_width))
    rest = texts.text("network.positions", language, positions=_number(plan.positions))
    lines = [words, rest]
    if plan.embedding_width and plan.width and plan.embedding_width != plan.width:
        lines.append(f"{plan.embedding_width:,} → {plan.width:,}")
    return Block(texts.text("network.embeddings", language), tuple(lines), "embeddings", plan.parameters["embeddings"])


def _pooling(plan: Blueprint, language: str) -> str:
    if plan.pooling in ("mean", "first", "max"):
        pooled = texts.text(f"network.pool_{plan.pooling}", language)
    else:
        pooled = plan.pooling or "?"
    return f"{pooled} → {_number(plan.width)}"


def _head(plan: Blueprint) -> tuple[str, ...]:
    return (" → ".join(f"{width:,}" for width in plan.head),) if plan.head else ()


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
