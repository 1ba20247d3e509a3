"""Slices of pairs: what a pair is sliced by, scores and differences on slices, and the correlation within groups."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from similarity.metrics import pearson
from similarity.paired_bootstrap import PairedBootstrap
from similarity.sentence_pairs import read_pairs
from similarity.slices import (
    DIMENSIONS,
    label_band,
    pair_features,
    slice_differences,
    slice_scores,
    within_pearson,
)
from tests import builders
from tests.shared_data import KLUE_STS, needs_klue


def _pairs(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {
        "sentence1": ["가나다"] * count,
        "sentence2": ["라마"] * count,
        "label": [2.5] * count,
        "source": [""] * count,
    }
    return pd.DataFrame({**plain, **columns})


def test_features_are_ordered_categories_in_the_pairs_order() -> None:
    pairs = builders.pairs(12).iloc[::-1]
    features = pair_features(pairs)
    assert list(features) == ["source", "length", "overlap", "label_band"]
    assert features.index.equals(pairs.index)
    assert features["source"].tolist() == pairs["source"].tolist()
    assert all(features[column].cat.ordered for column in features)
    bands = features["label_band"].cat.categories.tolist()
    assert bands == sorted(bands) and set(bands) == set(features["label_band"])


def test_label_bands_hold_their_lower_bound_and_the_last_holds_five() -> None:
    assert label_band([0, 0.99, 1, 3, 4.999, 5]) == ["0–1", "0–1", "1–2", "3–4", "4–5", "4–5"]
    assert label_band([0.6 * 5]) == label_band([3 - 1e-12]) == ["3–4"]


def test_length_is_that_of_both_sentences() -> None:
    lengths = [20, 21, 30, 31, 40, 41]
    features = pair_features(
        _pairs(sentence1=["가" * length for length in lengths], sentence2=["나" * 20] * 5 + ["나" * 40])
    )
    assert features["length"].tolist() == ["≤40", "41–60", "41–60", "41–60", "41–60", ">80"]
    assert features["length"].cat.categories.tolist() == ["≤40", "41–60", ">80"]


def test_overlap_is_the_jaccard_similarity_of_bigrams_without_spaces() -> None:
    pairs = _pairs(
        sentence1=["가나 다라", "가나다라", "가나다", "가", "가"],
        sentence2=["가 나다라", "마바사아", "가나라", "가", "나"],
    )
    # The third shares one of three bigrams.
    assert pair_features(pairs)["overlap"].tolist() == ["0.8–1", "0–0.2", "0.2–0.4", "0.8–1", "0–0.2"]


def test_disagreement_is_the_spread_of_the_annotations() -> None:
    scores: list[object] = [[3, 3, 3], [2, 3], [1, 2, 3], np.array([0, 3, 5]), [4], None]
    features = pair_features(_pairs(annotations=scores, label_second=[0.0] * 6))
    # Standard deviations 0, .71, exactly 1, and 2.5; one score has none.
    assert features["disagreement"].tolist() == ["0–0.5", "0.5–1", "1–1.5", "≥1.5", "–", "–"]
    assert features["disagreement"].cat.categories[-1] == "–"


def test_disagreement_is_that_of_two_readings_where_there_are_no_annotations() -> None:
    features = pair_features(_pairs(label=[3.0, 3.0, 3.0], label_second=[3.0, 2.0, None], annotations=[None] * 3))
    assert features["disagreement"].tolist() == ["0–0.5", "1–1.5", "–"]


def test_what_no_pair_has_is_left_out_and_what_one_lacks_is_a_category() -> None:
    features = pair_features(
        _pairs(source=["", "", ""], phenomenon=["negation", None, math.nan], annotations=[[3]] * 3)
    )
    assert "source" not in features and "disagreement" not in features
    assert features["phenomenon"].tolist() == ["negation", "–", "–"]
    assert list(pair_features(_pairs(phenomenon=["–", None]))["phenomenon"]) == ["–", "–"]
    assert len(pair_features(_pairs(label=[1.0]).iloc[:0])) == 0


@needs_klue
def test_klue_pairs_have_every_feature_but_the_phenomenon() -> None:
    features = pair_features(read_pairs(KLUE_STS).pairs)
    assert list(features) == [dimension for dimension in DIMENSIONS if dimension != "phenomenon"]
    assert features["source"].nunique() == 6 and "–" not in set(features["disagreement"])


def _scored(count: int = 300) -> tuple[np.ndarray, dict[str, np.ndarray], pd.Series]:
    generator = np.random.default_rng(5)
    labels = generator.uniform(0, 5, count)
    groups = pd.Series(pd.Categorical.from_codes(np.arange(count) % 3, ["c", "a", "b"], ordered=True))
    noise = np.where(groups == "a", 2.0, 0.5)
    models = {
        "even": labels + generator.normal(0, 0.6, count),
        "weak on a": labels + 1 + noise * generator.normal(size=count),
    }
    return labels, models, groups


def test_slice_scores_are_those_of_the_slice_alone() -> None:
    labels, models, groups = _scored()
    table = slice_scores(labels, models, groups)
    assert list(zip(table["slice"], table["name"], strict=True)) == [(s, n) for s in "cab" for n in models]
    inside = (groups == "a").to_numpy()
    row = table[(table["slice"] == "a") & (table["name"] == "weak on a")].iloc[0]
    prediction, label = models["weak on a"][inside], labels[inside]
    assert row["pairs"] == 100
    assert row["pearson"] == pytest.approx(stats.pearsonr(label, prediction).statistic)
    assert row["bias"] == pytest.approx((prediction - label).mean())
    assert row["mae"] == pytest.approx(np.abs(prediction - label).mean())
    alone = PairedBootstrap(label, {"m": prediction}, resamples=2_000).interval("m")
    assert (row["low"], row["high"]) == pytest.approx(alone)


def test_slices_follow_the_order_of_the_pairs_and_not_their_index() -> None:
    labels, models, groups = _scored()
    shuffled = groups.set_axis(np.random.default_rng(0).permutation(len(groups)))
    pd.testing.assert_frame_equal(
        slice_scores(labels, models, shuffled, resamples=50), slice_scores(labels, models, groups, resamples=50)
    )
    with pytest.raises(ValueError, match="300 pairs and 299 slices"):
        slice_scores(labels, models, groups[:299])


def test_small_slices_have_no_interval_and_missing_ones_a_slice() -> None:
    labels, models, groups = _scored()
    named = groups.astype(object)
    named[:9] = "few"
    named[9:20] = None
    named[299] = "one"
    table = slice_scores(labels, {"even": models["even"]}, named, resamples=50).set_index("slice")
    assert list(table.index) == ["a", "b", "c", "few", "one", "–"]
    assert table.loc["few", "pairs"] == 9 and math.isnan(table.loc["few", "low"])
    assert table.loc["few", "pearson"] == pytest.approx(pearson(labels[:9], models["even"][:9]))
    assert math.isnan(table.loc["one", "pearson"]) and not math.isnan(table.loc["one", "bias"])
    assert table.loc["–", "pairs"] == 11 and not math.isnan(table.loc["–", "low"])


def test_slice_differences_put_the_largest_first() -> None:
    labels, models, groups = _scored()
    named = groups.astype(object)
    named[:5] = "few"
    named[5] = "one"
    table = slice_differences(labels, models["even"], models["weak on a"], named)
    assert table.loc[0, "slice"] == "a" and table.loc[0, "low"] > 0
    assert table.loc[len(table) - 1, "slice"] == "one" and math.isnan(table.loc[len(table) - 1, "difference"])
    sizes = table["difference"].abs()
    assert sizes[table["low"].notna()].is_monotonic_decreasing
    # The five pairs differ by more than "b" and "c" do, which is no reason to read them first.
    assert table["slice"].tolist()[-2:] == ["few", "one"] and sizes.iloc[-2] > sizes.iloc[-3]
    np.testing.assert_allclose(table["difference"], table["first"] - table["second"])
    few = table[table["slice"] == "few"].iloc[0]
    assert few["pairs"] == 5 and math.isnan(few["low"]) and not math.isnan(few["difference"])
    inside = (named == "a").to_numpy()
    sides = {"one": models["even"][inside], "two": models["weak on a"][inside]}
    expected = PairedBootstrap(labels[inside], sides, resamples=2_000).difference("one", "two")
    assert (table.loc[0, "low"], table.loc[0, "high"]) == pytest.approx((expected.low, expected.high))


def test_within_pearson_is_the_partial_correlation_given_the_group() -> None:
    labels, models, groups = _scored()
    shifted = labels + groups.cat.codes.to_numpy() * 3
    dummies = np.eye(3)[groups.cat.codes]
    left = [side - dummies @ np.linalg.lstsq(dummies, side, rcond=None)[0] for side in (shifted, models["even"])]
    assert within_pearson(shifted, models["even"], groups) == pytest.approx(stats.pearsonr(*left).statistic)
    assert within_pearson(labels, models["even"], pd.Series(["one"] * 300)) == pytest.approx(
        pearson(labels, models["even"])
    )


def test_within_pearson_of_what_follows_from_the_group_is_undefined() -> None:
    labels, _, groups = _scored(30_000)
    of_the_group = pd.Series(labels).groupby(groups, observed=True).transform("mean")
    assert pearson(labels, of_the_group) > 0
    assert math.isnan(within_pearson(labels, of_the_group, groups))
    assert math.isnan(within_pearson([1.0, 2.0], [3.0, 4.0], pd.Series(["a", "b"])))


def test_within_pearson_finds_an_order_that_the_groups_turn_around() -> None:
    labels, predictions, groups = [0, 1, 4, 5], [1, 0, 5, 4], pd.Series(["low", "low", "high", "high"])
    assert pearson(labels, predictions) > 0.8
    assert within_pearson(labels, predictions, groups) == pytest.approx(-1)
