import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from similarity import prepared_data
from similarity.errors import DataError, MissingSplitError, UnknownNameError
from similarity.metrics import pearson
from similarity.prepared_data import SOURCE_MEAN, TFIDF
from similarity.sentence_pairs import ReadPairs, read_pairs
from tests import builders, shared_data
from trainer import prepare_data
from trainer.baselines import make_baselines
from trainer.pair_splits import count_leakage, cut_valid, drop_duplicates, sentence_groups
from trainer.prepare_data import Settings, clean_sentence, prepare, prepare_pairs


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMILARITY_HOME", str(tmp_path / "lab"))
    return tmp_path / "lab" / "data"


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"pair_id": f"p{number}", "sentence1": first, "sentence2": second, "label": label, "source": "talk"}
        for number, (first, second, label) in enumerate(rows)
    )


def save(pairs: pd.DataFrame, path: Path) -> str:
    pairs.rename(columns={"pair_id": "id"}).to_csv(path, index=False)
    return str(path)


def prepared(settings: Settings | None = None, **splits: pd.DataFrame) -> prepare_data.Prepared:
    return prepare_pairs("toy", {name: ReadPairs(pairs) for name, pairs in splits.items()}, settings or Settings())


def sentences(pairs: pd.DataFrame) -> set[str]:
    return {*pairs["sentence1"], *pairs["sentence2"]}


# Duplicates and leakage


def test_the_first_of_equal_pairs_stays_with_its_own_label() -> None:
    kept, dropped = drop_duplicates(
        table(("가", "나", 1), ("가", "나", 1), ("나", "가", 1), ("나", "가", 4), ("가", "다", 2), ("라", "라", 5))
    )
    assert kept["pair_id"].tolist() == ["p0", "p4", "p5"]
    assert kept["label"].tolist() == [1, 2, 5]
    assert dropped == {"duplicates": 1, "swapped_duplicates": 1, "duplicates_with_another_label": 1}


def test_a_pair_of_two_splits_stays_in_test_then_in_valid() -> None:
    test = table(("가", "나", 3), ("다", "라", 1))
    valid = table(("나", "가", 2), ("마", "바", 1), ("사", "아", 3))
    train = table(("가", "나", 3), ("바", "마", 1), ("자", "차", 0))
    made = prepared(train=train, valid=valid, test=test)
    assert [made.splits[name]["sentence1"].tolist() for name in ("train", "valid", "test")] == [
        ["자"], ["마", "사"], ["가", "다"],
    ]  # fmt: skip
    assert made.card.dropped == {"valid_pairs_in_test": 1, "train_pairs_in_test": 1, "train_pairs_in_valid": 1}


def test_leakage_is_counted_and_dropped_only_when_told() -> None:
    test = table(("가", "나", 3), ("다", "라", 2))
    valid = table(("마", "바", 1), ("가", "사", 4))
    train = table(("가", "아", 3), ("자", "마", 1), ("차", "카", 0), ("차", "타", 2))
    made = prepared(train=train, valid=valid, test=test)
    leakage = made.card.leakage
    assert len(made.splits["train"]) == 4
    assert leakage["train_sentences_in_test"] == 1 and leakage["test_pairs_with_train_sentences"] == 1
    assert leakage["valid_sentences_in_test"] == 1 and leakage["valid_pairs_with_test_sentences"] == 1
    assert leakage["train_sentences_in_valid"] == 2 and leakage["train_pairs_with_valid_sentences"] == 2

    strict = prepared(Settings(drop_leaked=True), train=train, valid=valid, test=test)
    assert strict.splits["train"]["sentence1"].tolist() == ["차", "차"]
    assert strict.card.dropped == {"train_sentences_in_test": 1, "train_sentences_in_valid": 1}
    for name in ("valid", "test"):
        pd.testing.assert_frame_equal(strict.splits[name], made.splits[name])


def test_nothing_left_is_an_error_that_says_why() -> None:
    pairs = table(("가", "나", 3))
    with pytest.raises(DataError, match="Nothing is left of train: 1 × the pair stands in test"):
        prepared(train=pairs, test=pairs)


# The cut of train into train and valid


def chained(count: int, seed: int = 0) -> pd.DataFrame:
    """Pairs of which many share a sentence, some in long chains."""
    generator = np.random.default_rng(seed)
    pool = [f"문장 {number}" for number in range(int(count * 1.3))]
    rows = [(*generator.choice(pool, 2, replace=False), float(generator.integers(0, 11)) / 2) for _ in range(count)]
    return table(*rows)


