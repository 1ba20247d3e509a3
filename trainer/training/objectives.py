"""The three pretraining objectives, each a module that turns a batch into a loss.

- `bert`: masked language model, masks drawn once for each line, and next-sentence prediction (Devlin et al. 2019).
- `roberta`: masked language model, masks drawn anew each time, full sentences packed to length (Liu et al. 2019).
- `electra`: a small generator fills the masks, the discriminator says of every piece whether it was replaced; the
  embeddings are shared, the discriminator is kept (Clark et al. 2020).

The hidden places are gathered before the vocabulary head, which is about half of the work otherwise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import (
    BertConfig,
    BertForPreTraining,
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForPreTraining,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from trainer.training.text_batches import (
    IGNORED,
    Batch,
    PackedRows,
    SentencePairRows,
    Special,
    mask_pieces,
    pad,
    words_start,
)
from trainer.training.token_store import TokenStore

DISCRIMINATOR_WEIGHT = 50.0
"""Clark et al. (2020), section 3.2."""

Losses = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Size:
    """A body's size: layers, hidden width, attention heads, and the longest input in pieces."""

    layers: int
    width: int
    heads: int
    longest: int

    def config(self, tokenizer: PreTrainedTokenizerFast, **more: Any) -> dict[str, Any]:
        """Return what the three families' configurations have in common."""
        return {
            "vocab_size": len(tokenizer),
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "intermediate_size": 4 * self.width,
            "max_position_embeddings": self.longest,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.cls_token_id,
            "eos_token_id": tokenizer.sep_token_id,
            **more,
        }


class BertObjective(torch.nn.Module):
    """Masked language model plus next-sentence prediction."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, size: Size, **options: Any) -> None:
        super().__init__()
        self.model = BertForPreTraining(BertConfig(**size.config(tokenizer, **options)))

    @property
    def body(self) -> PreTrainedModel:
        """What is kept."""
        return self.model.bert

    def forward(self, labels: torch.Tensor, next_sentence_label: torch.Tensor, **inputs: torch.Tensor) -> Losses:
        """Return the loss and its two parts."""
        hidden, pooled = self.model.bert(**inputs)[:2]
        asked = labels != IGNORED
        masked_loss = functional.cross_entropy(self.model.cls.predictions(hidden[asked]), labels[asked])
        next_loss = functional.cross_entropy(self.model.cls.seq_relationship(pooled), next_sentence_label)
        return {"loss": masked_loss + next_loss, "masked_loss": masked_loss, "next_sentence_loss": next_loss}


class RobertaObjective(torch.nn.Module):
    """Masked language model alone."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, size: Size, **options: Any) -> None:
        super().__init__()
        config = size.config(tokenizer, **options)
        # Positions are counted from the padding id on, which costs that many rows of the table.
        config["max_position_embeddings"] += tokenizer.pad_token_id + 1
        self.model = RobertaForMaskedLM(RobertaConfig(**config, type_vocab_size=1))

    @property
    def body(self) -> PreTrainedModel:
        """What is kept."""
        return self.model.roberta

    def forward(self, labels: torch.Tensor, **inputs: torch.Tensor) -> Losses:
        """Return the loss."""
        hidden = self.model.roberta(**inputs)[0]
        asked = labels != IGNORED
        masked_loss = functional.cross_entropy(self.model.lm_head(hidden[asked]), labels[asked])
        return {"loss": masked_loss, "masked_loss": masked_loss}


