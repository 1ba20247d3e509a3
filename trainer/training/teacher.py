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
from similarity.files import replaced
from similarity.run_catalog import checkpoint_of
from similarity.run_format import CHECKPOINT_FOLDER
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
        self.folder = _find(name)
        self.prefix = prefix
        model: Any = load_model(self.folder, "bi-encoder", longest)
        self.model: SentenceTransformer = model.eval()
        self._bf16 = precision == "bf16"

    @property
    def key(self) -> str:
        """What identifies its embeddings: the weights' bytes and the prefix."""
        digest = hashlib.sha256(self.prefix.encode())
        for path in sorted(self.folder.rglob("*.safetensors")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]

    def embed(self, sentences: Sequence[str]) -> Embeddings:
        """Return one embedding of length 1 a sentence: sentences × width."""
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


def _find(name: str) -> Path:
    run = project_paths.runs_root() / name / CHECKPOINT_FOLDER
    if "/" not in name and run.is_dir():
        return checkpoint_of(project_paths.runs_root(), name)
    return locate(name)
