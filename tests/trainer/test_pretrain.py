"""Pretraining from text files to an encoder: text, vocabulary, batches, objectives, going on, the command."""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from similarity import run_format
from similarity.errors import DataError, SimilarityError, TrainingError
from trainer import __main__ as command_line
from trainer.corpus import distinct_sentences, open_corpus
from trainer.encoder_settings import EncoderPlaces, PretrainSettings
from trainer.training import encoders, long_training, objectives, pretraining
from trainer.training.long_training import Outcome
from trainer.training.objectives import OBJECTIVES, Size
from trainer.training.pretraining import pretrain_encoder
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
from trainer.training.token_store import TokenStore, store_tokens
from trainer.training.vocabulary import SPECIAL, train_vocabulary

HOUSE = Path(__file__).resolve().parents[2]
FAMILIES = ("bert", "roberta", "electra")
LONGEST = 64
TINY: dict[str, Any] = {
    "layers": 1,
    "width": 32,
    "heads": 2,
    "longest": LONGEST,
    "pieces": 2_000,
    "batch_tokens": 512,
    "learning_rate": 3e-3,
    "held_out_lines": 100,
    "precision": "fp32",
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """So small a model gains nothing from a second thread, and a busy machine takes much for it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    pairs = pd.read_csv(HOUSE / "data" / "sample" / "pairs.csv")
    return list(dict.fromkeys([*pairs["sentence1"], *pairs["sentence2"]]))


@pytest.fixture(scope="module")
def tokenizer(sentences: list[str]) -> PreTrainedTokenizerFast:
    return train_vocabulary(sentences, pieces=TINY["pieces"], longest_input=LONGEST)


@pytest.fixture(scope="module")
def special(tokenizer: PreTrainedTokenizerFast) -> Special:
    return Special.of(tokenizer)


@pytest.fixture(scope="module")
def store(
    sentences: list[str], tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory
) -> TokenStore:
    return store_tokens(sentences, "sample", tokenizer, tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="module")
def home(sentences: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder with a text of 1,500 sentences, plain and compressed."""
    home = tmp_path_factory.mktemp("home")
    text = "".join(sentence + "\n" for sentence in sentences[:1500]).encode()
    (home / "text.txt").write_bytes(text)
    (home / "text.txt.zst").write_bytes(compressed(text))
    return home


@pytest.fixture(scope="module")
def written(home: Path) -> Path:
    """Return the folder with an encoder of each objective, pretrained in one go."""
    for objective in FAMILIES:
        pretrain(home, objective=objective, name=objective, steps=40)
    return home / "artifacts" / "encoders"


def compressed(text: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(text, asbytes=True))


def places(home: Path, encoders_folder: Path | None = None) -> EncoderPlaces:
    return EncoderPlaces(encoders_folder or home / "artifacts" / "encoders", home / "artifacts" / "work")


def pretrain(
    home: Path,
    *,
    text: Path | None = None,
    restart: bool = False,
    into: Path | None = None,
    console: Console | None = None,
    **settings: Any,
) -> Outcome:
    return pretrain_encoder(
        PretrainSettings(**{**TINY, **settings}),
        open_corpus([text or home / "text.txt"]),
        places(home, into),
        console or Console(quiet=True),
        restart=restart,
    )


def unfinished(home: Path, name: str) -> list[Path]:
    """Return the work folders of a training."""
    return list((home / "artifacts" / "work").rglob(name))


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def saved(path: Path, text: bytes) -> Path:
    path.write_bytes(text)
    return path


def run_command(*arguments: str | Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["trainer", *map(str, arguments)])
    try:
        return command_line.main()
    except SystemExit as ended:
        return int(ended.code or 0)


# The text


def test_plain_and_compressed_text_are_the_same_lines(home: Path, sentences: list[str]) -> None:
    plain, zst = open_corpus([home / "text.txt"]), open_corpus([home / "text.txt.zst"])
    assert list(plain.lines()) == list(zst.lines()) == sentences[:1500]
    both = open_corpus([home / "text.txt.zst", home / "text.txt"])
    assert both.names == ["text.txt.zst", "text.txt"]
    assert list(both.lines()) == sentences[:1500] * 2
    assert len({plain.checksum, zst.checksum, both.checksum}) == 3
    assert both.checksum != open_corpus([home / "text.txt", home / "text.txt.zst"]).checksum


def test_lines_that_say_nothing_are_left_out_and_spaces_are_single(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.txt", "  방이\t 넓고   조용해요 \r\n\n네네네\n다시 갈게요".encode())
    assert list(open_corpus([path]).lines()) == ["방이 넓고 조용해요", "다시 갈게요"]


def test_the_mark_at_the_start_of_a_windows_file_is_no_part_of_its_first_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.txt", "방이 넓어요\n".encode("utf-8-sig"))
    assert list(open_corpus([path]).lines()) == ["방이 넓어요"]


TEXT = "".join(f"{number}번 방이 넓고 조용해요\n" for number in range(3000)).encode()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", "방이 넓고 조용해요".encode("cp949"), "not UTF-8.*Convert"),
        ("a.zst", compressed("방이 넓고 조용해요".encode("cp949")), "not UTF-8.*Convert"),
        ("a.zst", TEXT, "zstd"),
        ("a.zst", compressed(TEXT)[:-100], "zstd"),
        ("a.zst", compressed(TEXT)[:30], "zstd"),
    ],
    ids=["cp949", "cp949-zst", "not-zst", "cut-off", "cut-off-early"],
)
def test_text_that_cannot_be_read_is_an_error_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    corpus = open_corpus([saved(tmp_path / name, content)])
    with pytest.raises(DataError, match=f"{name}.*{says}"):
        list(corpus.lines())


