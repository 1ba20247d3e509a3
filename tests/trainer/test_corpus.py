"""Raw text from files: which lines count, what can't be read, and which sentences are drawn from it."""

from pathlib import Path

import pyarrow as pa
import pytest

from similarity.errors import DataError
from trainer.corpus import distinct_sentences, open_corpus

TEXT = "".join(f"{number}번 방이 넓고 조용해요\n" for number in range(3000)).encode()


def compressed(text: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(text, asbytes=True))


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_plain_and_compressed_text_are_the_same_lines(tmp_path: Path) -> None:
    plain, zst = saved(tmp_path / "a.txt", TEXT), saved(tmp_path / "a.txt.zst", compressed(TEXT))
    lines = TEXT.decode().splitlines()
    assert list(open_corpus([plain]).lines()) == list(open_corpus([zst]).lines()) == lines
    both, turned = open_corpus([zst, plain]), open_corpus([plain, zst])
    assert both.names == ["a.txt.zst", "a.txt"]
    assert list(both.lines()) == lines * 2
    assert len({corpus.checksum for corpus in (open_corpus([plain]), open_corpus([zst]), both, turned)}) == 4


def test_compressed_files_that_were_put_one_after_the_other_are_read_to_the_end(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.zst", compressed("방이 넓어요\n".encode()) + compressed("다시 갈게요\n".encode()))
    assert list(open_corpus([path]).lines()) == ["방이 넓어요", "다시 갈게요"]


def test_lines_that_say_nothing_are_left_out_and_spaces_are_single(tmp_path: Path) -> None:
    # As a Windows editor writes it: with a mark at the start, which is no part of the first line.
    path = saved(tmp_path / "a.txt", "  방이\t 넓고   조용해요 \r\n\n네네네\n다시 갈게요".encode("utf-8-sig"))
    assert list(open_corpus([path]).lines()) == ["방이 넓고 조용해요", "다시 갈게요"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", "방이 넓고 조용해요".encode("cp949"), "not UTF-8.*Convert"),
        ("a.zst", compressed(TEXT)[:-100], "zstd"),
    ],
    ids=["cp949", "cut-off"],
)
def test_text_that_cannot_be_read_is_an_error_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    corpus = open_corpus([saved(tmp_path / name, content)])
    with pytest.raises(DataError, match=f"{name}.*{says}"):
        list(corpus.lines())


def test_a_corpus_needs_files_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--corpus"):
        open_corpus([])
    for missing in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(DataError, match="does not exist"):
            open_corpus([missing])


def test_more_distinct_sentences_begin_with_the_fewer(sentences: list[str]) -> None:
    lines = [*sentences[:500], *sentences[:100]]
    whole = distinct_sentences(lines, longest=30)
    assert len(whole) == len(set(whole))
    assert set(whole) == {line for line in lines if len(line) <= 30}
    assert whole != [line for line in sentences[:500] if len(line) <= 30]
    for limit in (1, 50, 120):
        assert distinct_sentences(lines, longest=30, limit=limit) == whole[:limit]
    assert distinct_sentences(lines, longest=30, limit=10_000) == whole
    assert distinct_sentences(lines, longest=30, seed=7) != whole
