"""Files and folders are replaced in one step, or not at all."""

from pathlib import Path

import pytest

from similarity.files import replaced, replaced_folder, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OSError, match="full"), replaced(tmp_path / "a.txt") as temporary:
        temporary.write_text("ne")
        raise OSError("the disk is full")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_failed_write_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    with replaced_folder(tmp_path / "model") as temporary:
        (temporary / "old").touch()
    with pytest.raises(OSError, match="full"), replaced_folder(tmp_path / "model") as temporary:
        (temporary / "new").touch()
        raise OSError("the disk is full")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["model", "model/old"]
    with replaced_folder(tmp_path / "model") as temporary:
        (temporary / "new").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["model", "model/new"]