def test_a_corpus_needs_files_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--corpus"):
        open_corpus([])
    for missing in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(DataError, match="does not exist"):
            open_corpus([missing])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("empty.zst", compressed(b"")),
        ("short.txt", "네\n응\n".encode()),
        ("one.txt", "방이 넓고 조용해요\n".encode()),
    ],
    ids=["empty", "empty-zst", "short", "one-line"],
)
@pytest.mark.parametrize("objective", FAMILIES)
def test_a_text_without_enough_lines_is_refused(tmp_path: Path, name: str, content: bytes, objective: str) -> None:
    with pytest.raises(SimilarityError, match=r"text|lines"):
        pretrain(tmp_path, text=saved(tmp_path / name, content), name="x", objective=objective, steps=2)


def test_more_distinct_sentences_begin_with_the_fewer(sentences: list[str]) -> None:
    lines = [*sentences[:500], *sentences[:100]]
    whole = distinct_sentences(lines, longest=30)
    assert len(whole) == len(set(whole))
    assert set(whole) == {line for line in lines if len(line) <= 30}
    assert whole != [line for line in sentences[:500] if len(line) <= 30]
    for limit in (1, 50, 120):
        assert distinct_sentences(lines, longest=30, limit=limit) == whole[:limit]
    assert distinct_sentences(lines, longest=30, limit=10_000) == whole
    assert distinct_sentences(lines, longest=30, seed=7) != whole


# The vocabulary


def test_a_vocabulary_has_the_size_and_the_special_pieces_come_first(tokenizer: PreTrainedTokenizerFast) -> None:
    assert len(tokenizer) == TINY["pieces"]
    assert tokenizer.convert_ids_to_tokens(list(range(5))) == list(SPECIAL.values())
    assert sorted(tokenizer.all_special_ids) == [0, 1, 2, 3, 4]
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id) == (0, 4)
    assert tokenizer.model_max_length == LONGEST


def test_text_is_composed_and_keeps_its_case_and_its_syllables(
    tokenizer: PreTrainedTokenizerFast, sentences: list[str]
) -> None:
    import unicodedata

    normalise = tokenizer.backend_tokenizer.normalizer.normalize_str
    assert normalise("ＫＴＸ ktx ①") == "KTX ktx 1"
    known = 0
    for sentence in sentences[:500]:
        pieces = tokenizer.tokenize(sentence)
        # As macOS writes file names: each syllable as its letters.
        assert tokenizer.tokenize(unicodedata.normalize("NFD", sentence)) == pieces
        if "[UNK]" not in pieces:
            known += 1
            assert "".join(piece.removeprefix("##") for piece in pieces) == normalise(sentence).replace(" ", "")
    assert known > 150
    letters = {chr(code) for code in range(0x1100, 0x1200)}
    assert not [piece for piece in tokenizer.get_vocab() if letters & set(piece)]


def test_the_same_text_gives_the_same_vocabulary(sentences: list[str], tokenizer: PreTrainedTokenizerFast) -> None:
    again = train_vocabulary(sentences, pieces=TINY["pieces"], longest_input=LONGEST)
    assert again.get_vocab() == tokenizer.get_vocab()


def test_a_stored_text_is_not_read_again(
    tmp_path: Path, sentences: list[str], tokenizer: PreTrainedTokenizerFast
) -> None:
    def unread() -> Iterator[str]:
        raise AssertionError("the text is stored already")
        yield ""

    first = store_tokens(sentences[:50], "a", tokenizer, tmp_path)
    again = store_tokens(unread(), "a", tokenizer, tmp_path)
    assert len(first) == len(again) == 50
    for row in (0, 7, 49):
        expected = tokenizer(sentences[row], add_special_tokens=False)["input_ids"]
        assert first.line(row).tolist() == again.line(row).tolist() == expected
    other = train_vocabulary(sentences, pieces=500, longest_input=LONGEST)
    with pytest.raises(AssertionError):
        store_tokens(unread(), "a", other, tmp_path)
    with pytest.raises(AssertionError):
        store_tokens(unread(), "b", tokenizer, tmp_path)


