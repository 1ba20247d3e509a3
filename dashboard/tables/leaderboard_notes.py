"""What a reader of a ranking should know of its pairs and runs: leakage, duplicates, runs that are not ranked."""

from collections import Counter
from dataclasses import dataclass, field

from dashboard.tables.comparison import SPLIT, Leaderboard
from similarity.prepared_data import DatasetCard


@dataclass(frozen=True)
class Note:
    """One thing to know; `colour` says how bad it is, `fields` fill its sentence."""

    key: str
    colour: str
    fields: dict[str, int] = field(default_factory=dict)


def notes(board: Leaderboard, dataset: str, card: DatasetCard | None) -> list[Note]:
    """Return the notes on one data set's leaderboard, the gravest kinds first."""
    return [*_leakage(board, dataset, card), *_duplicates(card), *_unranked(board)]


def _leakage(board: Leaderboard, dataset: str, card: DatasetCard | None) -> list[Note]:
    if board.ranking is None:
        return []
    elsewhere = int((board.ranking.table["trained_on"] != dataset).sum())
    foreign = [Note("foreign", "gray", {"count": elsewhere})] if elsewhere else []
    if elsewhere == len(board.ranking.table):
        return foreign
    here = card is not None and SPLIT in card.splits and card.splits[SPLIT].checksum == board.ranking.checksum
    if card is None or not here or f"train_pairs_in_{SPLIT}" not in card.leakage:
        return [Note("unknown", "gray"), *foreign]
    pairs, sentences = card.leakage[f"train_pairs_in_{SPLIT}"], card.leakage[f"{SPLIT}_pairs_with_train_sentences"]
    found = []
    if pairs:
        found.append(Note("pairs", "red", {"count": pairs}))
    if sentences:
        found.append(Note("sentences", "orange", {"count": sentences, "pairs": card.splits[SPLIT].pairs}))
    return [*(found or [Note("clean", "green")]), *foreign]


def _duplicates(card: DatasetCard | None) -> list[Note]:
    if card is None:
        return []
    dropped = sum(count for reason, count in card.dropped.items() if "duplicates" in reason)
    found = [Note("duplicates", "gray", {"count": dropped})] if dropped else []
    if "test untouched" in str(card.preprocessing.get("duplicates", "")):
        found.append(Note("as_published", "gray"))
    return found


def _unranked(board: Leaderboard) -> list[Note]:
    apart = sum(len(ranking.table) for ranking in board.others)
    found = [Note("apart", "orange", {"count": apart})] if apart else []
    statuses = Counter(board.unscored["status"])
    colours = {"failed": "red", "stopped": "orange"}
    return found + [
        Note(status, colour, {"count": statuses[status]}) for status, colour in colours.items() if statuses[status]
    ]
