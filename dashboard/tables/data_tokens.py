"""How many tokens the models make of the sentences, and what their input limit cuts off.

The `tokenizers` library reads `tokenizer.json` without torch or transformers.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tokenizers import Tokenizer

TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "tokenizer_config.json"
MAX_TOKENIZERS = 8
MAX_PAIRS = 10_000
"""Of a larger split this many pairs are counted, evenly spread over it."""

NO_LIMIT = 100_000
"""A tokenizer without a limit names a huge number."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """Where a model's tokenizer stands, and how the model is fed: `architecture` and `max_length` in tokens."""

    name: str
    folder: Path
    architecture: str
    max_length: int | None

    @property
    def file(self) -> Path:
        """Its `tokenizer.json`."""
        return self.folder / TOKENIZER_FILE


@dataclass(frozen=True)
class Feeding:
    """Models that cut sentences into the same tokens and take as many of them."""

    digest: str
    file: Path
    architecture: str
    max_length: int | None
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """Names it in the URL."""
        return f"{self.digest[:12]}-{self.architecture}-{self.max_length or 'any'}"


def together(places: Iterable[tuple[Place, str]]) -> list[Feeding]:
    """Return places with the digest of their tokenizer, those that feed their models alike as one, in their order."""
    found: dict[tuple[str, str, int | None], tuple[Path, list[str]]] = {}
    for place, digest in places:
        key = (digest, place.architecture, place.max_length)
        found.setdefault(key, (place.file, []))[1].append(place.name)
    return [
        Feeding(digest, file, architecture, max_length, tuple(dict.fromkeys(names)))
        for (digest, architecture, max_length), (file, names) in found.items()
    ]


def digest_of(file: Path) -> str | None:
    """Return what two tokenizers share that cut text alike, or None where the file is no tokenizer.

    Cutting to a length and padding are set anew by every training and change no token, so they don't count.
    """
    try:
        tokenizer = _load(file)
    except Exception:
        # The Rust library raises nothing narrower, whatever keeps it from reading the file.
        return None
    return hashlib.sha256(tokenizer.to_str().encode()).hexdigest()


def limit_in(folder: Path) -> int | None:
    """Return the input limit that a tokenizer's own settings name, in tokens, or None."""
    try:
        limit = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8")).get("model_max_length")
    except (OSError, ValueError, AttributeError):
        return None
    return int(limit) if isinstance(limit, int | float) and 0 < limit < NO_LIMIT else None


def sentence_tokens(file: Path, pairs: pd.DataFrame) -> Ints:
    """Return how many tokens each sentence makes, without special ones: an array (2, pairs)."""
    tokenizer = _load(file)
    sentences, place = np.unique([*pairs["sentence1"], *pairs["sentence2"]], return_inverse=True)
    counts = [len(each) for each in tokenizer.encode_batch_fast(list(sentences), add_special_tokens=False)]
    return np.asarray(counts, dtype=np.int64)[place].reshape(2, -1)


def special_tokens(file: Path) -> tuple[int, int]:
    """Return how many special tokens are put around one sentence, and around a pair."""
    tokenizer = _load(file)
    return int(tokenizer.num_special_tokens_to_add(False)), int(tokenizer.num_special_tokens_to_add(True))


def input_lengths(tokens: Ints, special: tuple[int, int], architecture: str) -> Ints:
    """Return the length of each pair's longest input in tokens, special ones included.

    A cross-encoder takes both sentences in one input; a bi-encoder takes one at a time, so the longer one counts.

    Args:
        tokens: what `sentence_tokens` returns.
        special: what `special_tokens` returns.
        architecture: `cross-encoder` or `bi-encoder`.
    """
    if architecture == "bi-encoder":
        return tokens.max(axis=0) + special[0]
    return tokens.sum(axis=0) + special[1]


def text_lengths(pairs: pd.DataFrame, unit: str) -> Ints:
    """Return the length of both sentences of each pair together, in `characters` (spaces included) or `words`."""
    length = len if unit == "characters" else _words
    both = zip(pairs["sentence1"], pairs["sentence2"], strict=True)
    return np.fromiter((length(one) + length(two) for one, two in both), dtype=np.int64, count=len(pairs))


def summary(lengths: Ints, limit: int | None) -> dict[str, float]:
    """Return median, p95 (95th percentile) and longest, and how many inputs are longer than the limit (NaN without)."""
    middle, high = np.quantile(lengths, [0.5, 0.95])
    return {
        "median": float(middle),
        "p95": float(high),
        "longest": float(lengths.max()),
        "limit": float(limit) if limit else np.nan,
        "cut": float((lengths > limit).sum()) if limit else np.nan,
        "cut_share": float((lengths > limit).mean()) if limit else np.nan,
    }


def sampled(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return all pairs, or `MAX_PAIRS` evenly spread ones of a larger table."""
    if len(pairs) <= MAX_PAIRS:
        return pairs
    return pairs.iloc[np.linspace(0, len(pairs) - 1, MAX_PAIRS).astype(int)]


def length_histogram(lengths: Sequence[tuple[str, Ints]], bins: int = 40) -> pd.DataFrame:
    """Return a row a split and band of lengths, the same for all: split, low, width, pairs, share (of the split)."""
    longest = max(int(values.max()) for _, values in lengths)
    width = max(1, -(-(longest + 1) // bins))
    edges = np.arange(0, longest + width + 1, width)
    rows: list[dict[str, Any]] = []
    for split, values in lengths:
        counts, _ = np.histogram(values, edges)
        rows += [
            {"split": split, "low": int(low), "width": width, "pairs": int(count), "share": count / len(values)}
            for low, count in zip(edges, counts, strict=False)
        ]
    return pd.DataFrame(rows)


def _words(sentence: str) -> int:
    return len(sentence.split())


def _load(file: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
