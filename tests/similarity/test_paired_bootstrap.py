"""The paired bootstrap against scipy and simulations, Holm against a worked example, and who is tied with the best."""

import math
import time

import numpy as np
import pytest
from scipy import stats

from similarity import paired_bootstrap
from similarity.metrics import Floats, pearson, pearson_interval
from similarity.paired_bootstrap import PairedBootstrap, holm, resampled_pearson, standings

GENERATOR = np.random.default_rng(7)
LABELS = GENERATOR.uniform(0, 5, 200)
BETTER = np.clip(LABELS + GENERATOR.normal(0, 0.9, 200), 0, 5)
WORSE = np.clip(LABELS + GENERATOR.normal(0, 2, 200), 0, 5)


def _three_columns(truth_to_model: float, generator: np.random.Generator, pairs: int) -> tuple[Floats, Floats, Floats]:
    # Two models that are equally good and share half of their noise.
    labels, shared, one, two = generator.normal(size=(4, pairs))
    noise = math.sqrt(1 - truth_to_model**2) / math.sqrt(2)
    return labels, truth_to_model * labels + noise * (shared + one), truth_to_model * labels + noise * (shared + two)


def test_interval_is_the_one_of_a_single_model() -> None:
    bootstrap = PairedBootstrap(LABELS, {"better": BETTER, "worse": WORSE}, resamples=2_000)
    assert bootstrap.names == ["better", "worse"]
    assert bootstrap.estimates["worse"] == pytest.approx(stats.pearsonr(LABELS, WORSE).statistic)
    alone = pearson_interval(LABELS, WORSE, resamples=2_000)
    assert bootstrap.interval("worse") == pytest.approx(alone, abs=0.01)
    low, high = bootstrap.interval("worse", level=0.5)
    assert alone[0] < low < high < alone[1]


def test_difference_agrees_with_scipys_paired_bootstrap() -> None:
    found = PairedBootstrap(LABELS, {"better": BETTER, "worse": WORSE}).difference("better", "worse")
    reference = stats.bootstrap(
        (LABELS, BETTER, WORSE),
        lambda x, a, b: stats.pearsonr(x, a).statistic - stats.pearsonr(x, b).statistic,
        paired=True,
        vectorized=False,
        n_resamples=2_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found.estimate == pytest.approx(pearson(LABELS, BETTER) - pearson(LABELS, WORSE))
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=0.012)


def test_each_resample_holds_the_same_pairs_for_every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = PairedBootstrap(LABELS, {"worse": WORSE}, resamples=300, seed=5)
    monkeypatch.setattr(paired_bootstrap, "_CELLS", 5_000)
    beside = PairedBootstrap(LABELS, {"better": BETTER, "worse": WORSE}, resamples=300, seed=5)
    np.testing.assert_allclose(beside.values["worse"], alone.values["worse"], atol=1e-12)
    assert not np.allclose(
        alone.values["worse"], PairedBootstrap(LABELS, {"worse": WORSE}, resamples=300).values["worse"]
    )


