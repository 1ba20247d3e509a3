"""Models are held within a limit, and one that fails never hides the others."""

from pathlib import Path

import numpy as np
import pytest

from dashboard import escaping, scoring
from dashboard.model_cache import ModelCache
from similarity.errors import CheckpointError


class Constant:
    """A scorer that always says the same."""

    def __init__(self, score: float, memory_mb: float = 10.0) -> None:
        self.constant, self.memory_mb, self.parameters = score, memory_mb, 1

    def score(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        return np.full(len(pairs), self.constant)


def test_the_least_recently_used_model_goes_first() -> None:
    cache = ModelCache(limit_mb=25)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda: Constant(1))
    assert [key in cache for key in "abc"] == [True, False, True]
    assert (len(cache), cache.megabytes) == (2, 20)
    cache.clear()
    assert len(cache) == 0


def test_one_model_above_the_limit_is_still_held() -> None:
    cache = ModelCache(limit_mb=5)
    cache.get("big", lambda: Constant(1, memory_mb=50))
    assert "big" in cache


def test_a_model_that_fails_says_why_and_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(root: Path, run_id: str) -> Constant:
        if run_id == "bad":
            raise CheckpointError("weights are missing")
        return Constant(4.2)

    monkeypatch.setattr(scoring, "load_scorer", load)
    cache = ModelCache()
    bad, good = (scoring.score_with(cache, Path(), run_id, None, ("가", "나")) for run_id in ("bad", "good"))
    assert bad.error == "weights are missing"
    assert (good.score, good.error) == (4.2, "")
    assert len(cache) == 1
    assert scoring.Scored(("가", "나"), [bad, good]).scores == [4.2]


def test_a_model_written_anew_is_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([1.0, 2.0])
    monkeypatch.setattr(scoring, "load_scorer", lambda root, run_id: Constant(next(scores)))
    cache = ModelCache()
    found = [scoring.score_with(cache, Path(), "r", stamp, ("가", "나")).score for stamp in (1, 1, 2)]
    assert found == [1.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("sentence", "problem"), [("", "empty"), (" \n", "empty"), ("가" * 10_001, "long"), ("가", "")]
)
def test_what_keeps_a_sentence_from_being_scored(sentence: str, problem: str) -> None:
    assert scoring.problem_with(sentence) == problem


def test_escaping() -> None:
    assert escaping.for_markdown("**a** <b> :red[c]\n# d") == r"\*\*a\*\* \<b\> \:red\[c\] \# d"
    assert escaping.for_html('<a href="x">') == "&lt;a href=&quot;x&quot;&gt;"
    assert escaping.for_plotly("a<br>\nb") == "a&lt;br&gt; b"
    assert escaping.shortened("abcdef", 4) == "abc…"
