"""A pair's card: what is marked, where the dots stand, and that nothing from outside becomes HTML."""

import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest

from dashboard import texts
from dashboard.charts import pair_cards
from dashboard.charts.pair_cards import PairCard, Said
from dashboard.palette import Look
from dashboard.tables.pair_notes import Note
from similarity.run_format import utc_now

HOSTILE = "<img src=x onerror='alert(1)'>\"</mark></p><script>alert(1)</script>"


def words(key: str, **fields: object) -> str:
    return texts.text(key, "en", **fields)


def card(**fields: Any) -> PairCard:
    content: dict[str, Any] = {
        "number": 1,
        "pair_id": "p1",
        "sentences": ("한 남자가 춤을 춘다.", "한 여자가 춤을 춘다."),
        "label": 2.0,
        "said": [Said("model a", Look("#111111"), 1.5), Said("model b", Look("#222222", "dash"), 4.25)],
        "value": "Spread 2.75",
    }
    return PairCard(**{**content, **fields})


class Outline(HTMLParser):
    """Collects tags and text, and fails where a tag is not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            "한 남자가 춤을 춘다.",
            "한 여자가 춤을 춘다.",
            ("한 <mark>남자가</mark> 춤을 춘다.", "한 <mark>여자가</mark> 춤을 춘다."),
        ),
        ("같은 문장", "같은 문장", ("같은 문장", "같은 문장")),
        ("비가 온다", "비가 온다!", ("비가 온다", "비가 온다<mark>!</mark>")),
        ("아주 큰 새 집", "집", ("<mark>아주 큰 새</mark> 집", "집")),
        ("a<b", "a>b", ("a<mark>&lt;</mark>b", "a<mark>&gt;</mark>b")),
        ("", "새", ("", "<mark>새</mark>")),
        ("😀 좋아요", "좋아요", ("<mark>😀</mark> 좋아요", "좋아요")),
    ],
)
def test_the_words_that_differ_are_marked(first: str, second: str, expected: tuple[str, str]) -> None:
    assert pair_cards.with_marks(first, second) == expected


def test_the_longest_sentences_are_shown_whole_and_quickly() -> None:
    long = " ".join(f"낱말{number % 7}" for number in range(2_500))[:10_000]
    start = time.perf_counter()
    html = pair_cards.html(card(sentences=(long, long[::-1])), words)
    # Some milliseconds; the limit leaves room for a busy machine.
    assert time.perf_counter() - start < 1
    assert long in html and html.count('class="long" tabindex="0"') == 2
    medium = " ".join(f"낱말{number % 7}" for number in range(pair_cards.MOST_COMPARED))
    start = time.perf_counter()
    pair_cards.with_marks(medium, " ".join(reversed(medium.split())))
    assert time.perf_counter() - start < 1


def test_dots_that_would_touch_stand_in_rows() -> None:
    assert pair_cards.lanes([1.0, 3.0, 1.05, 1.1, 1.2, 3.5]) == [0, 0, 1, 2, 0, 0]
    assert pair_cards.lanes([]) == []
    assert pair_cards.lanes([2.0] * 20) == list(range(20))


def test_label_and_scores_stand_on_the_ruler_and_in_words() -> None:
    html = pair_cards.html(card(), words)
    assert 'aria-label="label 2.00 · model a 1.50 · model b 4.25"' in html
    assert "left:30.0%" in html and "left:85.0%" in html and "left:40.0%" in html
    assert "<b>4.25</b><small>+2.25</small>" in html and "<small>−0.50</small>" in html
    assert html.count('data-dash="dash"') == 2


def test_scores_beyond_the_scale_stay_on_the_ruler() -> None:
    html = pair_cards.html(card(said=[Said("a", Look("#111111"), 5.4), Said("b", Look("#222222"), -0.2)]), words)
    assert all(0 <= float(left) <= 100 for left in re.findall(r"left:(-?[\d.]+)%", html))
    assert "<b>5.40</b>" in html and "<b>-0.20</b>" in html


def test_what_people_said_is_drawn_and_written() -> None:
    html = pair_cards.html(card(annotations=[2.0, 1.0, 2.0], hints=["people_differ"]), words)
    assert "annotators 1 2 2" in html and "people disagree" in html
    assert html.count("<u ") == 1 + 3
    html = pair_cards.html(card(second=1.5), words)
    assert "second label 1.50" in html and html.count("<u ") == 1 + 1
    assert "second label" not in pair_cards.html(card(), words)


def test_nothing_from_outside_becomes_html() -> None:
    plain = Outline(pair_cards.html(card(facts=["x"], note=Note(verdict="x", text="x", updated_at=utc_now())), words))
    hostile = pair_cards.html(
        card(
            pair_id=HOSTILE,
            sentences=(HOSTILE, f"{HOSTILE} 둘"),
            said=[Said(HOSTILE, Look("#111111"), 1.0), Said("b", Look("#222222"), 2.0)],
            value=HOSTILE,
            facts=[HOSTILE],
            note=Note(verdict=HOSTILE, text=HOSTILE, updated_at=utc_now()),
        ),
        words,
    )
    outline = Outline(hostile)
    assert set(outline.tags) <= {*plain.tags, "mark"}
    assert outline.text.count(HOSTILE) >= 4
    assert "<script" not in hostile and "<img" not in hostile


def test_a_note_is_shown_as_written() -> None:
    note = Note(verdict="ambiguous", text="**굵게?**\n둘째", updated_at=utc_now())
    html = pair_cards.html(card(note=note), words)
    assert "<b>ambiguous</b> **굵게?**\n둘째 " in html