def test_resamples_agree_with_scipy_pair_by_pair() -> None:
    rows = np.random.default_rng(11).integers(0, 200, size=(50, 200))
    expected = [stats.pearsonr(LABELS[drawn], WORSE[drawn]).statistic for drawn in rows]
    found = resampled_pearson(LABELS[:, None], WORSE[:, None], resamples=50, seed=11)[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_a_large_offset_costs_no_precision() -> None:
    plain = PairedBootstrap(LABELS, {"m": WORSE}, resamples=200).values["m"]
    moved = PairedBootstrap(LABELS * 1e-6, {"m": WORSE + 1e6}, resamples=200).values["m"]
    np.testing.assert_allclose(moved, plain, atol=1e-8)


def test_p_value_follows_the_interval_and_is_never_zero() -> None:
    bootstrap = PairedBootstrap(LABELS, {"better": BETTER, "worse": WORSE}, resamples=999)
    found = bootstrap.difference("better", "worse")
    assert found.low > 0 and found.p_value == pytest.approx(2 / 1000)
    turned = bootstrap.difference("worse", "better")
    assert (turned.estimate, turned.low, turned.high) == pytest.approx((-found.estimate, -found.high, -found.low))
    assert turned.p_value == found.p_value


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_models_of_the_same_order_are_no_different(scale: float) -> None:
    bootstrap = PairedBootstrap(LABELS, {"one": WORSE, "other": WORSE * scale + 0.1}, resamples=500)
    found = bootstrap.difference("one", "other")
    assert found.p_value == 1
    assert (found.estimate, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert all(standing.tied for standing in standings(bootstrap))


def test_difference_covers_the_truth_and_rejects_by_chance_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    covered = rejected = 0
    rounds = 400
    for number in range(rounds):
        labels, one, two = _three_columns(0.8, generator, 150)
        found = PairedBootstrap(labels, {"one": one, "two": two}, resamples=400, seed=number).difference("one", "two")
        covered += found.low <= 0 <= found.high
        rejected += found.p_value <= 0.05
    # Three standard errors of a share of .95 in 400 rounds are .033; percentile intervals run slightly short.
    assert 0.91 <= covered / rounds <= 0.985
    assert 0.015 <= rejected / rounds <= 0.09


def test_p_values_are_uniform_where_two_models_are_equally_good() -> None:
    generator = np.random.default_rng(4)
    found = []
    for number in range(300):
        labels, one, two = _three_columns(0.8, generator, 200)
        bootstrap = PairedBootstrap(labels, {"one": one, "two": two}, resamples=400, seed=number)
        found.append(bootstrap.difference("one", "two").p_value)
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_holm_worked_example() -> None:
    # Sorted: .005 ≤ .05/4, .01 ≤ .05/3, but .03 > .05/2, so .04 ≤ .05 is not looked at.
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == [True, False, False, True]
    assert holm([0.03, 0.03], 0.05) == [False, False]
    assert holm([0.02, 0.05], 0.05) == [True, True]
    assert holm([], 0.05) == []


def test_standings_name_the_best_the_tied_and_the_worse() -> None:
    near = np.clip(BETTER + GENERATOR.normal(0, 0.1, 200), 0, 5)
    models = {"worse": WORSE, "constant": np.full(200, 2.5), "better": BETTER, "near": near, "same": BETTER.copy()}
    ranked = standings(PairedBootstrap(LABELS, models, resamples=2_000))
    by_name = {standing.name: standing for standing in ranked}
    assert [standing.name for standing in ranked] == sorted(
        ["better", "same", "near"], key=lambda name: -by_name[name].pearson
    ) + ["worse", "constant"]
    assert ranked[0].behind_best is None
    assert [standing.tied for standing in ranked] == [True, True, True, False, False]
    behind = by_name["worse"].behind_best
    assert behind is not None and behind.low > 0 and behind.estimate == ranked[0].pearson - by_name["worse"].pearson
    undefined = by_name["constant"]
    assert undefined.behind_best is not None and math.isnan(undefined.behind_best.p_value)
    assert math.isnan(undefined.pearson) and math.isnan(undefined.low) and math.isnan(undefined.high)


def test_holm_is_applied_over_the_comparisons_with_the_best() -> None:
    generator = np.random.default_rng(12)
    labels = generator.normal(size=300)
    best = labels + 0.7 * generator.normal(size=300)
    weaker = labels + 0.82 * generator.normal(size=300)
    p_value = PairedBootstrap(labels, {"best": best, "weaker": weaker}).difference("best", "weaker").p_value
    assert 0.01 < p_value < 0.05
    copies = {f"copy {number}": best for number in range(5)}
    alone = standings(PairedBootstrap(labels, {"best": best, "weaker": weaker}))
    among = standings(PairedBootstrap(labels, {"best": best, "weaker": weaker, **copies}))
    assert not alone[-1].tied
    assert among[-1].name == "weaker" and among[-1].tied


def test_where_nothing_is_defined_nobody_is_best() -> None:
    (only,) = standings(PairedBootstrap(LABELS, {"constant": np.full(200, 0.1)}, resamples=50))
    assert not only.tied and only.behind_best is not None and math.isnan(only.behind_best.estimate)
    assert standings(PairedBootstrap(LABELS, {}, resamples=50)) == []
    (single,) = standings(PairedBootstrap([1.0], {"one": [2.0]}, resamples=50))
    assert math.isnan(single.pearson) and math.isnan(single.low)


def test_constant_resamples_are_left_out() -> None:
    # One of four labels differs: about (3/4)^4 = 32% of the resamples lack it.
    bootstrap = PairedBootstrap([0.1, 0.1, 0.1, 4], {"m": [0.3, 0.1, 0.2, 3]}, resamples=4_000)
    drawn = bootstrap.values["m"]
    assert np.isnan(drawn).mean() == pytest.approx(0.75**4 + 0.25**4, abs=0.03)
    low, high = bootstrap.interval("m")
    assert low == pytest.approx(np.nanquantile(drawn, 0.025)) and high <= 1


def test_what_is_no_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        PairedBootstrap([1, 2], {"m": [1, math.nan]})
    with pytest.raises(ValueError, match="one length"):
        PairedBootstrap([1, 2], {"m": [1, 2, 3]})
    with pytest.raises(ValueError, match="resample"):
        PairedBootstrap([1, 2], {"m": [1, 2]}, resamples=0)


def test_ten_models_on_a_full_test_split_take_no_time_to_speak_of() -> None:
    labels = GENERATOR.uniform(0, 5, 1_500)
    models = {str(number): labels + GENERATOR.normal(0, 1 + number / 10, 1_500) for number in range(10)}
    start = time.process_time()
    standings(PairedBootstrap(labels, models))
    assert time.process_time() - start < 2
