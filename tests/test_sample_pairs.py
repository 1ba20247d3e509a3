"""The pairs that the product brings along keep every rule that a program can check, and their card says what is so."""

import re

import pandas as pd
import pytest

from tools import sample_pairs

CARD = (sample_pairs.PAIRS.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    return sample_pairs.read()


def test_every_rule_is_kept(pairs: pd.DataFrame) -> None:
    assert sample_pairs.problems(pairs) == []


BROKEN = {
    "id": ({"id": "x"}, "ids"),
    "source": ({"source": "shop"}, "source: unknown 'shop'"),
    "phenomenon": ({"phenomenon": "rhyme"}, "phenomenon: unknown 'rhyme'"),
    "label": ({"label": 2.3}, "label: not in steps"),
    "readings": ({"label": 0.0, "label_second": 1.5}, "readings: more than 1.0 apart: s0101"),
    "short": ({"sentence1": "짧은 말."}, "length or spaces: s0101"),
    "spaces": ({"sentence1": "여기에는  빈칸이 두 번 이어져 있다."}, "length or spaces: s0101"),
    "split": ({"split": "dev"}, "split: unknown 'dev'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_found(pairs: pd.DataFrame, case: str) -> None:
    change, said = BROKEN[case]
    broken = pairs.copy()
    broken.loc[100, list(change)] = list(change.values())
    assert any(line.startswith(said) for line in sample_pairs.problems(broken))


def test_a_sentence_that_comes_twice_is_found(pairs: pd.DataFrame) -> None:
    broken = pairs.copy()
    broken.loc[7, "sentence2"] = broken.loc[1900, "sentence1"]
    assert any(line.startswith("occurs 2 times") for line in sample_pairs.problems(broken))


def test_frames_mask_nouns_and_numbers_alone() -> None:
    assert sample_pairs.frame("수원에서 사과 3개를 샀다.") == sample_pairs.frame("부산에서 배추 열 포기를 샀다")
    assert sample_pairs.frame("수원에서 사과를 샀다.") != sample_pairs.frame("수원에서 사과를 팔았다.")


def test_a_frame_on_two_sides_or_used_often_is_found(pairs: pd.DataFrame) -> None:
    broken = pairs.copy()
    for number, (row, place) in enumerate(zip((3, 4, 5, 6), ("수원", "부산", "대전", "광주"), strict=True)):
        broken.loc[row, "sentence1"] = f"{place}에서 사과 {number + 3}개를 샀다고 들었어."
    broken.loc[6, "split"] = "test" if broken.loc[3, "split"] != "test" else "train"
    found = " ".join(sample_pairs.problems(broken))
    assert "frame in 4 sentences" in found
    assert "frame in several splits" in found


def test_labels_that_overlap_or_source_give_away_are_found(pairs: pd.DataFrame) -> None:
    cosine = sample_pairs.overlap(pairs)
    easy = pairs.assign(label=(cosine * 10).round() / 2)
    found = " ".join(sample_pairs.problems(easy))
    assert "overlap: r = " in found
    assert "high overlap and low label" in found
    by_source = pairs.assign(label=pairs["source"].map({"reviews": 1.0, "news": 2.0, "assistant": 3.0, "daily": 4.0}))
    assert "their mean predicts the label" in " ".join(sample_pairs.problems(by_source))


def test_the_split_can_be_made_again(pairs: pd.DataFrame) -> None:
    assert sample_pairs.split(pairs).tolist() == pairs["split"].tolist()


def test_the_card_quotes_what_is_measured(pairs: pd.DataFrame) -> None:
    cosine = sample_pairs.overlap(pairs)
    assert f"r = {sample_pairs.correlation(cosine, pairs['label']):.3f}" in CARD
    assert f"r = {sample_pairs.source_mean_correlation(pairs):.3f}" in CARD
    assert f"r = {sample_pairs.correlation(pairs['label'], pairs['label_second']):.3f}" in CARD
    assert f"({int((pairs['note'] != '').sum()):,} are filled)" in CARD
    for phenomenon, rows in pairs.groupby("phenomenon"):
        bands = [int((rows["label"].map(sample_pairs.band) == band).sum()) for band in sample_pairs.BANDS]
        assert re.search(rf"`{phenomenon}` \|.*\| {len(rows)} \| {' | '.join(map(str, bands))} \|", CARD)
    counts = pairs["label"].value_counts().sort_index()
    assert f"| {' | '.join(map(str, counts))} |" in CARD
    for split, rows in pairs.groupby("split"):
        assert f"`{split}` ({len(rows):,})" in CARD


def test_the_worked_examples_are_rows_of_the_file(pairs: pd.DataFrame) -> None:
    rows = pairs.set_index("id")
    examples = re.findall(r"^\| (s\d{4}) \| (.+?) \| (.+?) \| ([\d.]+) \| (.+?) \|$", CARD, flags=re.MULTILINE)
    assert len(examples) == 10
    for name, first, second, label, reason in examples:
        assert (rows.loc[name, "sentence1"], rows.loc[name, "sentence2"]) == (first, second)
        assert rows.loc[name, "label"] == float(label)
        assert reason
