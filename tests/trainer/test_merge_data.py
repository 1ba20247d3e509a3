"""Joining prepared data sets: what a pair is called, what stays in which split, and what is refused."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from similarity import prepared_data
from similarity.errors import DataError, UnknownNameError
from similarity.prepared_data import SOURCE_MEAN, TFIDF
from similarity.sentence_pairs import PAIR_COLUMNS, ReadPairs
from tests import builders
from tests.trainer.conftest import RunCommand
from trainer.merge_data import merge, merge_datasets
from trainer.prepare_data import Settings, prepare_pairs


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path / "lab"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "lab" / "data"


def pairs_of(name: str, seed: int, sizes: dict[str, int]) -> dict[str, pd.DataFrame]:
    """Pairs of which no two sets or splits share a sentence, but whose ids are the same in every set."""
    splits = {}
    for number, (split, size) in enumerate(sizes.items()):
        pairs = builders.pairs(size, seed=10 * seed + number, prefix=f"{name}{split}")
        splits[split] = pairs.assign(pair_id=[f"{split}-{row}" for row in range(size)])
    return splits


def write(data: Path, name: str, splits: dict[str, pd.DataFrame], **card: Any) -> None:
    made = prepare_pairs(name, {split: ReadPairs(pairs) for split, pairs in splits.items()}, Settings(label_scale=5))
    for field, value in card.items():
        setattr(made.card, field, value)
    prepared_data.write_dataset(data, made.card, made.splits, made.baselines)


SIZES = {"train": 40, "valid": 10, "test": 20}


@pytest.fixture
def two(data: Path) -> dict[str, dict[str, pd.DataFrame]]:
    sets = {name: pairs_of(name, seed, SIZES) for seed, name in enumerate(("a", "b"))}
    for name, splits in sets.items():
        write(data, name, splits, title=f"Set {name}", licence={"a": "CC0 1.0", "b": "CC BY-SA 4.0"}[name])
    return sets


def read(data: Path, name: str) -> dict[str, pd.DataFrame]:
    card = prepared_data.read_card(data, name)
    return {split: prepared_data.read_split(data, name, split) for split in card.splits}


def test_ids_and_sources_say_which_set_a_pair_is_from(data: Path, two: dict[str, dict[str, pd.DataFrame]]) -> None:
    merge(["a", "b"], name="ab")
    for split, pairs in read(data, "ab").items():
        assert len(pairs) == 2 * SIZES[split]
        assert pairs["pair_id"].is_unique
        for name in two:
            part = pairs[pairs["pair_id"].str.startswith(f"{name}/")].reset_index(drop=True)
            before = two[name][split]
            assert part["pair_id"].tolist() == [f"{name}/{pair_id}" for pair_id in before["pair_id"]]
            assert part["source"].tolist() == [f"{name}/{source}" for source in before["source"]]
            columns = ["sentence1", "sentence2", "label"]
            pd.testing.assert_frame_equal(part[columns], before[columns])
    card = prepared_data.read_card(data, "ab")
    assert set(card.splits["train"].sources) == {"a/reviews", "a/news", "b/reviews", "b/news"}
    assert not card.dropped and card.leakage["train_sentences_in_test"] == 0


def test_the_card_says_what_was_joined(data: Path, two: dict[str, dict[str, pd.DataFrame]]) -> None:
    merge(["b", "a"], name="ab")
    card = prepared_data.read_card(data, "ab")
    assert card.title == "Set b + Set a"
    assert card.licence == "CC BY-SA 4.0; CC0 1.0"
    assert card.files == {"train": "b, a", "valid": "b, a", "test": "b, a"}
    assert list(card.preprocessing["merged"]) == ["b", "a"]
    assert card.preprocessing["merged"]["a"]["normalisation"] == "NFC, white space"


def test_a_pair_of_one_sets_test_never_stays_in_the_train_of_another(data: Path) -> None:
    sets = {name: pairs_of(name, seed, SIZES) for seed, name in enumerate(("a", "b"))}
    tested, also_tested, validated = sets["a"]["test"].loc[3], sets["a"]["test"].loc[4], sets["a"]["valid"].loc[2]
    columns = ["sentence1", "sentence2", "label"]
    # Swapped and with another label, and a pair as it is.
    sets["b"]["train"].loc[5, columns] = [tested["sentence2"], tested["sentence1"], 1.5]
    sets["b"]["valid"].loc[4, columns] = also_tested[columns].to_list()
    sets["b"]["train"].loc[6, columns] = validated[columns].to_list()
    for name, splits in sets.items():
        write(data, name, splits)
    merge(["b", "a"], name="ba")
    joined, card = read(data, "ba"), prepared_data.read_card(data, "ba")
    assert [len(joined[split]) for split in SIZES] == [78, 19, 40]
    assert not {"b/train-5", "b/train-6"} & set(joined["train"]["pair_id"])
    assert "b/valid-4" not in set(joined["valid"]["pair_id"])
    kept = joined["test"].set_index("pair_id").loc["a/test-3"]
    assert kept["sentence1"] == tested["sentence1"] and kept["label"] == tested["label"]
    assert card.dropped == {"valid_pairs_in_test": 1, "train_pairs_in_test": 1, "train_pairs_in_valid": 1}
    assert card.leakage["train_pairs_in_test"] == card.leakage["valid_pairs_in_test"] == 0


def test_the_first_named_set_keeps_a_pair_that_both_hold_in_one_split(data: Path) -> None:
    sets = {name: pairs_of(name, seed, SIZES) for seed, name in enumerate(("a", "b"))}
    columns = ["sentence1", "sentence2"]
    sets["b"]["train"].loc[0, columns] = sets["a"]["train"].loc[0, columns]
    for name, splits in sets.items():
        write(data, name, splits)
    for names, kept, lost in ((["a", "b"], "a/train-0", "b/train-0"), (["b", "a"], "b/train-0", "a/train-0")):
        train = merge_datasets(names, "x").splits["train"]
        assert kept in set(train["pair_id"]) and lost not in set(train["pair_id"])
        assert len(train) == 79


def test_train_pairs_that_share_a_sentence_with_another_sets_test_go_when_told(data: Path) -> None:
    sets = {name: pairs_of(name, seed, SIZES) for seed, name in enumerate(("a", "b"))}
    sets["b"]["train"].loc[0, "sentence1"] = sets["a"]["test"].loc[0, "sentence2"]
    for name, splits in sets.items():
        write(data, name, splits)
    merge(["a", "b"], name="kept")
    merge(["a", "b"], name="dropped", drop_leaked=True)
    kept, dropped = (prepared_data.read_card(data, name) for name in ("kept", "dropped"))
    assert kept.leakage["train_sentences_in_test"] == 1 and kept.splits["train"].pairs == 80
    assert dropped.leakage["train_sentences_in_test"] == 0 and dropped.splits["train"].pairs == 79
    assert dropped.splits["test"].checksum == kept.splits["test"].checksum


def test_a_set_without_a_split_to_train_by_is_refused(data: Path) -> None:
    write(data, "a", pairs_of("a", 0, SIZES))
    for split, sizes in (("valid", (30, 0, 10)), ("train", (0, 10, 10))):
        builders.dataset(data, f"no-{split}", sizes)
        with pytest.raises(DataError, match=f"^no-{split} has no {split} split"):
            merge(["a", f"no-{split}"], name="joined")
    assert not (data / "joined").exists()


def test_a_set_without_test_gives_nothing_to_test(data: Path) -> None:
    write(data, "a", pairs_of("a", 0, SIZES))
    write(data, "b", pairs_of("b", 1, {"train": 40, "valid": 10}))
    merge(["a", "b"], name="ab")
    joined, card = read(data, "ab"), prepared_data.read_card(data, "ab")
    assert joined["test"]["pair_id"].str.startswith("a/").all() and len(joined["test"]) == 20
    assert card.files["test"] == "a" and card.files["train"] == "a, b"
    write(data, "c", pairs_of("c", 2, {"train": 40, "valid": 10}))
    merge(["b", "c"], name="bc")
    assert list(prepared_data.read_card(data, "bc").splits) == ["train", "valid"]


def test_two_different_sets_must_be_named(two: dict[str, Any], data: Path) -> None:
    for names in (["a"], ["a", "a"], ["a", "b", "a"], []):
        with pytest.raises(DataError, match="at least two different"):
            merge(names, name="joined")
    assert not (data / "joined").exists()


def test_unknown_sets_and_bad_or_taken_names_are_refused(two: dict[str, Any], data: Path) -> None:
    with pytest.raises(UnknownNameError, match="'c'"):
        merge(["a", "c"], name="joined")
    for name in ("", "../evil", "A b"):
        with pytest.raises(DataError, match="name"):
            merge(["a", "b"], name=name)
    before = prepared_data.read_card(data, "a")
    with pytest.raises(DataError, match="already.*--force"):
        merge(["a", "b"], name="a")
    assert prepared_data.read_card(data, "a") == before
    merge(["a", "b"], name="a", force=True)
    assert prepared_data.read_card(data, "a").splits["train"].pairs == 80
    assert prepared_data.list_datasets(data) == ["a", "b"]


def test_baselines_are_made_anew_for_the_joined_set(two: dict[str, dict[str, pd.DataFrame]], data: Path) -> None:
    merge(["a", "b"], name="ab")
    joined = read(data, "ab")
    means = joined["train"].groupby("source")["label"].mean()
    for split in ("valid", "test"):
        baselines = prepared_data.read_baselines(data, "ab", split)
        assert baselines is not None
        assert baselines["pair_id"].tolist() == joined[split]["pair_id"].tolist()
        assert baselines[SOURCE_MEAN].tolist() == pytest.approx(joined[split]["source"].map(means).tolist())
        assert baselines[TFIDF].between(0, 5).all() and baselines[TFIDF].nunique() > 5
    assert prepared_data.read_baselines(data, "ab", "train") is None


def test_columns_that_only_one_set_has_are_kept(data: Path) -> None:
    first, second = (pairs_of(name, seed, SIZES) for seed, name in enumerate(("a", "b")))
    scored = [[4.0, 5.0], [3.0], [1.0, 2.0, 2.0], [0.0]]
    for pairs in first.values():
        pairs["annotations"] = [scored[row % 4] for row in range(len(pairs))]
        pairs["note"] = "메모"
    write(data, "a", first)
    write(data, "b", second)
    merge(["a", "b"], name="ab")
    test = read(data, "ab")["test"].set_index("pair_id")
    assert list(test.columns)[: len(PAIR_COLUMNS) - 1] == list(PAIR_COLUMNS[1:])
    assert list(test.loc["a/test-2", "annotations"]) == [1.0, 2.0, 2.0] and test.loc["a/test-2", "note"] == "메모"
    assert pd.isna(test.loc["b/test-2", "annotations"]) and pd.isna(test.loc["b/test-2", "note"])


def test_labels_that_were_settled_before_are_not_doubted_again(data: Path) -> None:
    # Prepared with --label-scale 5: nothing in them is similar. `merge` has no such option.
    for seed, name in enumerate(("a", "b")):
        splits = pairs_of(name, seed, SIZES)
        write(data, name, {split: pairs.assign(label=pairs["label"] / 5) for split, pairs in splits.items()})
    merge(["a", "b"], name="ab")
    assert read(data, "ab")["train"]["label"].max() <= 1


def test_the_command_reports_and_says_what_is_next(two: dict[str, Any], data: Path, run_command: RunCommand) -> None:
    done = run_command("merge", "a", "b", "--name", "ab")
    assert done.code == 0
    assert "Set a + Set b" in done.output and "80" in done.output
    assert "--data ab" in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a", "nothing", "--name", "x"], "no prepared data set 'nothing'"),
        (["a", "b"], "--name"),
    ],
)
def test_a_bad_value_is_one_clear_message(
    two: dict[str, Any], arguments: list[str], says: str, run_command: RunCommand
) -> None:
    done = run_command("merge", *arguments)
    assert done.code == 1
    assert done.errors.startswith("Error: ") and done.errors.count("\n") == 1
    assert says in done.errors
