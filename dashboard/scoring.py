"""Score one pair with several models, each on its own: one that fails never hides the others."""

import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.model_cache import ModelCache
from similarity.errors import SimilarityError
from similarity.scorers import load_scorer
from similarity.sentence_pairs import MAX_SENTENCE_CHARACTERS, normalise

# A checkpoint that somebody edited or that was half copied fails with any of these, deep in other libraries.
LOAD_ERRORS = (
    SimilarityError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    MemoryError,
)


@dataclass(frozen=True)
class PairScore:
    """What one model says of the pair, or why it could not."""

    run_id: str
    score: float = 0.0
    milliseconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Scored:
    """The pair and every model's score of it."""

    pair: tuple[str, str]
    results: list[PairScore]

    @property
    def scores(self) -> list[float]:
        """The scores of the models that gave one."""
        return [result.score for result in self.results if not result.error]


def problem_with(sentence: str) -> str:
    """Return `empty`, `long` or an empty string: what keeps a sentence from being scored."""
    clean = normalise(sentence)
    if not clean:
        return "empty"
    return "long" if len(clean) > MAX_SENTENCE_CHARACTERS else ""


def score_with(cache: ModelCache, root: Path, run_id: str, stamp: object, pair: tuple[str, str]) -> PairScore:
    """Score a pair with one run's model, loading it where it is not held.

    Args:
        cache: the models held.
        root: the folder of the runs.
        run_id: whose model.
        stamp: what changes when the checkpoint is written anew, so that a new one is loaded.
        pair: the two sentences.
    """
    try:
        scorer = cache.get((str(root), run_id, stamp), lambda: load_scorer(root, run_id))
        # Each page run is a new thread, for which torch sets up its own helpers; that is not the model's latency.
        scorer.score([pair])
        start = time.perf_counter()
        score = float(scorer.score([pair])[0])
        return PairScore(run_id, score, (time.perf_counter() - start) * 1000)
    except LOAD_ERRORS as error:
        return PairScore(run_id, error=str(error) or type(error).__name__)
