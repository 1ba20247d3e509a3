"""`trainer distill`: what it refuses, what it prints, and that its encoder can be fine-tuned by name."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModel, AutoTokenizer

from similarity.run_catalog import list_runs
from tests.builders import LONGEST
from tests.trainer.conftest import RunCommand
from trainer.encoder_settings import DistillSettings
from trainer.training import distillation
from trainer.training.long_training import Outcome

pytestmark = pytest.mark.usefixtures("light_training")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bert", "--teacher-layers", "0"], "either an encoder to start from or layers"),
        (["--teacher-layers", "0"], "needs a vocabulary"),
        (["--teacher-layers", "0;1"], "0,2,4"),
        (["bert", "--steps", "0", "--pair-steps", "0"], "no steps"),
        (["bert", "--pairs", "0"], "steps on pairs need pairs"),
    ],
)
def test_a_bad_value_is_one_clear_message(home: Path, arguments: list[str], says: str, run_command: RunCommand) -> None:
    given = ["--name", "bad-value", "--corpus", "text.txt", "--teacher", "teacher", "--precision", "fp32"]
    done = run_command("distill", *given, "--sentences", "50", "--pairs", "20", *arguments)
    assert done.code == 1
    (message,) = (line for line in done.errors.splitlines() if line.startswith("Error: "))
    assert says in message and "Traceback" not in done.errors
    assert not (home / "artifacts" / "encoders" / "bad-value").exists()


def test_a_text_must_be_named(home: Path, run_command: RunCommand) -> None:
    done = run_command("distill", "bert", "--name", "x")
    assert done.code == 1
    assert "--corpus" in done.errors


def test_only_the_default_teacher_gets_its_prefix_unasked(
    home: Path, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[DistillSettings] = []

    def noted(settings: DistillSettings, *_: Any, **__: Any) -> Any:
        got.append(settings)
        return Outcome(1, 1, 1.0)

    monkeypatch.setattr(distillation, "distil_encoder", noted)
    for more in (
        [],
        ["--teacher", "run-a"],
        ["--teacher-prefix", ""],
        ["--teacher", "run-a", "--teacher-prefix", "q "],
    ):
        assert run_command("distill", "bert", "--name", "x", "--corpus", "text.txt", *more).code == 0
    assert [settings.teacher_prefix for settings in got] == ["query: ", "", "", "q "]
    assert got[0].teacher == "intfloat/multilingual-e5-small" and got[1].teacher == "run-a"
    assert all(settings.precision in ("fp32", "bf16") for settings in got), "auto is settled before"


def test_the_command_writes_an_encoder_and_says_what_is_next(home: Path, run_command: RunCommand) -> None:
    done = run_command(
        *("distill", "--name", "by-layers", "--teacher-layers", "0, 1", "--vocabulary", "bert", "--teacher", "teacher"),
        *("--corpus", "text.txt", "--sentences", "100", "--pairs", "100", "--steps", "2", "--pair-steps", "2"),
        *("--valid", "toy", "--licence", "CC0 1.0", "--precision", "fp32"),
    )
    assert done.code == 0, done.errors
    assert "100 sentences, 100 pairs" in done.output and "4 steps" in done.output
    assert "python -m trainer train --model by-layers --kind cross-encoder --data toy" in done.output
    folder = home / "artifacts" / "encoders" / "by-layers"
    model = AutoModel.from_pretrained(folder)
    assert (model.config.model_type, model.config.num_hidden_layers) == ("roberta", 2)
    assert "token_type_ids" not in AutoTokenizer.from_pretrained(folder)("방이 넓어요")
    assert "CC0 1.0" in (folder / "README.md").read_text()


def test_a_stopped_distillation_says_how_it_goes_on(
    home: Path, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(distillation, "distil_encoder", interrupted)
    done = run_command("distill", "bert", "--name", "x", "--corpus", "text.txt", "--teacher", "teacher")
    assert done.code == 130
    assert "The same command goes on from the last resume point" in done.errors


@pytest.mark.parametrize("kind", ["cross-encoder", "bi-encoder"])
def test_a_distilled_encoder_can_be_fine_tuned_by_its_name(
    home: Path, distilled: Path, kind: str, run_command: RunCommand
) -> None:
    done = run_command(
        *("train", "--model", "roberta-distilled", "--kind", kind, "--data", "toy", "--epochs", "1"),
        *("--max-length", str(LONGEST), "--precision", "fp32", "--name", f"tuned {kind}"),
    )
    assert done.code == 0, done.errors
    (run,) = (run for run in list_runs(home / "artifacts" / "runs").runs if run.display_name == f"tuned {kind}")
    assert (run.status, run.model.family, run.model.architecture) == ("finished", "roberta", kind)
    assert run.metrics["toy"]["test"].pairs == 30
