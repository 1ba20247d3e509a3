"""What a checkpoint's network looks like, from its configuration and the shapes of its weights; no torch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.tables.weights import Tensor, module_of, part_of
from similarity.errors import CheckpointError
from similarity.run_format import ModelPart

_LONGEST_WORD = 24


@dataclass(frozen=True)
class Blueprint:
    """A sentence-pair network; a size that the files do not tell is None.

    `head` holds the widths from the pooled vector to the output, such as 256 → 256 → 1; a bi-encoder's ends in the
    sentence embedding. `parameters` has the counts of `embeddings`, one `attention` and one `feed_forward` of the
    first layer, one `layer`, all `layers`, and `head`.
    """

    two_towers: bool
    family: str
    max_length: int
    words: int | None
    positions: int | None
    types: int | None
    embedding_width: int | None
    width: int | None
    layers: int | None
    heads: int | None
    inner_width: int | None
    activation: str
    pooling: str
    head: tuple[int, ...]
    parameters: Mapping[str, int]

    @property
    def head_width(self) -> int | None:
        """Width of one attention head."""
        return self.width // self.heads if self.width and self.heads else None


def read_blueprint(folder: Path, model: ModelPart, tensors: Sequence[Tensor]) -> Blueprint:
    """Read a run's checkpoint folder.

    Raises:
        CheckpointError: it holds no readable `config.json` of a model.
    """
    config = _model_config(folder)
    two_towers = model.architecture == "bi-encoder"
    layers = {number for module, number in (module_of(tensor.name) for tensor in tensors) if module == "layer"}
    width = _whole(config, "hidden_size", "dim", "d_model")
    return Blueprint(
        two_towers=two_towers,
        family=_word(config.get("model_type")) or model.family,
        max_length=model.max_length,
        words=_whole(config, "vocab_size"),
        positions=_whole(config, "max_position_embeddings"),
        types=_whole(config, "type_vocab_size"),
        embedding_width=_whole(config, "embedding_size") or width,
        width=width,
        layers=_whole(config, "num_hidden_layers", "n_layers") or len(layers) or None,
        heads=_whole(config, "num_attention_heads", "n_heads"),
        inner_width=_whole(config, "intermediate_size", "hidden_dim"),
        activation=_word(config.get("hidden_act") or config.get("activation")),
        pooling=_pooling(folder) if two_towers else "first",
        head=_head(tensors, two_towers),
        parameters=_parameters(tensors),
    )


def _model_config(folder: Path) -> dict[str, Any]:
    for path in (folder / "config.json", *sorted(folder.glob("*/config.json"))):
        config = _json(path)
        if "model_type" in config:
            return config
    raise CheckpointError(f"{folder} holds no config.json that names a model type, so the network can't be drawn.")


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _pooling(folder: Path) -> str:
    for path in sorted(folder.glob("*_Pooling/config.json")):
        config = _json(path)
        named = _word(config.get("pooling_mode"))
        # Before sentence-transformers 6 each mode was a switch of its own.
        switches = [
            name.removeprefix("pooling_mode_") for name, on in config.items() if "pooling_mode_" in name and on is True
        ]
        mode = named or _word(switches[0] if switches else "").removesuffix("_tokens").removesuffix("_token")
        return {"cls": "first"}.get(mode, mode)
    return ""


def _head(tensors: Sequence[Tensor], two_towers: bool) -> tuple[int, ...]:
    # A bi-encoder that pools the token vectors keeps the body's pooler in its file without using it.
    modules = ("head",) if two_towers else ("pooler", "head")
    matrices = [
        tensor
        for module in modules
        for tensor in sorted(tensors, key=lambda each: ("out_proj" in each.name, each.name))
        if module_of(tensor.name)[0] == module and len(tensor.shape) == 2
    ]
    if not matrices:
        return ()
    return (matrices[0].shape[1], *(tensor.shape[0] for tensor in matrices))


def _parameters(tensors: Sequence[Tensor]) -> dict[str, int]:
    counts = dict.fromkeys(("embeddings", "attention", "feed_forward", "layer", "layers", "head"), 0)
    for tensor in tensors:
        module, number = module_of(tensor.name)
        if module == "embeddings":
            counts["embeddings"] += tensor.parameters
        elif module == "layer":
            counts["layers"] += tensor.parameters
            if number == 0:
                counts["layer"] += tensor.parameters
                part = part_of(tensor.name)
                if part in counts:
                    counts[part] += tensor.parameters
        elif module in ("pooler", "head"):
            counts["head"] += tensor.parameters
    return counts


def _whole(config: Mapping[str, Any], *names: str) -> int | None:
    return next((config[name] for name in names if type(config.get(name)) is int and config[name] > 0), None)


def _word(value: object) -> str:
    # Control characters have no place in SVG, not even escaped.
    return "".join(filter(str.isprintable, value))[:_LONGEST_WORD] if isinstance(value, str) else ""
