"""Predictions that need no training of a network, for scale: what a model should beat on a data set.

`tfidf-char-cosine`: 5 × the cosine of the sentences' TF-IDF vectors of character n-grams (2–4, within words).
`source-mean`: the mean train label of the pair's source, whatever the sentences say.

Both are fitted on the train split alone. A data set without one has no baselines: no other split stands in.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from similarity.prepared_data import SOURCE_MEAN, TFIDF
from similarity.sentence_pairs import LABEL_MAX

CHARACTER_NGRAMS = (2, 4)

Floats = npt.NDArray[np.float64]


def make_baselines(splits: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return pair_id, label and the baselines' 0–5 predictions for valid and test; none without a train split."""
    train = splits.get("train")
    if train is None:
        return {}
    measured = [split for split in ("valid", "test") if split in splits]
    tfidf = tfidf_cosine(train, [splits[split] for split in measured])
    return {
        split: splits[split][["pair_id", "label"]].assign(
            **{TFIDF: prediction, SOURCE_MEAN: source_mean(train, splits[split])}
        )
        for split, prediction in zip(measured, tfidf, strict=True)
    }


def tfidf_cosine(train: pd.DataFrame, tables: list[pd.DataFrame]) -> list[Floats]:
    """Return 5 × the cosine of character n-gram TF-IDF vectors for each table's pairs, weights fitted on `train`."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=CHARACTER_NGRAMS)
    vectorizer.fit(sorted({*train["sentence1"], *train["sentence2"]}))
    predictions = []
    for pairs in tables:
        first, second = vectorizer.transform(pairs["sentence1"]), vectorizer.transform(pairs["sentence2"])
        cosine = np.asarray(first.multiply(second).sum(axis=1), dtype=np.float64).reshape(-1)
        predictions.append(np.clip(cosine * LABEL_MAX, 0, LABEL_MAX))
    return predictions


def source_mean(train: pd.DataFrame, pairs: pd.DataFrame) -> Floats:
    """Return the mean train label of each pair's source; of all of train for a source that train lacks."""
    means = train.groupby("source")["label"].mean()
    return pairs["source"].map(means).fillna(train["label"].mean()).to_numpy(dtype=np.float64)
