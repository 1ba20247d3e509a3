"""Sentence pairs with a 0–5 label: the columns, and reading and checking files of them.

A table of pairs is a pandas frame with `pair_id`, `sentence1`, `sentence2`, `label` (float, 0–5) and
`source`; further columns of the file (`phenomenon`, `annotations`, …) are kept.
"""

import csv
import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from similarity.errors import DataError

LABEL_MIN, LABEL_MAX = 0.0, 5.0
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
PAIR_COLUMNS = ("pair_id", "sentence1", "sentence2", "label", "source")
MAX_SENTENCE_CHARACTERS = 10_000

DEFAULT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "pair_id": ("pair_id", "guid", "id"),
    "sentence1": ("sentence1",),
    "sentence2": ("sentence2",),
    "label": ("label", "score"),
    "source": ("source", "genre"),
}
"""The names under which each column is looked for when the user names none; only the sentences and the label must be there."""


@dataclass(frozen=True)
class BadRow:
    """A row that is not a pair: `place` is `file:line` (or the row's number where a file has no lines)."""

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
    if not path.is_file():
        raise DataError(f"There is no file {path}. Name a .json, .tsv, .csv, .jsonl or .parquet file of sentence pairs.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path} ends in {path.suffix!r}, but {', '.join(_READERS)} are read. Save it as one of these.")
    try:
        rows = reader(path)
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error}). Save it as UTF-8 (Excel: 'CSV UTF-8').") from error
    except (ValueError, OSError, csv.Error) as error:
        raise DataError(f"{path} can't be read as {path.suffix}: {error}") from error
    return check_rows(rows, name=path.name, columns=columns, label_scale=label_scale, skip_bad_rows=skip_bad_rows)


def check_rows(
    rows: list[tuple[int, dict[str, Any]]],
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    label_scale: float = LABEL_MAX,
    skip_bad_rows: bool = False,
) -> ReadPairs:
    """Turn raw rows, each with its line number, into a checked table of pairs; see `read_pairs`."""
    if not rows:
        raise DataError(f"{name} holds no rows. A file needs a header and at least one pair.")
    if not (math.isfinite(label_scale) and label_scale > 0):
        raise DataError(f"The label scale is the file's highest label, so above 0, but {label_scale} came.")
    found = _find_columns(rows[0][1], name, columns)
    good: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for line, raw in rows:
        place = f"{name}:{line}"
        pair, reason = _check_row(raw, found, label_scale)
        if reason:
            bad.append(BadRow(place, reason))
            continue
        if not pair["pair_id"] or pair["pair_id"] in seen:
            pair["pair_id"] = f"{Path(name).stem}-{line}"
        if pair["pair_id"] in seen:
            bad.append(BadRow(place, f"the id {pair['pair_id']!r} stands in an earlier row too"))
            continue
        seen.add(pair["pair_id"])
        good.append(pair)
    if bad and not skip_bad_rows:
        listed = "\n".join(f"  {row}" for row in bad[:10]) + ("\n  …" if len(bad) > 10 else "")
        raise DataError(
            f"{len(bad)} of {len(rows)} rows of {name} are not sentence pairs with a 0–5 label:\n{listed}\n"
            "Mend them, or leave them out with --skip-bad-rows."
        )
    if not good:
        raise DataError(f"{name} holds no good row: each of its {len(rows)} rows is bad, the first: {bad[0]}")
    return ReadPairs(pd.DataFrame(good), bad)


def _find_columns(first: Mapping[str, Any], name: str, columns: Mapping[str, str] | None) -> dict[str, str]:
    chosen = dict(columns or {})
    unknown = sorted(set(chosen) - set(DEFAULT_COLUMNS))
    if unknown:
        raise DataError(f"Columns can be named for {', '.join(DEFAULT_COLUMNS)}, but {', '.join(unknown)} came.")
    found = {}
    for column, candidates in DEFAULT_COLUMNS.items():
        candidates = (chosen[column],) if column in chosen else candidates
        present = next((candidate for candidate in candidates if candidate in first), None)
        if present is not None:
            found[column] = present
        elif column in ("sentence1", "sentence2", "label") or column in chosen:
            raise DataError(
                f"{name} has no column {' or '.join(map(repr, candidates))} for the {column}. It has: "
                f"{', '.join(map(str, first))}. Name it with --column {column}=NAME."
            )
    return found


def _check_row(raw: Mapping[str, Any], found: Mapping[str, str], scale: float) -> tuple[dict[str, Any], str]:
    pair: dict[str, Any] = {"pair_id": _text(raw.get(found.get("pair_id", ""))), "source": ""}
    for column in ("sentence1", "sentence2"):
        value = raw.get(found[column])
        if not isinstance(value, str):
            return pair, f"{column} is missing" if value is None else f"{column} is not text: {value!r}"
        pair[column] = normalise(value)
        if not pair[column]:
            return pair, f"{column} is empty"
        if len(pair[column]) > MAX_SENTENCE_CHARACTERS:
            return pair, f"{column} has {len(pair[column]):,} characters, more than {MAX_SENTENCE_CHARACTERS:,}"
    value = raw.get(found["label"])
    if value is None or value == "":
        return pair, "the label is missing"
    try:
        label = float(value)
    except (TypeError, ValueError):
        return pair, f"the label {value!r} is not a number"
    if not 0 <= label <= scale:
        return pair, f"the label {value!r} is outside 0–{scale:g}"
    pair["label"] = label * LABEL_MAX / scale
    pair["source"] = _text(raw.get(found.get("source", "")))
    used = set(found.values())
    extra = {str(key): value for key, value in raw.items() if key not in used and key not in PAIR_COLUMNS and key}
    return {**pair, **extra}, ""


def _text(value: Any) -> str:
    return "" if value is None or value != value else normalise(str(value))


def _read_csv(path: Path) -> list[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        return [(reader.line_num, row) for row in reader]


def _read_tsv(path: Path) -> list[tuple[int, dict[str, Any]]]:
    # KorSTS holds single quotation marks, so quoting must be off: with it on, rows are silently joined.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = [(reader.line_num, row) for row in reader]
    if rows and {"genre", "filename", "year", "id"} <= set(rows[0][1]):
        for line, row in rows:
            # A KorSTS id is unique only together with the file it came from.
            row["id"] = f"{row['genre']}/{row['filename']}/{row['year']}/{row['id']}/{line}"
    return rows


def _read_klue_json(path: Path) -> list[tuple[int, dict[str, Any]]]:
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ValueError("expected a JSON list of objects, as in the official KLUE-STS file")
    return [(number, flatten_klue(row)) for number, row in enumerate(content, start=1)]


def flatten_klue(row: Mapping[str, Any]) -> dict[str, Any]:
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
    if isinstance(annotations, list):
        flat["annotations"] = annotations
    return flat


def _read_jsonl(path: Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not a JSON object")
            rows.append((number, flatten_klue(row)))
    return rows


def _read_parquet(path: Path) -> list[tuple[int, dict[str, Any]]]:
    return [(number, row) for number, row in enumerate(pd.read_parquet(path).to_dict("records"), start=1)]


_READERS: dict[str, Callable[[Path], list[tuple[int, dict[str, Any]]]]] = {
    ".json": _read_klue_json,
    ".tsv": _read_tsv,
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
