"""Scoring sentence pairs with a run's model: cross-encoder and bi-encoder behind one face.

Importing this module loads neither torch nor a model: `load_scorer` does, some seconds at first.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from similarity.errors import CheckpointError, DataError
from similarity.run_catalog import checkpoint_of, find_run
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN, MAX_SENTENCE_CHARACTERS, normalise

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


class Scorer(Protocol):
    """A loaded model that scores pairs."""

    @property
    def memory_mb(self) -> float:
        """Memory of the weights in MB (10^6 bytes)."""

    @property
    def parameters(self) -> int:
        """Number of weights."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """Return one score on 0–5 a pair, in the pairs' order.

        Raises:
            DataError: a sentence is empty or longer than 10,000 characters.
        """


class _ModelScorer:
    def __init__(self, model: Any, batch_size: int) -> None:
        self._model = model
        self._batch_size = batch_size

    @property
    def memory_mb(self) -> float:
        return float(sum(p.numel() * p.element_size() for p in self._model.parameters())) / 1e6

    @property
    def parameters(self) -> int:
        return int(sum(p.numel() for p in self._model.parameters()))


class CrossEncoderScorer(_ModelScorer):
    """Both sentences in one input; the model's one output is the score on 0–5."""

    def __init__(self, model: "CrossEncoder", batch_size: int = 32) -> None:
        super().__init__(model, batch_size)

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """Return one score on 0–5 a pair; see `Scorer.score`."""
        checked = _checked(pairs)
        if not checked:
            return np.empty(0)
        scores = self._model.predict(checked, batch_size=self._batch_size, show_progress_bar=False)
        return _on_scale(scores)


class BiEncoderScorer(_ModelScorer):
    """One embedding a sentence; the score is 5 times their cosine similarity, cut to 0–5."""

    def __init__(self, model: "SentenceTransformer", batch_size: int = 32) -> None:
        super().__init__(model, batch_size)

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """Return one score on 0–5 a pair; see `Scorer.score`."""
        checked = _checked(pairs)
        if not checked:
            return np.empty(0)
        sentences = sorted({sentence for pair in checked for sentence in pair})
        place = {sentence: number for number, sentence in enumerate(sentences)}
        embeddings = self._model.encode(
            sentences, batch_size=self._batch_size, show_progress_bar=False, normalize_embeddings=True
        )
        first = embeddings[[place[a] for a, _ in checked]]
        second = embeddings[[place[b] for _, b in checked]]
        return _on_scale((first * second).sum(axis=1) * LABEL_MAX)


def load_scorer(root: Path, run_id: str) -> Scorer:
    """Load the model of a run below `root`.

    Raises:
        UnknownNameError, RunError: there is no such run, or it has no checkpoint.
        CheckpointError: the weights are not safetensors, or don't load.
    """
    architecture = find_run(root, run_id).model.architecture
    return load_checkpoint(checkpoint_of(root, run_id), architecture)


def load_checkpoint(folder: Path, architecture: str, *, batch_size: int = 32) -> Scorer:
    """Load a checkpoint folder as a scorer, from local files alone.

    Raises:
        CheckpointError: the weights are not safetensors, or don't load.
    """
    refuse_pickle(folder)
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder, SentenceTransformer

    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": False,
        # Stored in half precision or not, a model computes in full: few processors are fast at fp16.
        "model_kwargs": {"use_safetensors": True, "dtype": torch.float32},
    }
    try:
        if architecture == "cross-encoder":
            return CrossEncoderScorer(CrossEncoder(str(folder), **options), batch_size)
        return BiEncoderScorer(SentenceTransformer(str(folder), **options), batch_size)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"The model in {folder} does not load: {error}. Train or copy the run again.") from error


def refuse_pickle(folder: Path) -> None:
    """Check that a model folder holds its weights as safetensors.

    Raises:
        CheckpointError: it holds none; a pickle file, which can run any code when read, is named.
    """
    if any(folder.glob("**/*.safetensors")):
        return
    pickles = sorted(file.name for file in folder.glob("**/*") if file.suffix in PICKLE_SUFFIXES)
    if pickles:
        raise CheckpointError(
            f"{folder} holds its weights as {pickles[0]}, a pickle file, which can run any code when it is read, so it "
            "is refused. Convert it on a machine that you trust: "
            "AutoModel.from_pretrained(folder).save_pretrained(new_folder) writes model.safetensors."
        )
    raise CheckpointError(f"{folder} holds no .safetensors file, so there are no weights to load.")


def milliseconds_per_pair(scorer: Scorer, pairs: Sequence[tuple[str, str]], *, repeats: int = 20) -> float:
    """Return the median time for scoring one pair alone on one core, in milliseconds, after three calls to warm up.

    One thread, since several wait for each other on a busy machine and would measure its load, not the model.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times = []
    try:
        for number in range(repeats + 3):
            pair = pairs[number % len(pairs)]
            start = time.perf_counter()
            scorer.score([pair])
            times.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(threads)
    return float(np.median(times[3:])) * 1000


def _checked(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    checked = []
    for number, (first, second) in enumerate(pairs, start=1):
        pair = normalise(first), normalise(second)
        for sentence in pair:
            if not sentence:
                raise DataError(f"Pair {number} has an empty sentence. Write both sentences.")
            if len(sentence) > MAX_SENTENCE_CHARACTERS:
                raise DataError(
                    f"A sentence of pair {number} has {len(sentence):,} characters; at most "
                    f"{MAX_SENTENCE_CHARACTERS:,} are scored. Shorten it."
                )
        checked.append(pair)
    return checked


def _on_scale(scores: Any) -> npt.NDArray[np.float64]:
    return np.clip(np.asarray(scores, dtype=np.float64).reshape(-1), LABEL_MIN, LABEL_MAX)
