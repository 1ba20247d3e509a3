"""A report's two files: well-formed, self-contained, complete, and all user text as it was written."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from dashboard import texts
from dashboard.report import html, markdown, sections
from dashboard.report.document import Document, Table
from similarity.run_format import PLACEHOLDER_TAG
from tests import builders
from tests.dashboard.test_report_content import built, made_of

HOSTILE = "<script>alert(1)</script> | **x** `y` <img src=x onerror=alert(1)> [a](javascript:b) _c_ &lt; \"q\" 'r'"
VOID = {"meta", "br", "base"}
LOADS = {"src", "href", "srcset", "data", "action", "formaction", "poster", "xlink:href", "background", "ping"}


class Page(HTMLParser):
    """Reads a file strictly: every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def document(language: str = "en", *, show_pairs: bool = True) -> Document:
    """Return a report on three runs, on a failed one and on pairs that hold every trap."""
    pairs = builders.pairs(60)
    pairs.loc[0, ["sentence1", "label"]] = [HOSTILE, 0.0]
    pairs["phenomenon"] = np.where(pairs.index % 3 == 0, HOSTILE, "negation")
    error = {"type": "RuntimeError", "message": HOSTILE}
    failed = builders.record("failed", status="failed", display_name=f"{HOSTILE} failed", error=error)
    fields = {"display_name": HOSTILE, "command": f"train {HOSTILE}\n```", "hyper_parameters": {HOSTILE: HOSTILE}}
    material = made_of({"a": 0.3, "b": 0.6, "c": 1.5}, pairs, others=(failed,), fields=fields)
    assert material.measured is not None
    # The hostile pair is the worst of all.
    for values in material.measured.predictions.values():
        values[0] = 5.0
    return sections.document(built(material), language, show_pairs=show_pairs)


@pytest.mark.parametrize("language", list(texts.LANGUAGES))
def test_the_file_is_well_formed_and_loads_nothing(language: str) -> None:
    text = html.rendered(document(language))
    page = Page(text)
    assert page.all("html") == [{"lang": language}]
    assert "default-src 'none'" in page.all("meta")[1]["content"]
    assert not {"script", "img", "iframe", "object", "link", "base", "form"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        assert all(attributes[name].startswith("#") for name in LOADS & attributes.keys()), tag
    style = re.findall(r"<style>(.*?)</style>", text, re.S)[0]
    assert "url(" not in style and "@import" not in style
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["href"][1:] for attributes in page.all("a")} <= set(ids)


def test_headings_and_tables_are_named() -> None:
    page = Page(html.rendered(document()))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    tables = len(page.all("table"))
    assert tables > 5 and len(page.all("caption")) == tables and len(page.all("tbody")) == tables
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.all("th"))
    assert len(page.all("figure")) == len(page.all("figcaption")) > 3
    assert all(attributes["aria-label"] for attributes in page.all("svg") if "role" in attributes)


def test_hostile_text_stays_text_in_html() -> None:
    page = Page(html.rendered(document()))
    # As a name, a sentence, a slice, a setting, an error and a command.
    assert page.text.count(HOSTILE) > 8
    assert not {"b", "em", "strong"} & {tag for tag, _ in page.tags}


def test_markdown_shows_the_same_and_hostile_text_stays_text() -> None:
    text = markdown.rendered(document())
    page = Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text).replace("<hr />", ""))
    allowed = {"h1", "h2", "h3", "p", "blockquote", "strong", "ul", "li", "pre", "code"}
    assert {tag for tag, _ in page.tags} - allowed - {"table", "thead", "tbody", "tr", "th", "td"} <= {"br"}
    assert page.text.count(HOSTILE) > 8
    # Bold are the names of facts alone, none of which is the hostile one.
    assert "<strong>x</strong>" not in MarkdownIt().enable("table").render(text)


def test_markdown_tables_have_equal_columns_in_every_row() -> None:
    lines = markdown.rendered(document()).split("\n")
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) > 30
    width = 0
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|"):
            cells = len(re.findall(r"(?<!\\)\|", line)) - 1
            width = width if before.startswith("|") else cells
            assert cells == width, line


def test_every_row_of_every_table_is_whole() -> None:
    found = document()
    tables = [block for section in found.sections for block in section.blocks if isinstance(block, Table)]
    assert len(tables) > 5
    for table in tables:
        assert {len(row) for row in table.rows} <= {len(table.columns)}, table.caption


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1. first", "1\\. first"),
        ("0.898", "0.898"),
        ("- x", "\\- x"),
        ("+0.040", "+0.040"),
        ("# x", "\\# x"),
        ("> x", "\\> x"),
        ("===", "\\==="),
        ("label_scale", "label_scale"),
        ("_x_", "\\_x\\_"),
        ("a\n\nb  c", "a b c"),
        ("&amp; & $", "\\&amp; & \\$"),
    ],
)
def test_markdown_escapes_what_means_something_and_nothing_else(text: str, shown: str) -> None:
    assert markdown.escaped(text) == shown