def test_held_out_lines_are_never_trained_on(store: TokenStore) -> None:
    train, held_out = store.split(100)
    parts = [[tuple(part.line(row)) for row in range(len(part))] for part in (store, train, held_out)]
    assert len(held_out) == 100
    assert sorted(parts[1] + parts[2]) == sorted(parts[0])
    assert len(store.split(10**6)[1]) == len(store) // 10
    assert len(store.split(1)[1]) == 1


# Masking


def test_fifteen_per_cent_are_hidden_most_of_them_by_the_mask(special: Special) -> None:
    generator = np.random.default_rng(0)
    original = torch.from_numpy(generator.integers(special.first_ordinary, special.size, (600, 128)))
    original[:, 0], original[:, -1] = special.cls, special.sep
    original[:, 50:60] = special.pad
    maskable = original >= special.first_ordinary
    shown, labels = mask_pieces(original, maskable, special, generator)
    hidden = labels != IGNORED
    assert not (hidden & ~maskable).any()
    assert torch.equal(shown[~hidden], original[~hidden])
    assert torch.equal(labels[hidden], original[hidden])
    # Of some 70,000 pieces; the bounds are five standard deviations.
    assert hidden[maskable].float().mean().item() == pytest.approx(0.15, abs=0.007)
    now, before = shown[hidden], original[hidden]
    assert (now == special.mask).float().mean().item() == pytest.approx(0.8, abs=0.02)
    assert (now == before).float().mean().item() == pytest.approx(0.1, abs=0.015)
    random = now[(now != special.mask) & (now != before)]
    assert len(random) / len(now) == pytest.approx(0.1, abs=0.015)
    assert random.min() >= special.first_ordinary
    assert random.float().mean().item() == pytest.approx((special.first_ordinary + special.size) / 2, rel=0.1)


def test_every_row_with_a_piece_to_hide_hides_one(special: Special) -> None:
    original = torch.full((500, 3), special.first_ordinary)
    original[:, 0], original[:, 2] = special.cls, special.sep
    original[-1, 1] = special.pad
    _, labels = mask_pieces(original, original >= special.first_ordinary, special, np.random.default_rng(0))
    assert (labels[:-1, 1] != IGNORED).all()
    assert (labels[:, [0, 2]] == IGNORED).all() and labels[-1, 1] == IGNORED


def batches_of(objective: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast) -> Callable[[int], Any]:
    size = Size(TINY["layers"], TINY["width"], TINY["heads"], LONGEST)
    return OBJECTIVES[objective].batches(store, tokenizer, size, TINY["batch_tokens"], 3)


@pytest.mark.parametrize("objective", FAMILIES)
def test_no_special_piece_is_asked_for_and_a_batch_follows_from_its_number(
    objective: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast, special: Special
) -> None:
    make, other = (batches_of(objective, store, tokenizer) for _ in range(2))
    for number in (0, 1, 5):
        batch = make(number)
        hidden = batch["labels"] != IGNORED
        assert hidden.any(dim=1).all()
        assert (batch["labels"][hidden] >= special.first_ordinary).all()
        assert (batch["input_ids"][:, 0] == special.cls).all()
        assert torch.equal(batch["attention_mask"] == 0, batch["input_ids"] == special.pad)
    # As a training that goes on asks for it: without those before.
    again = other(5)
    assert batch.keys() == again.keys()
    assert all(torch.equal(batch[name], again[name]) for name in batch)


def bert_epochs(store: TokenStore, tokenizer: PreTrainedTokenizerFast, count: int) -> list[dict[Any, Any]]:
    """Each epoch's rows in their order: original pieces → hidden places, what is shown, label."""
    make = batches_of("bert", store, tokenizer)
    rows_an_epoch = int((store.lengths >= 4).sum())
    epochs: list[dict[Any, Any]] = [{}]
    for number in itertools.count():
        batch = make(number)
        for row in range(len(batch["input_ids"])):
            length = int(batch["attention_mask"][row].sum())
            labels, shown = batch["labels"][row, :length], batch["input_ids"][row, :length]
            original = torch.where(labels != IGNORED, labels, shown)
            epochs[-1][tuple(original.tolist())] = (
                (labels != IGNORED).nonzero().flatten().tolist(),
                shown.tolist(),
                int(batch["next_sentence_label"][row]),
            )
        if len(epochs[-1]) == rows_an_epoch:
            if len(epochs) == count:
                return epochs
            epochs.append({})
    raise AssertionError


@pytest.fixture(scope="module")
def two_epochs(store: TokenStore, tokenizer: PreTrainedTokenizerFast) -> list[dict[Any, Any]]:
    return bert_epochs(store.split(400)[1], tokenizer, 2)


