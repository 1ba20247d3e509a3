"""A teacher: what gives every sentence an embedding, computed once and kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.progress import track
from sentence_transformers import SentenceTransformer

from similarity import project_paths
from similarity.errors import TrainingError
from similarity.files import replaced
from similarity.run_catalog import checkpoint_of, find_run
from trainer.training.models import load_model, locate

CHUNK = 20_000
"""Sentences a stored file: so much work an interruption may cost."""
BATCH = 128

Embeddings = npt.NDArray[np.float32]


class Teacher:
    """A sentence-transformers model, or any encoder with mean pooling, that embeds sentences."""

    def __init__(self, name: str, *, prefix: str = "", longest: int = 128, precision: str = "fp32") -> None:
        """Load the teacher.

        Args:
            name: a folder, the id of a bi-encoder run, or a hub id.
            prefix: what the teacher wants before every sentence, such as `query: `.
            longest: its longest input in its own pieces.
            precision: `fp32` or `bf16`.

        Raises:
            SimilarityError: there is none of that name, or it does not load.
        """
        self.name = name
        self.folder = _find(name)
        self.prefix = prefix
        self._longest = longest
        model: Any = load_model(self.folder, "bi-encoder", longest)
        self.model: SentenceTransformer = model.eval()
        self._bf16 = precision == "bf16"

    @property
    def key(self) -> str:
        """What identifies its embeddings: the weights' bytes and how it is asked."""
        return weights_digest(self.folder, f"{self.prefix}|{self._longest}|{self._bf16}")

    @property
    def shown_name(self) -> str:
        """What a card calls it: a run's id or a hub id as it is, of a folder only its name."""
        return self.folder.name if Path(self.name).expanduser().is_dir() else self.name

    @property
    def width(self) -> int:
        """The embeddings' width."""
        return int(self.model.get_embedding_dimension() or 0)

    def embed(self, sentences: Sequence[str]) -> Embeddings:
        """Return one embedding of length 1 a sentence: sentences × width."""
        if not sentences:
            return np.zeros((0, self.width), np.float32)
        texts = [self.prefix + sentence for sentence in sentences]
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self._bf16):
            found = self.model.encode(texts, batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True)
        return torch.nn.functional.normalize(found.float(), dim=-1).cpu().numpy()

    def embed_stored(self, sentences: Sequence[str], root: Path, console: Console) -> npt.NDArray[np.float16]:
        """Return the embeddings of many sentences in half precision, those that were computed before from `root`."""
        folder = root / self.key
        parts = []
        starts = range(0, len(sentences), CHUNK)
        for start in track(starts, "teacher embeddings", console=console, disable=not console.is_terminal):
            chunk = sentences[start : start + CHUNK]
            name = hashlib.sha256("\n".join(chunk).encode()).hexdigest()[:24]
            path = folder / f"{name}.npy"
            if not path.is_file():
                with replaced(path) as temporary, temporary.open("wb") as file:
                    np.save(file, self.embed(chunk).astype(np.float16))
            parts.append(np.load(path))
        return np.concatenate(parts)


def weights_digest(folder: Path, how: str) -> str:
    """Return what identifies a model's answers: the bytes of its weights and how it is asked."""
    digest = hashlib.sha256(how.encode())
    for path in sorted(folder.rglob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _find(name: str) -> Path:
    runs = project_paths.runs_root()
    if "/" in name or not (runs / name).is_dir():
        return locate(name)
    kind = find_run(runs, name).model.architecture
    if kind != "bi-encoder":
        raise TrainingError(f"A teacher embeds single sentences, so it is a bi-encoder, but run {name} is a {kind}.")
    return checkpoint_of(runs, name)
