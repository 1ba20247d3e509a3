"""Batches for the pretraining objectives: which lines make a row, and which pieces are hidden.

A batch follows from the seed and its number alone, so a resumed run sees what it would have seen in one go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedTokenizerFast

from similarity.errors import TrainingError
from trainer.training.token_store import TokenStore

Item = TypeVar("Item")
Pieces = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Batch = dict[str, torch.Tensor]

MASK_SHARE = 0.15
IGNORED = -100
POOL_BATCHES = 50
"""So many batches are sorted by length together: little padding, yet random."""


@dataclass(frozen=True)
class Special:
    """Ids of the special pieces, which ids are ordinary, and those."""

    pad: int
    cls: int
    sep: int
    mask: int
    is_ordinary: torch.Tensor
    ordinary: Pieces

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "Special":
        """Read them from a tokenizer."""
        is_ordinary = torch.ones(len(tokenizer), dtype=torch.bool)
        is_ordinary[tokenizer.all_special_ids] = False
        return cls(
            pad=tokenizer.pad_token_id,
            cls=tokenizer.cls_token_id,
            sep=tokenizer.sep_token_id,
            mask=tokenizer.mask_token_id,
            is_ordinary=is_ordinary,
            ordinary=np.flatnonzero(is_ordinary.numpy()),
        )


class Epochs(Generic[Item]):
    """Item n of an endless stream of epochs, each of which is made when it is first asked for."""

    def __init__(self, make: Callable[[int], list[Item]]) -> None:
        self._make = make
        self._current: tuple[int, list[Item]] = (-1, [])
        self._ends: list[int] = []

    def item(self, number: int) -> Item:
        """Return item `number` of the stream."""
        epoch = 0
        while epoch >= len(self._ends) or number >= self._ends[epoch]:
            if epoch >= len(self._ends):
                self._ends.append((self._ends[-1] if self._ends else 0) + len(self._items(epoch)))
            else:
                epoch += 1
        items = self._items(epoch)
        return items[number - self._ends[epoch] + len(items)]

    def _items(self, epoch: int) -> list[Item]:
        # One epoch is kept: items are asked for in order.
        if self._current[0] != epoch:
            self._current = (epoch, self._make(epoch))
        return self._current[1]


class RowOrder:
    """Which rows batch n consists of: rows of like length, a new random order each epoch."""

    def __init__(self, lengths: npt.NDArray[np.int64], tokens: int, seed: int) -> None:
        self._lengths = lengths
        self._tokens = tokens
        self._seed = seed
        self._batches = Epochs(self._make)

    def rows(self, number: int) -> Rows:
        """Return the rows of batch `number`."""
        return self._batches.item(number)

    def _make(self, epoch: int) -> list[Rows]:
        generator = np.random.default_rng([self._seed, epoch])
        order = generator.permutation(len(self._lengths))
        batches = []
        mean = max(1.0, float(self._lengths.mean()))
        pool_rows = max(1, int(self._tokens / mean * POOL_BATCHES))
        for start in range(0, len(order), pool_rows):
            pool = order[start : start + pool_rows]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            batches += self._cut(pool)
        return [batches[place] for place in generator.permutation(len(batches))]

    def _cut(self, pool: Rows) -> list[Rows]:
        # Sorted by length, so a row's padded size is that of the last row in its batch.
        batches, start = [], 0
        for end in range(1, len(pool) + 1):
            if end == len(pool) or (end + 1 - start) * self._lengths[pool[end]] > self._tokens:
                batches.append(pool[start:end])
                start = end
        return batches


def pad(rows: list[Pieces], value: int) -> torch.Tensor:
    """Return rows × longest, filled up with `value`."""
    padded = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return torch.from_numpy(padded)


def mask_pieces(
    input_ids: torch.Tensor, special: Special, generator: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hide 15% of the ordinary pieces: 80% become [MASK], 10% a random piece, 10% stay.

    Devlin et al., "BERT" (2019), section 3.1. Returns the input to show and the labels, -100 where nothing is asked.
    """
    maskable = special.is_ordinary[input_ids]
    chance = torch.from_numpy(generator.random(tuple(input_ids.shape)))
    chosen = maskable & (chance < MASK_SHARE)
    # A row too short to be hit by chance would teach nothing.
    bare = maskable.any(dim=1) & ~chosen.any(dim=1)
    lowest = chance.masked_fill(~maskable, 2.0).argmin(dim=1)
    chosen[bare, lowest[bare]] = True
    labels = input_ids.masked_fill(~chosen, IGNORED)
    kind = torch.from_numpy(generator.random(tuple(input_ids.shape)))
    random_pieces = torch.from_numpy(generator.choice(special.ordinary, tuple(input_ids.shape)))
    shown = torch.where(chosen & (kind < 0.8), special.mask, input_ids)
    shown = torch.where(chosen & (kind >= 0.9), random_pieces, shown)
    return shown, labels


