"""Batches of a distillation: what follows what, and that everything comes once an epoch."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch

from tests.builders import DISTILLATION
from trainer.encoder_settings import DistillSettings
from trainer.training.distillation import Batches

STEPS = 4


class NotedTexts:
    """Stands for a tokenizer: keeps the texts that it is asked for."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.second: list[str] | None = None

    def __call__(self, first: list[str], second: list[str] | None, **_: Any) -> dict[str, torch.Tensor]:
        self.first, self.second = first, second
        return {}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        assert self.second is not None
        return list(zip(self.first, self.second, strict=True))


@pytest.fixture(scope="module")
def known(sentences: list[str]) -> list[str]:
    return sentences[:600]


@pytest.fixture(scope="module")
def embeddings() -> npt.NDArray[np.float16]:
    return np.random.default_rng(0).normal(1, 1, (600, 6)).astype(np.float16)


@pytest.fixture(scope="module")
def pairs(known: list[str]) -> pd.DataFrame:
    """Return 1,000 pairs of which each has a label of its own."""
    rows = np.random.default_rng(0).integers(600, size=(1000, 2))
    first, second = ([known[row] for row in column] for column in rows.T)
    return pd.DataFrame({"sentence1": first, "sentence2": second, "label": np.linspace(0, 5, 1000), "kind": "random"})


@pytest.fixture
def noted() -> NotedTexts:
    return NotedTexts()


@pytest.fixture
def batches(known: list[str], embeddings: npt.NDArray[np.float16], pairs: pd.DataFrame, noted: NotedTexts) -> Batches:
    settings = DistillSettings(name="x", student="y", teacher="z", **DISTILLATION, steps=STEPS)
    return Batches(settings, noted, known, embeddings, pairs)  # type: ignore[arg-type]


def test_pairs_come_after_the_embeddings_and_every_third_batch_is_still_on_embeddings(
    batches: Batches, noted: NotedTexts
) -> None:
    kinds = []
    for number in range(13):
        kinds.append("targets" if "targets" in batches.batch(number) else "scores")
        assert (noted.second is None) == (kinds[-1] == "targets")
    assert kinds == ["targets"] * STEPS + ["scores", "scores", "targets"] * 3


def test_each_sentence_and_each_pair_comes_once_an_epoch_whatever_stands_between(
    batches: Batches,
    noted: NotedTexts,
    known: list[str],
    embeddings: npt.NDArray[np.float16],
    pairs: pd.DataFrame,
) -> None:
    place = {sentence: row for row, sentence in enumerate(known)}
    centred = embeddings.astype(np.float32) - embeddings.astype(np.float32).mean(axis=0)
    expected = {float(np.float32(row.label)): (row.sentence1, row.sentence2) for row in pairs.itertuples()}
    seen: list[str] = []
    scores: list[float] = []
    number = 0
    while len(scores) < len(pairs):
        batch = batches.batch(number)
        number += 1
        if "targets" in batch:
            seen += noted.first
            rows = [place[text] for text in noted.first]
            assert batch["targets"].numpy() == pytest.approx(centred[rows], abs=1e-3)
            assert max(map(len, noted.first)) * len(rows) <= DISTILLATION["batch_characters"]
            continue
        for pair, score in zip(noted.pairs, batch["scores"].tolist(), strict=True):
            scores.append(score)
            assert sorted(pair) == sorted(expected[score])
    assert sorted(scores) == sorted(expected)
    assert sorted(seen[:600]) == sorted(known)


def test_a_pair_comes_in_either_order_anew_in_each_epoch(
    batches: Batches, noted: NotedTexts, pairs: pd.DataFrame
) -> None:
    order: dict[float, list[tuple[str, str]]] = {}
    number = STEPS
    while sum(map(len, order.values())) < 2 * len(pairs):
        batch = batches.batch(number)
        number += 1
        if "scores" in batch:
            for pair, score in zip(noted.pairs, batch["scores"].tolist(), strict=True):
                order.setdefault(score, []).append(pair)
    first = [found[0] == (row.sentence1, row.sentence2) for row in pairs.itertuples()
             if (found := order[float(np.float32(row.label))])]  # fmt: skip
    assert np.mean(first) == pytest.approx(0.5, abs=0.06)
    assert np.mean([found[0] != found[1] for found in order.values()]) == pytest.approx(0.5, abs=0.06)
