"""The student of a distillation: one body that learns sentence embeddings and pair scores at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch.nn import functional
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from similarity.errors import CheckpointError, TrainingError
from similarity.scorers import refuse_pickle

SIMILARITY_WEIGHT = 10.0
"""Of the in-batch similarities beside the cosine to the target."""


class Student(torch.nn.Module):
    """A body with the family's one-output head, and a projection to the teacher's width for the training alone.

    A batch with `scores` holds pairs and their scores (0–5); one with `targets` holds sentences and the teacher's
    mean-centred embeddings.
    """

    def __init__(self, model: PreTrainedModel, teacher_width: int) -> None:
        super().__init__()
        self.model = model
        self.projection = torch.nn.Linear(model.config.hidden_size, teacher_width)

    def forward(
        self, targets: torch.Tensor | None = None, scores: torch.Tensor | None = None, **inputs: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the losses of a batch."""
        if scores is not None:
            loss = functional.mse_loss(self.model(**inputs).logits.squeeze(-1).float(), scores)
            return {"loss": loss, "pair_loss": loss}
        assert targets is not None
        vectors = self.embed(**inputs)
        projected = self.projection(vectors).float()
        cosine_loss = 1 - functional.cosine_similarity(projected, targets).mean()
        own, wanted = functional.normalize(vectors.float(), dim=-1), functional.normalize(targets, dim=-1)
        similarity_loss = functional.mse_loss(own @ own.T, wanted @ wanted.T)
        loss = cosine_loss + SIMILARITY_WEIGHT * similarity_loss
        return {"loss": loss, "cosine_loss": cosine_loss, "similarity_loss": similarity_loss}

    def embed(self, **inputs: torch.Tensor) -> torch.Tensor:
        """Return the mean of the pieces' vectors: sentences × the student's width."""
        hidden = self.model.base_model(**inputs)[0]
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


def load_student(folder: Path) -> PreTrainedModel:
    """Load an encoder in fp32 with a one-output head, new where the folder has none.

    Raises:
        CheckpointError: the weights are not safetensors, or don't load.
    """
    refuse_pickle(folder)
    try:
        return AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=1,
            dtype=torch.float32,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"The encoder in {folder} does not load: {error}") from error


def student_of_layers(
    teacher: PreTrainedModel,
    teacher_tokenizer: PreTrainedTokenizerFast,
    tokenizer: PreTrainedTokenizerFast,
    layers: Sequence[int],
    family: str,
    longest: int,
) -> PreTrainedModel:
    """Return a student made of some of the teacher's layers, with the embeddings of a new vocabulary.

    A new piece begins as the mean of the embeddings of the pieces that the teacher cuts it into.

    Raises:
        TrainingError: the teacher is not built like BERT, or has no such layer.
    """
    config = teacher.config
    if config.model_type not in ("bert", "roberta", "xlm-roberta"):
        raise TrainingError(f"A student can take layers of a BERT or RoBERTa teacher, but this is {config.model_type}.")
    if not layers or max(layers) >= config.num_hidden_layers or min(layers) < 0:
        raise TrainingError(f"The teacher has layers 0–{config.num_hidden_layers - 1}, but {list(layers)} came.")
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": config.hidden_size,
        "num_hidden_layers": len(layers),
        "num_attention_heads": config.num_attention_heads,
        "intermediate_size": config.intermediate_size,
        "hidden_act": config.hidden_act,
        "layer_norm_eps": config.layer_norm_eps,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "num_labels": 1,
    }
    offset = tokenizer.pad_token_id + 1 if family == "roberta" else 0
    shape["max_position_embeddings"] = longest + offset
    student: PreTrainedModel
    if family == "roberta":
        student = RobertaForSequenceClassification(RobertaConfig(**shape, type_vocab_size=1))
    else:
        student = BertForSequenceClassification(BertConfig(**shape))
    student.set_attn_implementation("eager")
    _copy_weights(teacher, student.base_model, layers, offset, longest)
    words = _piece_embeddings(teacher, teacher_tokenizer, tokenizer)
    with torch.no_grad():
        student.base_model.embeddings.word_embeddings.weight.copy_(words)
        student.base_model.embeddings.word_embeddings.weight[tokenizer.pad_token_id].zero_()
    return student


def _copy_weights(teacher: Any, body: Any, layers: Sequence[int], offset: int, longest: int) -> None:
    teacher_offset = teacher.config.pad_token_id + 1 if teacher.config.model_type != "bert" else 0
    with torch.no_grad():
        for place, layer in enumerate(layers):
            body.encoder.layer[place].load_state_dict(teacher.encoder.layer[layer].state_dict())
        ours, theirs = body.embeddings, teacher.embeddings
        positions = theirs.position_embeddings.weight[teacher_offset : teacher_offset + longest]
        ours.position_embeddings.weight[offset : offset + len(positions)] = positions
        ours.token_type_embeddings.weight.copy_(
            theirs.token_type_embeddings.weight[: len(ours.token_type_embeddings.weight)]
        )
        ours.LayerNorm.load_state_dict(theirs.LayerNorm.state_dict())


def _piece_embeddings(
    teacher: Any, teacher_tokenizer: PreTrainedTokenizerFast, tokenizer: PreTrainedTokenizerFast
) -> torch.Tensor:
    table = teacher.embeddings.word_embeddings.weight.detach()
    special = {
        getattr(tokenizer, f"{name}_token"): getattr(teacher_tokenizer, f"{name}_token_id")
        for name in ("pad", "unk", "cls", "sep", "mask")
    }
    # SentencePiece puts a mark of its own before a word's first piece; it says nothing about the piece.
    empty = {teacher_tokenizer.unk_token_id, teacher_tokenizer.convert_tokens_to_ids("▁")}
    rows = []
    for piece in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer)))):
        if special.get(piece) is not None:
            rows.append(table[special[piece]])
            continue
        ids = teacher_tokenizer(piece.removeprefix("##"), add_special_tokens=False)["input_ids"]
        known = [number for number in ids if number not in empty]
        rows.append(table[known].mean(dim=0) if known else table.mean(dim=0))
    return torch.stack(rows)
