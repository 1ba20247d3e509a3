import csv
import json
import time
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from similarity.errors import DataError
from similarity.sentence_pairs import MAX_SENTENCE_CHARACTERS, flatten_klue, normalise, read_pairs
from tests import shared_data

ROWS = [
    {"id": "a1", "source": "talk", "sentence1": "오늘은 비가 온다.", "sentence2": "비 오는 날이다.", "label": 4.5},
    {"id": "a2", "source": "talk", "sentence1": "책을 샀다, 어제.", "sentence2": '그가 "좋다"고 했다.', "label": 0.0},
    {
        "id": "a3",
        "source": "",
        "sentence1": "<script>alert('가')</script>",
        "sentence2": "&lt;b&gt; 굵게",
        "label": 5.0,
    },
]
KLUE_ROW = {
    "guid": "made-up-1",
    "source": "airbnb-rtt",
    "sentence1": "역이 가까워요.",
    "sentence2": "역까지 금방이에요.",
    "labels": {"label": 3.7, "real-label": 3.6666666666666665, "binary-label": 1},
    "annotations": {"agreement": "0:0:0:1:2:0", "annotators": ["1", "2", "3"], "annotations": [4, 4, 3]},
}


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def csv_of(*lines: str) -> str:
    return "\n".join(("sentence1,sentence2,label", *lines)) + "\n"


@shared_data.needs_korsts
def test_korsts_is_read_whole_and_fast() -> None:
    start = time.perf_counter()
    train = read_pairs(shared_data.KORSTS_TRAIN)
    seconds = time.perf_counter() - start
    assert (len(train.pairs), train.bad_rows) == (5749, [])
    assert len(read_pairs(shared_data.KORSTS_DEV).pairs) == 1500
    assert train.pairs["pair_id"].is_unique
    assert train.pairs["label"].between(0, 5).all()
    assert set(train.pairs["source"]) == {"main-captions", "main-news", "main-forum"}
    assert seconds < 2, "some 0.06 seconds on a free core"


@shared_data.needs_klue
def test_klue_sts_is_read_with_the_exact_mean_and_the_annotators() -> None:
    pairs = read_pairs(shared_data.KLUE_STS).pairs
    assert len(pairs) == 120
    assert pairs["source"].value_counts().tolist() == [20] * 6
    assert ((pairs["label"] >= 3) == (pairs["binary_label"] == 1)).all()
    means = pairs["annotations"].map(lambda scores: sum(scores) / len(scores))
    assert (means - pairs["label"]).abs().max() < 1e-9


def written(folder: Path, suffix: str) -> Path:
    table, path = pd.DataFrame(ROWS), folder / f"pairs{suffix}"
    if suffix == ".csv":
        table.to_csv(path, index=False)
    elif suffix == ".tsv":
        table.to_csv(path, index=False, sep="\t", quoting=csv.QUOTE_NONE)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    elif suffix == ".json":
        path.write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")
    else:
        table.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json", ".parquet"])
def test_every_format_gives_the_same_pairs(tmp_path: Path, suffix: str) -> None:
    pairs = read_pairs(written(tmp_path, suffix)).pairs
    assert pairs.rename(columns={"pair_id": "id"})[list(ROWS[0])].to_dict("records") == ROWS


def test_klue_layout_is_flattened_in_every_format_that_can_hold_it(tmp_path: Path) -> None:
    write(tmp_path, "klue.json", json.dumps([KLUE_ROW]))
    write(tmp_path, "klue.jsonl", json.dumps(KLUE_ROW))
    pd.DataFrame([KLUE_ROW]).to_parquet(tmp_path / "klue.parquet")
    for name in ("klue.json", "klue.jsonl", "klue.parquet"):
        row = read_pairs(tmp_path / name).pairs.iloc[0]
        assert row["pair_id"] == "made-up-1"
        assert row["label"] == KLUE_ROW["labels"]["real-label"]
        assert list(row["annotations"]) == [4, 4, 3]
    assert flatten_klue({"labels": {"label": 2.0}})["label"] == 2.0


def test_named_columns_and_further_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "q1,q2,points,note\n가나,다라,3,메모\n")
    columns = {"sentence1": "q1", "sentence2": "q2", "label": "points"}
    row = read_pairs(path, columns=columns).pairs.iloc[0]
    assert (row["pair_id"], row["sentence1"], row["label"], row["source"], row["note"]) == (
        "x-2",
        "가나",
        3,
        "",
        "메모",
    )
    with pytest.raises(DataError, match=r"no column 'sentence1' for the sentence1.*q1, q2.*--column sentence1=NAME"):
        read_pairs(path)
    with pytest.raises(DataError, match="no column 'stars' for the source"):
        read_pairs(path, columns={**columns, "source": "stars"})
    with pytest.raises(DataError, match="but mood came"):
        read_pairs(path, columns={"mood": "note"})


