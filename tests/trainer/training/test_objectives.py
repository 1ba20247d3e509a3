"""The pretraining objectives: what their batches hide, and what their losses are."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from tests.builders import FAMILIES, LONGEST
from trainer.training import objectives
from trainer.training.objectives import OBJECTIVES, Size
from trainer.training.text_batches import IGNORED, Special
from trainer.training.token_store import TokenStore

SIZE = Size(layers=1, width=32, heads=2, longest=LONGEST)


def batches_of(objective: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast) -> Callable[[int], Any]:
    return OBJECTIVES[objective].batches(store, tokenizer, SIZE, 512, 3)


def module_of(objective: str, tokenizer: PreTrainedTokenizerFast, size: Size = SIZE) -> Any:
    torch.manual_seed(0)
    return OBJECTIVES[objective].module(tokenizer, size, attn_implementation="eager").eval()


# What is hidden


@pytest.mark.parametrize("objective", FAMILIES)
def test_no_special_piece_is_asked_for_and_a_batch_follows_from_its_number(
    objective: str, store: TokenStore, tokenizer: PreTrainedTokenizerFast, special: Special
) -> None:
    make, other = (batches_of(objective, store, tokenizer) for _ in range(2))
    for number in (0, 1, 5):
        batch = make(number)
        hidden = batch["labels"] != IGNORED
        assert hidden.any(dim=1).all()
        assert special.is_ordinary[batch["labels"][hidden]].all()
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


def test_bert_hides_and_shows_the_same_of_a_line_in_every_epoch(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast
) -> None:
    first, second = bert_epochs(store.split(400)[1], tokenizer, 2)
    assert list(first) != list(second), "the order of the lines is new"
    assert first == second


def test_roberta_hides_other_places_each_time(tokenizer: PreTrainedTokenizerFast, special: Special) -> None:
    # A text of one line that fills a row: every batch is that line.
    line = special.ordinary[: LONGEST - 2].astype(np.uint32)
    make = batches_of("roberta", TokenStore(line, np.array([len(line)])), tokenizer)
    rows, places = [], set()
    for number in range(10):
        batch = make(number)
        hidden = batch["labels"] != IGNORED
        rows += torch.where(hidden, batch["labels"], batch["input_ids"]).tolist()
        places |= {tuple(row.nonzero().flatten().tolist()) for row in hidden}
    assert len({tuple(row) for row in rows}) == 1
    assert len(places) == len(rows) == 10


def test_electra_shows_the_mask_in_all_hidden_places(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast, special: Special
) -> None:
    batch = batches_of("electra", store, tokenizer)(2)
    hidden = batch["labels"] != IGNORED
    assert (batch["input_ids"][hidden] == special.mask).all()
    assert torch.equal(batch["input_ids"][~hidden], batch["original_ids"][~hidden])
    assert torch.equal(batch["labels"][hidden], batch["original_ids"][hidden])
    assert batch["noise"].shape == (int(hidden.sum()),)


# Losses


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


def test_every_number_of_heads_that_fits_the_width_gives_a_generator_its_heads(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast
) -> None:
    # Half of five heads is two, which half of the width, 45, is no multiple of.
    module = module_of("electra", tokenizer, Size(layers=1, width=90, heads=5, longest=LONGEST))
    assert module(**batches_of("electra", store, tokenizer)(0))["loss"].isfinite()


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
