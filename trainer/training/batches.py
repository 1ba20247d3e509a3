"""What a training sees of the train split: both orders, equal pairs, and batches of pairs of like length.

The order of the batches follows from seed and epoch alone.

Sentences padded to the longest of a mixed batch waste about a third of the work. sentence-transformers has
no length-grouped sampler, and its default one goes on from a generator's state, which a resumed run lacks.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sentence_transformers.base.sampler import DefaultBatchSampler

from similarity.sentence_pairs import LABEL_MAX

POOL_BATCHES = 50
"""So many batches are sorted together, as transformers' LengthGroupedSampler does: random, but alike in length."""


def extend(pairs: pd.DataFrame, *, both_orders: bool, equal_pairs: float, seed: int) -> pd.DataFrame:
    """Return the train pairs, with each one swapped too if wanted, and with pairs of a sentence with itself.

    Args:
        pairs: the train split.
        both_orders: add every pair with its sentences swapped.
        equal_pairs: how many pairs of a sentence with itself, labelled 5, to add, as a share of the pairs.
        seed: of the sentences that are chosen for them.
    """
    parts = [pairs]
    if both_orders:
        parts.append(pairs.assign(sentence1=pairs["sentence2"], sentence2=pairs["sentence1"]))
    sentences = pd.unique(pd.concat([pairs["sentence1"], pairs["sentence2"]]))
    count = min(len(sentences), round(len(pairs) * equal_pairs))
    chosen = np.random.default_rng(seed).choice(sentences, count, replace=False)
    parts.append(pd.DataFrame({"sentence1": chosen, "sentence2": chosen, "label": LABEL_MAX}))
    return pd.concat(parts, ignore_index=True)


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
