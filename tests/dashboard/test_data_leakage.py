"""What stands twice, within a split and between two."""

import pandas as pd

from dashboard.tables import data_leakage
from tests import builders
from trainer.pair_splits import count_leakage


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"pair_id": f"p{n}", "sentence1": a, "sentence2": b, "label": label} for n, (a, b, label) in enumerate(rows)]
    )


def between(splits: dict[str, pd.DataFrame], split: str, other: str) -> dict[str, object]:
    rows = data_leakage.overlap(splits).set_index(["split", "other"])
    return dict(rows.loc[(split, other)])


def test_sentences_and_pairs_that_stand_in_two_splits() -> None:
    splits = {
        "train": table(("가", "나", 1), ("다", "라", 2), ("마", "바", 3)),
        "test": table(("나", "가", 1), ("다", "사", 2), ("아", "자", 3), ("차", "카", 3)),
    }
    row = between(splits, "test", "train")
    assert row["shared_sentences"] == 3
    # Swapped is the same pair.
    assert row["shared_pairs"] == 1
    assert row["touched"] == 2 and row["share"] == 0.5
    assert data_leakage.touched_ids(splits) == {"train": frozenset({"p0", "p1"}), "test": frozenset({"p0", "p1"})}


def test_a_pair_that_stands_twice_in_test_counts_twice_among_those_in_train() -> None:
    splits = {
        "train": table(("가", "나", 1), ("다", "라", 2)),
        "test": table(("나", "가", 1), ("가", "나", 2), ("아", "자", 3)),
    }
    assert between(splits, "test", "train")["shared_pairs"] == between(splits, "test", "train")["touched"] == 2
    assert between(splits, "train", "test")["shared_pairs"] == 1


def test_sentences_are_compared_in_their_normal_form() -> None:
    import unicodedata

    splits = {
        "train": table(("날씨가  좋다", "x", 1)),
        "test": table((unicodedata.normalize("NFD", "날씨가 좋다"), "y", 1)),
    }
    assert between(splits, "test", "train")["shared_sentences"] == 1


def test_near_equal_sentences_are_counted_apart_from_equal_ones() -> None:
    splits = {
        "train": table(("오늘 날씨가 좋다.", "Wi-Fi 됩니다", 1), ("!!!", "a", 1)),
        "test": table(("오늘날씨가 좋다", "오늘 날씨가 좋다.", 1), ("wifi 됩니다!", "???", 1)),
    }
    row = between(splits, "test", "train")
    assert row["shared_sentences"] == 1
    # Sentences of punctuation alone are not alike for having no letters.
    assert row["near_sentences"] == 2


def test_the_counts_agree_with_those_that_prepare_writes() -> None:
    train, valid, test = (builders.pairs(60, seed=seed) for seed in range(3))
    train.loc[:9, ["sentence1", "sentence2"]] = test.loc[:9, ["sentence2", "sentence1"]].to_numpy()
    valid.loc[3, "sentence1"] = test.loc[20, "sentence2"]
    splits = {"train": train, "valid": valid, "test": test}
    counts = count_leakage(splits)
    for row in data_leakage.overlap(splits).itertuples():
        assert counts[f"{row.split}_pairs_with_{row.other}_sentences"] == row.touched
        if f"{row.split}_sentences_in_{row.other}" in counts:
            assert counts[f"{row.split}_sentences_in_{row.other}"] == row.shared_sentences
            assert counts[f"{row.split}_pairs_in_{row.other}"] == row.shared_pairs
    assert counts["train_pairs_in_test"] == 10


def test_duplicates_within_a_split() -> None:
    pairs = table(("가", "나", 1), ("나", "가", 1), ("가", "나", 2), ("다", "다", 5), ("가", "라", 1))
    row = data_leakage.duplicates({"file": pairs}).iloc[0]
    assert row["repeated_pairs"] == 2
    assert row["other_label"] == 1
    assert row["identical"] == 1
    assert row["sentences"] == 4
    assert row["repeated_sentences"] == 2


def test_one_split_overlaps_with_nothing() -> None:
    assert data_leakage.overlap({"test": table(("가", "나", 1))}).empty
    assert data_leakage.touched_ids({"test": table(("가", "나", 1))}) == {"test": frozenset()}