def test_bert_hides_the_same_places_of_a_line_in_every_epoch(two_epochs: list[dict[Any, Any]]) -> None:
    first, second = two_epochs
    assert first.keys() == second.keys()
    assert list(first) != list(second), "the order of the lines is new"
    assert all(first[row][0] == second[row][0] for row in first)
    assert all(first[row][2] == second[row][2] for row in first)


def test_bert_shows_the_same_in_the_hidden_places_in_every_epoch(two_epochs: list[dict[Any, Any]]) -> None:
    first, second = two_epochs
    assert [row for row in first if first[row][1] != second[row][1]] == []


def test_roberta_hides_other_places_each_time(tokenizer: PreTrainedTokenizerFast, special: Special) -> None:
    # A text of one line that fills a row: every batch is that line.
    line = np.arange(special.first_ordinary, special.first_ordinary + LONGEST - 2, dtype=np.uint32)
    make = batches_of("roberta", TokenStore(line, np.array([len(line)])), tokenizer)
    rows, places_hidden = [], set()
    for number in range(10):
        batch = make(number)
        hidden = batch["labels"] != IGNORED
        rows += torch.where(hidden, batch["labels"], batch["input_ids"]).tolist()
        places_hidden |= {tuple(row.nonzero().flatten().tolist()) for row in hidden}
    assert len({tuple(row) for row in rows}) == 1
    assert len(places_hidden) == len(rows) == 10


def test_electra_shows_the_mask_in_all_hidden_places(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast, special: Special
) -> None:
    batch = batches_of("electra", store, tokenizer)(2)
    hidden = batch["labels"] != IGNORED
    assert (batch["input_ids"][hidden] == special.mask).all()
    assert torch.equal(batch["input_ids"][~hidden], batch["original_ids"][~hidden])
    assert torch.equal(batch["labels"][hidden], batch["original_ids"][hidden])
    assert batch["noise"].shape == (int(hidden.sum()),)


# Rows


def pair_rows(store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast, longest: int) -> Any:
    return SentencePairRows(store, special, words_start(tokenizer), longest, TINY["batch_tokens"], 3)


@pytest.mark.parametrize("longest", [LONGEST, 16])
def test_half_of_the_second_sentences_follow_the_first(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast, longest: int
) -> None:
    rows = pair_rows(store, special, tokenizer, longest)
    lines = [store.line(row).tolist() for row in range(len(store))]
    labels, elsewhere, at_words = [], 0, []
    starts_word = words_start(tokenizer)
    for number in range(40):
        batch = rows.batch(number)
        for row, line in enumerate(batch["row"]):
            present = batch["attention_mask"][row].bool()
            ids, segments = batch["input_ids"][row][present].tolist(), batch["token_type_ids"][row][present].tolist()
            border = segments.index(1)
            assert segments == [0] * border + [1] * (len(ids) - border)
            assert ids[0] == special.cls and ids[border - 1] == ids[-1] == special.sep
            assert len(ids) <= longest
            first, second = ids[1 : border - 1], ids[border:-1]
            assert first and second
            line = lines[int(line)]
            follows = any(line[i : i + len(first + second)] == first + second for i in range(len(line)))
            label = int(batch["next_sentence_label"][row])
            labels.append(label)
            assert any(line[i : i + len(first)] == first for i in range(len(line)))
            if label == 0:
                assert follows
                at_words.append(starts_word[second[0]])
            else:
                elsewhere += not follows
    assert len(labels) > 1000
    assert np.mean(labels) == pytest.approx(0.5, abs=0.06)
    # Chance may draw the very span that follows, in a short line.
    assert elsewhere / sum(labels) > 0.99
    assert np.mean(at_words) > 0.95, "a line is cut between words where it has some"


def test_rows_of_like_length_stand_together_within_the_budget_and_each_comes_once(
    store: TokenStore, special: Special, tokenizer: PreTrainedTokenizerFast
) -> None:
    rows = pair_rows(store, special, tokenizer, LONGEST)
    seen: list[int] = []
    present = padded = 0
    first_lengths = []
    while len(seen) < (store.lengths >= 4).sum():
        batch = rows.batch(len(first_lengths))
        assert batch["input_ids"].numel() <= TINY["batch_tokens"]
        present += int(batch["attention_mask"].sum())
        padded += batch["input_ids"].numel()
        seen += batch["row"].tolist()
        first_lengths.append(batch["input_ids"].shape[1])
    assert sorted(seen) == np.flatnonzero(store.lengths >= 4).tolist()
    assert present / padded > 0.85
    assert padded / len(first_lengths) > 0.8 * TINY["batch_tokens"], "batches are full"
    assert first_lengths != sorted(first_lengths), "short lines don't all come first"


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_is_never_larger_than_the_budget_unless_it_is_one_row(seed: int) -> None:
    lengths = np.random.default_rng(seed).geometric(0.02, 3000)
    order = RowOrder(lengths, 300, seed)
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


