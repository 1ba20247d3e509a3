"""Loaded models, held up to a number of MB; the least recently used goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from similarity.scorers import Scorer

LIMIT_MB = 4_000
"""Three large models, or dozens of small ones."""


class ModelCache:
    """Scorers by key. The newest always stays, even where it alone is above the limit."""

    def __init__(self, limit_mb: float = LIMIT_MB) -> None:
        self.limit_mb = limit_mb
        self._held: OrderedDict[Hashable, Scorer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, load: Callable[[], Scorer]) -> Scorer:
        """Return the scorer of `key`, loaded if it is not held; errors of `load` go through and nothing is kept."""
        with self._lock:
            if key not in self._held:
                self._held[key] = load()
            self._held.move_to_end(key)
            while len(self._held) > 1 and self._megabytes() > self.limit_mb:
                self._held.popitem(last=False)
            return self._held[key]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    @property
    def megabytes(self) -> float:
        """Memory of all weights held."""
        return self._megabytes()

    def clear(self) -> None:
        """Let go of every model."""
        with self._lock:
            self._held.clear()

    def _megabytes(self) -> float:
        return sum(scorer.memory_mb for scorer in list(self._held.values()))
