"""Scores that others published for the models that can be trained here, and how far runs fall short of them.

`published.json` holds them with their sources. A run is set beside a score only on the same split, by the same metric,
for the same pretrained body and the same kind of model.
"""

import functools
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from similarity.prepared_data import DatasetCard

FILE = Path(__file__).parent / "published.json"
METRICS = ("pearson", "spearman", "f1")

FAR_SHORT = 0.05
"""From this gap on a run falls far short: another seed moves r by about a hundredth, and so does the tenth of train
that is kept back as valid; five of them point to a fault in training or in the data."""


@dataclass(frozen=True)
class PublishedSplit:
    """A split that scores were published for; `metric` is the one that runs are compared by."""

    key: str
    title: str
    pairs: int
    metric: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class PublishedScore:
    """What one model reached; the metrics are on 0–1 (NaN where none was published), models are hub ids and presets."""

    models: tuple[str, ...]
    architecture: str
    split: str
    pearson: float
    spearman: float
    f1: float
    source: str
    year: int
    url: str


@functools.cache
def splits() -> tuple[PublishedSplit, ...]:
    """Return the splits that scores were published for."""
    return tuple(
        PublishedSplit(key, part["title"], part["pairs"], part["metric"], tuple(part["names"]))
        for key, part in _content()["splits"].items()
    )


@functools.cache
def scores() -> tuple[PublishedScore, ...]:
    """Return all published scores."""
    sources = _content()["sources"]
    return tuple(
        PublishedScore(
            tuple(row["models"]),
            row["architecture"],
            row["split"],
            *(row.get(metric, math.nan) for metric in METRICS),
            *(sources[row["source"]][part] for part in ("text", "year", "url")),
        )
        for row in _content()["scores"]
    )


def called_like(dataset: str, card: DatasetCard | None) -> PublishedSplit | None:
    """Return the published split whose name a data set bears: in its own name, its title or its test file's name.

    The name alone says nothing about the pairs; see `same_split`.
    """
    words = [dataset, *([card.title, card.files.get("test", "")] if card else [])]
    squeezed = [re.sub(r"[^a-z0-9]", "", word.lower()) for word in words]
    return next((split for split in splits() if any(name in word for name in split.names for word in squeezed)), None)


def same_split(dataset: str, card: DatasetCard | None, pairs: int) -> PublishedSplit | None:
    """Return the published split that runs were measured on, told by name and number of pairs, or None."""
    split = called_like(dataset, card)
    return split if split is not None and split.pairs == pairs else None


def beside(ranking: pd.DataFrame, split: PublishedSplit | None) -> pd.DataFrame:
    """Return a ranking with each run's `published` score by the split's metric and `published_gap`, own − published."""
    if split is None:
        return ranking.assign(published=math.nan, published_gap=math.nan)
    known = {
        (score.architecture, model): getattr(score, split.metric)
        for score in scores()
        if score.split == split.key
        for model in score.models
    }
    published = [
        known.get((kind, base), known.get((kind, model), math.nan))
        for kind, base, model in zip(ranking["kind"], ranking["base_checkpoint"], ranking["model"], strict=True)
    ]
    return ranking.assign(published=published, published_gap=ranking[split.metric] - published)


def far_short(ranking: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that were trained on the data set itself and fall far short of the published score."""
    return ranking[(ranking["published_gap"] < -FAR_SHORT) & (ranking["trained_on"] == ranking["dataset"])]


def table(split: PublishedSplit) -> pd.DataFrame:
    """Return a split's published scores, the best first: `model`, `kind`, the metrics, `source`, `year`, `url`."""
    rows = [
        {
            "model": score.models[0],
            "kind": score.architecture,
            **{metric: getattr(score, metric) for metric in METRICS},
            "source": score.source,
            "year": score.year,
            "url": score.url,
        }
        for score in scores()
        if score.split == split.key
    ]
    found = pd.DataFrame(rows).sort_values(split.metric, ascending=False, ignore_index=True)
    return found.dropna(axis="columns", how="all")


@functools.cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content
