"""Raw text for pretraining and distillation: files of one sentence or short paragraph a line, plain or zst."""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from similarity.errors import DataError

ZSTANDARD_SUFFIX = ".zst"
SHORTEST_LINE = 4
"""Characters below which a line says nothing."""

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Corpus:
    """Checked files and what a card says of them."""

    paths: tuple[Path, ...]
    checksum: str
    """SHA-256 over the files' bytes, in the given order."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of at least four characters, in order, with each run of spaces as one.

        Raises:
            DataError: a file is not UTF-8 text, or a zst file is damaged.
        """
        for path in self.paths:
            yield from _lines(path)

    @property
    def names(self) -> list[str]:
        """The files' names, without their folders."""
        return [path.name for path in self.paths]


def open_corpus(paths: Sequence[Path]) -> Corpus:
    """Return the corpus of these files.

    Raises:
        DataError: no file is named, or one is missing.
    """
    if not paths:
        raise DataError("Name at least one text file with --corpus: one sentence or short paragraph a line.")
    digest = hashlib.sha256()
    for path in paths:
        if not path.is_file():
            raise DataError(f"The corpus file {path} does not exist. Name a text file, plain or {ZSTANDARD_SUFFIX}.")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return Corpus(tuple(paths), digest.hexdigest())


def _lines(path: Path) -> Iterator[str]:
    import pyarrow as pa

    compression = "zstd" if path.suffix == ZSTANDARD_SUFFIX else None
    try:
        with pa.input_stream(str(path), compression=compression) as stream:
            for line in io.TextIOWrapper(stream, encoding="utf-8-sig"):
                text = _SPACES.sub(" ", line).strip()
                if len(text) >= SHORTEST_LINE:
                    yield text
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error}). Convert it first.") from error
    except OSError as error:
        raise DataError(f"{path} can't be read as {compression or 'text'} ({error}).") from error


def distinct_sentences(lines: Iterable[str], *, longest: int, limit: int | None = None, seed: int = 42) -> list[str]:
    """Return distinct lines of at most `longest` characters in random order, at most `limit` of them."""
    import numpy as np

    kept = list(dict.fromkeys(line for line in lines if len(line) <= longest))
    order = np.random.default_rng(seed).permutation(len(kept))
    return [kept[row] for row in order[:limit]]