def test_pairs_that_hang_together_have_one_group() -> None:
    groups = sentence_groups(table(("가", "나", 1), ("다", "라", 1), ("나", "마", 1), ("마", "다", 1), ("바", "바", 1)))
    assert groups.tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_no_sentence_stands_on_both_sides_of_the_cut(seed: int) -> None:
    pairs = builders.pairs(400, seed=seed)
    # A third of the pairs share a sentence with the pair before them.
    pairs.loc[pairs.index % 3 == 1, "sentence1"] = pairs["sentence2"].shift(1)
    train, valid = cut_valid(pairs, seed=seed)
    assert not sentences(train) & sentences(valid)
    assert sorted([*train["pair_id"], *valid["pair_id"]]) == sorted(pairs["pair_id"])
    assert abs(len(valid) - 40) <= 3
    assert valid["label"].mean() == pytest.approx(train["label"].mean(), abs=0.1)


def test_the_cut_follows_the_seed_alone() -> None:
    pairs = builders.pairs(300)
    first, again, other = (cut_valid(pairs, seed=seed)[1]["pair_id"].tolist() for seed in (7, 7, 8))
    assert first == again != other


def test_a_cut_that_cannot_be_is_an_error() -> None:
    one_group = table(*((f"문장 {number}", f"문장 {number + 1}", 3.0) for number in range(50)))
    with pytest.raises(DataError, match="--valid"):
        cut_valid(one_group)
    with pytest.raises(DataError, match="--valid"):
        cut_valid(table(("가", "나", 3)))
    for share in (0, 0.6, -1, float("nan")):
        with pytest.raises(DataError, match="share of valid"):
            cut_valid(chained(50), share=share)


def test_options_for_train_never_change_test() -> None:
    test = builders.pairs(40, seed=9, prefix="shared")
    train = pd.concat([builders.pairs(200, seed=1), test.head(5).assign(sentence2="새 문장", pair_id="n")])
    made = [
        prepared(settings, train=train, test=test).card.splits["test"].checksum
        for settings in (Settings(), Settings(seed=1), Settings(drop_leaked=True), Settings(valid_share=0.3))
    ]
    assert len(set(made)) == 1


# Real data


@shared_data.needs_korsts
def test_korsts_is_cut_nine_to_one_alike_in_labels_and_without_a_shared_sentence(data: Path) -> None:
    prepare(name="korsts", train=str(shared_data.KORSTS_TRAIN), test=str(shared_data.KORSTS_DEV))
    card = prepared_data.read_card(data, "korsts")
    train, valid, test = (prepared_data.read_split(data, "korsts", name) for name in ("train", "valid", "test"))
    assert not sentences(train) & sentences(valid)
    assert len(train) + len(valid) == 5749 - 72 - 3
    assert len(valid) / (len(train) + len(valid)) == pytest.approx(0.1, abs=0.002)
    shares = [pairs["label"].floordiv(0.5).value_counts(normalize=True).sort_index() for pairs in (train, valid)]
    assert (shares[0] - shares[1]).abs().max() < 0.005
    assert len(test) == 1500 - 5
    assert card.dropped["train_pairs_in_test"] == 3
    # The same pairs as the file's own, counted without this code: 49 in the same order, 23 swapped.
    assert sum(card.dropped[f"train_{key}"] for key in prepare_data.DROPPED if f"train_{key}" in card.dropped) == 75
    baselines = prepared_data.read_baselines(data, "korsts", "test")
    assert baselines is not None and baselines["pair_id"].tolist() == test["pair_id"].tolist()
    assert pearson(baselines["label"], baselines[TFIDF]) == pytest.approx(0.703, abs=0.01)
    assert 0 < pearson(baselines["label"], baselines[SOURCE_MEAN]) < 0.3


@shared_data.needs_korsts
def test_leakage_of_korsts_is_what_its_notes_say() -> None:
    splits = {"train": read_pairs(shared_data.KORSTS_TRAIN).pairs, "test": read_pairs(shared_data.KORSTS_DEV).pairs}
    leakage = count_leakage(splits)
    assert leakage["train_pairs_in_test"] == 3
    assert leakage["test_pairs_with_train_sentences"] == 169
    assert leakage["train_sentences_in_test"] == 166


@shared_data.needs_klue
def test_the_mean_of_a_klue_source_says_much_about_its_pairs() -> None:
    pairs = read_pairs(shared_data.KLUE_STS).pairs
    half = pairs.groupby("source").cumcount() % 2 == 0
    baselines = make_baselines({"train": pairs[half], "test": pairs[~half]})["test"]
    assert pearson(baselines["label"], baselines[SOURCE_MEAN]) > 0.7


# Baselines