def test_left_out_pairs_leave_neither_sentence_nor_label_nor_prediction() -> None:
    pairs = builders.pairs(60)
    pairs["label"] += 0.0137
    content = built(made_of({"a": 0.3, "b": 0.6}, pairs))
    for language in texts.LANGUAGES:
        shown = sections.document(content, language)
        hidden = sections.document(content, language, show_pairs=False)
        for write in (html.rendered, markdown.rendered):
            assert all(sentence in write(shown) for sentence in content.worst[9].sentences)
            text = write(hidden)
            assert not any(sentence in text for sentence in (*pairs["sentence1"], *pairs["sentence2"]))
            assert content.worst[9].pair_id in text
        (table,) = [block for section in hidden.sections if section.key == "worst" for block in section.blocks][2:]
        assert isinstance(table, Table)
        assert [row[2] for row in table.rows] == [f"{pair.error:.2f}" for pair in content.worst]
        assert len(table.columns) == 3


def test_verdict_and_leaderboard_say_what_the_numbers_say() -> None:
    content = built(made_of({"good": 0.4, "equal": 0.41, "poor": 2.0}))
    found = sections.document(content, "en")
    first, second = (content.material.names[run_id] for run_id in content.run_ids[:2])
    assert found.verdict[0].startswith(f"{first} scores highest (Pearson r = {content.ranking['pearson'][0]:.3f}")
    assert f"can’t be told apart from {second} on these 80 pairs. Significantly behind: 1." in found.verdict[0]
    table = found.sections[1].blocks[0]
    assert isinstance(table, Table) and table.marked == {0, 1}
    assert [row[1][0] for row in table.rows] == content.ranking["name"].tolist()
    assert table.rows[2][2] == "behind"
    for row, numbers in zip(table.rows, content.ranking.to_dict("records"), strict=True):
        ends = f"{numbers['pearson_low']:.3f} – {numbers['pearson_high']:.3f}"
        assert row[3] == (f"{numbers['pearson']:.3f}", ends)
        assert row[5:8] == [f"{numbers[name]:.3f}" for name in ("spearman", "f1", "mse")]
    text = markdown.rendered(found)
    assert content.checksum in text and "CC0 1.0" in text and "80 pairs" in text
    for run in content.material.runs:
        assert f"python -m trainer evaluate {run.run_id} --data toy --split test" in text


def test_what_can_not_be_known_is_said() -> None:
    bare = sections.document(built(made_of({"a": 0.4, "b": 0.5}, has_text=False)), "en")
    text = markdown.rendered(bare)
    assert "sentences were not on the computer that made this report" in text
    assert "Leakage could not be checked" in text and "There are no baselines" in text
    assert "not stated" in text and "Trained with one seed only: a, b" in text
    assert "slices" not in [section.key for section in bare.sections]
    untested = sections.document(built(made_of({"a": 0.4, "b": 0.9}, without_predictions=("a", "b"))), "en")
    assert "could not be tested: fewer than two runs have their predictions here" in untested.verdict[0]
    assert "could not be computed again or tested" in markdown.rendered(untested)
    tiny = sections.document(built(made_of({"a": 0.4}, fields={"tags": [PLACEHOLDER_TAG]})), "en")
    assert "mean nothing" in tiny.verdict[0] and "nothing to compare it with" in tiny.verdict[1]


def test_a_contradicted_record_is_told_in_the_verdict() -> None:
    material = made_of({"honest": 0.5, "forged": 1.0})
    material.runs[1].metrics["toy"]["test"].pearson = 0.99
    assert any("record of forged says r = 0.990" in line for line in sections.document(built(material), "en").verdict)


def test_twenty_long_runs_stay_far_below_five_megabytes() -> None:
    pairs = builders.pairs(200)
    pairs["phenomenon"] = [f"kind {number % 40}" for number in range(200)]
    noises = {f"run-{number:02d}": 0.3 + number / 20 for number in range(20)}
    content = built(made_of(noises, pairs, steps=2_000))
    text = html.rendered(sections.document(content, "ko"))
    Page(text)
    assert len(text.encode()) < 1_000_000
    assert len(content.ranking) == 20 and text.count("<polyline") == 40


def test_a_frame_gets_a_base_of_its_own() -> None:
    found = document()
    assert Page(html.rendered(found, embedded=True)).all("base") == [{"href": "about:srcdoc"}]
    assert pd.notna(found.footer)
