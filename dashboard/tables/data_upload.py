"""A file of pairs that a person brings: read in memory, never written to disk."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet
from pyarrow import ArrowException

from similarity.errors import DataError
from similarity.sentence_pairs import LINE_FORMATS, BadRow, check_rows, parse_rows

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet")
MAX_MEGABYTES = 20
MAX_ROWS = 50_000


@dataclass(frozen=True)
class Upload:
    """A file's good rows as pairs, its bad rows, and what changes when another file or label scale is taken."""

    name: str
    pairs: pd.DataFrame
    bad_rows: list[BadRow]
    digest: str


def read_upload(content: bytes, name: str, label_scale: float) -> Upload:
    """Read an uploaded file; bad rows are left out and listed.

    Args:
        content: the file's bytes.
        name: its name, by whose ending the format is known.
        label_scale: its highest label, which becomes 5.

    Raises:
        DataError: too large, an unknown format, not what its name says, missing columns, or no good row.
    """
    if len(content) > MAX_MEGABYTES * 1_000_000:
        raise DataError(
            f"{name} has {len(content) / 1e6:,.1f} MB; up to {MAX_MEGABYTES} MB are read here. "
            "Prepare it as a data set, or take a part of it."
        )
    if _parquet_rows(content, name) > MAX_ROWS:
        raise _too_many_rows(name)
    rows = parse_rows(io.BytesIO(content), name)
    if len(rows) > MAX_ROWS:
        raise _too_many_rows(name)
    read = check_rows(
        rows,
        name=name,
        label_scale=label_scale,
        skip_bad_rows=True,
        numbered_lines=Path(name).suffix.lower() in LINE_FORMATS,
    )
    digest = hashlib.sha256(content + f"|{label_scale}|{name}".encode()).hexdigest()
    return Upload(name, read.pairs, read.bad_rows, digest)


def _too_many_rows(name: str) -> DataError:
    return DataError(
        f"{name} holds more than {MAX_ROWS:,} rows, the most that are read here. "
        "Prepare it as a data set, or take a part of it."
    )


def _parquet_rows(content: bytes, name: str) -> int:
    # A Parquet file of a few megabytes can unpack to any size, so its rows are counted before that.
    if Path(name).suffix.lower() != ".parquet":
        return 0
    try:
        return int(pyarrow.parquet.ParquetFile(io.BytesIO(content)).metadata.num_rows)
    except (ArrowException, OSError):
        # Not Parquet after all, which reading it will say.
        return 0
