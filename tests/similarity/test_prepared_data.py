import json
import resource
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from similarity import prepared_data
from similarity.errors import DataError, MissingSplitError, UnknownNameError
from tests import builders


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def card_of(splits: dict[str, pd.DataFrame], name: str = "toy") -> prepared_data.DatasetCard:
    described = {split: prepared_data.describe_split(pairs) for split, pairs in splits.items()}
    return prepared_data.DatasetCard(name=name, splits=described)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    card = builders.dataset(tmp_path)
    assert prepared_data.list_datasets(tmp_path) == ["toy"]
    assert prepared_data.read_card(tmp_path, "toy") == card
    for number, split in enumerate(("train", "valid", "test")):
        pairs = prepared_data.read_split(tmp_path, "toy", split)
        expected = builders.pairs(len(pairs), seed=number, prefix=split)
        pd.testing.assert_frame_equal(pairs, expected)
    assert prepared_data.read_baselines(tmp_path, "toy", "train") is None
    baselines = prepared_data.read_baselines(tmp_path, "toy", "test")
    assert baselines is not None and list(baselines)[:2] == ["pair_id", "label"]


def test_text_that_looks_like_markup_stays_text(tmp_path: Path) -> None:
    pairs = builders.pairs(3).assign(sentence1="<script>alert(1)</script> & </td>")
    prepared_data.write_dataset(tmp_path, card_of({"test": pairs}), {"test": pairs}, {})
    assert prepared_data.read_split(tmp_path, "toy", "test")["sentence1"][0] == "<script>alert(1)</script> & </td>"


def test_a_missing_split_is_an_error_and_no_other_stands_in(tmp_path: Path) -> None:
    builders.dataset(tmp_path, sizes=(20, 10, 0))
    with pytest.raises(MissingSplitError, match="no split 'test'; it has train, valid"):
        prepared_data.read_split(tmp_path, "toy", "test")


def test_an_unknown_data_set_names_those_there(tmp_path: Path) -> None:
    builders.dataset(tmp_path)
    with pytest.raises(UnknownNameError, match=r"'korsts'.*there: toy.*prepare"):
        prepared_data.read_split(tmp_path, "korsts", "test")


@pytest.mark.parametrize("name", ["../toy", "a/../../b", "..", "", "A", "a b", ".hidden", "x" * 61, "a..b", "한국어"])
def test_a_name_that_is_no_folder_name_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    root = tmp_path / "data"
    builders.dataset(tmp_path)
    before = contents(tmp_path)
    pairs = builders.pairs(3)
    with pytest.raises(DataError, match="name is 1–60"):
        prepared_data.write_dataset(root, card_of({"test": pairs}, name), {"test": pairs}, {})
    with pytest.raises(DataError, match="name is 1–60"):
        prepared_data.read_card(root, name)
    with pytest.raises(DataError, match="name is 1–60"):
        prepared_data.baselines_path(root, name, "test")
    assert contents(tmp_path) == before


