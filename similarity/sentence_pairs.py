"""Sentence pairs with a 0–5 label: the columns, and reading and checking files of them.

A table of pairs is a pandas frame with `pair_id`, `sentence1`, `sentence2`, `label` (float, 0–5) and
`source`; further columns of the file (`phenomenon`, `annotations`, …) are kept.
"""

import csv
import io
import json
import math
import reprlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import pandas as pd

from similarity.errors import DataError

LABEL_MIN, LABEL_MAX = 0.0, 5.0
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
PAIR_COLUMNS = ("pair_id", "sentence1", "sentence2", "label", "source")
MAX_SENTENCE_CHARACTERS = 10_000
LINE_FORMATS = (".tsv", ".csv", ".jsonl")
"""The formats whose rows stand on lines that an editor can go to."""

Row = tuple[int, dict[Any, Any]]
"""A row as it was read: its line (or number), and its values by column."""

DEFAULT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "pair_id": ("pair_id", "guid", "id"),
    "sentence1": ("sentence1",),
    "sentence2": ("sentence2",),
    "label": ("label", "score"),
    "source": ("source", "genre"),
}
"""Where each column is looked for when the user names none; only the sentences and the label must be there."""


@dataclass(frozen=True)
class BadRow:
    """A row that is not a pair: `place` is `file:line`, or `file, row number` where a file has no lines."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class ReadPairs:
    """The good rows of a file as a table of pairs, and the bad rows."""

    pairs: pd.DataFrame
    bad_rows: list[BadRow] = field(default_factory=list)


def normalise(sentence: str) -> str:
    """Return the sentence in Unicode NFC with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", sentence).split())


def read_pairs(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    label_scale: float = LABEL_MAX,
    skip_bad_rows: bool = False,
) -> ReadPairs:
    """Read a file of pairs; the format follows from its name and columns.

    `.json`: the official KLUE-STS file. `.tsv`: tab-separated with quoting off, as KorSTS is written.
    `.csv`, `.jsonl`, `.parquet`: named columns.

    Args:
        path: the file.
        columns: our column → the file's column, where they differ from `DEFAULT_COLUMNS`.
        label_scale: the file's highest label; 1 scales 0–1 labels to 0–5. Never guessed.
        skip_bad_rows: leave bad rows out and list them, instead of refusing the file.

    Raises:
        DataError: no such file, an unknown format, missing columns, no rows, or bad rows.
    """
    return check_rows(
        read_rows(path),
        name=path.name,
        columns=columns,
        label_scale=label_scale,
        skip_bad_rows=skip_bad_rows,
        numbered_lines=path.suffix.lower() in LINE_FORMATS,
    )


def read_rows(path: Path) -> list[Row]:
    """Read a file's rows as they are, each with the line on which it starts (its number where a file has no lines).

    Raises:
        DataError: no such file, an unknown format, or a file that is not what its name says.
    """
    if not path.is_file():
        raise DataError(
            f"There is no file {path}. Name a .json, .tsv, .csv, .jsonl or .parquet file of sentence pairs."
        )
    try:
        with path.open("rb") as file:
            return parse_rows(file, str(path))
    except OSError as error:
        raise DataError(f"{path} can't be read ({error}). Mend its permissions or copy it anew.") from error


def parse_rows(file: BinaryIO, name: str) -> list[Row]:
    """Read the rows of an open file, which may lie in memory alone, as `read_rows` does; `name` says its format.

    Raises:
        DataError: an unknown format, or a file that is not what its name says.
    """
    suffix = Path(name).suffix
    reader = _READERS.get(suffix.lower())
    if reader is None:
        raise DataError(f"{name} ends in {suffix!r}, but {', '.join(_READERS)} are read. Save it as one of these.")
    try:
        return reader(file)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} should be UTF-8 text, but byte {error.start} is not ({error.reason}). Korean Excel saves CSV as "
            "CP949: save it as 'CSV UTF-8', or convert it with `iconv -f cp949 -t utf-8`."
        ) from error
    except (ValueError, OSError, csv.Error) as error:
        raise DataError(f"{name} can't be read as {suffix}: {error}. Mend the file or save it anew.") from error


