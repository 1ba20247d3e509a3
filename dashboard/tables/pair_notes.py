"""A person's notes on pairs, in one small file beside the runs: is the label or the model to blame?

    {"format_version": 1, "notes": {"korsts": {"<pair id>": {"verdict": "label", "text": "…", "updated_at": "…"}}}}

Fields that this program doesn't know are kept. Nothing that was written is lost: sessions of one dashboard take
turns (a lock within the process), the file is read again before each write, a note that another tab changed in the
meantime is not overwritten, and a broken file is moved aside before a new one is begun.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from similarity.errors import SimilarityError
from similarity.files import write_text
from similarity.run_format import utc_now

FORMAT_VERSION = 1
VERDICTS = ("label", "ambiguous", "model", "interesting")
"""The label is wrong; people could disagree; a model's error; worth a look for another reason."""

MAX_CHARACTERS = 500
_LOCK = threading.Lock()


class NotesError(SimilarityError):
    """The notes can't be read, or a note can't be kept."""


class BrokenNotesError(NotesError):
    """What stands in the file are no notes."""


class Note(BaseModel):
    """What a person says of one pair."""

    model_config = ConfigDict(extra="allow", frozen=True)

    verdict: str
    text: str = ""
    updated_at: AwareDatetime


class _NotesFile(BaseModel):
    model_config = ConfigDict(extra="allow")

    format_version: int
    notes: dict[str, dict[str, Note]] = Field(default_factory=dict)


def read(path: Path) -> dict[str, dict[str, Note]]:
    """Return all notes: data set → pair id → note. No file gives none.

    Raises:
        BrokenNotesError: what stands there are no notes.
        NotesError: the file is of a later version, or can't be read.
    """
    return _read(path).notes


def save(path: Path, dataset: str, pair_id: str, verdict: str, text: str, seen: Note | None) -> Path | None:
    """Write a pair's note in place of the one that the person saw; fields of it that we don't know stay.

    Args:
        path: the file of the notes.
        dataset: the pair's data set.
        pair_id: its id there.
        verdict: one of `VERDICTS`.
        text: up to `MAX_CHARACTERS`.
        seen: the note that stood there when the person began to write.

    Returns:
        Where a broken file was moved, if there was one.

    Raises:
        NotesError: a verdict or text that can't be kept; another tab changed the note in the meantime; the file is
            of a later version, or can't be read or written. Nothing is changed then.
    """
    if verdict not in VERDICTS:
        raise NotesError(f"A note's verdict is one of {', '.join(VERDICTS)}, but {verdict!r} came. Choose one.")
    clean = text.strip()
    if len(clean) > MAX_CHARACTERS:
        raise NotesError(f"A note has up to {MAX_CHARACTERS} characters, but {len(clean):,} came. Shorten it.")
    fields = {"verdict": verdict, "text": clean, "updated_at": utc_now()}
    note = seen.model_copy(update=fields) if seen else Note.model_validate(fields)
    return _exchange(path, dataset, pair_id, note, seen)


def remove(path: Path, dataset: str, pair_id: str, seen: Note | None) -> Path | None:
    """Take out the note that the person saw; arguments, result and errors as for `save`."""
    return _exchange(path, dataset, pair_id, None, seen)


def set_aside(path: Path) -> list[Path]:
    """Return the broken files that were moved aside, the oldest first."""
    return sorted(path.parent.glob(f"{path.stem}.broken-*{path.suffix}"))


def table(dataset: str, notes: Mapping[str, Note], pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a note, the newest first, with the pair's sentences and label where it is among `pairs`."""
    rows = [
        {
            "dataset": dataset,
            "pair_id": pair_id,
            "verdict": note.verdict,
            "text": note.text,
            "updated_at": note.updated_at.isoformat(timespec="seconds"),
        }
        for pair_id, note in sorted(notes.items(), key=lambda item: item[1].updated_at, reverse=True)
    ]
    written = pd.DataFrame(rows, columns=["dataset", "pair_id", "verdict", "text", "updated_at"], dtype=str)
    return written.merge(pairs[["pair_id", "label", "sentence1", "sentence2"]], on="pair_id", how="left")


def _exchange(path: Path, dataset: str, pair_id: str, note: Note | None, seen: Note | None) -> Path | None:
    with _LOCK:
        try:
            content, aside = _read(path), None
        except BrokenNotesError:
            content, aside = _NotesFile(format_version=FORMAT_VERSION), _move_aside(path)
        of_dataset = content.notes.setdefault(dataset, {})
        if of_dataset.get(pair_id) != seen:
            raise NotesError(
                f"The note on {pair_id} was changed elsewhere after this page was drawn, so it was not overwritten. "
                "Look at what stands there now, then save again."
            )
        if note is None:
            of_dataset.pop(pair_id, None)
        else:
            of_dataset[pair_id] = note
        content.notes = {name: notes for name, notes in content.notes.items() if notes}
        try:
            write_text(path, content.model_dump_json(indent=1) + "\n")
        except OSError as error:
            raise NotesError(f"{path} can't be written ({error}). Free some space or mend its permissions.") from error
    return aside


def _read(path: Path) -> _NotesFile:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return _NotesFile(format_version=FORMAT_VERSION)
    except OSError as error:
        raise NotesError(f"{path} can't be read ({error}). Mend its permissions, then reload.") from error
    try:
        content = json.loads(raw.decode("utf-8"))
        version = content.get("format_version") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise NotesError(
                f"{path} is of format version {version}; this program reads {FORMAT_VERSION}. Update the program, "
                "or move the file elsewhere to begin anew."
            )
        return _NotesFile.model_validate(content)
    except (ValueError, RecursionError) as error:
        raise BrokenNotesError(f"{path} should hold notes as JSON, but {_problem(error)}.") from error


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno} is not complete JSON"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'its content'} is not right: {first['msg']}"
    return f"it is not ({type(error).__name__})"


def _move_aside(path: Path) -> Path:
    time = f"{utc_now():%Y%m%d-%H%M%S}"
    number = 1
    while (aside := path.with_name(f"{path.stem}.broken-{time}-{number}{path.suffix}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as error:
        raise NotesError(
            f"{path} is broken and can't be moved aside ({error}). Move it elsewhere by hand, then save again."
        ) from error
    return aside
