"""The orders and filters against pairs whose answer can be seen by eye."""

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.tables import disagreement_tables
from dashboard.tables.disagreement_tables import AGAINST_LABEL, PEOPLE_DIFFER, Filters
from dashboard.tables.pair_notes import Note
from similarity.run_format import utc_now

LABELS = np.array([0.0, 5.0, 2.0, 3.0])
PREDICTIONS = {
    # Apart from each other; together against the label; a right and b wrong; both right.
    "a": np.array([0.0, 1.0, 2.1, 3.0]),
    "b": np.array([5.0, 1.2, 4.1, 2.9]),
}
ERRORS = disagreement_tables.errors_of(LABELS, PREDICTIONS)
PAIRS = pd.DataFrame(
    {
        "pair_id": ["p0", "p1", "p2", "p3"],
        "label": LABELS,
        "sentence1": ["The Cat sat", "개가 짖었다", "1+1=2 (?)", "셋"],
        "sentence2": ["on the mat", "강아지가 짖었다", "둘", "삼"],
        "source": ["news", "reviews", "", None],
        "phenomenon": ["negation", math.nan, "negation", "typo"],
    }
)
ALL = np.ones(4, dtype=bool)
NOTES = {"p1": Note(verdict="label", updated_at=utc_now()), "p3": Note(verdict="model", updated_at=utc_now())}


def places(order: str, first: str = "a", second: str = "b") -> list[int]:
    return disagreement_tables.listed(disagreement_tables.order_values(ERRORS, order, first, second), ALL)


def passing(**filters: object) -> list[str]:
    blame = disagreement_tables.blamed(ERRORS, "spread")
    return PAIRS["pair_id"][disagreement_tables.passing(PAIRS, blame, Filters(**filters), NOTES)].tolist()  # type: ignore[arg-type]


def test_numbers_of_a_pair_are_label_points() -> None:
    numbers = disagreement_tables.summary(ERRORS)
    assert numbers["spread"].tolist() == pytest.approx([5, 0.2, 2, 0.1])
    assert numbers["mean_error"].tolist() == pytest.approx([2.5, 3.9, 1.1, 0.05])
    assert numbers["bias"].tolist() == pytest.approx([2.5, -3.9, 1.1, -0.05])


def test_a_run_alone_has_no_spread_rather_than_one_of_zero() -> None:
    assert disagreement_tables.summary(ERRORS[["a"]])["spread"].isna().all()


def test_each_order_puts_its_own_pair_first() -> None:
    assert places("spread") == [0, 2, 1, 3]
    assert places("error") == [1, 0, 2, 3]
    assert places("label")[0] == 1
    assert places("one", first="b")[0] == 0
    assert places("one", first="a")[0] == 1
    assert places("two")[:2] == [0, 2]


def test_one_right_and_the_other_wrong_has_a_sign() -> None:
    values = disagreement_tables.order_values(ERRORS, "two", "b", "a")
    assert values.tolist() == pytest.approx([-5, 0.2, -2, -0.1])


def test_models_apart_are_no_evidence_against_the_label() -> None:
    errors = disagreement_tables.errors_of(np.array([5.0, 5.0]), {"a": np.array([1.0, 2.9]), "b": np.array([4.9, 3.0])})
    assert disagreement_tables.listed(disagreement_tables.order_values(errors, "label"), ALL[:2]) == [1, 0]


def test_equal_pairs_stay_in_their_own_order() -> None:
    assert disagreement_tables.listed(np.zeros(4), np.array([True, False, True, True])) == [0, 2, 3]


def test_no_filter_keeps_all() -> None:
    assert passing() == ["p0", "p1", "p2", "p3"]


def test_filters_by_what_a_pair_is() -> None:
    assert passing(source=["news", "reviews"]) == ["p0", "p1"]
    assert passing(source=["–"]) == ["p2", "p3"]
    assert passing(phenomenon=["negation"]) == ["p0", "p2"]
    assert passing(band=["4–5"]) == ["p1"]
    assert passing(phenomenon=["negation"], band=["0–1"]) == ["p0"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("cat", ["p0"]), ("THE MAT", ["p0"]), ("강아지", ["p1"]), ("(?)", ["p2"]), (".", []), ("  the   mat ", ["p0"])],
)
def test_text_is_found_as_written_but_for_the_case(text: str, found: list[str]) -> None:
    assert passing(find=text) == found


def test_text_typed_as_jamo_is_found() -> None:
    assert passing(find="\u1100\u1161\u11bc\u110b\u1161\u110c\u1175") == ["p1"]


def test_filters_by_note() -> None:
    assert passing(noted="any") == ["p1", "p3"]
    assert passing(noted="none") == ["p0", "p2"]
    assert passing(noted="model") == ["p3"]


def test_the_direction_is_that_of_what_the_order_is_about() -> None:
    assert passing(direction="high") == ["p0", "p2"]
    assert passing(direction="low") == ["p1", "p3"]
    blame = disagreement_tables.blamed(ERRORS, "two", "b", "a")
    assert blame.tolist() == pytest.approx([0, -4, 0.1, 0])
    kept = disagreement_tables.passing(PAIRS, blame, Filters(direction="high"), {})
    assert kept.tolist() == [False, False, True, False]


def test_pairs_without_source_and_phenomenon_can_be_listed() -> None:
    bare = PAIRS.drop(columns=["source", "phenomenon"])
    assert disagreement_tables.categories(bare, "phenomenon") == ["–"] * 4
    assert disagreement_tables.passing(bare, np.zeros(4), Filters(source=["news"]), {}).tolist() == [False] * 4


@pytest.mark.parametrize(
    ("scores", "annotations", "second", "expected"),
    [
        ([1.0, 1.5], [], math.nan, (AGAINST_LABEL,)),
        ([1.0], [], math.nan, ()),
        ([1.0, 2.5], [], math.nan, ()),
        ([1.0, 4.9], [], math.nan, ()),
        ([4.9, 4.8], [5, 5, 5], 4.5, ()),
        ([4.9, 4.8], np.array([5, 1, 3]), math.nan, (PEOPLE_DIFFER,)),
        ([4.9, 4.8], None, 3.0, (PEOPLE_DIFFER,)),
        ([1.0, 1.5], None, 2.0, (AGAINST_LABEL, PEOPLE_DIFFER)),
    ],
)
def test_what_speaks_against_a_label_of_five(
    scores: list[float], annotations: object, second: float, expected: tuple[str, ...]
) -> None:
    assert disagreement_tables.hints(5.0, scores, annotations, second) == expected


def test_a_second_label_may_stand_there_as_text_or_not_at_all() -> None:
    assert disagreement_tables.second_label("4.5") == 4.5
    assert all(math.isnan(disagreement_tables.second_label(value)) for value in (None, math.nan, "", "x", "inf"))
