"""A vocabulary of our own sentences, these as its pieces, and a teacher, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from tests import builders
from trainer.training.teacher import Teacher
from trainer.training.text_batches import Special
from trainer.training.token_store import TokenStore, store_tokens
from trainer.training.vocabulary import train_vocabulary


@pytest.fixture(autouse=True, scope="module")
def trains_lightly(light_training: None) -> Iterator[None]:
    yield


@pytest.fixture(scope="session")
def tokenizer(sentences: list[str]) -> PreTrainedTokenizerFast:
    return train_vocabulary(sentences, pieces=builders.PRETRAINING["pieces"], longest_input=builders.LONGEST)


@pytest.fixture(scope="session")
def special(tokenizer: PreTrainedTokenizerFast) -> Special:
    return Special.of(tokenizer)


@pytest.fixture(scope="session")
def store(
    sentences: list[str], tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory
) -> TokenStore:
    return store_tokens(sentences, "sample", tokenizer, tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="session")
def teacher(lab: Path) -> Teacher:
    return Teacher(str(lab / "teacher"), longest=builders.LONGEST)