def lines_of(row: list[int], special: Special) -> list[tuple[int, ...]]:
    assert row[0] == special.cls and special.cls not in row[1:] and special.pad not in row
    assert row[-1] == special.sep
    ends = [place for place, piece in enumerate(row) if piece == special.sep]
    return [tuple(row[start + 1 : end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


@pytest.fixture(scope="module")
def packed(store: TokenStore, special: Special) -> list[list[list[tuple[int, ...]]]]:
    """Return the rows of three epochs as the lines that they hold."""
    rows = PackedRows(store, special, LONGEST, TINY["batch_tokens"], 3)
    epochs: list[list[list[tuple[int, ...]]]] = [[]]
    number = 0
    while True:
        batch = rows.batch(number)
        number += 1
        assert batch["input_ids"].numel() <= TINY["batch_tokens"]
        assert torch.equal(batch["attention_mask"] == 0, batch["input_ids"] == special.pad)
        for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True):
            epochs[-1].append(lines_of(ids[: int(mask.sum())].tolist(), special))
        if sum(map(len, epochs[-1])) >= len(store):
            if len(epochs) == 3:
                return epochs
            epochs.append([])


def test_packed_rows_hold_every_line_of_an_epoch_once_and_are_as_full_as_lines_allow(
    packed: list[list[list[tuple[int, ...]]]], store: TokenStore
) -> None:
    expected = sorted(tuple(store.line(row).tolist()) for row in range(len(store)))
    for rows in packed:
        assert sorted(line for row in rows for line in row) == expected
        sizes = [1 + sum(len(line) + 1 for line in row) for row in rows]
        assert max(sizes) <= LONGEST
        assert np.mean(sizes) > 0.8 * LONGEST
        # The line that begins the next row had no room in this one.
        assert all(size + len(after[0]) + 1 > LONGEST for size, after in zip(sizes, rows[1:], strict=False))


def test_each_epoch_packs_the_lines_in_a_new_order(packed: list[list[list[tuple[int, ...]]]]) -> None:
    first, second, third = ({tuple(row) for row in rows} for rows in packed)
    assert not first & second and not second & third and not first & third


def test_a_text_shorter_than_a_row_is_one_short_row(special: Special) -> None:
    rows = PackedRows(TokenStore(np.array([9, 8, 7], np.uint32), np.array([2, 3])), special, LONGEST, 512, 0)
    for number in range(3):
        (row,) = rows.batch(number)["input_ids"].tolist()
        assert sorted(lines_of(row, special)) == [(7,), (9, 8)]


def test_a_line_longer_than_a_row_is_cut_to_it(special: Special) -> None:
    lines = np.arange(10, 210, dtype=np.uint32)
    rows = PackedRows(TokenStore(lines, np.array([100, 150, 200])), special, 16, 16, 0)
    found = [rows.batch(number)["input_ids"].tolist() for number in range(3)]
    assert all(len(batch) == 1 and len(batch[0]) == 16 for batch in found)
    beginnings = sorted(lines_of(batch[0], special)[0][0] for batch in found)
    assert beginnings == [10, 110, 160]


@pytest.mark.timeout(10)
def test_short_held_out_lines_do_not_hang_the_measuring(tmp_path: Path, sentences: list[str]) -> None:
    # Of 20 lines the first and the last are held out; two pieces can't be cut into two spans.
    lines = ["조식 조식", *sentences[:18], "조식 조식"]
    text = saved(tmp_path / "a.txt", "".join(line + "\n" for line in lines).encode())
    with contextlib.suppress(SimilarityError):
        pretrain(tmp_path, text=text, objective="bert", name="x", steps=2)


# Objectives


def module_of(objective: str, tokenizer: PreTrainedTokenizerFast) -> Any:
    torch.manual_seed(0)
    size = Size(TINY["layers"], TINY["width"], TINY["heads"], LONGEST)
    return OBJECTIVES[objective].module(tokenizer, size, attn_implementation="eager").eval()


@pytest.mark.parametrize("objective", ["bert", "roberta"])
def test_the_loss_of_the_gathered_places_is_that_of_transformers(
    objective: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast
) -> None:
    module = module_of(objective, tokenizer)
    batch = batches_of(objective, store, tokenizer)(1)
    # Random heads say next to nothing, so that an error would hardly show: let them speak louder.
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "bias" not in name and "LayerNorm" not in name:
                parameter.mul_(5)
    losses = module(**batch)
    assert losses["loss"].item() == pytest.approx(module.model(**batch).loss.item(), rel=1e-5)
    asked = ("labels", "next_sentence_label")
    logits = module.model(**{name: value for name, value in batch.items() if name not in asked})[0]
    masked_loss = functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)
    assert losses["masked_loss"].item() == pytest.approx(masked_loss.item(), rel=1e-5)


def test_generator_and_discriminator_share_one_table_of_embeddings(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast
) -> None:
    module = module_of("electra", tokenizer)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2)
    before = module.body.embeddings.word_embeddings.weight.detach().clone()
    module(**batches_of("electra", store, tokenizer)(0))["loss"].backward()
    optimizer.step()
    table = module.discriminator.electra.embeddings.word_embeddings.weight
    assert module.generator.electra.embeddings is module.discriminator.electra.embeddings
    assert module.generator.generator_lm_head.weight is table
    assert not torch.equal(table, before)
    assert sum(parameter.shape == table.shape for parameter in module.parameters()) == 1


