"""One pair as a card: sentences with their differences marked, label and scores on a ruler and in numbers.

Plain HTML with everything from outside escaped. `t` gives the words in the reader's language.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dashboard.escaping import for_html, shortened
from dashboard.palette import Look
from dashboard.tables.pair_notes import VERDICTS, Note
from similarity.sentence_pairs import LABEL_MAX

Words = Callable[..., str]

DOT_WIDTH = 0.16
"""Width of a dot on the ruler in label points, on a phone: closer ones stand above each other."""

MOST_COMPARED = 300
"""Sentences of more words are shown without marks, since comparing them takes too long."""

LONG = 400
"""Characters from which a sentence scrolls within its card."""

MANY = 8
"""With more runs their names are cut shorter, so that two stand side by side."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LANE, _TICK_GAP = 15, 3


@dataclass(frozen=True)
class Said:
    """What one run says of the pair."""

    name: str
    look: Look
    score: float


@dataclass(frozen=True)
class PairCard:
    """All that a card shows; scores and labels on 0–5."""

    number: int
    pair_id: str
    sentences: tuple[str, str]
    label: float
    said: Sequence[Said]
    value: str
    """The number by which the list is ordered, in words."""
    facts: Sequence[str] = ()
    """Source, phenomenon and so on."""
    annotations: Sequence[float] = ()
    second: float | None = None
    """What a second person gave."""
    hints: Sequence[str] = ()
    note: Note | None = None


def html(card: PairCard, t: Words) -> str:
    """Return the card as HTML."""
    facts = "".join(f"<span>{for_html(shortened(fact, 60))}</span>" for fact in card.facts)
    hints = "".join(f"<em>{for_html(t(f'pair_card.{hint}'))}</em>" for hint in card.hints)
    sentences = "".join(
        f'<p class="long" tabindex="0">{marked}</p>' if len(sentence) > LONG else f"<p>{marked}</p>"
        for sentence, marked in zip(card.sentences, with_marks(*card.sentences), strict=True)
    )
    hints = f'<div class="hints">{hints}</div>' if hints else ""
    name = for_html(t("pair_card.name", number=card.number))
    return (
        f'<article class="pair-card" data-testid="pair-card" aria-label="{name}"><header><b>{card.number}</b>{facts}'
        f"<code>{for_html(card.pair_id)}</code><strong>{for_html(card.value)}</strong></header>"
        f'<div class="body"><div class="sentences">{sentences}{hints}{_note(card.note, t)}</div>'
        f"<div>{_ruler(card, t)}{_numbers(card)}</div></div></article>"
    )


def with_marks(first: str, second: str) -> tuple[str, str]:
    """Return both sentences as HTML, the words and punctuation that differ (by difflib) in `<mark>`."""
    tokens = [list(_TOKEN.finditer(sentence)) for sentence in (first, second)]
    if max(map(len, tokens)) > MOST_COMPARED:
        return for_html(first), for_html(second)
    words = [[token.group() for token in side] for side in tokens]
    changes = [
        change
        for change in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    return (
        _marked(first, tokens[0], [(start, end) for _, start, end, _, _ in changes]),
        _marked(second, tokens[1], [(start, end) for _, _, _, start, end in changes]),
    )


def lanes(scores: Sequence[float]) -> list[int]:
    """Return for each score the lowest row of the ruler on which its dot touches no other."""
    last: list[float] = []
    chosen = [0] * len(scores)
    for place in sorted(range(len(scores)), key=scores.__getitem__):
        row = next((row for row, end in enumerate(last) if scores[place] - end >= DOT_WIDTH), len(last))
        last = [*last[:row], scores[place], *last[row + 1 :]]
        chosen[place] = row
    return chosen


def signed(number: float) -> str:
    """Return a difference with two decimals and its sign."""
    return f"{number:+.2f}".replace("-", "−")


def _marked(sentence: str, tokens: list[re.Match[str]], spans: list[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        if start < end:
            opening, closing = tokens[start].start(), tokens[end - 1].end()
            pieces += [for_html(sentence[done:opening]), f"<mark>{for_html(sentence[opening:closing])}</mark>"]
            done = closing
    return "".join([*pieces, for_html(sentence[done:])])


def _ruler(card: PairCard, t: Words) -> str:
    rows = lanes([said.score for said in card.said])
    dots = "".join(
        f'<i data-dash="{said.look.dash}" '
        f'style="left:{_percent(said.score)};bottom:{row * _LANE}px;background:{said.look.colour}" '
        f'title="{for_html(said.name)} {said.score:.2f}"></i>'
        for said, row in zip(card.said, rows, strict=True)
    )
    label = t("pair_card.label", label=f"{card.label:.2f}")
    words = " · ".join([label, *(f"{said.name} {said.score:.2f}" for said in card.said)])
    at = _percent(card.label)
    scale = "".join(f"<span>{number}</span>" for number in range(int(LABEL_MAX) + 1))
    return (
        f'<div class="ruler" role="img" aria-label="{for_html(words)}">'
        f'<div class="caption"><span style="left:{at};transform:translateX(-{at})">{for_html(label)}</span></div>'
        f'<div class="dots" style="height:{(max(rows, default=0) + 1) * _LANE}px"><u style="left:{at}"></u>{dots}</div>'
        f'<div class="axis">{_people(card)}</div><div class="scale">{scale}</div></div>{_people_in_words(card, t)}'
    )


def _people(card: PairCard) -> str:
    ticks = []
    for score in sorted(set(card.annotations)):
        count = list(card.annotations).count(score)
        ticks += [(score, (number - (count - 1) / 2) * _TICK_GAP) for number in range(count)]
    if card.second is not None:
        ticks.append((card.second, 0))
    return "".join(f'<u style="left:calc({_percent(score)} + {shift:g}px)"></u>' for score, shift in ticks)


def _people_in_words(card: PairCard, t: Words) -> str:
    said = []
    if card.annotations:
        said.append(t("pair_card.annotators", scores=" ".join(f"{score:g}" for score in sorted(card.annotations))))
    if card.second is not None:
        said.append(t("pair_card.second", label=f"{card.second:.2f}"))
    return f'<div class="people">{for_html(" · ".join(said))}</div>' if said else ""


def _numbers(card: PairCard) -> str:
    rows = "".join(
        f'<li><i style="background:{said.look.colour}" data-dash="{said.look.dash}"></i>'
        f'<span title="{for_html(said.name)}">'
        f"{for_html(shortened(said.name, 60))}</span><b>{said.score:.2f}</b>"
        f"<small>{signed(said.score - card.label)}</small></li>"
        for said in card.said
    )
    return f'<ul class="many">{rows}</ul>' if len(card.said) > MANY else f"<ul>{rows}</ul>"


def _note(note: Note | None, t: Words) -> str:
    if note is None:
        return ""
    verdict = t(f"verdict.{note.verdict}") if note.verdict in VERDICTS else note.verdict
    return (
        f'<div class="note" data-testid="pair-note"><b>{for_html(verdict)}</b> {for_html(note.text)} '
        f"<time>{note.updated_at:%Y-%m-%d}</time></div>"
    )


def _percent(score: float) -> str:
    # A prediction may lie a little outside the scale; its dot stays on it, its number says where it is.
    return f"{min(max(score, 0.0), LABEL_MAX) / LABEL_MAX:.1%}"
