"""Notes: nothing that a person wrote is ever lost."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest

from dashboard.tables import pair_notes
from dashboard.tables.pair_notes import MAX_CHARACTERS, BrokenNotesError, Note, NotesError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "artifacts" / "notes.json"


def save(path: Path, pair_id: str, text: str = "", verdict: str = "label", seen: Note | None = None) -> Note:
    pair_notes.save(path, "korsts", pair_id, verdict, text, seen)
    return pair_notes.read(path)["korsts"][pair_id]


def test_a_note_is_added_changed_and_removed(path: Path) -> None:
    assert pair_notes.read(path) == {}
    first = save(path, "p1", "  <b>틀림</b>\n둘째 줄 ")
    assert (first.verdict, first.text) == ("label", "<b>틀림</b>\n둘째 줄")
    second = save(path, "p1", "", "ambiguous", seen=first)
    assert (second.verdict, second.text) == ("ambiguous", "")
    save(path, "p2")
    pair_notes.remove(path, "korsts", "p1", second)
    assert list(pair_notes.read(path)["korsts"]) == ["p2"]
    assert [file.name for file in path.parent.iterdir()] == ["notes.json"]


def test_the_same_id_in_another_data_set_is_another_pair(path: Path) -> None:
    save(path, "1", "a")
    pair_notes.save(path, "klue-sts", "1", "model", "b", None)
    assert {dataset: notes["1"].text for dataset, notes in pair_notes.read(path).items()} == {
        "korsts": "a",
        "klue-sts": "b",
    }


def test_what_this_program_does_not_know_is_kept(path: Path) -> None:
    path.parent.mkdir()
    note = {"verdict": "later", "text": "x", "updated_at": "2026-11-25T09:00:00Z", "colour": {"r": [1]}}
    content = {"format_version": 1, "notes": {"korsts": {"p1": note, "p2": note}}, "owner": "me"}
    path.write_text(json.dumps(content), encoding="utf-8")
    seen = pair_notes.read(path)["korsts"]["p1"]
    save(path, "p1", "new", seen=seen)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["owner"] == "me"
    assert written["notes"]["korsts"]["p1"]["colour"] == {"r": [1]}
    assert written["notes"]["korsts"]["p1"]["text"] == "new"
    assert written["notes"]["korsts"]["p2"] == note


@pytest.mark.parametrize(("verdict", "text"), [("label", "가" * (MAX_CHARACTERS + 1)), ("", "x"), ("<b>", "x")])
def test_what_can_not_be_kept_is_refused_and_changes_nothing(path: Path, verdict: str, text: str) -> None:
    with pytest.raises(NotesError):
        pair_notes.save(path, "korsts", "p1", verdict, text, None)
    assert not path.exists()
    assert save(path, "p1", "가" * MAX_CHARACTERS).text == "가" * MAX_CHARACTERS


def test_a_note_that_another_tab_changed_is_not_overwritten(path: Path) -> None:
    first = save(path, "p1", "mine")
    other = save(path, "p1", "theirs", seen=first)
    for change in (
        lambda: pair_notes.save(path, "korsts", "p1", "label", "late", first),
        lambda: pair_notes.save(path, "korsts", "p1", "label", "late", None),
        lambda: pair_notes.remove(path, "korsts", "p1", first),
    ):
        with pytest.raises(NotesError, match="changed elsewhere"):
            change()
    assert pair_notes.read(path)["korsts"]["p1"] == other


def test_many_tabs_at_once_lose_nothing(path: Path) -> None:
    tabs = [
        threading.Thread(target=lambda tab=tab: [save(path, f"{tab}-{number}") for number in range(10)])
        for tab in range(6)
    ]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(pair_notes.read(path)["korsts"]) == 60


@pytest.mark.parametrize(
    "broken",
    [
        b'{"format_version": 1, "notes": {',
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"format_version": 1, "notes": {"korsts": {"p1": "text"}}}',
        b'{"notes": {}}',
        b"[" * 100_000,
        b"9" * 5_000,
        b'{"format_version": 1, "notes": {"d": {"p": {"verdict": "label", "updated_at": "2026-11-25T09:00:00"}}}}',
    ],
)
def test_a_broken_file_is_moved_aside_and_never_overwritten(path: Path, broken: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(broken)
    with pytest.raises(BrokenNotesError, match="notes.json should hold notes as JSON"):
        pair_notes.read(path)
    assert path.read_bytes() == broken
    for text in ("first", "second"):
        save(path, text, text)
    assert len(pair_notes.read(path)["korsts"]) == 2
    (aside,) = pair_notes.set_aside(path)
    assert aside.read_bytes() == broken
    path.write_bytes(b"again")
    save(path, "third")
    assert [file.read_bytes() for file in pair_notes.set_aside(path)] == [broken, b"again"]


def test_a_later_version_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format_version": 2, "notes": []}', encoding="utf-8")
    with pytest.raises(NotesError, match="format version 2") as error:
        save(path, "p1")
    assert not isinstance(error.value, BrokenNotesError)
    assert path.read_text(encoding="utf-8") == '{"format_version": 2, "notes": []}'
    assert pair_notes.set_aside(path) == []


def test_a_place_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(NotesError, match=r"notes\.json can't be"):
        pair_notes.save(tmp_path / "artifacts" / "notes.json", "korsts", "p1", "label", "", None)


def test_the_table_has_the_sentences_and_keeps_notes_on_pairs_that_are_gone(path: Path) -> None:
    save(path, "gone", "b")
    save(path, "p1", 'a, "quoted"\nline')
    pairs = pd.DataFrame(
        {"pair_id": ["p0", "p1"], "label": [1.0, 2.0], "sentence1": ["x", "가"], "sentence2": ["y", "나"]}
    )
    table = pair_notes.table("korsts", pair_notes.read(path)["korsts"], pairs)
    rows = table.set_index("pair_id")
    assert rows.loc["p1", ["dataset", "verdict", "sentence1", "label"]].tolist() == ["korsts", "label", "가", 2.0]
    assert pd.isna(rows.loc["gone", "label"])
    assert pair_notes.table("korsts", {}, pairs).empty
