"""Whether a run can be repeated: every need is met, not met, or open, by what lies here."""

from pathlib import Path

import pytest

from dashboard.tables.reproduction import checks_of, installed_versions
from similarity.prepared_data import DatasetCard
from similarity.run_format import RunRecord
from tests import builders


def record(card: DatasetCard, **fields: object) -> RunRecord:
    splits = {name: {"pairs": part.pairs, "checksum": part.checksum} for name, part in card.splits.items()}
    return builders.record(
        **{
            "data": {"name": "toy", "splits": splits},
            "command": "python -m trainer train",
            "environment": {"packages": {"torch": "2.13.0"}, "commit": "abc"},
            **fields,
        }
    )


def states(run: RunRecord, here: DatasetCard | None, versions: dict[str, str] | None = None) -> dict[str, str]:
    return {check.text: check.state for check in checks_of(run, here, {"bert-mini"}, versions or {})}


@pytest.fixture
def card(tmp_path: Path) -> DatasetCard:
    return builders.dataset(tmp_path)


def test_a_run_whose_needs_all_lie_here(card: DatasetCard) -> None:
    model = builders.record().model.model_copy(update={"base_checkpoint": "bert-mini"})
    found = states(record(card, model=model), card, {"torch": "2.13.0"})
    assert found == {
        "command": "good",
        "data_same": "good",
        "base_here": "good",
        "seed": "good",
        "packages_same": "good",
        "commit": "open",
    }


def test_a_run_without_any_of_them(card: DatasetCard) -> None:
    bare = builders.record(hyper_parameters={})
    assert states(bare, None) == {
        "no_command": "bad",
        "data_unknown": "bad",
        "base_hub": "open",
        "no_seed": "bad",
        "packages_unknown": "bad",
        "no_commit": "open",
    }
    assert states(record(card), None)["data_missing"] == "bad"


def test_another_version_of_a_split_is_named(card: DatasetCard, tmp_path: Path) -> None:
    other = builders.dataset(tmp_path / "other", sizes=(60, 20, 31))
    (check,) = (check for check in checks_of(record(card), other, [], {}) if check.text == "data_other")
    assert check.fields["splits"] == "test"


def test_packages_that_differ_or_are_missing_are_named(card: DatasetCard) -> None:
    run = record(card, environment={"packages": {"torch": "2.12", "gone": "1", "numpy": "2"}})
    (check,) = (each for each in checks_of(run, card, [], {"torch": "2.13", "numpy": "2"}) if "packages" in each.text)
    assert check.fields["packages"] == "torch 2.12 → 2.13, gone 1 → –"


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("bert-mini", "base_here"),
        ("bert-gone", "base_missing"),
        ("klue/bert-base", "base_hub"),
        ("artifacts/runs/x/checkpoint", "base_folder"),
        ("/etc/x", "base_folder"),
        ("../x", "base_folder"),
    ],
)
def test_where_a_body_comes_from(card: DatasetCard, base: str, text: str) -> None:
    model = builders.record().model.model_copy(update={"base_checkpoint": base})
    assert text in states(record(card, model=model), card)


def test_versions_are_those_installed_and_hostile_names_are_none() -> None:
    found = installed_versions(["pytest", "no-such-package", "", "../x"])
    assert found == {"pytest": pytest.__version__}