def test_baselines_are_fitted_on_train_alone() -> None:
    train = table(("숙소가 조용하다", "숙소가 고요하다", 4), ("비가 온다", "차를 샀다", 0)).assign(source=["a", "b"])
    valid = table(("책을 산다", "책을 산다", 5), ("물", "불", 0)).assign(source=["a", "b"])
    test = table(("비가 온다", "비가 온다", 5), ("산", "강", 1), ("해", "달", 1)).assign(source=["b", "a", "new"])
    made = make_baselines({"train": train, "valid": valid, "test": test})
    assert set(made) == {"valid", "test"}
    assert made["test"][SOURCE_MEAN].tolist() == [0, 4, 2]
    assert made["test"][TFIDF].iloc[0] == pytest.approx(5)
    assert all(made[name][TFIDF].between(0, 5).all() for name in made)
    alone = make_baselines({"train": train, "test": test})
    pd.testing.assert_frame_equal(alone["test"], made["test"])
    assert make_baselines({"valid": valid, "test": test}) == {}


# Preparing


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Wi-Fi가 2.4GHz라서 느려요!!", "가 24라서 느려요"),
        ("ㅋㅋㅋ 좋아요ㅠㅠ ^^", "ㅋㅋㅋ 좋아요ㅠㅠ"),
        ("<b>굵게</b>", "굵게"),
        ("漢字 OK?", ""),
    ],
)
def test_cleaning_keeps_hangul_digits_and_spaces(before: str, after: str) -> None:
    assert clean_sentence(before) == after


def test_cleaning_is_a_choice_and_its_losses_are_reported() -> None:
    train = builders.pairs(60).assign(sentence1=lambda pairs: pairs["sentence1"] + "!")
    train.loc[0, "sentence2"] = "OK!?"
    kept, cleaned = prepared(train=train), prepared(Settings(clean=True), train=train)
    assert kept.card.dropped == {} and kept.card.preprocessing["cleaning"] == "none"
    assert cleaned.card.dropped == {"train_empty_after_cleaning": 1}
    assert not any("!" in sentence for pairs in cleaned.splits.values() for sentence in sentences(pairs))


def test_labels_of_zero_to_one_are_not_guessed(data: Path, tmp_path: Path) -> None:
    pairs = builders.pairs(60)
    low = save(pairs.assign(label=pairs["label"] / 5), tmp_path / "low.csv")
    with pytest.raises(DataError, match="--label-scale 1.*--label-scale 5"):
        prepare(name="low", train=low)
    prepare(name="scaled", train=low, label_scale=1)
    prepare(name="unscaled", train=low, label_scale=5)
    assert prepared_data.read_split(data, "scaled", "train")["label"].max() == 5
    assert prepared_data.read_split(data, "unscaled", "train")["label"].max() == 1
    assert prepared_data.list_datasets(data) == ["scaled", "unscaled"]


def test_one_file_with_a_split_column(data: Path, tmp_path: Path) -> None:
    pairs = builders.pairs(30).assign(part=["train"] * 15 + ["valid"] * 5 + ["test"] * 10, note="메모")
    prepare(save(pairs, tmp_path / "all.csv"), name="all", split_column="part")
    card = prepared_data.read_card(data, "all")
    assert {split: part.pairs for split, part in card.splits.items()} == {"train": 15, "valid": 5, "test": 10}
    assert card.files == dict.fromkeys(("train", "valid", "test"), "all.csv")
    test = prepared_data.read_split(data, "all", "test")
    assert test["pair_id"].tolist() == pairs["pair_id"].tolist()[20:]
    assert "part" not in test and test["note"].tolist() == ["메모"] * 10

    with pytest.raises(DataError, match="--split-column"):
        prepare(str(tmp_path / "all.csv"), name="other")
    with pytest.raises(DataError, match="no column 'split'"):
        prepare(str(tmp_path / "all.csv"), name="other", split_column="split")
    pairs.loc[3, "part"] = "dev"
    with pytest.raises(DataError, match="all.csv:5: the split should be train, valid, test, but is 'dev'"):
        prepare(save(pairs, tmp_path / "all.csv"), name="other", split_column="part")


def test_the_sample_is_prepared_without_a_question(data: Path) -> None:
    prepare_data.prepare_sample()
    prepare_data.prepare_sample()
    card = prepared_data.read_card(data, "sample")
    assert {split: part.pairs for split, part in card.splits.items()} == {"train": 1400, "valid": 200, "test": 400}
    assert not card.dropped
    assert card.licence == "CC0 1.0"
    assert card.leakage["train_sentences_in_test"] == 0


def test_bad_rows_are_refused_or_listed(data: Path, tmp_path: Path) -> None:
    pairs = builders.pairs(60).astype({"label": object})
    pairs.loc[4, "label"] = "모름"
    path = save(pairs, tmp_path / "pairs.csv")
    with pytest.raises(DataError, match=r"pairs.csv:6: the label '모름' is not a number"):
        prepare(name="bad", train=path)
    assert not data.exists() or not list(data.iterdir())
    prepare(name="bad", train=path, skip_bad_rows=True)
    card = prepared_data.read_card(data, "bad")
    assert card.bad_rows == ["pairs.csv:6: the label '모름' is not a number"]
    assert card.dropped == {"train_bad_rows": 1}


