"""Small charts as SVG that needs no script, no font and no file.

Positions along the width are percentages and heights are pixels, so a chart fills a phone as well as a sheet of paper
while its text keeps its size. Colours of text and grid come from the page (`ink`, `grid`, `quiet`).
"""

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dashboard.escaping import for_html

_At = Callable[[float], str]
_Scale = Callable[[float], float]

_LEFT, _RIGHT = 1.5, 98.5
_LINES_LEFT = 9.0
_ROW, _AXIS = 40, 40
_HEIGHT = 230
_NAME_WIDTH = 40
_DASHES = {"solid": "", "dash": "7 4", "dot": "2 4", "dashdot": "8 4 2 4"}
_MANY_POINTS = 30
_SHAPES = {
    "circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "square": "M-4-4h8v8h-8z",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0z",
    "triangle-up": "M0-5L5 4H-5z",
    "triangle-down": "M0 5L5-4H-5z",
    "cross": "M-1.7-5h3.4v3.3H5v3.4H1.7V5h-3.4V1.7H-5v-3.4h3.3z",
    "x": "M-4.7-2.4L-2.4-4.7L0-2.3L2.4-4.7L4.7-2.4L2.3 0L4.7 2.4L2.4 4.7L0 2.3L-2.4 4.7L-4.7 2.4L-2.3 0z",
    "pentagon": "M0-5L4.8-1.5L2.9 4H-2.9L-4.8-1.5z",
    "star": "M0-5.5L1.4-1.8L5.2-1.7L2.2.7L3.2 4.4L0 2.2L-3.2 4.4L-2.2.7L-5.2-1.7L-1.4-1.8z",
    "hexagon": "M-5 0L-2.5-4.3H2.5L5 0L2.5 4.3H-2.5z",
}


@dataclass(frozen=True)
class IntervalRow:
    """One estimate with its interval (NaN for none); `filled` marks stand out."""

    name: str
    value: str
    estimate: float
    low: float
    high: float
    colour: str
    shape: str = "circle"
    filled: bool = True


@dataclass(frozen=True)
class IntervalPicture:
    """Estimates below each other on one axis; what lies left of `left` stands at the edge as a triangle."""

    rows: Sequence[IntervalRow]
    x_title: str
    decimals: int = 2
    reference: float | None = None
    left: float = -math.inf


@dataclass(frozen=True)
class Line:
    """One curve; `ring` marks one of its points."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dash: str = "solid"
    shape: str = "circle"
    ring: tuple[float, float] | None = None


@dataclass(frozen=True)
class LinePicture:
    """Curves on shared axes; what lies beyond `low`–`high` is cut off."""

    lines: Sequence[Line]
    x_title: str
    y_title: str
    low: float
    high: float


def drawn(picture: IntervalPicture | LinePicture, title: str) -> str:
    """Return a picture as an SVG element with its legend, read aloud as `title`."""
    return _intervals(picture, title) if isinstance(picture, IntervalPicture) else _lines(picture, title)


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Return about `count` round numbers between the ends, 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def fitted(text: str, width: int = _NAME_WIDTH) -> str:
    """Return text cut to so many Latin letters' width with an ellipsis; a Korean letter is two wide."""
    total = 0
    for place, letter in enumerate(text):
        total += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if total > width:
            return text[:place].rstrip() + "…"
    return text


def _intervals(picture: IntervalPicture, title: str) -> str:
    ends = [
        end
        for row in picture.rows
        for end in (row.estimate, row.low, row.high)
        if math.isfinite(end) and end >= picture.left
    ]
    ends += [picture.reference] if picture.reference is not None else []
    low, high = _widened(min(ends, default=0.0), max(ends, default=1.0))
    height = _ROW * len(picture.rows) + _AXIS

    def at(value: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low):.2f}%"

    parts = []
    for tick in ticks(low, high, 5):
        parts.append(_vertical(at(tick), 0, height - _AXIS, "grid"))
        parts.append(_text(at(tick), height - _AXIS + 16, _number(tick, picture.decimals), "quiet", "middle"))
    if picture.reference is not None:
        parts.append(_vertical(at(picture.reference), 0, height - _AXIS, "zero"))
    for place, row in enumerate(picture.rows):
        parts.extend(_interval(row, place * _ROW, at, low))
    parts.append(_text("50%", height - 4, picture.x_title, "quiet", "middle"))
    return _svg(parts, height, title)


def _interval(row: IntervalRow, top: int, at: _At, edge: float) -> Iterator[str]:
    middle = top + 25
    yield _text("0", top + 12, fitted(row.name), "ink", "start")
    yield _text("100%", top + 12, row.value, "quiet value", "end")
    if not math.isfinite(row.estimate):
        return
    if row.estimate < edge:
        yield _mark(at(edge), middle, "M3-5V5L-5 0z", row.colour, filled=False)
        return
    if math.isfinite(row.low) and math.isfinite(row.high):
        ends = f'x1="{at(max(row.low, edge))}" x2="{at(row.high)}" y1="{middle}" y2="{middle}"'
        yield f'<line {ends} stroke="{row.colour}" stroke-width="2.5"/>'
    yield _mark(at(row.estimate), middle, _SHAPES[row.shape], row.colour, row.filled)


