"""Predictors that understand nothing: fitted on train alone, and checked against other implementations."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from dashboard.tables import trivial_predictors
from dashboard.tables.trivial_predictors import COMBINED, SOURCE_MEAN, SURFACE
from similarity import metrics
from tests import builders


def pairs(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "label", "source"])


def test_the_surface_of_a_pair() -> None:
    found = trivial_predictors.surface(
        pairs(("가나 다", "가나다라마바", 1, ""), ("가", "가", 5, ""), ("a b", "b c", 2, ""))
    )
    # 4 and 6 characters; bigrams {가나, 나다} of {가나, 나다, 다라, 라마, 마바}; no word in common.
    assert found.iloc[0].tolist() == pytest.approx([1 - 2 / 6, 2 / 5, 0])
    # One character is its own bigram.
    assert found.iloc[1].tolist() == [1, 1, 1]
    assert found.iloc[2]["word-overlap"] == pytest.approx(1 / 3)


def test_the_mean_of_the_source_comes_from_train_alone() -> None:
    train = pairs(("가", "나", 1, "a"), ("다", "라", 3, "a"), ("마", "바", 5, "b"))
    test = pairs(("사", "아", 0, "a"), ("자", "차", 0, "b"), ("카", "타", 0, "new"))
    values = trivial_predictors.predict(test, train).values[SOURCE_MEAN]
    assert values.tolist() == [2, 5, 3]
    other_labels = test.assign(label=5.0)
    for name, expected in trivial_predictors.predict(test, train).values.items():
        assert trivial_predictors.predict(other_labels, train).values[name].tolist() == expected.tolist()


def test_lines_and_the_plane_are_least_squares() -> None:
    train, test = builders.pairs(80), builders.pairs(40, seed=1)
    known, asked = trivial_predictors.surface(train), trivial_predictors.surface(test)
    means = train.groupby("source")["label"].mean()
    found = trivial_predictors.predict(test, train).values
    for name in SURFACE:
        line = LinearRegression().fit(known[[name]], train["label"])
        assert found[name] == pytest.approx(np.clip(line.predict(asked[[name]]), 0, 5))
    known["source"], asked["source"] = train["source"].map(means), test["source"].map(means)
    plane = LinearRegression().fit(known, train["label"])
    assert found[COMBINED] == pytest.approx(np.clip(plane.predict(asked), 0, 5))


def test_scores_are_those_of_the_house() -> None:
    train, test = builders.pairs(80), builders.pairs(40, seed=1)
    scores = trivial_predictors.scores(test, train, resamples=200)["word-overlap"]
    predicted = trivial_predictors.predict(test, train).values["word-overlap"]
    assert scores.pearson == pytest.approx(stats.pearsonr(test["label"], predicted).statistic)
    assert scores.f1 == metrics.f1(test["label"], predicted)
    assert scores.pearson_low is not None and scores.pearson_low < scores.pearson
    # The labels follow the shared words in these pairs.
    assert scores.pearson > 0.9


def test_without_train_nothing_is_fitted_and_shares_have_no_f1() -> None:
    scores = trivial_predictors.scores(builders.pairs(40), None, resamples=100)
    assert set(scores) == set(SURFACE)
    assert all(each.f1 is None and each.mse is None and each.macro_f1 is None for each in scores.values())
    assert scores["word-overlap"].pearson is not None


def test_one_source_alone_predicts_nothing() -> None:
    train, test = builders.pairs(40).assign(source="news"), builders.pairs(30, seed=1).assign(source="news")
    assert trivial_predictors.scores(test, train, resamples=50)[SOURCE_MEAN].pearson is None
    assert math.isnan(trivial_predictors.source_ratio(test))


def test_the_correlation_ratio_is_the_root_of_the_variance_between_sources() -> None:
    generator = np.random.default_rng(0)
    sources = generator.choice(["a", "b", "c"], 90)
    labels = np.clip(generator.normal(2, 1, 90) + (sources == "a") * 2, 0, 5)
    table = pd.DataFrame({"label": labels, "source": sources})
    groups = [group["label"].to_numpy() for _, group in table.groupby("source")]
    f = stats.f_oneway(*groups).statistic
    between, within = len(groups) - 1, len(table) - len(groups)
    assert trivial_predictors.source_ratio(table) ** 2 == pytest.approx(f * between / (f * between + within))


def test_calling_every_pair_similar() -> None:
    table = pairs(("가", "나", 3, ""), ("가", "다", 2, ""), ("가", "라", 1, ""), ("가", "마", 0, ""))
    assert trivial_predictors.all_similar_f1(table) == pytest.approx(2 * 0.25 / 1.25)


def test_sentences_without_a_space_or_of_spaces_alone_do_no_harm() -> None:
    found = trivial_predictors.surface(pairs(("", " ", 1, ""), ("가", "", 1, "")))
    assert np.isfinite(found.to_numpy()).all()