def test_zero_to_one_labels_are_scaled_only_when_told(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", csv_of("가,나,0.2", "다,라,1"))
    assert read_pairs(path).pairs["label"].tolist() == [0.2, 1.0]
    assert read_pairs(path, label_scale=1).pairs["label"].tolist() == [1.0, 5.0]
    over = write(tmp_path, "y.csv", csv_of("가,나,0.2", "다,라,1.5"))
    with pytest.raises(DataError, match=r"y.csv:3: the label '1.5' is outside 0–1"):
        read_pairs(over, label_scale=1)
    for scale in (0, -1, float("nan"), float("inf")):
        with pytest.raises(DataError, match="label scale"):
            read_pairs(path, label_scale=scale)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("가,나,", "the label is missing"),
        ("가,나, ", "the label is missing"),
        ("가,나", "the label is missing"),
        ("가,나,비슷", "the label '비슷' is not a number"),
        ("가,나,nan", "the label 'nan' is not a number"),
        ("가,나,inf", "the label 'inf' is not a number"),
        ("가,나,1_0", "the label '1_0' is not a number"),
        ("가,나,5.01", "the label '5.01' is outside 0–5"),
        ("가,나,-0.5", "the label '-0.5' is outside 0–5"),
        (",나,1", "sentence1 is empty"),
        ("가,  ,1", "sentence2 is empty"),
        ("가,\u200b,1", "sentence2 is empty"),
        ("가,나,다,1", "it has 4 columns, the header 3"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, row: str, reason: str) -> None:
    path = write(tmp_path, "x.csv", csv_of("멀쩡한 문장,온전한 문장,3", row, "다른 문장,또 다른 문장,2"))
    with pytest.raises(DataError, match="1 of 3 rows of x.csv") as caught:
        read_pairs(path)
    assert f"x.csv:3: {reason}" in str(caught.value)
    assert "--skip-bad-rows" in str(caught.value)
    read = read_pairs(path, skip_bad_rows=True)
    assert len(read.pairs) == 2
    assert [str(bad).startswith(f"x.csv:3: {reason}") for bad in read.bad_rows] == [True]


@pytest.mark.parametrize(
    ("value", "reason"),
    [(None, "missing"), (float("nan"), "missing"), (True, "not a number"), ([3], "not a number"), ({}, "not a number")],
)
def test_bad_labels_of_formats_with_types(tmp_path: Path, value: Any, reason: str) -> None:
    row = {"sentence1": "가", "sentence2": "나", "label": value}
    path = write(tmp_path, "x.jsonl", json.dumps(row) + "\n\n" + json.dumps({**row, "label": 2}))
    read = read_pairs(path, skip_bad_rows=True)
    assert len(read.pairs) == 1
    assert read.bad_rows[0].place == "x.jsonl:1" and reason in read.bad_rows[0].reason


def test_bad_sentences_of_formats_with_types(tmp_path: Path) -> None:
    good = {"sentence1": "가", "sentence2": "나", "label": 1}
    rows = [{**good, "sentence1": 3}, {**good, "sentence2": None}, {**good, "sentence1": "\ud800"}, good, {"label": 1}]
    path = write(tmp_path, "x.json", json.dumps(rows))
    read = read_pairs(path, skip_bad_rows=True)
    assert [bad.place for bad in read.bad_rows] == [f"x.json, row {number}" for number in (1, 2, 3, 5)]
    assert "not text" in read.bad_rows[0].reason and "missing" in read.bad_rows[1].reason


def test_missing_cells_of_parquet_are_missing(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "id": pd.array([1, pd.NA, 3], dtype="Int64"),
            "sentence1": ["가", "나", None],
            "sentence2": ["다", "라", "마"],
            "label": [1.0, None, 2.0],
        }
    )
    table.to_parquet(tmp_path / "x.parquet")
    read = read_pairs(tmp_path / "x.parquet", skip_bad_rows=True)
    assert [str(bad) for bad in read.bad_rows] == [
        "x.parquet, row 2: the label is missing",
        "x.parquet, row 3: sentence1 is missing",
    ]


