"""What is reached without understanding a sentence: from its source, its length, the characters or words it shares.

A data set on which these come far can be learnt by shortcuts, so a model's score counts from there, not from zero.
Whatever is fitted is fitted on the train split alone.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from similarity import metrics
from similarity.metrics import Floats, Scores
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN
from similarity.slices import bigrams, shared_parts

SOURCE_MEAN, COMBINED = "source-mean", "combined"
SURFACE = ("length-difference", "character-overlap", "word-overlap")
"""Predictors that look at the sentences' surface; each is a share, 1 where the two sentences are alike."""

RESAMPLES = 2_000


@dataclass(frozen=True)
class TrivialPredictions:
    """Predictor → one prediction a pair; on 0–5 where `fitted`, else shares on 0–1, which have no threshold."""

    values: dict[str, Floats]
    fitted: bool


def surface(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the surface of each pair, a column each of `SURFACE`, all shares on 0–1.

    `length-difference`: 1 − |a − b| / max(a, b) for the two lengths in characters. `character-overlap`: Jaccard
    similarity of the sets of character bigrams, spaces removed. `word-overlap`: Jaccard similarity of the sets of
    words between spaces.
    """
    first, second = pairs["sentence1"], pairs["sentence2"]
    lengths = np.stack([first.str.len(), second.str.len()]).astype(np.float64)
    return pd.DataFrame(
        {
            "length-difference": 1 - np.abs(lengths[0] - lengths[1]) / np.maximum(lengths.max(axis=0), 1),
            "character-overlap": shared_parts(pairs, bigrams),
            "word-overlap": shared_parts(pairs, lambda sentence: set(sentence.split())),
        },
        index=pairs.index,
    )


def predict(pairs: pd.DataFrame, train: pd.DataFrame | None) -> TrivialPredictions:
    """Return what each predictor says of `pairs`.

    With train: `source-mean` is the mean train label of the pair's source (of all of train for a source that train
    lacks), each surface predictor a straight line, and `combined` the plane through all of them, by least squares on
    train. Without train there are the bare surface shares alone: no other split stands in.
    """
    shares = surface(pairs)
    if train is None:
        return TrivialPredictions({name: shares[name].to_numpy() for name in SURFACE}, fitted=False)
    labels = train["label"].to_numpy(dtype=np.float64)
    known = surface(train).assign(**{SOURCE_MEAN: _source_mean(train, train)})
    asked = shares.assign(**{SOURCE_MEAN: _source_mean(train, pairs)})
    values = {SOURCE_MEAN: asked[SOURCE_MEAN].to_numpy()}
    for name in SURFACE:
        values[name] = _fitted(known[[name]], labels, asked[[name]])
    values[COMBINED] = _fitted(known, labels, asked)
    return TrivialPredictions(values, fitted=True)


def scores(pairs: pd.DataFrame, train: pd.DataFrame | None, *, resamples: int = RESAMPLES) -> dict[str, Scores]:
    """Return what each predictor reaches on `pairs`; without train F1 and MSE are None, as shares have no scale."""
    predicted = predict(pairs, train)
    found = {
        name: metrics.evaluate(pairs["label"], values, interval_resamples=resamples)
        for name, values in predicted.values.items()
    }
    if predicted.fitted:
        return found
    return {name: each.model_copy(update={"f1": None, "macro_f1": None, "mse": None}) for name, each in found.items()}


def source_ratio(pairs: pd.DataFrame) -> float:
    """Return the correlation ratio η of label and source: Pearson's r of each pair's label and its own source's mean.

    η² is the share of the labels' variance that lies between sources (Pearson 1905, "On the general theory of skew
    correlation and non-linear regression"). It describes this split and predicts nothing; with few pairs a source it
    is somewhat too high. NaN with fewer than two sources.
    """
    if pairs["source"].nunique() < 2:
        return math.nan
    return metrics.pearson(pairs["label"], _source_mean(pairs, pairs))


def all_similar_f1(pairs: pd.DataFrame) -> float:
    """Return the F1 at 3.0 of calling every pair similar, 2p / (1 + p) where p is the share of similar ones."""
    return metrics.f1(pairs["label"], np.full(len(pairs), LABEL_MAX))


def _source_mean(train: pd.DataFrame, pairs: pd.DataFrame) -> Floats:
    means = train.groupby("source")["label"].mean()
    return pairs["source"].map(means).fillna(train["label"].mean()).to_numpy(dtype=np.float64)


def _fitted(known: pd.DataFrame, labels: Floats, asked: pd.DataFrame) -> Floats:
    weights = np.linalg.lstsq(_with_constant(known), labels, rcond=None)[0]
    return np.clip(_with_constant(asked) @ weights, LABEL_MIN, LABEL_MAX)


def _with_constant(columns: pd.DataFrame) -> Floats:
    return np.column_stack([np.ones(len(columns)), columns.to_numpy(dtype=np.float64)])
