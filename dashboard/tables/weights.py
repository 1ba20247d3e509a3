"""A checkpoint's parameters by layer, from the headers of its safetensors files: no weights and no torch are loaded."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from safetensors import SafetensorError, safe_open

from similarity.errors import CheckpointError

MODULES = ("embeddings", "layer", "pooler", "head", "rest")
PARTS = ("words", "positions", "attention", "feed_forward", "norm", "rest")

_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")
_HEAD = re.compile(r"(?:^|\.)(?:classifier|pre_classifier|score|regressor|head|linear)\.")
_WORDS = re.compile(r"word_embeddings|tok_embeddings|embed_tokens|\bwte\b")
_NORM = re.compile(r"(?:layer_?norm|norm\d?)\.", re.IGNORECASE)
_ATTENTION = re.compile(r"attention|attn")
_FEED_FORWARD = re.compile(r"intermediate|output|ffn|mlp|\bfc\d|\blin\d")


@dataclass(frozen=True)
class Tensor:
    """One array of weights as its file's header describes it."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    @property
    def megabytes(self) -> float:
        """Size in MB (10^6 bytes)."""
        bits = re.search(r"\d+", self.dtype)
        return self.parameters * (int(bits[0]) if bits else 8) / 8 / 1e6


def read_tensors(folder: Path) -> list[Tensor]:
    """Return what the safetensors files below a checkpoint folder hold.

    Raises:
        CheckpointError: there is none, or one is not a safetensors file.
    """
    tensors = []
    for path in sorted(folder.glob("**/*.safetensors")):
        try:
            with safe_open(path, framework="numpy") as file:
                for name in file.keys():  # noqa: SIM118, the file is no mapping
                    view = file.get_slice(name)
                    tensors.append(Tensor(name, str(view.get_dtype()), tuple(view.get_shape())))
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} can't be read as safetensors ({error}). Train or copy the run again."
            ) from error
    if not tensors:
        raise CheckpointError(f"{folder} holds no .safetensors file, so its parameters can't be counted.")
    return tensors


def module_of(name: str) -> tuple[str, int]:
    """Return which of `MODULES` a tensor belongs to by its name, and the layer's number (-1 outside the layers)."""
    layer = _LAYER.search(name)
    if layer:
        return "layer", int(layer[1])
    if "embed" in name:
        return "embeddings", -1
    if "pooler" in name:
        return "pooler", -1
    return ("head" if _HEAD.search(name) else "rest"), -1


def part_of(name: str) -> str:
    """Return which of `PARTS` a tensor is by its name."""
    module, _ = module_of(name)
    if module in ("embeddings", "layer") and _NORM.search(name):
        return "norm"
    if module == "embeddings":
        return "words" if _WORDS.search(name) else "positions"
    if module == "layer" and _ATTENTION.search(name):
        return "attention"
    return "feed_forward" if module == "layer" and _FEED_FORWARD.search(name) else "rest"


def by_part(tensors: Sequence[Tensor]) -> pd.DataFrame:
    """Return `module`, `number` (of the layer, else -1), `part`, `parameters`, `dtype`, `megabytes`, input first."""
    groups: dict[tuple[str, int, str], list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault((*module_of(tensor.name), part_of(tensor.name)), []).append(tensor)
    order = sorted(groups, key=lambda key: (MODULES.index(key[0]), key[1], PARTS.index(key[2])))
    rows = [(*key, *_sums(groups[key])) for key in order]
    return pd.DataFrame(rows, columns=["module", "number", "part", "parameters", "dtype", "megabytes"])


def by_module(tensors: Sequence[Tensor]) -> pd.DataFrame:
    """Return `module`, `number` (of the layer, else -1), `parameters`, `dtype`, `megabytes`, `share` (0–1)."""
    groups: dict[tuple[str, int], list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(module_of(tensor.name), []).append(tensor)
    order = sorted(groups, key=lambda key: (MODULES.index(key[0]), key[1]))
    rows = [(*key, *_sums(groups[key])) for key in order]
    table = pd.DataFrame(rows, columns=["module", "number", "parameters", "dtype", "megabytes"])
    return table.assign(share=table["parameters"] / table["parameters"].sum())


def _sums(tensors: Sequence[Tensor]) -> tuple[int, str, float]:
    return (
        sum(tensor.parameters for tensor in tensors),
        ", ".join(sorted({tensor.dtype for tensor in tensors})),
        sum(tensor.megabytes for tensor in tensors),
    )
