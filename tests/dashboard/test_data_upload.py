"""Files that a person brings: read from memory, bounded, with bad rows named."""

import io
import json

import pandas as pd
import pytest

from dashboard.tables import data_upload
from similarity.errors import DataError
from similarity.sentence_pairs import read_pairs
from tests import builders
from tests.shared_data import KLUE_STS, KORSTS_DEV, needs_klue, needs_korsts

CSV = "sentence1,sentence2,label\n가,나,1\n다,,2\n마,바,9\n"


def test_good_rows_are_read_and_bad_ones_named_by_line() -> None:
    upload = data_upload.read_upload(CSV.encode(), "mine.csv", 5)
    assert upload.pairs["sentence1"].tolist() == ["가"]
    assert [str(row) for row in upload.bad_rows] == [
        "mine.csv:3: sentence2 is empty",
        "mine.csv:4: the label '9' is outside 0–5",
    ]


def test_labels_are_scaled_as_told() -> None:
    content = b"sentence1,sentence2,label\na,b,0.5\n"
    assert data_upload.read_upload(content, "a.csv", 1).pairs["label"].tolist() == [2.5]
    assert data_upload.read_upload(content, "a.csv", 1).digest != data_upload.read_upload(content, "a.csv", 5).digest


def test_parquet_and_json_lines_are_read_from_memory() -> None:
    pairs = builders.pairs(5)
    buffer = io.BytesIO()
    pairs.to_parquet(buffer, index=False)
    assert data_upload.read_upload(buffer.getvalue(), "a.PARQUET", 5).pairs["label"].tolist() == pairs["label"].tolist()
    lines = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in pairs.to_dict("records"))
    assert len(data_upload.read_upload(lines.encode(), "a.jsonl", 5).pairs) == 5


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.csv", "no rows"),
        (b"x" * 20_000_001, "a.csv", "up to 20 MB"),
        (b"a,b\n1,2\n", "a.csv", "no column"),
        ("sentence1,sentence2,label\n가,나,1\n".encode("cp949"), "a.csv", "UTF-8"),
        (b"{}", "a.json", "JSON list"),
        (b"no parquet", "a.parquet", "can't be read"),
        (b"x", "a.exe", "ends in '.exe'"),
        (b"x", "../../etc/passwd", "ends in ''"),
        (b"sentence1,sentence2,label\n,,\n", "a.csv", "no good row"),
    ],
)
def test_what_is_no_file_of_pairs_is_refused_with_the_reason(content: bytes, name: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        data_upload.read_upload(content, name, 5)


def test_too_many_rows_are_refused_and_parquet_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_upload, "MAX_ROWS", 2)
    with pytest.raises(DataError, match="more than 2 rows"):
        data_upload.read_upload(CSV.encode(), "a.csv", 5)
    buffer = io.BytesIO()
    pd.DataFrame({"sentence1": ["a"] * 3, "sentence2": ["b"] * 3, "label": [1.0] * 3}).to_parquet(buffer)
    monkeypatch.setattr(data_upload, "parse_rows", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(DataError, match="more than 2 rows"):
        data_upload.read_upload(buffer.getvalue(), "a.parquet", 5)


@needs_korsts
def test_korsts_is_read_as_the_command_reads_it() -> None:
    upload = data_upload.read_upload(KORSTS_DEV.read_bytes(), KORSTS_DEV.name, 5)
    pd.testing.assert_frame_equal(upload.pairs, read_pairs(KORSTS_DEV, skip_bad_rows=True).pairs)


@needs_klue
def test_the_klue_file_is_read_as_the_command_reads_it() -> None:
    upload = data_upload.read_upload(KLUE_STS.read_bytes(), KLUE_STS.name, 5)
    assert len(upload.pairs) == 120 and not upload.bad_rows
    assert upload.pairs["source"].nunique() == 6
