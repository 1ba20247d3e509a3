"""What is said of a data set's pairs beside the ranking."""

from datetime import timedelta
from typing import Any

from dashboard.tables import comparison
from dashboard.tables.leaderboard_notes import Note, notes
from similarity.prepared_data import DatasetCard, SplitCard
from similarity.run_format import RunRecord
from tests import builders

LEAKAGE = {"train_pairs_in_test": 0, "test_pairs_with_train_sentences": 0}


def scored(run_id: str, checksum: str = "x", trained_on: str = "toy") -> RunRecord:
    scores = {
        "pairs": 30,
        "checksum": checksum,
        "pearson": 0.8,
        "spearman": 0.5,
        "f1": None,
        "macro_f1": None,
        "mse": 1,
    }
    return builders.record(run_id, metrics={"toy": {"test": scores}}, data={"name": trained_on})


def card(**fields: Any) -> DatasetCard:
    test = SplitCard(pairs=30, checksum="x", mean_label=2, label_histogram={})
    return DatasetCard(**{"name": "toy", "splits": {"test": test}, "leakage": LEAKAGE, **fields})


def keys(described: DatasetCard | None, *runs: RunRecord) -> list[str]:
    table = comparison.run_table(list(runs), builders.START + timedelta(minutes=3))
    return [note.key for note in notes(comparison.leaderboard(table, "toy", "x"), "toy", described)]


def test_leakage_is_counted_known_to_be_none_or_unknown() -> None:
    assert keys(card(), scored("a")) == ["clean"]
    assert keys(card(leakage={**LEAKAGE, "test_pairs_with_train_sentences": 4}), scored("a")) == ["sentences"]
    both = card(leakage={"train_pairs_in_test": 1, "test_pairs_with_train_sentences": 4})
    assert keys(both, scored("a")) == ["pairs", "sentences"]
    assert keys(None, scored("a")) == ["unknown"]
    assert keys(card(leakage={}), scored("a")) == ["unknown"]
    assert keys(card(), scored("a", checksum="y")) == ["unknown"]


def test_the_cards_leakage_says_nothing_of_runs_trained_elsewhere() -> None:
    assert keys(card(), scored("a"), scored("b", trained_on="other")) == ["clean", "foreign"]
    assert keys(card(), scored("b", trained_on="other")) == ["foreign"]


def test_duplicates_other_pairs_and_failed_runs_are_counted() -> None:
    described = card(
        dropped={"train_duplicates": 2, "train_swapped_duplicates": 3, "train_bad_rows": 9},
        preprocessing={"duplicates": "first kept, test untouched"},
    )
    failed = builders.record("f", status="failed")
    table = comparison.run_table([scored("a"), scored("b", "y"), failed], builders.START + timedelta(minutes=3))
    found = notes(comparison.leaderboard(table, "toy", "x"), "toy", described)
    assert [note.key for note in found] == ["clean", "duplicates", "as_published", "apart", "failed"]
    assert Note("duplicates", "gray", {"count": 5}) in found