def test_a_changed_or_broken_file_is_noticed(tmp_path: Path) -> None:
    builders.dataset(tmp_path)
    path = tmp_path / "toy" / "test.parquet"
    pairs = pd.read_parquet(path)
    pairs.assign(label=pairs["label"].iloc[::-1].to_numpy()).to_parquet(path)
    with pytest.raises(DataError, match="was changed"):
        prepared_data.read_split(tmp_path, "toy", "test")
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match="can't be read"):
        prepared_data.read_split(tmp_path, "toy", "test")
    path.unlink()
    with pytest.raises(DataError, match="can't be read"):
        prepared_data.read_split(tmp_path, "toy", "test")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"name": "toy"}', '{"format_version": 2, "name": "toy", "splits": {}}']
)
def test_a_card_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    builders.dataset(tmp_path)
    (tmp_path / "toy" / "dataset.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="repare"):
        prepared_data.read_card(tmp_path, "toy")


def test_the_checksum_follows_ids_texts_and_labels_and_not_their_order() -> None:
    pairs = builders.pairs(20)
    first = prepared_data.checksum(pairs)
    assert prepared_data.checksum(pairs.iloc[::-1]) == first
    assert prepared_data.checksum(pairs.assign(note="x", source="y")) == first
    for column, value in {
        "pair_id": "other",
        "sentence1": "다른 문장",
        "sentence2": "다른 문장",
        "label": 2.25,
    }.items():
        changed = pairs.copy()
        changed.loc[3, column] = value
        assert prepared_data.checksum(changed) != first


def test_the_card_of_a_split() -> None:
    pairs = builders.pairs(5).assign(label=[0.0, 0.49, 0.5, 4.99, 5.0], source=["a", "a", "b", "", ""])
    card = prepared_data.describe_split(pairs)
    assert card.label_histogram == {"0": 2, "0.5": 1, "4.5": 1, "5": 1}
    assert card.sources == {"": 2, "a": 2, "b": 1}
    assert card.mean_label == pytest.approx(pairs["label"].mean(), abs=1e-4)


def test_writing_again_replaces_the_product_files_and_leaves_others(tmp_path: Path) -> None:
    builders.dataset(tmp_path)
    (tmp_path / "toy" / "pairs.csv").write_text("mine", encoding="utf-8")
    pairs = builders.pairs(7, prefix="new")
    prepared_data.write_dataset(tmp_path, card_of({"test": pairs}), {"test": pairs}, {})
    assert sorted(contents(tmp_path / "toy")) == ["dataset.json", "pairs.csv", "test.parquet"]
    assert len(prepared_data.read_split(tmp_path, "toy", "test")) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["toy"], "nothing temporary stays"


@pytest.mark.parametrize("step", range(1, 7))
def test_a_full_disk_while_writing_leaves_the_older_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    builders.dataset(tmp_path)
    (tmp_path / "toy" / "pairs.csv").write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    calls = iter(range(1, 100))

    def failing(original: object) -> object:
        def write(*arguments: object, **options: object) -> object:
            if next(calls) == step:
                raise OSError(28, "No space left on device")
            return original(*arguments, **options)  # type: ignore[operator]

        return write

    monkeypatch.setattr(pd.DataFrame, "to_parquet", failing(pd.DataFrame.to_parquet))
    monkeypatch.setattr(prepared_data, "write_text", failing(prepared_data.write_text))
    with pytest.raises(DataError, match="No space left.*unchanged.*Free some space"):
        builders.dataset(tmp_path, sizes=(30, 15, 15))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("step", range(1, 13))
def test_a_failure_during_the_exchange_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    builders.dataset(tmp_path)
    before = contents(tmp_path)
    calls = iter(range(1, 100))
    original = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if next(calls) == step:
            raise PermissionError(13, "Permission denied")
        return original(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(DataError, match="unchanged"):
        builders.dataset(tmp_path, sizes=(30, 15, 15))
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_a_real_limit_on_file_size_leaves_the_older_data_set(tmp_path: Path) -> None:
    builders.dataset(tmp_path)
    before = contents(tmp_path)
    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from pathlib import Path; from tests import builders\n"
        f"builders.dataset(Path({str(tmp_path)!r}), sizes=(20_000, 20, 20))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    assert "DataError" in done.stderr and "unchanged" in done.stderr, done.stderr[-500:]
    assert contents(tmp_path) == before


def test_no_folder_to_write_to(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(DataError, match="could not be written"):
        builders.dataset(tmp_path / "data")


def test_the_card_is_json_for_other_programs(tmp_path: Path) -> None:
    builders.dataset(tmp_path)
    content = json.loads((tmp_path / "toy" / "dataset.json").read_text(encoding="utf-8"))
    assert content["format_version"] == 1
    assert set(content["splits"]["test"]) >= {"pairs", "checksum", "label_histogram", "mean_label"}
