"""Stopping a long training and going on, and what its curves hold, with a module that takes a moment a step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from torch.nn import functional

from similarity import run_format
from trainer.training import long_training
from trainer.training.long_training import Outcome, Schedule, train_long

STEPS = 12
QUIET = Console(quiet=True)


class Guesser(torch.nn.Module):
    """Guesses numbers from the ones before; like ELECTRA it has one table under two names, and dropout."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(50, 8)
        self.dropout = torch.nn.Dropout(0.2)
        self.head = torch.nn.Linear(8, 50)
        self.head.weight = self.table.weight

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = self.head(self.dropout(self.table(input_ids)))
        loss = functional.cross_entropy(logits[attention_mask.bool()], (input_ids[attention_mask.bool()] + 1) % 50)
        return {"loss": loss, "other_loss": loss.detach() + 1}


def batch(number: int) -> dict[str, torch.Tensor]:
    ids = np.random.default_rng(number).integers(0, 50, (4, 6))
    return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.ones(4, 6).tril(2).long()}


class Training:
    """One that notes which batches are asked for and can be stopped at one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[int] = []
        self.module = Guesser()

    def run(
        self,
        *,
        stop_at: int = -1,
        steps: int = STEPS,
        measure: Callable[[], dict[str, float]] | None = None,
        console: Console = QUIET,
    ) -> Outcome:
        def make(number: int) -> dict[str, torch.Tensor]:
            self.asked.append(number)
            if number == stop_at:
                raise KeyboardInterrupt
            return batch(number)

        self.asked.clear()
        self.module = Guesser()
        schedule = Schedule(steps, 0.05, 0.25, 0.0, 1, "fp32")
        return train_long(self.module, make, schedule, self.folder, console, measure)

    @property
    def curves(self) -> Any:
        return run_format.read_metrics(self.folder)

    @property
    def points(self) -> list[Path]:
        return sorted((self.folder / "resume").glob("checkpoint-*"))


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path / "parts")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, light_training: None) -> tuple[Training, Outcome]:
    training = Training(tmp_path_factory.mktemp("whole"))
    return training, training.run()


def test_stopped_twice_and_gone_on_ends_with_the_same_weights_and_curves(
    training: Training,
    whole: tuple[Training, Outcome],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    for stop in (5, 9):
        with pytest.raises(KeyboardInterrupt):
            training.run(stop_at=stop)
        assert len(training.points) == 1, "the one before is of no use any more"
    # Cut off while a resume point was being written: it is not gone on from.
    (training.folder / "resume" / "checkpoint-11").mkdir()
    outcome = training.run(console=Console())

    assert training.asked[0] in (7, 8) and training.asked[-1] == STEPS - 1
    assert f"Going on from step {training.asked[0]}" in capsys.readouterr().out
    expected, expected_outcome = whole
    for name, weights in expected.module.state_dict().items():
        assert torch.equal(training.module.state_dict()[name], weights)
    assert (outcome.steps, outcome.tokens) == (expected_outcome.steps, expected_outcome.tokens)
    assert training.curves["step"].tolist() == expected.curves["step"].tolist()
    for name in ("train/loss", "train/other_loss", "learning_rate", "tokens"):
        assert training.curves[name].tolist() == pytest.approx(expected.curves[name].tolist())
    assert training.curves["seconds"].is_monotonic_increasing


def test_stopped_before_the_first_resume_point_it_begins_again_with_its_curves(
    training: Training, whole: tuple[Training, Outcome]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        training.run(stop_at=7)
    assert not training.points
    assert len(training.curves) > 0
    training.run()
    assert training.asked == list(range(STEPS))
    assert training.curves["step"].tolist() == whole[0].curves["step"].tolist()


def test_what_was_trained_to_the_end_is_not_trained_again(training: Training) -> None:
    # As when the encoder could not be written, since the disk was full.
    first = training.run()
    weights = {name: value.clone() for name, value in training.module.state_dict().items()}
    again = training.run()
    assert training.asked == []
    assert (again.steps, again.tokens) == (first.steps, first.tokens)
    assert all(torch.equal(training.module.state_dict()[name], weights[name]) for name in weights)


def test_every_point_of_the_curves_is_the_mean_of_the_steps_since_the_one_before(
    training: Training, whole: tuple[Training, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_training, "LOGGED_POINTS", STEPS // 3)
    training.run()
    each = whole[0].curves["train/loss"].to_numpy()
    assert len(each) == STEPS
    assert training.curves["train/loss"].to_numpy() == pytest.approx(each.reshape(-1, 3).mean(axis=1), rel=1e-4)
    assert training.curves["train/other_loss"].to_numpy() == pytest.approx(
        training.curves["train/loss"].to_numpy() + 1, rel=1e-4
    )


def test_padding_is_not_counted_and_the_rate_rises_and_falls(whole: tuple[Training, Outcome]) -> None:
    training, outcome = whole
    assert outcome.tokens == STEPS * int(batch(0)["attention_mask"].sum())
    rates = training.curves["learning_rate"].tolist()
    highest = rates.index(max(rates))
    assert max(rates) == pytest.approx(0.05)
    assert highest in (2, 3), "a quarter of the steps warm up"
    assert rates[: highest + 1] == sorted(rates[: highest + 1]) and rates[highest:] == sorted(rates[highest:])[::-1]
    assert rates[-1] < 0.01


def test_it_is_measured_at_the_start_some_twenty_times_along_the_way_and_at_the_end(training: Training) -> None:
    seen = []

    def measure() -> dict[str, float]:
        seen.append(float(training.module.table.weight.detach().sum()))
        return {"valid/sum": seen[-1]}

    training.run(steps=45, measure=measure)
    measured = training.curves.dropna(subset=["valid/sum"])
    assert measured["step"].tolist() == [*range(0, 45, 2), 45]
    assert measured["valid/sum"].tolist() == pytest.approx(seen)
    assert len(set(seen)) == len(seen)