def _lines(picture: LinePicture, title: str) -> str:
    xs = [x for line in picture.lines for x in line.x]
    start, end = _apart(min(xs, default=0.0), max(xs, default=1.0))
    low, high = _apart(picture.low, picture.high)

    def at(x: float) -> float:
        return _LINES_LEFT + (_RIGHT - _LINES_LEFT) * (x - start) / (end - start)

    def height(y: float) -> float:
        return 20 + (_HEIGHT - 26) * (high - y) / (high - low)

    y_ticks = ticks(low, high, 4)
    decimals = _decimals(y_ticks)
    parts = [_text("0", 11, picture.y_title, "quiet", "start")]
    for tick in y_ticks:
        y = f"{height(tick):.1f}"
        parts.append(f'<line x1="{_LINES_LEFT}%" x2="100%" y1="{y}" y2="{y}" class="grid"/>')
        parts.append(_text("0", height(tick) + 4, _number(tick, decimals), "quiet", "start"))
    x_ticks = ticks(start, end, 6)
    for tick in x_ticks:
        parts.append(_text(f"{at(tick):.2f}%", _HEIGHT + 16, _number(tick, _decimals(x_ticks)), "quiet", "middle"))
    parts.append(_text("50%", _HEIGHT + 34, picture.x_title, "quiet", "middle"))
    # Its own box, stretched to the width, whose strokes keep theirs: points of a line can't be percentages.
    paths = "".join(_path(line, at, height) for line in picture.lines)
    box = f'<svg x="0" y="0" width="100%" height="{_HEIGHT}" viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none">'
    parts.append(f"{box}{paths}</svg>")
    for line in picture.lines:
        parts.extend(_points(line, at, height, low, high))
    return _svg(parts, _HEIGHT + _AXIS, title) + _legend(picture.lines)


def _path(line: Line, at: _Scale, height: _Scale) -> str:
    points = " ".join(f"{at(x):.2f},{height(y):.1f}" for x, y in zip(line.x, line.y, strict=True))
    dash = f' stroke-dasharray="{_DASHES[line.dash]}"' if _DASHES[line.dash] else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="1.8"{dash} '
        'stroke-linejoin="round" vector-effect="non-scaling-stroke"/>'
    )


def _points(line: Line, at: _Scale, height: _Scale, low: float, high: float) -> Iterator[str]:
    if len(line.x) <= _MANY_POINTS:
        for x, y in zip(line.x, line.y, strict=True):
            if low <= y <= high:
                yield _mark(f"{at(x):.2f}%", height(y), _SHAPES[line.shape], line.colour, filled=True, scale=0.75)
    if line.ring and low <= line.ring[1] <= high:
        place = f'cx="{at(line.ring[0]):.2f}%" cy="{height(line.ring[1]):.1f}"'
        yield f'<circle {place} r="8" fill="none" stroke="{line.colour}" stroke-width="2"/>'


def _legend(lines: Sequence[Line]) -> str:
    items = []
    for line in lines:
        dash = f' stroke-dasharray="{_DASHES[line.dash]}"' if _DASHES[line.dash] else ""
        stroke = f'<line x1="0" x2="28" y1="6" y2="6" stroke="{line.colour}" stroke-width="2"{dash}/>'
        few = len(line.x) <= _MANY_POINTS
        shape = _mark("14", 6, _SHAPES[line.shape], line.colour, filled=True, scale=0.75) if few else ""
        items.append(
            f'<li><svg width="28" height="12" aria-hidden="true">{stroke}{shape}</svg>{for_html(line.name)}</li>'
        )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _mark(x: str, y: float, shape: str, colour: str, filled: bool, scale: float = 1.0) -> str:
    look = f'fill="{colour}"' if filled else f'class="hollow" stroke="{colour}" stroke-width="2"'
    size = f' transform="scale({scale})"' if scale != 1 else ""
    return f'<svg x="{x}" y="{y:.1f}" overflow="visible"><path d="{shape}" {look}{size}/></svg>'


def _text(x: str, y: float, text: str, look: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y:.1f}" class="{look}" text-anchor="{anchor}">{for_html(text)}</text>'


def _vertical(x: str, top: float, bottom: float, look: str) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" class="{look}"/>'


def _svg(parts: Sequence[str], height: int, title: str) -> str:
    name = for_html(title)
    return f'<svg class="chart" width="100%" height="{height}" role="img" aria-label="{name}">{"".join(parts)}</svg>'


def _number(value: float, decimals: int) -> str:
    return f"{value + 0.0:.{decimals}f}".replace("-", "−")


def _decimals(numbers: Sequence[float]) -> int:
    step = numbers[1] - numbers[0] if len(numbers) > 1 else abs(numbers[0]) if numbers else 1.0
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0


def _widened(low: float, high: float) -> tuple[float, float]:
    room = 0.04 * (high - low)
    return (low - room, high + room) if room else _apart(low, high)


def _apart(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 0.5, high + 0.5)