def test_at_most_ten_bad_rows_are_listed_and_all_bad_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", csv_of(*["가,나,어휴"] * 30))
    with pytest.raises(DataError, match="30 of 30") as caught:
        read_pairs(path)
    assert str(caught.value).count("x.csv:") == 10 and "…" in str(caught.value)
    with pytest.raises(DataError, match="no good row"):
        read_pairs(path, skip_bad_rows=True)


def test_lines_are_counted_through_quoted_line_breaks_and_empty_lines(tmp_path: Path) -> None:
    text = csv_of('"첫 줄\n둘째 줄",나,3', "", "다,라,9", '"마\n바",사,8')
    path = write(tmp_path, "x.csv", text)
    read = read_pairs(path, skip_bad_rows=True)
    assert read.pairs["sentence1"].tolist() == ["첫 줄 둘째 줄"]
    # Each number is the line on which the row starts.
    assert [bad.place for bad in read.bad_rows] == ["x.csv:5", "x.csv:6"]


def test_an_open_quotation_mark_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", csv_of("가,나,1", '"다,라,2', "마,바,3"))
    with pytest.raises(
        DataError, match=r"x\.csv can't be read as \.csv: the quotation marks in the row that starts on line 3"
    ):
        read_pairs(path)


def test_quotation_marks_in_tsv_are_text(tmp_path: Path) -> None:
    path = write(tmp_path, "x.tsv", 'sentence1\tsentence2\tlabel\n"연 따옴표\t나\t1\n다\t라"\t2\n')
    assert read_pairs(path).pairs["sentence1"].tolist() == ['"연 따옴표', "다"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_windows_line_ends_and_byte_order_mark(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, suffix)
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    pairs = read_pairs(path).pairs
    assert pairs["pair_id"].tolist() == ["a1", "a2", "a3"]
    assert pairs["label"].tolist() == [4.5, 0, 5]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_another_encoding_is_named_with_what_to_do(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "x.csv", csv_of("한글 문장,다른 문장,3"), encoding)
    with pytest.raises(DataError, match=r"x.csv should be UTF-8.*CSV UTF-8.*iconv"):
        read_pairs(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "", "holds no rows"),
        ("x.csv", "\n\n", "holds no rows"),
        ("x.csv", "sentence1,sentence2,label\n", "holds no rows"),
        ("x.tsv", "sentence1\tsentence2\tscore\n", "holds no rows"),
        ("x.jsonl", "", "holds no rows"),
        ("x.json", "", "can't be read as .json"),
        ("x.json", "[]", "holds no rows"),
        ("x.json", '{"data": []}', "expected a JSON list"),
        ("x.jsonl", '{"sentence1": "가"\n', "line 1 is not JSON"),
        ("x.jsonl", "[1]\n", "line 1 is not a JSON object"),
        ("x.parquet", "no parquet", "can't be read as .parquet"),
        ("x.csv", "가,나,1\n다,라,2\n", "no column 'sentence1'"),
        ("x.csv", "sentence1,sentence2,label,label\n가,나,1,2\n", "names label twice"),
        ("x.xlsx", "x", "ends in '.xlsx'"),
    ],
)
def test_files_that_are_no_pairs(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_pairs(write(tmp_path, name, text))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match="There is no file"):
            read_pairs(path)


def test_the_longest_sentence_is_ten_thousand_characters(tmp_path: Path) -> None:
    longest = "가" * MAX_SENTENCE_CHARACTERS
    assert len(read_pairs(write(tmp_path, "x.csv", csv_of(f"{longest},나,1"))).pairs["sentence1"][0]) == 10_000
    with pytest.raises(DataError, match="x.csv:2: sentence1 has 10,001 characters"):
        read_pairs(write(tmp_path, "x.csv", csv_of(f"{longest}가,나,1")))


def test_sentences_are_composed_and_their_white_space_is_single(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "한국어  문장")
    assert normalise(f"\t{decomposed}\u3000끝\u00a0") == "한국어 문장 끝"
    pairs = read_pairs(write(tmp_path, "x.csv", csv_of(f"{decomposed},나,1"))).pairs
    assert pairs["sentence1"][0] == "한국어 문장"


def test_ids_are_unique_even_where_the_file_repeats_them(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "id,sentence1,sentence2,label\n7,가,나,1\n7,다,라,2\n,마,바,3\n")
    assert read_pairs(path).pairs["pair_id"].tolist() == ["7", "x-3", "x-4"]
