"""`trainer pretrain`: what it refuses, what it prints, and that the same command goes on after it was stopped."""

import os
import signal
from pathlib import Path

import pytest

from tests.trainer.conftest import RunCommand
from trainer.training import long_training
from trainer.training.text_batches import PackedRows

pytestmark = pytest.mark.usefixtures("light_training")
SIZE = "--layers 1 --width 32 --heads 2 --longest 64 --pieces 2000 --batch-tokens 512".split()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gpt"], "'bert', 'roberta' or 'electra'"),
        (["bert", "--heads", "3"], "not a multiple of 3 heads"),
        (["bert", "--name", "../elsewhere"], "../elsewhere"),
        (["bert", "--precision", "fp64"], "--precision is one of"),
        (["bert", "--name", "bert"], "'bert' already"),
    ],
)
def test_a_bad_value_is_one_clear_message(home: Path, arguments: list[str], says: str, run_command: RunCommand) -> None:
    given = ["--name", "bad-value", "--corpus", "text.txt", "--precision", "fp32", *SIZE, "--steps", "1"]
    done = run_command("pretrain", arguments[0], *given, *arguments[1:])
    assert done.code == 1
    assert done.errors.startswith("Error: ") and done.errors.count("\n") == 1
    assert says in done.errors
    assert "{'" not in done.errors, "what is right is left out of the message"
    assert not (home / "artifacts" / "encoders" / "bad-value").exists()
    assert not (home / "artifacts" / "unfinished" / "trainings" / "bad-value").exists()


def test_the_command_is_stopped_by_a_signal_and_the_same_command_goes_on(
    home: Path, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [
        *("pretrain", "electra", "--name", "by-command", "--corpus", "text.txt.zst", "--corpus", "text.txt", *SIZE),
        *("--steps", "10", "--licence", "CC0 1.0", "--precision", "fp32"),
    ]
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    really = PackedRows.batch
    with monkeypatch.context() as stopping:

        def stopped(self: PackedRows, number: int) -> object:
            if number == 6:
                os.kill(os.getpid(), signal.SIGTERM)
            return really(self, number)

        stopping.setattr(PackedRows, "batch", stopped)
        done = run_command(*command)
    assert done.code == 130
    assert "The same command goes on from the last resume point" in done.errors
    assert "Traceback" not in done.errors
    assert (home / "artifacts" / "unfinished" / "trainings" / "by-command").is_dir()

    done = run_command(*command)
    assert done.code == 0, done.errors
    assert "Going on from step" in done.output
    assert "3,000 lines" in done.output and "10 steps" in done.output
    assert "python -m trainer distill by-command --name by-command-distilled" in done.output
    folder = Path("artifacts") / "encoders" / "by-command"
    assert str(folder) in done.output
    assert "CC0 1.0" in (folder / "README.md").read_text()
    assert not (home / "artifacts" / "unfinished" / "trainings" / "by-command").exists()