class ElectraObjective(torch.nn.Module):
    """Generator and discriminator, trained together; the embeddings are one and the same module."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, size: Size, **options: Any) -> None:
        super().__init__()
        config = size.config(tokenizer, embedding_size=size.width, **options)
        self.discriminator = ElectraForPreTraining(ElectraConfig(**config))
        # A generator of half the width: within the 1/4 to 1/2 that the paper found best.
        width = {"hidden_size": size.width // 2, "intermediate_size": 2 * size.width}
        heads = {"num_attention_heads": math.gcd(size.width // 2, max(1, size.heads // 2))}
        self.generator = ElectraForMaskedLM(ElectraConfig(**{**config, **width, **heads}))
        self.generator.electra.embeddings = self.discriminator.electra.embeddings
        self.generator.generator_lm_head.weight = self.discriminator.electra.embeddings.word_embeddings.weight

    @property
    def body(self) -> PreTrainedModel:
        """What is kept."""
        return self.discriminator.electra

    def forward(
        self, labels: torch.Tensor, original_ids: torch.Tensor, noise: torch.Tensor, **inputs: torch.Tensor
    ) -> Losses:
        """Return the loss and its two parts; `noise` is the uniform noise that the generator samples with."""
        asked = labels != IGNORED
        hidden = self.generator.electra(**inputs)[0]
        logits = self.generator.generator_lm_head(self.generator.generator_predictions(hidden[asked]))
        masked_loss = functional.cross_entropy(logits, labels[asked])
        filled = original_ids.clone()
        filled[asked] = sample(logits.detach(), noise)
        # A piece that the generator guessed right counts as original.
        replaced = filled != original_ids
        answers = self.discriminator(**{**inputs, "input_ids": filled})[0]
        present = inputs["attention_mask"].bool()
        replaced_loss = functional.binary_cross_entropy_with_logits(answers[present], replaced[present].float())
        return {
            "loss": masked_loss + DISCRIMINATOR_WEIGHT * replaced_loss,
            "masked_loss": masked_loss,
            "replaced_loss": replaced_loss,
        }


def sample(logits: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Draw one piece a row from softmax(logits) with given uniform noise in [0, 1), one number a row."""
    cumulative = logits.float().softmax(dim=-1).cumsum(dim=-1)
    return (
        torch.searchsorted(cumulative, (noise * cumulative[:, -1])[:, None]).squeeze(1).clamp_(max=logits.shape[-1] - 1)
    )


BatchMaker = Callable[[int], Batch]


def bert_batches(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast, size: Size, tokens: int, seed: int
) -> BatchMaker:
    """Return batch number → batch for `BertObjective`: the masks of a line are the same whenever it comes."""
    special = Special.of(tokenizer)
    rows = SentencePairRows(store, special, words_start(tokenizer), size.longest, tokens, seed)

    def make(number: int) -> Batch:
        batch = rows.batch(number)
        numbers = batch.pop("row")
        lengths = batch["attention_mask"].sum(dim=1).tolist()
        parts = [
            # Without the padding, which differs from epoch to epoch and would shift the random numbers.
            mask_pieces(ids[None, :length], special, np.random.default_rng([seed, 1, int(row)]))
            for ids, length, row in zip(batch["input_ids"], lengths, numbers, strict=True)
        ]
        shown = pad([ids[0].numpy() for ids, _ in parts], special.pad)
        return {**batch, "input_ids": shown, "labels": pad([labels[0].numpy() for _, labels in parts], IGNORED)}

    return make


def roberta_batches(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast, size: Size, tokens: int, seed: int
) -> BatchMaker:
    """Return batch number → batch for `RobertaObjective`: masks are drawn anew for every batch."""
    special = Special.of(tokenizer)
    rows = PackedRows(store, special, size.longest, tokens, seed)

    def make(number: int) -> Batch:
        batch = rows.batch(number)
        generator = np.random.default_rng([seed, 2, number])
        shown, labels = mask_pieces(batch["input_ids"], special, generator)
        return {**batch, "input_ids": shown, "labels": labels}

    return make


def electra_batches(
    store: TokenStore, tokenizer: PreTrainedTokenizerFast, size: Size, tokens: int, seed: int
) -> BatchMaker:
    """Return batch number → batch for `ElectraObjective`: the RoBERTa batch, its original, and sampling noise."""
    special = Special.of(tokenizer)
    rows = PackedRows(store, special, size.longest, tokens, seed)

    def make(number: int) -> Batch:
        batch = rows.batch(number)
        original = batch["input_ids"]
        generator = np.random.default_rng([seed, 3, number])
        _, labels = mask_pieces(original, special, generator)
        # ELECTRA hides all of the 15% (section 2): none is shown as it is or as another piece.
        shown = torch.where(labels != IGNORED, special.mask, original)
        noise = torch.from_numpy(generator.random(int((labels != IGNORED).sum()), dtype=np.float32))
        return {**batch, "input_ids": shown, "labels": labels, "original_ids": original, "noise": noise}

    return make


@dataclass(frozen=True)
class Objective:
    """One row of the table: the module, its batches, and what the input has besides ids and mask."""

    module: Callable[..., torch.nn.Module]
    batches: Callable[..., BatchMaker]
    has_segments: bool


OBJECTIVES = {
    "bert": Objective(BertObjective, bert_batches, True),
    "roberta": Objective(RobertaObjective, roberta_batches, False),
    "electra": Objective(ElectraObjective, electra_batches, True),
}
