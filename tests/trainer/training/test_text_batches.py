"""Pretraining batches: which pieces are hidden, and which lines make a row."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from tests.builders import LONGEST
from trainer.training.text_batches import (
    IGNORED,
    Epochs,
    PackedRows,
    RowOrder,
    SentencePairRows,
    Special,
    mask_pieces,
    words_start,
)
from trainer.training.token_store import TokenStore
from trainer.training.vocabulary import SPECIAL

TOKENS = 512

# Masking


def test_fifteen_per_cent_are_hidden_most_of_them_by_the_mask(special: Special) -> None:
    generator = np.random.default_rng(0)
    original = torch.from_numpy(generator.choice(special.ordinary, (600, 128)))
    original[:, 0], original[:, -1] = special.cls, special.sep
    original[:, 50:60] = special.pad
    ordinary = special.is_ordinary[original]
    shown, labels = mask_pieces(original, special, generator)
    hidden = labels != IGNORED
    assert not (hidden & ~ordinary).any()
    assert torch.equal(shown[~hidden], original[~hidden])
    assert torch.equal(labels[hidden], original[hidden])
    # Of some 70,000 pieces; the bounds are five standard deviations.
    assert hidden[ordinary].float().mean().item() == pytest.approx(0.15, abs=0.007)
    now, before = shown[hidden], original[hidden]
    assert (now == special.mask).float().mean().item() == pytest.approx(0.8, abs=0.02)
    assert (now == before).float().mean().item() == pytest.approx(0.1, abs=0.015)
    random = now[(now != special.mask) & (now != before)]
    assert len(random) / len(now) == pytest.approx(0.1, abs=0.015)
    assert special.is_ordinary[random].all()
    assert random.float().mean().item() == pytest.approx(special.ordinary.mean(), rel=0.1)


def test_every_row_with_a_piece_to_hide_hides_one(special: Special) -> None:
    original = torch.full((500, 3), int(special.ordinary[0]))
    original[:, 0], original[:, 2] = special.cls, special.sep
    original[-1, 1] = special.pad
    _, labels = mask_pieces(original, special, np.random.default_rng(0))
    assert (labels[:-1, 1] != IGNORED).all()
    assert (labels[:, [0, 2]] == IGNORED).all() and labels[-1, 1] == IGNORED


def test_special_pieces_that_stand_among_the_others_are_neither_hidden_nor_drawn() -> None:
    # A vocabulary that was taken over can have them anywhere.
    pieces = ["가", "[PAD]", "나", "[MASK]", "다", "[CLS]", "라", "[SEP]", "[UNK]", "마"]
    model = models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]")
    special = Special.of(PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model), **SPECIAL))
    assert (special.pad, special.mask, special.cls, special.sep) == (1, 3, 5, 7)
    shown, labels = mask_pieces(torch.arange(10).repeat(2000, 1), special, np.random.default_rng(0))
    hidden = labels != IGNORED
    assert set(labels[hidden].tolist()) == {0, 2, 4, 6, 9}
    assert set(shown[hidden].tolist()) == {0, 2, 3, 4, 6, 9}


# Two spans a row


def pair_rows(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast, longest: int
) -> SentencePairRows:
    return SentencePairRows(store, special, words_start(tokenizer), longest, TOKENS, 3)


def spans(rows: SentencePairRows, special: Special, longest: int) -> Iterator[tuple[int, list[int], list[int], int]]:
    """Yield each row of forty batches as the line it is of, first span, second span, and label."""
    for number in range(40):
        batch = rows.batch(number)
        for row, line in enumerate(batch["row"].tolist()):
            present = batch["attention_mask"][row].bool()
            ids, segments = batch["input_ids"][row][present].tolist(), batch["token_type_ids"][row][present].tolist()
            border = segments.index(1)
            assert segments == [0] * border + [1] * (len(ids) - border)
            assert ids[0] == special.cls and ids[border - 1] == ids[-1] == special.sep
            assert len(ids) <= longest
            yield line, ids[1 : border - 1], ids[border:-1], int(batch["next_sentence_label"][row])


def stands_in(part: list[int], line: list[int]) -> bool:
    return any(line[start : start + len(part)] == part for start in range(len(line)))


@pytest.mark.parametrize("longest", [LONGEST, 16])
def test_half_of_the_second_spans_follow_the_first(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast, longest: int
) -> None:
    starts_word = words_start(tokenizer)
    labels, elsewhere, at_words = [], 0, []
    for row, first, second, label in spans(pair_rows(store, special, tokenizer, longest), special, longest):
        line = store.line(row).tolist()
        assert first and second
        assert stands_in(first, line)
        labels.append(label)
        if label == 0:
            assert stands_in(first + second, line)
            at_words.append(starts_word[second[0]])
        else:
            elsewhere += not stands_in(first + second, line)
    assert len(labels) > 1000
    assert np.mean(labels) == pytest.approx(0.5, abs=0.06)
    # Chance may draw the very span that follows, in a short line.
    assert elsewhere / sum(labels) > 0.99
    assert np.mean(at_words) > 0.95, "a line is cut between words where it has some"


def test_a_random_second_span_looks_like_one_that_follows(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast
) -> None:
    starts_word = words_start(tokenizer)
    lines = [tuple(store.line(row).tolist()) for row in range(len(store))]
    ends = {line[start:] for line in lines for start in range(len(line))}
    seconds: dict[int, list[tuple[int, ...]]] = {0: [], 1: []}
    for _, _, second, label in spans(pair_rows(store, special, tokenizer, LONGEST), special, LONGEST):
        seconds[label].append(tuple(second))
    assert all(second in ends for second in seconds[1]), "it is not cut off at its end"
    at_words, lengths = (
        [np.mean([measure(second) for second in seconds[label]]) for label in (0, 1)]
        for measure in (lambda second: starts_word[second[0]], len)
    )
    assert at_words[1] == pytest.approx(at_words[0], abs=0.05)
    assert lengths[1] == pytest.approx(lengths[0], rel=0.15)


def test_rows_of_like_length_stand_together_within_the_budget_and_each_comes_once(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast
) -> None:
    rows = pair_rows(store, special, tokenizer, LONGEST)
    seen: list[int] = []
    present = padded = 0
    lengths = []
    while len(seen) < (store.lengths >= 4).sum():
        batch = rows.batch(len(lengths))
        assert batch["input_ids"].numel() <= TOKENS
        present += int(batch["attention_mask"].sum())
        padded += batch["input_ids"].numel()
        seen += batch["row"].tolist()
        lengths.append(batch["input_ids"].shape[1])
    assert sorted(seen) == np.flatnonzero(store.lengths >= 4).tolist()
    assert present / padded > 0.85
    assert padded / len(lengths) > 0.8 * TOKENS, "batches are full"
    assert lengths != sorted(lengths), "short lines don't all come first"


def test_a_batch_is_never_larger_than_the_budget_unless_it_is_one_row() -> None:
    lengths = np.random.default_rng(0).geometric(0.02, 3000)
    order = RowOrder(lengths, 300, 0)
    seen: list[int] = []
    number = 0
    while len(seen) < len(lengths):
        rows = order.rows(number)
        assert len(rows) == 1 or lengths[rows].max() * len(rows) <= 300
        seen += rows.tolist()
        number += 1
    assert sorted(seen) == list(range(len(lengths)))


def test_each_epochs_items_are_made_once_wherever_one_begins() -> None:
    # Sorting a corpus of millions of lines takes seconds, and there are thousands of batches.
    made = []

    def make(epoch: int) -> list[tuple[int, int]]:
        made.append(epoch)
        return [(epoch, place) for place in range(3 + epoch % 2)]

    expected = [(epoch, place) for epoch in range(4) for place in range(3 + epoch % 2)]
    stream = Epochs(make)
    assert [stream.item(number) for number in range(len(expected))] == expected
    assert made == [0, 1, 2, 3]
    made.clear()
    resumed = Epochs(make)
    assert [resumed.item(number) for number in range(8, len(expected))] == expected[8:]
    assert made == [0, 1, 2, 3]


# Packed rows


def lines_of(row: list[int], special: Special) -> list[tuple[int, ...]]:
    assert row[0] == special.cls and special.cls not in row[1:] and special.pad not in row
    assert row[-1] == special.sep
    ends = [place for place, piece in enumerate(row) if piece == special.sep]
    return [tuple(row[start + 1 : end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def test_packed_rows_hold_every_line_of_an_epoch_once_in_a_new_order_and_are_as_full_as_lines_allow(
    store: TokenStore, special: Special
) -> None:
    packed = PackedRows(store, special, LONGEST, TOKENS, 3)
    expected = sorted(tuple(store.line(row).tolist()) for row in range(len(store)))
    number = 0
    before: set[tuple[tuple[int, ...], ...]] = set()
    for _ in range(3):
        rows: list[list[tuple[int, ...]]] = []
        while sum(map(len, rows)) < len(store):
            batch = packed.batch(number)
            number += 1
            assert batch["input_ids"].numel() <= TOKENS
            assert torch.equal(batch["attention_mask"] == 0, batch["input_ids"] == special.pad)
            for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True):
                rows.append(lines_of(ids[: int(mask.sum())].tolist(), special))
        assert sorted(line for row in rows for line in row) == expected
        sizes = [1 + sum(len(line) + 1 for line in row) for row in rows]
        assert max(sizes) <= LONGEST
        assert np.mean(sizes) > 0.8 * LONGEST
        # The line that begins the next row had no room in this one.
        assert all(size + len(after[0]) + 1 > LONGEST for size, after in zip(sizes, rows[1:], strict=False))
        assert not before & set(map(tuple, rows))
        before |= set(map(tuple, rows))


def test_a_text_shorter_than_a_row_is_one_short_row_and_a_longer_line_is_cut(special: Special) -> None:
    rows = PackedRows(TokenStore(np.array([9, 8, 7], np.uint32), np.array([2, 3])), special, LONGEST, 512, 0)
    for number in range(3):
        (row,) = rows.batch(number)["input_ids"].tolist()
        assert sorted(lines_of(row, special)) == [(7,), (9, 8)]
    lines = np.arange(10, 210, dtype=np.uint32)
    rows = PackedRows(TokenStore(lines, np.array([100, 150, 200])), special, 16, 16, 0)
    found = [rows.batch(number)["input_ids"].tolist() for number in range(3)]
    assert all(len(batch) == 1 and len(batch[0]) == 16 for batch in found)
    assert sorted(lines_of(batch[0], special)[0][0] for batch in found) == [10, 110, 160]