@pytest.mark.parametrize("guesses", ["right", "wrong"])
def test_a_piece_that_the_generator_guesses_right_counts_as_original(
    guesses: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = module_of("electra", tokenizer)
    batch = batches_of("electra", store, tokenizer)(0)
    hidden = batch["labels"] != IGNORED
    filled = batch["original_ids"].clone()
    if guesses == "wrong":
        filled[hidden] = torch.where(filled[hidden] == 50, 51, 50)
    monkeypatch.setattr(objectives, "sample", lambda logits, noise: filled[hidden])
    losses = module(**batch)
    replaced = hidden if guesses == "wrong" else torch.zeros_like(hidden)
    attention_mask = batch["attention_mask"]
    expected = module.discriminator(filled, attention_mask=attention_mask, labels=replaced.long()).loss
    assert losses["replaced_loss"].item() == pytest.approx(expected.item(), rel=1e-5)
    inputs = {"input_ids": batch["input_ids"], "attention_mask": attention_mask}
    assert losses["masked_loss"].item() == pytest.approx(
        module.generator(**inputs, labels=batch["labels"]).loss.item(), rel=1e-5
    )
    total = losses["masked_loss"] + 50 * losses["replaced_loss"]
    assert losses["loss"].item() == pytest.approx(total.item())


def test_the_generator_samples_from_its_own_distribution() -> None:
    shares = torch.tensor([0.5, 0.0, 0.25, 0.15, 0.1])
    noise = torch.from_numpy(np.random.default_rng(0).random(40_000, dtype=np.float32))
    drawn = objectives.sample(shares.log().expand(len(noise), -1), noise)
    counts = torch.bincount(drawn, minlength=5) / len(noise)
    assert counts[1] == 0
    assert counts.tolist() == pytest.approx(shares.tolist(), abs=0.01)
    highest = torch.tensor([np.nextafter(np.float32(1), np.float32(0))])
    assert objectives.sample(torch.zeros(1, 30_000), highest).item() < 30_000


@pytest.mark.parametrize("objective", FAMILIES)
def test_the_loss_on_unseen_text_falls(written: Path, objective: str) -> None:
    curves = run_format.read_metrics(written / objective)
    unseen = curves["valid/loss"].dropna()
    assert len(unseen) > 10
    assert unseen.iloc[-1] < 0.97 * unseen.iloc[0]
    assert curves["step"].iloc[0] == 0 and curves["step"].iloc[-1] == 40
    parts = {"bert": {"next_sentence"}, "roberta": set(), "electra": {"replaced"}}[objective]
    for part in parts | {"masked"}:
        assert curves[f"train/{part}_loss"].notna().sum() == 40
    facts = json.loads((written / objective / "training.json").read_text())
    assert facts["held_out_loss"]["valid/loss"] == pytest.approx(unseen.iloc[-1], rel=1e-4)


@pytest.mark.parametrize("objective", FAMILIES)
def test_an_encoder_opens_without_our_code(written: Path, objective: str) -> None:
    folder = written / objective
    model, report = AutoModel.from_pretrained(folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.model_type == objective
    # A body pretrained without next sentences has no pooler.
    assert [name for name in report["missing_keys"] if "pooler" not in name] == []
    assert not report["unexpected_keys"] and "auto_map" not in json.loads((folder / "config.json").read_text())
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert tokenizer.model_max_length == LONGEST
    pair = tokenizer("방이 넓어요", "방이 조용해요", return_tensors="pt")
    if objective == "roberta":
        assert set(pair) == {"input_ids", "attention_mask"}
    else:
        assert pair["token_type_ids"][0, 0] == 0 and pair["token_type_ids"][0, -1] == 1
    hidden = model.eval().float()(**pair)[0]
    assert hidden.shape == (*pair["input_ids"].shape, TINY["width"]) and hidden.isfinite().all()
    longest = tokenizer("방이 넓어요 " * 100, truncation=True, return_tensors="pt")
    assert longest["input_ids"].shape[1] == LONGEST
    assert model(**longest)[0].isfinite().all()


@pytest.mark.parametrize("objective", FAMILIES)
def test_an_encoder_comes_with_its_card_and_curves_in_half_precision(home: Path, written: Path, objective: str) -> None:
    folder = written / objective
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {torch.float16}
    facts = json.loads((folder / "training.json").read_text())
    assert facts["objective"] == objective and facts["lines"] == 1500 and facts["corpus"] == ["text.txt"]
    assert facts["tokens"] > 40 * 300
    card = (folder / "README.md").read_text()
    assert f"pretrain {objective}" in card and "1,500 lines" in card and "not stated" in card
    for name in ("README.md", "training.json", "config.json", "tokenizer_config.json"):
        assert str(home) not in (folder / name).read_text(), "the folders of this machine are nobody's business"
    assert not unfinished(home, objective)


def test_another_encoders_vocabulary_can_be_taken(home: Path, written: Path, tmp_path: Path) -> None:
    pretrain(home, objective="roberta", name="taken", vocabulary="bert", steps=1, into=written)
    ours, theirs = (AutoTokenizer.from_pretrained(written / name) for name in ("taken", "bert"))
    assert ours.get_vocab() == theirs.get_vocab()
    assert "token_type_ids" not in ours("방이 넓어요") and "token_type_ids" in theirs("방이 넓어요")


def test_a_tokenizer_cuts_at_the_longest_input_of_its_own_encoder(home: Path, written: Path, tmp_path: Path) -> None:
    # The vocabulary of this text was learnt before, for inputs of 64.
    pretrain(home, objective="bert", name="shorter", longest=32, steps=1, into=tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path / "shorter").model_max_length == 32


def test_every_number_of_heads_that_fits_the_width_can_be_trained(home: Path, written: Path, tmp_path: Path) -> None:
    # Half of five heads is two, which half of the width, 45, is no multiple of.
    pretrain(home, objective="electra", name="odd", width=90, heads=5, steps=1, into=tmp_path)
    assert (tmp_path / "odd" / "model.safetensors").is_file()


# Stopping and going on


class Watch:
    """Stands before an objective's batches: notes which are asked for, and does something at one of them."""

    def __init__(self, objective: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[int] = []
        self.at: dict[int, Callable[[], None]] = {}
        row = OBJECTIVES[objective]
        self._made = 0

        def batches(*arguments: Any) -> Callable[[int], Any]:
            make = row.batches(*arguments)
            self._made += 1
            if self._made % 2 == 0:
                # The second one made is for the held-out lines.
                return make

            def watched(number: int) -> Any:
                self.asked.append(number)
                self.at.get(number, lambda: None)()
                return make(number)

            return watched

        monkeypatch.setitem(pretraining.OBJECTIVES, objective, dataclasses.replace(row, batches=batches))


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("objective", FAMILIES)
def test_stopped_and_gone_on_ends_with_the_same_weights(
    home: Path, tmp_path: Path, objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {
        "objective": objective,
        "name": f"stopped-{objective}",
        "steps": 12,
        "dropout_ratio": 0.1,
    }
    whole = pretrain(home, into=tmp_path / "whole", **settings)
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    watch = Watch(objective, monkeypatch)
    for stop in (5, 9):
        watch.at = {stop: interrupt}
        with pytest.raises(KeyboardInterrupt):
            pretrain(home, into=tmp_path / "parts", **settings)
        (work,) = unfinished(home, f"stopped-{objective}")
        assert len(list((work / "resume").glob("checkpoint-*/complete.json"))) == 1
    # Cut off while a resume point was being written: it is not gone on from.
    (work / "resume" / "checkpoint-11").mkdir()
    watch.at, watch.asked = {}, []
    outcome = pretrain(home, into=tmp_path / "parts", **settings)

    assert watch.asked[0] in (7, 8) and watch.asked[-1] == 11
    folders = [tmp_path / part / f"stopped-{objective}" for part in ("whole", "parts")]
    assert weights(folders[0]) == weights(folders[1])
    assert (outcome.steps, outcome.tokens) == (whole.steps, whole.tokens)
    assert not unfinished(home, f"stopped-{objective}")
    expected, curves = (run_format.read_metrics(folder) for folder in folders)
    assert curves["step"].tolist() == expected["step"].tolist()
    for name in ("train/loss", "valid/loss", "learning_rate", "tokens"):
        assert curves[name].tolist() == pytest.approx(expected[name].tolist(), nan_ok=True)
    assert curves["seconds"].is_monotonic_increasing


def test_what_was_trained_to_the_end_is_written_when_run_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"objective": "roberta", "name": "unwritten", "steps": 4, "into": tmp_path}
    watch = Watch("roberta", monkeypatch)
    with monkeypatch.context() as broken:
        broken.setattr(encoders, "write_encoder", lambda *_: interrupt())
        with pytest.raises(KeyboardInterrupt):
            pretrain(home, **settings)
    watch.asked = []
    pretrain(home, **settings)
    assert watch.asked == []
    assert (tmp_path / "unwritten" / "model.safetensors").is_file()


def test_other_settings_under_the_same_name_are_refused_until_the_training_is_dropped(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    watch = Watch("bert", monkeypatch)
    watch.at = {3: interrupt}
    settings: dict[str, Any] = {"objective": "bert", "name": "changed", "steps": 5, "into": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        pretrain(home, **settings)
    with pytest.raises(TrainingError, match=r"learning_rate 0.003 → 0.1.*--restart"):
        pretrain(home, **settings, learning_rate=0.1)
    with pytest.raises(TrainingError, match="corpus"):
        pretrain(home, **settings, text=home / "text.txt.zst")
    watch.at, watch.asked = {}, []
    pretrain(home, **settings, learning_rate=0.1, restart=True)
    assert watch.asked == [0, 1, 2, 3, 4]
    assert json.loads((tmp_path / "changed" / "training.json").read_text())["learning_rate"] == 0.1


def test_a_command_that_could_not_begin_does_not_stand_in_the_way_of_the_mended_one(home: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"objective": "bert", "name": "mended", "steps": 1, "into": tmp_path}
    with pytest.raises(SimilarityError, match="no encoder"):
        pretrain(home, **settings, vocabulary="mistyped")
    pretrain(home, **settings)
    assert (tmp_path / "mended" / "model.safetensors").is_file()


@pytest.mark.parametrize("name", ["tokens", "vocabularies"])
def test_no_name_of_an_encoder_drops_what_others_share(home: Path, written: Path, tmp_path: Path, name: str) -> None:
    pretrain(home, objective="roberta", name="any", steps=1, into=tmp_path)
    shared = home / "artifacts" / "work" / name
    before = {path.name for path in shared.iterdir()}
    with contextlib.suppress(SimilarityError):
        pretrain(home, objective="roberta", name=name, steps=1, into=tmp_path)
    assert shared.is_dir() and before <= {path.name for path in shared.iterdir()}


# The command


def test_help_of_pretrain_distill_and_merge_loads_nothing_heavy() -> None:
    code = """
import sys
from trainer.__main__ import main
for command in ("pretrain", "distill", "merge"):
    sys.argv = ["trainer", command, "--help"]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
heavy = ("torch", "transformers", "tokenizers", "sentence_transformers", "sklearn", "scipy", "datasets")
print("LOADED", [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage") == 3
    assert done.stdout.splitlines()[-1] == "LOADED []"


@pytest.fixture
def lab(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMILARITY_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(home)
    return home


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gpt"], "'bert', 'roberta' or 'electra'"),
        (["bert", "--heads", "3"], "not a multiple of 3 heads"),
        (["bert", "--steps", "0"], "steps 0"),
        (["bert", "--learning-rate", "2"], "learning_rate 2.0"),
        (["bert", "--dropout", "1"], "dropout"),
        (["bert", "--pieces", "5"], "pieces 5"),
        (["bert", "--name", "../elsewhere"], "../elsewhere"),
        (["bert", "--corpus", "none.txt"], "none.txt does not exist"),
        (["bert", "--precision", "fp64"], "--precision is one of"),
        (["bert", "--vocabulary", "nothing"], "no encoder 'nothing'"),
    ],
)
def test_a_bad_value_is_one_clear_message(
    lab: Path,
    arguments: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--name", "bad-value", "--corpus", "text.txt", "--precision", "fp32"]
    assert run_command("pretrain", arguments[0], *given, *arguments[1:], monkeypatch=monkeypatch) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("Error: ") and errors.count("\n") == 1
    assert says in errors
    assert "{'" not in errors, "what is right is left out of the message"
    assert not (lab / "artifacts" / "encoders" / "bad-value").exists()


def test_the_command_is_stopped_by_a_signal_and_the_same_command_goes_on(
    lab: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    watch = Watch("electra", monkeypatch)
    watch.at = {6: lambda: os.kill(os.getpid(), signal.SIGTERM)}
    command = [
        "pretrain", "electra", "--name", "by-command", "--corpus", "text.txt.zst", "--corpus", "text.txt",
        "--layers", "1", "--width", "32", "--heads", "2", "--longest", "64", "--pieces", "2000", "--steps", "10",
        "--batch-tokens", "512", "--licence", "CC0 1.0", "--precision", "fp32",
    ]  # fmt: skip
    assert run_command(*command, monkeypatch=monkeypatch) == 130
    assert "Traceback" not in capsys.readouterr().err
    watch.at = {}
    assert run_command(*command, monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    assert "Going on from step" in shown
    assert "3,000 lines" in shown and "10 steps" in shown
    assert "python -m trainer distill by-command --name by-command-distilled" in shown
    folder = lab / "artifacts" / "encoders" / "by-command"
    assert "CC0 1.0" in (folder / "README.md").read_text()
    assert str(Path("artifacts") / "encoders" / "by-command") in shown
