"""What tables of pairs hold: bands of labels, groups, searches."""

import pandas as pd
import pytest

from dashboard.tables import data_tables
from dashboard.tables.data_tables import MAX_GROUPS, NO_VALUE, OTHERS, SPLIT_COLUMN, Query
from similarity import prepared_data
from tests import builders


def table(labels: list[float], **columns: list[object]) -> pd.DataFrame:
    numbers = range(len(labels))
    content = {
        "pair_id": [f"p{number}" for number in numbers],
        "sentence1": [f"첫째 {number}" for number in numbers],
        "sentence2": [f"둘째 {number}" for number in numbers],
        "label": labels,
        "source": ["news"] * len(labels),
    }
    return pd.DataFrame({**content, **columns})


def test_bands_hold_their_lower_bound_and_the_last_holds_five_alone() -> None:
    rows = data_tables.label_histogram({"train": table([0, 0.49, 0.5, 2.999, 3.0, 4.99, 5.0, 5.0])})
    counts = dict(zip(rows["band"], rows["pairs"], strict=True))
    assert {band: count for band, count in counts.items() if count} == {0: 2, 0.5: 1, 2.5: 1, 3: 1, 4.5: 1, 5: 2}
    assert rows["share"].sum() == pytest.approx(1)


def test_a_label_that_was_scaled_to_0_5_stays_in_its_band() -> None:
    rows = data_tables.label_histogram({"file": table([0.6 * 5, 0.7 * 5, 0.1 * 3 * 5])})
    assert rows.loc[rows["pairs"] > 0, "band"].tolist() == [1.5, 3.0, 3.5]


def test_the_histogram_agrees_with_the_card_that_prepare_writes() -> None:
    pairs = builders.pairs(200)
    card = prepared_data.describe_split(pairs)
    rows = data_tables.label_histogram({"train": pairs})
    assert {f"{row.band:g}": row.pairs for row in rows.itertuples() if row.pairs} == card.label_histogram


def test_groups_beyond_the_largest_twelve_are_counted_together_and_missing_ones_last() -> None:
    names = [f"s{number:02d}" for number in range(20) for _ in range(20 - number)]
    pairs = table([1.0] * (len(names) + 3), source=[*names, "", None, float("nan")])
    counts = data_tables.group_counts({"train": pairs}, "source")
    assert len(counts) == MAX_GROUPS + 2
    assert counts["group"].tolist()[:2] == ["s00", "s01"]
    assert counts["group"].tolist()[-2:] == [OTHERS, NO_VALUE]
    assert counts["pairs"].sum() == len(pairs)
    assert counts["pairs"].tolist()[-1] == 3


def test_a_column_without_a_value_has_no_groups() -> None:
    pairs = table([1.0, 2.0], source=["", ""])
    assert data_tables.group_counts({"train": pairs}, "source").empty
    assert data_tables.group_counts({"train": pairs}, "phenomenon").empty


def test_groups_are_counted_in_each_split_that_holds_them() -> None:
    splits = {"train": table([1, 3, 5], source=["a", "a", "b"]), "test": table([4], source=["a"])}
    rows = data_tables.group_counts(splits, "source").set_index(["group", "split"])
    assert rows["pairs"].to_dict() == {("a", "train"): 2, ("a", "test"): 1, ("b", "train"): 1}
    assert rows.loc[("a", "train"), "similar"] == 0.5
    assert rows.loc[("a", "train"), "mean_label"] == 2


def test_bands_by_group_are_shares_of_each_group() -> None:
    rows = data_tables.bands_by_group(table([0, 0, 5, 3], source=["a", "a", "a", "b"]), "source")
    assert rows.index.tolist() == ["a", "b"]
    assert rows.loc["a", 0.0] == pytest.approx(2 / 3)
    assert rows.loc["b", 3.0] == 1
    assert rows["pairs"].tolist() == [3, 1]


def test_a_search_looks_for_the_text_as_it_is_in_either_sentence() -> None:
    pairs = table(
        [1, 2, 3, 4], sentence1=["값이 (비싸요)", "OK 좋아요", "a.c", "abc"], sentence2=["x", "y", "z", "ok 싫어요"]
    )
    found = {
        text: data_tables.find_pairs({"train": pairs}, Query(text))["pair_id"].tolist()
        for text in ("(비싸", "ok", "a.c", ".*", "  ")
    }
    assert found == {"(비싸": ["p0"], "ok": ["p1", "p3"], "a.c": ["p2"], ".*": [], "  ": ["p0", "p1", "p2", "p3"]}


def test_a_search_finds_text_typed_in_decomposed_letters() -> None:
    import unicodedata

    pairs = table([1], sentence1=["고양이가 잔다"])
    assert len(data_tables.find_pairs({"train": pairs}, Query(unicodedata.normalize("NFD", "고양이")))) == 1


def test_filters_by_split_source_phenomenon_label_and_id() -> None:
    train = table([0, 3.0, 4.9], source=["a", "b", "a"], phenomenon=["typo", "", "typo"])
    splits = {"train": train, "test": table([3.0], source=["a"])}

    def ids(query: Query) -> list[tuple[str, str]]:
        found = data_tables.find_pairs(splits, query)
        return list(zip(found[SPLIT_COLUMN], found["pair_id"], strict=True))

    assert ids(Query(splits=("test",))) == [("test", "p0")]
    assert ids(Query(sources=("b",))) == [("train", "p1")]
    # The test split has no such column, so none of its pairs has the phenomenon.
    assert ids(Query(phenomena=("typo",))) == [("train", "p0"), ("train", "p2")]
    assert ids(Query(low=3.0, high=3.0)) == [("train", "p1"), ("test", "p0")]
    # The same id in another split is another pair.
    assert ids(Query(ids={"test": frozenset({"p0"})})) == [("test", "p0")]


def test_a_column_split_of_the_file_stays_beside_ours() -> None:
    found = data_tables.find_pairs({"file": table([1], split=["dev"])}, Query())
    assert found["split"].tolist() == ["dev"]
    assert found[SPLIT_COLUMN].tolist() == ["file"]


def test_before_and_after_augmentation() -> None:
    train = table([1, 2, 3], augmentation=["", "swap", None])
    both = data_tables.before_and_after(train)
    assert {name: len(pairs) for name, pairs in both.items()} == {"before": 2, "after": 3}
    assert data_tables.before_and_after(table([1, 2])) == {}
    assert data_tables.before_and_after(table([1, 2], augmentation=["", ""])) == {}
