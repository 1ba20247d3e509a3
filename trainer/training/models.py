"""Loads a pretrained body and puts the head on it: cross-encoder or bi-encoder, both sentence-transformers' own."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.cross_encoder.losses import MSELoss
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoConfig

from similarity.errors import CheckpointError, UnknownNameError
from similarity.project_paths import encoders_root
from similarity.run_format import Architecture
from similarity.scorers import refuse_pickle

HEADS: dict[Architecture, str] = {
    "cross-encoder": "the family's own regression head, its bias begun at the mean train label",
    "bi-encoder": "mean pooling, cosine similarity",
}
LOSSES: dict[Architecture, str] = {
    "cross-encoder": "MSELoss on the 0–5 label",
    "bi-encoder": "CosineSimilarityLoss on the label divided by 5",
}


def locate(base_checkpoint: str) -> Path:
    """Return the folder of a body's weights: a local one, an encoder of ours, or from the hub or its local cache.

    Raises:
        HubUnreachableError, UnknownNameError: the hub does not answer, or has no such model.
    """
    folder = Path(base_checkpoint).expanduser()
    if folder.is_dir():
        return folder
    if "/" not in base_checkpoint:
        if (ours := encoders_root() / base_checkpoint).is_dir():
            return ours
        raise UnknownNameError(
            f"The encoder {base_checkpoint!r} is not in {encoders_root()}. Make one with `python -m trainer distill`, "
            "or name another model."
        )
    from trainer.hub import fetch_model

    return fetch_model(base_checkpoint)


def family_of(folder: Path) -> str:
    """Return the model type that a folder's configuration names, such as `bert`, `roberta` or `electra`.

    Raises:
        CheckpointError: the folder holds no configuration that transformers knows.
    """
    try:
        return str(AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False).model_type)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{folder} holds no model that transformers knows ({error}). Name another folder."
        ) from error


def load_model(folder: Path, architecture: Architecture, max_length: int) -> CrossEncoder | SentenceTransformer:
    """Load a body in fp32 with a new regression head (cross-encoder) or mean pooling (bi-encoder).

    Raises:
        CheckpointError: the weights are not safetensors, or don't load.
    """
    refuse_pickle(folder)
    local = {"local_files_only": True, "trust_remote_code": False}
    weights: dict[str, Any] = {**local, "use_safetensors": True, "dtype": torch.float32}
    try:
        if architecture == "cross-encoder":
            model: CrossEncoder | SentenceTransformer = CrossEncoder(
                str(folder),
                num_labels=1,
                max_length=max_length,
                activation_fn=torch.nn.Identity(),
                model_kwargs=weights,
                **local,
            )
        elif (folder / "modules.json").is_file():
            model = SentenceTransformer(str(folder), model_kwargs=weights, **local)
            model.max_seq_length = max_length
        else:
            body = Transformer(
                str(folder),
                model_kwargs=weights,
                config_kwargs=dict(local),
                processor_kwargs={**local, "model_max_length": max_length},
                max_seq_length=max_length,
            )
            pooling = Pooling(body.get_embedding_dimension(), pooling_mode="mean")
            model = SentenceTransformer(modules=[body, pooling], similarity_fn_name="cosine")
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"The model in {folder} does not load: {error}") from error
    _leave_out_segment_ids(model)
    return model


def has_head(folder: Path) -> bool:
    """Return whether a folder's weights have a classification or regression head already."""
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as weights:
            if any(name.startswith("classifier.") for name in weights.keys()):  # noqa: SIM118
                return True
    return False


def start_head_at(model: torch.nn.Module, score: float) -> None:
    """Let a new regression head begin at `score` (0–5), best the mean label, by its last bias.

    A head that begins at 0 spends the first steps pulling every pair up, which drags the body along. Karpathy, "A
    Recipe for Training Neural Networks" (2019), "init well".
    """
    heads = [module for module in model.modules() if isinstance(module, torch.nn.Linear) and module.out_features == 1]
    with torch.no_grad():
        heads[-1].bias.fill_(score)


def make_loss(model: Any, architecture: Architecture) -> torch.nn.Module:
    """Return the loss: squared error of the 0–5 score, or of the cosine against the label divided by 5."""
    return MSELoss(model) if architecture == "cross-encoder" else CosineSimilarityLoss(model)


def count_parameters(model: torch.nn.Module) -> int:
    """Return the number of weights."""
    return sum(parameter.numel() for parameter in model.parameters())


def _leave_out_segment_ids(model: CrossEncoder | SentenceTransformer) -> None:
    # klue/roberta-* have one segment embedding but a BERT tokenizer that numbers the second sentence 1.
    tokenizer = model.tokenizer
    if getattr(model[0].model.config, "type_vocab_size", 2) < 2 and "token_type_ids" in tokenizer.model_input_names:
        names = [name for name in tokenizer.model_input_names if name != "token_type_ids"]
        tokenizer.model_input_names = names
        # Only what stands in init_kwargs is saved, and the checkpoint must load without this code.
        tokenizer.init_kwargs["model_input_names"] = names