def check_rows(
    rows: Sequence[Row],
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    label_scale: float = LABEL_MAX,
    skip_bad_rows: bool = False,
    numbered_lines: bool = True,
) -> ReadPairs:
    """Turn raw rows into a checked table of pairs.

    Args:
        rows: line (or row) number and values of each row.
        name: the file's name, for messages; its stem starts the ids of pairs without an id of their own.
        columns: as for `read_pairs`.
        label_scale: as for `read_pairs`.
        skip_bad_rows: as for `read_pairs`.
        numbered_lines: the numbers are lines of the file; else messages say "row".

    Raises:
        DataError: no rows, missing columns, bad rows that are not to be skipped, or no good row.
    """
    if not rows:
        raise DataError(f"{name} holds no rows. A file needs a header and at least one pair.")
    if not (math.isfinite(label_scale) and label_scale > 0):
        raise DataError(f"The label scale is the file's highest label, so above 0, but {label_scale} came.")
    found = _find_columns(rows, name, columns)
    good: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for number, raw in rows:
        pair, reason = _check_row(raw, found, label_scale)
        if not reason and (not pair["pair_id"] or pair["pair_id"] in seen):
            pair["pair_id"] = f"{Path(name).stem}-{number}"
            reason = f"the id {pair['pair_id']!r} stands in an earlier row too" if pair["pair_id"] in seen else ""
        if reason:
            bad.append(BadRow(f"{name}:{number}" if numbered_lines else f"{name}, row {number}", reason))
            continue
        seen.add(pair["pair_id"])
        good.append(pair)
    if bad and not skip_bad_rows:
        listed = "\n".join(f"  {row}" for row in bad[:10]) + ("\n  …" if len(bad) > 10 else "")
        raise DataError(
            f"{len(bad):,} of {len(rows):,} rows of {name} are not sentence pairs with a 0–{label_scale:g} label:\n"
            f"{listed}\nMend them, or leave them out with --skip-bad-rows."
        )
    if not good:
        raise DataError(f"{name} holds no good row: each of its {len(rows):,} rows is bad, the first: {bad[0]}")
    return ReadPairs(pd.DataFrame(good), bad)


def _find_columns(rows: Sequence[Row], name: str, columns: Mapping[str, str] | None) -> dict[str, str]:
    chosen = dict(columns or {})
    unknown = sorted(set(chosen) - set(DEFAULT_COLUMNS))
    if unknown:
        raise DataError(f"Columns can be named for {', '.join(DEFAULT_COLUMNS)}, but {', '.join(unknown)} came.")
    # A JSON Lines row may lack a key that others have: that makes a bad row, not a missing column.
    present = dict.fromkeys(key for _, row in rows for key in row if key is not None)
    found = {}
    for column, candidates in DEFAULT_COLUMNS.items():
        candidates = (chosen[column],) if column in chosen else candidates
        name_there = next((candidate for candidate in candidates if candidate in present), None)
        if name_there is not None:
            found[column] = name_there
        elif column in ("sentence1", "sentence2", "label") or column in chosen:
            raise DataError(
                f"{name} has no column {' or '.join(map(repr, candidates))} for the {column}. It has: "
                f"{', '.join(map(str, present))}. Name it with --column {column}=NAME."
            )
    return found


def _check_row(raw: Mapping[Any, Any], found: Mapping[str, str], scale: float) -> tuple[dict[str, Any], str]:
    pair: dict[str, Any] = {"pair_id": _text(raw.get(found.get("pair_id", "")))}
    if None in raw:
        columns = len(raw) - 1
        return pair, f"it has {columns + len(raw[None])} columns, the header {columns}: is a separator in the text?"
    for column in ("sentence1", "sentence2"):
        pair[column], reason = _check_sentence(raw.get(found[column]))
        if reason:
            return pair, f"{column} {reason}"
    pair["label"], reason = _check_label(raw.get(found["label"]), scale)
    if reason:
        return pair, reason
    pair["source"] = _text(raw.get(found.get("source", "")))
    used = {*found.values(), *PAIR_COLUMNS, ""}
    return {**pair, **{str(key): value for key, value in raw.items() if key not in used}}, ""


def _check_sentence(value: Any) -> tuple[str, str]:
    if _is_missing(value):
        return "", "is missing"
    if not isinstance(value, str):
        return "", f"is not text: {reprlib.repr(value)}"
    sentence = normalise(value)
    # A byte order mark or zero-width space alone is not white space, but nobody can read it either.
    if not any(character.isprintable() and character != " " for character in sentence):
        return sentence, "is empty"
    if len(sentence) > MAX_SENTENCE_CHARACTERS:
        return sentence, f"has {len(sentence):,} characters, more than {MAX_SENTENCE_CHARACTERS:,}"
    try:
        sentence.encode()
    except UnicodeEncodeError:
        return sentence, "holds half of a surrogate pair, which is no character"
    return sentence, ""


