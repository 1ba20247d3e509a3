"""A text as piece ids on disk: stored once, and split into what is trained on and what is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from tests import builders
from trainer.training.token_store import TokenStore, store_tokens
from trainer.training.vocabulary import train_vocabulary


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
    other = train_vocabulary(sentences[:500], pieces=500, longest_input=builders.LONGEST)
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
