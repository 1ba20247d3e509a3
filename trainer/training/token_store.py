"""A corpus as word pieces, computed once and kept on disk: one long array of piece ids and where each line ends."""

import hashlib
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from similarity.errors import DataError
from similarity.files import replaced_folder

LINES_AT_ONCE = 20_000
PIECES_FILE, ENDS_FILE = "pieces.npy", "ends.npy"


class TokenStore:
    """Lines of piece ids, without special tokens; `ends` says where each line ends in `pieces`."""

    def __init__(self, pieces: npt.NDArray[np.uint32], ends: npt.NDArray[np.int64]) -> None:
        self._pieces = pieces
        self._ends = ends
        self._starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        self.lengths = ends - self._starts

    @classmethod
    def open(cls, folder: Path) -> "TokenStore":
        """Open a stored one; the pieces stay on disk."""
        return cls(np.load(folder / PIECES_FILE, mmap_mode="r"), np.load(folder / ENDS_FILE))

    def __len__(self) -> int:
        return len(self.lengths)

    def line(self, row: int) -> npt.NDArray[np.uint32]:
        """Return the piece ids of a line."""
        start = self._starts[row]
        return self._pieces[start : start + self.lengths[row]]

    def split(self, held_out: int) -> tuple["TokenStore", "TokenStore"]:
        """Return all lines but some, spread evenly, and those: `held_out` of them, at most a tenth of all.

        Raises:
            DataError: there are fewer than two lines.
        """
        if len(self) < 2:
            raise DataError(f"The text has {len(self)} usable lines, too few to train and to measure on. Add text.")
        count = max(1, min(held_out, len(self) // 10))
        chosen = np.zeros(len(self), dtype=bool)
        chosen[np.linspace(0, len(self) - 1, count).astype(int)] = True
        return self._take(~chosen), self._take(chosen)

    def _take(self, chosen: npt.NDArray[np.bool_]) -> "TokenStore":
        pieces = np.asarray(self._pieces)[np.repeat(chosen, self.lengths)]
        return TokenStore(pieces, np.cumsum(self.lengths[chosen]))


def store_tokens(lines: Iterable[str], name: str, tokenizer: PreTrainedTokenizerFast, root: Path) -> TokenStore:
    """Return the lines as piece ids, from `root` where the same text was tokenised by the same vocabulary before.

    Args:
        lines: read only when there is nothing stored yet.
        name: what identifies the text, such as a corpus's checksum.
        tokenizer: turns lines into piece ids.
        root: where stores are kept.
    """
    rules = tokenizer.backend_tokenizer.to_str()
    key = hashlib.sha256(json.dumps([name, rules]).encode()).hexdigest()[:16]
    if not (root / key).is_dir():
        _write(root / key, lines, tokenizer)
    return TokenStore.open(root / key)


def _write(folder: Path, lines: Iterable[str], tokenizer: PreTrainedTokenizerFast) -> None:
    parts: list[npt.NDArray[np.uint32]] = []
    lengths: list[int] = []
    source = iter(lines)
    # The backend itself is asked, since the wrapper warns of every line that is longer than a model's input.
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    while batch := list(itertools.islice(source, LINES_AT_ONCE)):
        ids = [encoding.ids for encoding in backend.encode_batch_fast(batch, add_special_tokens=False)]
        lengths.extend(map(len, ids))
        parts.append(np.fromiter(itertools.chain.from_iterable(ids), dtype=np.uint32))
    with replaced_folder(folder) as temporary:
        np.save(temporary / PIECES_FILE, np.concatenate(parts) if parts else np.zeros(0, np.uint32))
        np.save(temporary / ENDS_FILE, np.cumsum(lengths, dtype=np.int64))
