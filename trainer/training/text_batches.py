"""Batches for the pretraining objectives: which lines make a row, and which pieces are hidden.

A batch follows from the seed and its number alone, so a resumed run sees what it would have seen in one go.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedTokenizerFast

from trainer.training.token_store import TokenStore

Pieces = npt.NDArray[np.int64]
Batch = dict[str, torch.Tensor]

MASK_SHARE = 0.15
IGNORED = -100
POOL_BATCHES = 50
"""So many batches are sorted by length together: little padding, yet random."""


@dataclass(frozen=True)
class Special:
    """Ids of the special pieces, and how many pieces there are."""

    pad: int
    cls: int
    sep: int
    mask: int
    size: int
    first_ordinary: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "Special":
        """Read them from a tokenizer, whose special pieces come first."""
        return cls(
            pad=tokenizer.pad_token_id,
            cls=tokenizer.cls_token_id,
            sep=tokenizer.sep_token_id,
            mask=tokenizer.mask_token_id,
            size=len(tokenizer),
            first_ordinary=max(tokenizer.all_special_ids) + 1,
        )


class RowOrder:
    """Which rows batch n consists of: rows of like length, a new random order each epoch."""

    def __init__(self, lengths: npt.NDArray[np.int64], tokens: int, seed: int) -> None:
        self._lengths = lengths
        self._tokens = tokens
        self._seed = seed
        self._epochs: dict[int, list[npt.NDArray[np.int64]]] = {}
        self._first_batches = [0]

    def rows(self, number: int) -> tuple[int, npt.NDArray[np.int64]]:
        """Return the epoch that batch `number` belongs to, and its rows."""
        epoch = 0
        while number - self._first_batches[epoch] >= len(self._batches(epoch)):
            if len(self._first_batches) == epoch + 1:
                self._first_batches.append(self._first_batches[epoch] + len(self._batches(epoch)))
            epoch += 1
        return epoch, self._batches(epoch)[number - self._first_batches[epoch]]

    def _batches(self, epoch: int) -> list[npt.NDArray[np.int64]]:
        if epoch not in self._epochs:
            # One epoch is kept: batches are asked for in order.
            self._epochs = {epoch: self._make(epoch)}
        return self._epochs[epoch]

    def _make(self, epoch: int) -> list[npt.NDArray[np.int64]]:
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

    def _cut(self, pool: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
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
    input_ids: torch.Tensor, maskable: torch.Tensor, special: Special, generator: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hide 15% of the maskable pieces: 80% become [MASK], 10% a random piece, 10% stay.

    Devlin et al., "BERT" (2019), section 3.1. Returns the input to show and the labels, -100 where nothing is asked.
    """
    chance = torch.from_numpy(generator.random(tuple(input_ids.shape)))
    chosen = maskable & (chance < MASK_SHARE)
    # A row too short to be hit by chance would teach nothing.
    bare = maskable.any(dim=1) & ~chosen.any(dim=1)
    lowest = chance.masked_fill(~maskable, 2.0).argmin(dim=1)
    chosen[bare, lowest[bare]] = True
    labels = input_ids.masked_fill(~chosen, IGNORED)
    kind = torch.from_numpy(generator.random(tuple(input_ids.shape)))
    random_pieces = torch.from_numpy(generator.integers(special.first_ordinary, special.size, tuple(input_ids.shape)))
    shown = torch.where(chosen & (kind < 0.8), special.mask, input_ids)
    shown = torch.where(chosen & (kind >= 0.9), random_pieces, shown)
    return shown, labels


class PackedRows:
    """Full sentences packed to length, a separator after each; a new random packing each epoch.

    Liu et al., "RoBERTa" (2019), section 4.2, FULL-SENTENCES. Each line of the corpus counts as a document.
    """

    def __init__(self, store: TokenStore, special: Special, longest: int, tokens: int, seed: int) -> None:
        self._store = store
        self._special = special
        self._room = longest - 1
        self._rows = max(1, tokens // longest)
        self._seed = seed
        self._order: npt.NDArray[np.int64] | None = None
        self._epoch = -1
        self._ends: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        # Each epoch's lines are one long string of pieces, cut into rows, so every epoch has as many rows.
        self._epoch_rows = max(1, int((store.lengths + 1).sum()) // self._room)

    def batch(self, number: int) -> Batch:
        """Return batch `number` without masking."""
        rows = [self._row(number * self._rows + offset) for offset in range(self._rows)]
        input_ids = pad(rows, self._special.pad)
        return {"input_ids": input_ids, "attention_mask": (input_ids != self._special.pad).long()}

    def _row(self, number: int) -> Pieces:
        epoch, place = divmod(number, self._epoch_rows)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._store))
            self._ends = np.cumsum(self._store.lengths[self._order] + 1)
        assert self._order is not None
        start, end = place * self._room, (place + 1) * self._room
        parts: list[Pieces] = [np.array([self._special.cls])]
        line = int(np.searchsorted(self._ends, start, side="right"))
        while line < len(self._order) and self._ends[line] - self._store.lengths[self._order[line]] - 1 < end:
            pieces = np.append(self._store.line(self._order[line]), self._special.sep).astype(np.int64)
            first = self._ends[line] - len(pieces)
            parts.append(pieces[max(0, start - first) : end - first])
            line += 1
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
        lengths = np.minimum(store.lengths[self._usable], self._room) + 3
        self._order = RowOrder(lengths, tokens, seed)

    def batch(self, number: int) -> Batch:
        """Return batch `number` without masking; `next_sentence_label` is 1 where B is from another line."""
        _, chosen = self._order.rows(number)
        rows, segments, labels = [], [], []
        for row in self._usable[chosen]:
            # Everything about a row follows from its number, so that it is the same in every epoch.
            generator = np.random.default_rng([self._seed, int(row)])
            first, second = self._cut(int(row), generator)
            is_random = generator.random() < 0.5
            if is_random:
                _, other = self._cut(int(generator.choice(self._usable)), generator)
                # No longer than what it replaces: the batch is made of rows of like length.
                second = other[: len(second)]
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

    def _shorten(self, first: Pieces, second: Pieces) -> tuple[Pieces, Pieces]:
        # From the front of A and the end of B, so that the place where they meet stays.
        room_first = max(self._room - len(second), self._room // 2)
        first = first[-room_first:]
        return first, second[: self._room - len(first)]


def words_start(tokenizer: PreTrainedTokenizerFast) -> npt.NDArray[np.bool_]:
    """Return for each piece id whether it begins a word."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return np.array([not piece.startswith("##") for piece in pieces])
