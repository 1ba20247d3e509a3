"""What `trainer prepare` and `trainer merge` print: the splits, what was left out and why, and what leaks."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from similarity.prepared_data import CARD_FILE, DatasetCard
from similarity.sentence_pairs import SPLITS
from trainer.console import console, say_next, shown

DROPPED = {
    "bad_rows": "rows that are not a pair",
    "empty_after_cleaning": "a sentence was empty after cleaning",
    "duplicates": "the same pair again",
    "swapped_duplicates": "the same pair again, swapped",
    "duplicates_with_another_label": "the same pair again, with another label",
    "pairs_in_test": "the pair stands in test",
    "pairs_in_valid": "the pair stands in valid",
    "sentences_in_test": "a sentence stands in test",
    "sentences_in_valid": "a sentence stands in valid",
}
"""Why pairs are left out; in the card each key follows its split's name."""


def report(card: DatasetCard, folder: Path, *, baselines: bool) -> None:
    """Print the splits, what was left out, and what leaks."""
    console.print(_split_table(card))
    if card.dropped:
        console.print(_dropped_table(card))
    for row in card.bad_rows[:10]:
        console.print(f"  left out: {escape(row)}", highlight=False, soft_wrap=True)
    if len(card.bad_rows) > 10:
        console.print(f"  … and {len(card.bad_rows) - 10:,} more, all listed in {CARD_FILE}")
    for line in _leakage_lines(card):
        console.print(line, highlight=False, soft_wrap=True)
    if not baselines:
        console.print("No baselines: they are fitted on train, and this data set has none. No other split stands in.")
    console.print(f"Wrote {escape(shown(folder))}/", highlight=False, soft_wrap=True)
    if "train" in card.splits:
        say_next(f"python -m trainer train --model klue-roberta-base --data {card.name}")
    else:
        say_next(f"python -m trainer evaluate RUN_ID --data {card.name}")


def _split_table(card: DatasetCard) -> Table:
    table = Table("split", title=escape(card.title or card.name), title_justify="left")
    for heading in ("pairs", "mean label", "similar (≥ 3)"):
        table.add_column(heading, justify="right")
    table.add_column("checksum")
    table.add_column("from", overflow="fold")
    for split, part in card.splits.items():
        similar = sum(count for band, count in part.label_histogram.items() if float(band) >= 3) / part.pairs
        source = card.files.get(split, "cut off train")
        table.add_row(
            split, f"{part.pairs:,}", f"{part.mean_label:.2f}", f"{similar:.0%}", part.checksum[:10], escape(source)
        )
    return table


def _dropped_table(card: DatasetCard) -> Table:
    table = Table("left out of", title="Pairs left out", title_justify="left")
    table.add_column("pairs", justify="right")
    table.add_column("because")
    for key, count in sorted(card.dropped.items(), key=lambda item: (SPLITS.index(item[0].split("_")[0]), -item[1])):
        split, _, reason = key.partition("_")
        table.add_row(split, f"{count:,}", DROPPED[reason])
    return table


def _leakage_lines(card: DatasetCard) -> list[str]:
    lines = []
    for left, right in (("train", "test"), ("valid", "test"), ("train", "valid")):
        sentences = card.leakage.get(f"{left}_sentences_in_{right}", 0)
        if sentences:
            pairs = card.leakage[f"{right}_pairs_with_{left}_sentences"]
            lines.append(
                f"[yellow]Leakage:[/] {sentences:,} of the sentences of {left} also stand in {right}, in {pairs:,} of "
                f"its {card.splits[right].pairs:,} pairs."
            )
    if card.leakage.get("train_sentences_in_test"):
        lines.append("Scores on test may be a little high for it; with --drop-leaked such train pairs are left out.")
    return lines