def _check_label(value: Any, scale: float) -> tuple[float, str]:
    if _is_missing(value) or (isinstance(value, str) and not value.strip()):
        return math.nan, "the label is missing"
    try:
        # Python reads True as 1 and "1_0" as 10; in a file of labels both are mistakes.
        label = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError):
        label = math.nan
    if not math.isfinite(label):
        return label, f"the label {reprlib.repr(value)} is not a number"
    if not 0 <= label <= scale:
        return label, f"the label {value!r} is outside 0–{scale:g}"
    return label * LABEL_MAX / scale, ""


def _is_missing(value: Any) -> bool:
    # Parquet and JSON give NaN, NaT or pandas' NA where a cell is empty.
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str:
    return "" if _is_missing(value) else normalise(str(value))


def _read_csv(file: BinaryIO) -> list[Row]:
    return _read_separated(file, strict=True)


def _read_tsv(file: BinaryIO) -> list[Row]:
    # KorSTS holds single quotation marks, so quoting must be off: with it on, rows are silently joined.
    rows = _read_separated(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    if rows and {"genre", "filename", "year", "id"} <= set(rows[0][1]):
        for line, row in rows:
            row["id"] = korsts_id(row, line)
    return rows


def korsts_id(row: Mapping[str, Any], number: int) -> str:
    """Return an id for a KorSTS row; its own is unique neither alone nor together with the file it came from."""
    return f"{row['genre']}/{row['filename']}/{row['year']}/{row['id']}/{number}"


def _read_separated(file: BinaryIO, **options: Any) -> list[Row]:
    reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), **options)
    rows: list[Row] = []
    header: list[str] | None = None
    start = 1
    try:
        for cells in reader:
            if cells and header is None:
                header = _check_header(cells)
            elif cells and header is not None:
                rows.append((start, _named(header, cells)))
            # A quoted cell may span lines, so the next row starts after the last line that was read.
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"the quotation marks in the row that starts on line {start} are not right ({error})"
        ) from error
    return rows


def _check_header(cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ValueError(f"its header names {', '.join(twice)} twice")
    return header


def _named(header: list[str], cells: list[str]) -> dict[Any, Any]:
    row: dict[Any, Any] = dict(zip(header, cells, strict=False))
    row.update(dict.fromkeys(header[len(cells) :]))
    if len(cells) > len(header):
        row[None] = cells[len(header) :]
    return row


def _read_klue_json(file: BinaryIO) -> list[Row]:
    content = json.loads(_decoded(file))
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ValueError("expected a JSON list of objects, as in the official KLUE-STS file")
    return [(number, flatten_klue(row)) for number, row in enumerate(content, start=1)]


def flatten_klue(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a KLUE-STS row with its `labels` (and single annotators' scores) as plain columns.

    The label is `real-label`: `label` is the same rounded to one decimal.
    """
    flat = {key: value for key, value in row.items() if key not in ("labels", "annotations")}
    labels = row.get("labels")
    if isinstance(labels, Mapping):
        flat["label"] = labels.get("real-label", labels.get("label"))
        flat["binary_label"] = labels.get("binary-label")
    annotations = row.get("annotations")
    if isinstance(annotations, Mapping):
        annotations = annotations.get("annotations", annotations.get("scores"))
    if isinstance(annotations, list | np.ndarray):
        flat["annotations"] = list(annotations)
    return flat


def _read_jsonl(file: BinaryIO) -> list[Row]:
    rows = []
    for number, line in enumerate(_decoded(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not a JSON object")
        rows.append((number, flatten_klue(row)))
    return rows


def _read_parquet(file: BinaryIO) -> list[Row]:
    records = pd.read_parquet(file).to_dict("records")
    return [(number, flatten_klue(row)) for number, row in enumerate(records, start=1)]


def _decoded(file: BinaryIO) -> str:
    return io.TextIOWrapper(file, encoding="utf-8-sig").read()


_READERS: dict[str, Callable[[BinaryIO], list[Row]]] = {
    ".json": _read_klue_json,
    ".tsv": _read_tsv,
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
