"""Batches of pairs of like length, in an order that follows from seed and epoch alone.

Sentences padded to the longest of a mixed batch waste about a third of the work. sentence-transformers has
no length-grouped sampler, and its default one goes on from a generator's state, which a resumed run lacks.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sentence_transformers.base.sampler import DefaultBatchSampler

POOL_BATCHES = 50
"""So many batches are sorted together, as transformers' LengthGroupedSampler does: random, but alike in length."""


class LengthGroupedBatchSampler(DefaultBatchSampler):
    """Yields batches of row numbers; an epoch's order depends on `seed` and the epoch only."""

    def __init__(self, dataset: Any, batch_size: int, drop_last: bool, seed: int = 0, **options: Any) -> None:
        super().__init__(dataset, batch_size=batch_size, drop_last=drop_last, seed=seed, **options)
        texts = zip(dataset["sentence1"], dataset["sentence2"], strict=True)
        self._lengths = np.array([len(first) + len(second) for first, second in texts])

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches of the epoch that `set_epoch` named."""
        generator = np.random.default_rng([self.seed, self.epoch])
        order = generator.permutation(len(self._lengths))
        batches: list[list[int]] = []
        pool_size = self.batch_size * POOL_BATCHES
        for start in range(0, len(order), pool_size):
            pool = order[start : start + pool_size]
            pool = pool[np.argsort(-self._lengths[pool], kind="stable")]
            batches += [pool[i : i + self.batch_size].tolist() for i in range(0, len(pool), self.batch_size)]
        if self.drop_last:
            batches = [batch for batch in batches if len(batch) == self.batch_size]
        generator.shuffle(batches)
        yield from batches
