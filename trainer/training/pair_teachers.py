"""Teachers of pairs: runs that score pairs of sentences, computed once and kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.progress import track

from similarity import project_paths
from similarity.files import replaced
from similarity.run_catalog import checkpoint_of, find_run
from similarity.scorers import load_checkpoint
from trainer.training.teacher import weights_digest

CHUNK = 5_000
"""Pairs a stored file: so much work an interruption may cost."""
BATCH = 128


class PairTeacher:
    """A run, cross-encoder or bi-encoder, that scores pairs."""

    def __init__(self, run_id: str, *, precision: str = "fp32") -> None:
        """Load the run's model.

        Args:
            run_id: of a finished run.
            precision: `fp32` or `bf16`.

        Raises:
            SimilarityError: there is no such run, or its model does not load.
        """
        runs = project_paths.runs_root()
        folder = checkpoint_of(runs, run_id)
        self.key = weights_digest(folder, precision)
        self._scorer = load_checkpoint(folder, find_run(runs, run_id).model.architecture, batch_size=BATCH)
        self._bf16 = precision == "bf16"

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Return one score on 0–5 a pair."""
        # Sentence-transformers sorts a call's pairs by length, so that little is padded.
        with torch.autocast("cuda" if torch.cuda.is_available() else "cpu", torch.bfloat16, enabled=self._bf16):
            return self._scorer.score(pairs).astype(np.float32)

    def score_stored(self, pairs: Sequence[tuple[str, str]], root: Path, console: Console) -> npt.NDArray[np.float32]:
        """Return the scores of many pairs, those that were computed before from `root`."""
        parts = []
        starts = range(0, len(pairs), CHUNK)
        for start in track(starts, "pair scores", console=console, disable=not console.is_terminal):
            chunk = pairs[start : start + CHUNK]
            name = hashlib.sha256("\n".join(f"{a}\t{b}" for a, b in chunk).encode()).hexdigest()[:24]
            path = root / self.key / f"{name}.npy"
            if not path.is_file():
                with replaced(path) as temporary, temporary.open("wb") as file:
                    np.save(file, self.score(chunk))
            parts.append(np.load(path))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
