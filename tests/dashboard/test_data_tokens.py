"""Counting tokens without torch, and what an input limit cuts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel, WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer, WhitespaceSplit
from tokenizers.processors import RobertaProcessing, TemplateProcessing
from tokenizers.trainers import WordPieceTrainer

from dashboard.tables import data_tokens
from dashboard.tables.data_tokens import Place
from tests import builders


def write(folder: Path, words: list[str], longest: int | None = None) -> Path:
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(["[CLS]", "[SEP]", "?", *words])}, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    if longest:
        tokenizer.enable_truncation(longest)
        tokenizer.enable_padding(length=longest, pad_id=2, pad_token="?")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


PAIRS = pd.DataFrame({"sentence1": ["가 나 다", "가"], "sentence2": ["라", "가 나"]})


def test_lengths_are_those_of_the_whole_input_whatever_the_file_cuts(tmp_path: Path) -> None:
    file = write(tmp_path, ["가", "나"], longest=3)
    tokens, special = data_tokens.sentence_tokens(file, PAIRS), data_tokens.special_tokens(file)
    assert tokens.tolist() == [[3, 1], [1, 2]]
    assert special == (2, 3)
    assert data_tokens.input_lengths(tokens, special, "cross-encoder").tolist() == [7, 6]
    # The longer sentence alone.
    assert data_tokens.input_lengths(tokens, special, "bi-encoder").tolist() == [5, 4]


def test_counting_sentences_once_gives_the_lengths_of_pairs_that_were_encoded_together(tmp_path: Path) -> None:
    pairs = builders.pairs(30)
    sentences = [*pairs["sentence1"], *pairs["sentence2"]]
    pieces = Tokenizer(WordPiece(unk_token="?"))
    pieces.pre_tokenizer = BertPreTokenizer()
    pieces.train_from_iterator(sentences, WordPieceTrainer(vocab_size=120, special_tokens=["?", "<s>", "</s>"]))
    # RoBERTa's form, with four special tokens around a pair.
    pieces.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 1))
    pieces.save(str(tmp_path / "tokenizer.json"))
    tokens = data_tokens.sentence_tokens(tmp_path / "tokenizer.json", pairs)
    special = data_tokens.special_tokens(tmp_path / "tokenizer.json")
    both = zip(pairs["sentence1"], pairs["sentence2"], strict=True)
    expected = [len(pieces.encode(a, b)) for a, b in both]
    assert data_tokens.input_lengths(tokens, special, "cross-encoder").tolist() == expected
    assert max(expected) > 14


def test_tokenizers_that_cut_text_alike_are_one_and_others_are_not(tmp_path: Path) -> None:
    same = [write(tmp_path / "a", ["가"]), write(tmp_path / "b", ["가"], longest=64)]
    other = write(tmp_path / "c", ["나"])
    digests = [data_tokens.digest_of(file) for file in (*same, other)]
    assert digests[0] == digests[1] != digests[2]
    places = [
        (Place(name, file.parent, kind, limit), digest)
        for name, file, kind, limit, digest in (
            ("first", same[0], "cross-encoder", 128, digests[0]),
            ("second", same[1], "cross-encoder", 128, digests[1]),
            ("bi", same[0], "bi-encoder", 128, digests[0]),
            ("short", same[0], "cross-encoder", 64, digests[0]),
            ("other", other, "cross-encoder", 128, digests[2]),
        )
    ]
    found = data_tokens.together(places)
    assert [feeding.names for feeding in found] == [("first", "second"), ("bi",), ("short",), ("other",)]
    assert len({feeding.key for feeding in found}) == 4


@pytest.mark.parametrize("content", ["{}", "no json", json.dumps({"version": "1.0", "model": {"type": "x"}})])
def test_a_broken_tokenizer_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    assert data_tokens.digest_of(tmp_path / "tokenizer.json") is None
    assert data_tokens.digest_of(tmp_path / "absent.json") is None


def test_the_limit_in_a_tokenizers_settings(tmp_path: Path) -> None:
    for content, expected in (('{"model_max_length": 128}', 128), ('{"model_max_length": 1e30}', None), ("[]", None)):
        (tmp_path / "tokenizer_config.json").write_text(content, encoding="utf-8")
        assert data_tokens.limit_in(tmp_path) == expected
    assert data_tokens.limit_in(tmp_path / "absent") is None


def test_the_summary_counts_what_is_longer_than_the_limit() -> None:
    found = data_tokens.summary(np.array([1, 2, 3, 4, 10]), 4)
    assert found == {"median": 3, "p95": pytest.approx(8.8), "longest": 10, "limit": 4, "cut": 1, "cut_share": 0.2}
    assert np.isnan(data_tokens.summary(np.array([1]), None)["cut"])


def test_text_lengths_and_sampling() -> None:
    assert data_tokens.text_lengths(PAIRS, "characters").tolist() == [6, 4]
    assert data_tokens.text_lengths(PAIRS, "words").tolist() == [4, 3]
    large = pd.DataFrame({"n": range(25_000)})
    sample = data_tokens.sampled(large)
    assert len(sample) == data_tokens.MAX_PAIRS and sample["n"].iloc[[0, -1]].tolist() == [0, 24_999]
    assert data_tokens.sampled(PAIRS) is PAIRS


def test_a_histogram_holds_every_length_once_in_bands_of_whole_numbers() -> None:
    table = data_tokens.length_histogram([("train", np.array([0, 5, 99, 250])), ("test", np.array([3]))])
    assert table.groupby("split")["pairs"].sum().to_dict() == {"train": 4, "test": 1}
    assert table["width"].unique().tolist() == [7]
    assert table.groupby("split")["share"].sum().tolist() == pytest.approx([1, 1])
