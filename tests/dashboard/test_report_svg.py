"""The pictures of a report: where things stand, what is cut off, and that user text stays text."""

import math
import re
from html.parser import HTMLParser

import pytest

from dashboard.report.svg import IntervalPicture, IntervalRow, Line, LinePicture, drawn, fitted, ticks

HOSTILE = "<script>alert(1)</script> \"'&"


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def row(name: str, estimate: float, low: float = math.nan, high: float = math.nan, **look: bool) -> IntervalRow:
    return IntervalRow(name, "", estimate, low, high, "#123456", **look)


def places(text: str, tag: str, attribute: str) -> list[float]:
    values = [attributes.get(attribute) or "" for name, attributes in Elements(text).found if name == tag]
    return [float(value.removesuffix("%")) for value in values if value.endswith("%") and value != "100%"]


def test_ticks_are_round_and_lie_between_the_ends() -> None:
    assert ticks(0.71, 0.93, 5) == pytest.approx([0.75, 0.8, 0.85, 0.9])
    assert ticks(-0.3, 0.3, 6) == pytest.approx([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
    assert ticks(1, 6, 5) == [1, 2, 3, 4, 5, 6]
    assert ticks(0, 2000, 6) == [0, 500, 1000, 1500, 2000]


def test_estimates_stand_in_order_and_in_proportion() -> None:
    text = drawn(IntervalPicture([row("a", 0.2), row("b", 0.4), row("c", 0.8)], "r"), "title")
    low, middle, high = places(text, "svg", "x")
    assert 0 < low < middle < high < 100
    assert (high - middle) / (middle - low) == pytest.approx(2, abs=0.01)


def test_what_lies_left_of_the_edge_is_a_triangle_there() -> None:
    rows = [row("a", 0.8, 0.75, 0.85), row("far", 0.1, 0.05, 0.15), row("nothing", math.nan)]
    text = drawn(IntervalPicture(rows, "r", left=0.5), "title")
    marks = places(text, "svg", "x")
    assert len(marks) == 2
    assert marks[1] < marks[0] and 0 < marks[1] < 5
    assert text.count('class="hollow"') == 1
    assert "0.10" not in "".join(Elements(text).text)


@pytest.mark.parametrize("values", [[0.5], [], [0.5, 0.5]])
def test_a_picture_without_range_is_drawn(values: list[float]) -> None:
    text = drawn(IntervalPicture([row("a", value) for value in values], "r"), "title")
    assert "nan" not in text and "inf" not in text
    line = Line("a", [1.0] * len(values), values, "#123456")
    text = drawn(LinePicture([line], "x", "y", 0.5, 0.5), "title")
    assert "nan" not in text and "inf" not in text


def test_lines_keep_their_shape_and_mark_the_ring() -> None:
    line = Line("a", [0.0, 1.0, 2.0], [0.0, 1.0, 9.0], "#123456", "dash", ring=(1.0, 1.0))
    text = drawn(LinePicture([line], "x", "y", 0.0, 2.0), "title")
    points = re.findall(r"([\d.]+),(-?[\d.]+)", re.findall(r'points="([^"]+)"', text)[0])
    xs, ys = ([float(point[side]) for point in points] for side in (0, 1))
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.02)
    assert ys[0] > ys[1] > 0 > ys[2]
    assert "stroke-dasharray" in text
    (ring,) = [attributes for tag, attributes in Elements(text).found if tag == "circle"]
    assert ring["cx"] == f"{xs[1]:.2f}%" and float(ring["cy"] or 0) == pytest.approx(ys[1], abs=0.1)


def test_user_text_stays_text() -> None:
    line = Line(HOSTILE, [0.0], [1.0], "#123456")
    pictures = (IntervalPicture([row(HOSTILE, 0.5)], HOSTILE), LinePicture([line], HOSTILE, HOSTILE, 0.0, 1.0))
    for picture in pictures:
        elements = Elements(drawn(picture, HOSTILE))
        assert not {"script", "b"} & {tag for tag, _ in elements.found}
        assert HOSTILE in "\n".join(elements.text)
        assert dict(elements.found[0][1])["aria-label"] == HOSTILE


def test_names_are_cut_to_their_width() -> None:
    assert fitted("short") == "short"
    assert fitted("가" * 30) == "가" * 20 + "…"
    assert fitted("a" * 41) == "a" * 40 + "…"