class PackedRows:
    """Full sentences packed to length, a separator after each; a new random packing each epoch.

    Liu et al., "RoBERTa" (2019), section 4.2, FULL-SENTENCES. Each line of the corpus counts as a document; one that
    is longer than a row is cut.
    """

    def __init__(self, store: TokenStore, special: Special, longest: int, tokens: int, seed: int) -> None:
        self._store = store
        self._special = special
        self._room = longest - 1
        self._rows_a_batch = max(1, tokens // longest)
        self._seed = seed
        self._batches = Epochs(self._make)

    def batch(self, number: int) -> Batch:
        """Return batch `number` without masking."""
        rows = [self._row(lines) for lines in self._batches.item(number)]
        input_ids = pad(rows, self._special.pad)
        return {"input_ids": input_ids, "attention_mask": (input_ids != self._special.pad).long()}

    def _make(self, epoch: int) -> list[list[Rows]]:
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._store))
        starts, used = [], 0
        for place, size in enumerate(np.minimum(self._store.lengths[order] + 1, self._room).tolist()):
            if used + size > self._room:
                starts.append(place)
                used = 0
            used += size
        rows = np.split(order, starts)
        count = self._rows_a_batch
        return [rows[first : first + count] for first in range(0, len(rows), count)]

    def _row(self, lines: Rows) -> Pieces:
        parts: list[Pieces] = [np.array([self._special.cls])]
        for line in lines:
            parts += [self._store.line(line)[: self._room - 1].astype(np.int64), np.array([self._special.sep])]
        return np.concatenate(parts)


class SentencePairRows:
    """Two spans a row, [CLS] A [SEP] B [SEP]; half of the time B is what follows A, else it is from another line.

    Devlin et al. (2019), section 3.1 and appendix A.2: a "sentence" is any span of contiguous text. A line of the
    corpus is cut into two at a word boundary in its middle half.
    """

    def __init__(
        self,
        store: TokenStore,
        special: Special,
        starts_word: npt.NDArray[np.bool_],
        longest: int,
        tokens: int,
        seed: int,
    ) -> None:
        self._store = store
        self._special = special
        self._starts_word = starts_word
        self._room = longest - 3
        self._seed = seed
        self._usable = np.flatnonzero(store.lengths >= 4)
        if not len(self._usable):
            raise TrainingError("No line of the text has four word pieces, so none can be cut in two. Add text.")
        self._by_length = self._usable[np.argsort(store.lengths[self._usable], kind="stable")]
        self._sorted_lengths = store.lengths[self._by_length]
        lengths = np.minimum(store.lengths[self._usable], self._room) + 3
        self._order = RowOrder(lengths, tokens, seed)

    def batch(self, number: int) -> Batch:
        """Return batch `number` without masking; `next_sentence_label` is 1 where B is from another line."""
        chosen = self._order.rows(number)
        rows, segments, labels = [], [], []
        for row in self._usable[chosen]:
            # Everything about a row follows from its number, so that it is the same in every epoch.
            generator = np.random.default_rng([self._seed, int(row)])
            first, second = self._cut(int(row), generator)
            is_random = generator.random() < 0.5
            if is_random:
                second = self._other_end(len(second), generator)
            first, second = self._shorten(first, second)
            sep = [self._special.sep]
            rows.append(np.concatenate([[self._special.cls], first, sep, second, sep]).astype(np.int64))
            segments.append(np.repeat([0, 1], [len(first) + 2, len(second) + 1]))
            labels.append(int(is_random))
        input_ids = pad(rows, self._special.pad)
        return {
            "input_ids": input_ids,
            "attention_mask": (input_ids != self._special.pad).long(),
            "token_type_ids": pad(segments, 0),
            "next_sentence_label": torch.tensor(labels),
            "row": torch.from_numpy(self._usable[chosen]),
        }

    def _cut(self, row: int, generator: np.random.Generator) -> tuple[Pieces, Pieces]:
        pieces = self._store.line(row).astype(np.int64)
        middle = np.arange(max(1, len(pieces) // 4), len(pieces) - len(pieces) // 4)
        at_words = middle[self._starts_word[pieces[middle]]]
        place = int(generator.choice(at_words if len(at_words) else middle))
        return pieces[:place], pieces[place:]

    def _other_end(self, length: int, generator: np.random.Generator) -> Pieces:
        # The end of a longer line, about as long as what it replaces and never longer: neither its length nor a cut-off
        # end gives it away, and the batch stays one of rows of like length.
        longer = np.searchsorted(self._sorted_lengths, length, side="right")
        row = int(generator.choice(self._by_length[min(int(longer), len(self._by_length) - 1) :]))
        pieces = self._store.line(row).astype(np.int64)
        starts = np.flatnonzero(self._starts_word[pieces])
        wanted = max(0, len(pieces) - length)
        later = starts[(starts >= wanted) & (starts <= len(pieces) - length // 2)]
        return pieces[int(later[0]) if len(later) else wanted :]

    def _shorten(self, first: Pieces, second: Pieces) -> tuple[Pieces, Pieces]:
        # From the front of A and the end of B, so that the place where they meet stays.
        room_first = max(self._room - len(second), self._room // 2)
        first = first[-room_first:]
        return first, second[: self._room - len(first)]


def words_start(tokenizer: PreTrainedTokenizerFast) -> npt.NDArray[np.bool_]:
    """Return for each piece id whether it begins a word."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return np.array([not piece.startswith("##") for piece in pieces])