def test_named_columns_and_extra_columns_of_any_kind(data: Path, tmp_path: Path) -> None:
    pairs = builders.pairs(40).rename(columns={"sentence1": "질문", "label": "점수"})
    mixed = [1, "둘", None, {"a": 1}, [1, "x"]] * 8
    pairs.assign(mixed=mixed).to_json(tmp_path / "x.jsonl", orient="records", lines=True, force_ascii=False)
    prepare(name="named", train=str(tmp_path / "x.jsonl"), column=["sentence1=질문", "label=점수"])
    assert "mixed" in prepared_data.read_split(data, "named", "train")
    for wrong in ("sentence1", "=질문", "sentence1="):
        with pytest.raises(DataError, match="OURS=THEIRS"):
            prepare(name="other", train=str(tmp_path / "x.jsonl"), column=[wrong])


def test_a_data_set_is_replaced_only_when_told(data: Path, tmp_path: Path) -> None:
    path = save(builders.pairs(60), tmp_path / "pairs.csv")
    prepare(name="toy", train=path)
    before = prepared_data.read_card(data, "toy")
    with pytest.raises(DataError, match="already.*--force"):
        prepare(name="toy", train=path, seed=5)
    assert prepared_data.read_card(data, "toy") == before
    prepare(name="toy", train=path, seed=5, force=True)
    assert prepared_data.read_card(data, "toy").splits["valid"].checksum != before.splits["valid"].checksum


def test_a_test_file_alone_has_no_baselines_and_no_train(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(name="alone", test=save(builders.pairs(20), tmp_path / "pairs.csv"))
    assert prepared_data.read_baselines(data, "alone", "test") is None
    assert "No baselines" in capsys.readouterr().out
    with pytest.raises(MissingSplitError):
        prepared_data.read_split(data, "alone", "train")


def test_test_is_left_whole_when_told(tmp_path: Path) -> None:
    test = table(("가", "나", 3), ("나", "가", 3), ("다", "라", 1))
    assert len(prepared(test=test).splits["test"]) == 2
    whole = prepared(Settings(keep_test_duplicates=True), test=test)
    assert len(whole.splits["test"]) == 3
    assert "test untouched" in whole.card.preprocessing["duplicates"]


@pytest.mark.parametrize("name", ["../evil", "", "A b"])
def test_a_name_that_is_no_folder_name_is_refused_first(data: Path, name: str) -> None:
    with pytest.raises(DataError, match="name"):
        prepare(name=name, train="does-not-matter.csv")
    assert not data.exists()


def test_what_to_read_must_be_named_once(data: Path, tmp_path: Path) -> None:
    path = save(builders.pairs(20), tmp_path / "pairs.csv")
    with pytest.raises(DataError, match="nothing came"):
        prepare(name="x")
    with pytest.raises(DataError, match="both came"):
        prepare(path, name="x", train=path)
    with pytest.raises(DataError, match="one FILE"):
        prepare(name="x", train=path, split_column="split")
    with pytest.raises(DataError, match="There is no file"):
        prepare(name="x", train=str(tmp_path / "other.csv"))
    with pytest.raises(UnknownNameError, match="neither a file nor"):
        prepare(name="x", train="sts-train")


def test_the_command_reports_and_says_what_is_next(tmp_path: Path) -> None:
    pairs = builders.pairs(80)
    pairs.loc[70, ["sentence1", "sentence2", "label"]] = pairs.loc[3, ["sentence2", "sentence1", "label"]].to_list()
    leaked = pd.concat([builders.pairs(10, seed=4, prefix="t"), pairs.head(1).assign(sentence2="<b>[/]새 문장</b>")])
    environment = {**os.environ, "SIMILARITY_HOME": str(tmp_path / "lab"), "COLUMNS": "100"}
    command = [
        sys.executable, "-m", "trainer", "prepare", "--name", "toy", "--title", "[red]내 것[/]",
        "--train", save(pairs, tmp_path / "a.csv"), "--test", save(leaked, tmp_path / "b.csv"),
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "[red]내 것[/]" in done.stdout
    assert re.search(r"test\s.*11\s", done.stdout)
    assert "the same pair again, swapped" in done.stdout
    assert "Leakage: 1 of the sentences of" in done.stdout and "--drop-leaked" in done.stdout
    assert "python -m trainer train --model klue-roberta-base --data toy" in done.stdout
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert again.returncode == 1
    assert "--force" in again.stderr and "Traceback" not in again.stderr


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from trainer.prepare_data import prepare\n"
        "print([name for name in ('torch', 'sklearn', 'scipy', 'datasets', 'transformers') if name in sys.modules])"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - start < 5, "some 0.6 seconds on a free core"
