"""A home with all that a pretraining or a distillation begins with, made once; and a command that runs in it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from tests import builders
from trainer import __main__ as command_line


class Done(NamedTuple):
    """How a command ended."""

    code: int
    output: str
    errors: str


RunCommand = Callable[..., Done]


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    return builders.sentences()


@pytest.fixture(scope="session")
def lab(sentences: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a text, plain and compressed, a teacher of random weights, pretrained encoders, and pairs.

    Tests that add to it do so under names of their own.
    """
    home = tmp_path_factory.mktemp("lab")
    text = builders.text(home / "text.txt", sentences[:1500])
    (home / "text.txt.zst").write_bytes(pa.Codec("zstd").compress(text.read_bytes(), asbytes=True))
    builders.teacher(home / "teacher", sentences)
    builders.dataset(home / "data", "toy", (60, 20, 30))
    with builders.light_training():
        for objective in builders.FAMILIES:
            builders.pretrain(home, objective=objective, name=objective, steps=40)
    return home


@pytest.fixture
def home(lab: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home, which commands then find."""
    monkeypatch.setenv("SIMILARITY_HOME", str(lab))
    # Rich reads the width from here; a narrow one would fold what the tests look for.
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(lab)
    return lab


@pytest.fixture(scope="session")
def distilled(lab: Path) -> Path:
    """Return the folder with a distilled encoder of each family."""
    with builders.light_training():
        for family in builders.FAMILIES:
            builders.distil(lab, name=f"{family}-distilled", student=family, steps=50, pair_steps=6)
    return lab / "artifacts" / "encoders"


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return what runs `python -m trainer` with these arguments in this process."""

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["trainer", *map(str, arguments)])
        capsys.readouterr()
        try:
            code = command_line.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return run
