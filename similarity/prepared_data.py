"""A prepared data set: `data/<name>/{train,valid,test}.parquet`, `baselines.<split>.parquet` and `dataset.json`.

`trainer prepare` writes it, everything else reads it. Splits never stand in for each other.
"""

import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from similarity.errors import DataError, MissingSplitError, UnknownNameError
from similarity.files import write_text
from similarity.sentence_pairs import PAIR_COLUMNS, SPLITS

FORMAT_VERSION = 1
TFIDF, SOURCE_MEAN = BASELINES = ("tfidf-char-cosine", "source-mean")
"""Columns of `baselines.<split>.parquet`; `trainer/baselines.py` says what they are."""

CARD_FILE = "dataset.json"
_NAME_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,59}")


class SplitCard(BaseModel):
    """One split: how many pairs, the checksum of their ids, texts and labels, and the labels' histogram by band."""

    model_config = ConfigDict(extra="allow")

    pairs: int
    checksum: str
    mean_label: float
    label_histogram: dict[str, int]
    """Lower bound of each band of half a point → pairs."""
    sources: dict[str, int] = Field(default_factory=dict)


class DatasetCard(BaseModel):
    """`dataset.json`."""

    model_config = ConfigDict(extra="allow")

    format_version: int = FORMAT_VERSION
    name: str
    title: str = ""
    licence: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    """Where each split's pairs were read from."""
    preprocessing: dict[str, Any] = Field(default_factory=dict)
    splits: dict[str, SplitCard]
    dropped: dict[str, int] = Field(default_factory=dict)
    """Reason → pairs left out."""
    bad_rows: list[str] = Field(default_factory=list)
    leakage: dict[str, int] = Field(default_factory=dict)
    """What stands on both sides of a split, as counts (`train_sentences_in_test`, …)."""


def check_dataset_name(name: str) -> str:
    """Return `name` if it can stand as a folder's name.

    Raises:
        DataError: it holds anything but lower-case letters, digits, `.`, `_`, `-`, or `..`.
    """
    if not _NAME_PATTERN.fullmatch(name):
        raise DataError(f"A data set's name is 1–60 lower-case letters, digits, '.', '_' or '-', but {name!r} came.")
    return name


def list_datasets(root: Path) -> list[str]:
    """Return the names of the prepared data sets below `root`."""
    return sorted(file.parent.name for file in root.glob(f"*/{CARD_FILE}"))


def read_card(root: Path, name: str) -> DatasetCard:
    """Read `dataset.json`.

    Raises:
        UnknownNameError: no such prepared data set.
        DataError: its card can't be read.
    """
    path = root / check_dataset_name(name) / CARD_FILE
    if not path.is_file():
        known = ", ".join(list_datasets(root)) or "none yet"
        raise UnknownNameError(
            f"There is no prepared data set {name!r} in {root} (there: {known}). "
            "`python -m trainer prepare --help` says how to make one."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        card = DatasetCard.model_validate(content)
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise DataError(f"{path} can't be read ({error}). Prepare the data set again.") from error
    if card.format_version != FORMAT_VERSION:
        raise DataError(
            f"{path} is of version {card.format_version}; this program reads {FORMAT_VERSION}. Prepare it again."
        )
    return card


def read_split(root: Path, name: str, split: str) -> pd.DataFrame:
    """Return one split's pairs.

    Raises:
        MissingSplitError: the data set has no such split.
        UnknownNameError, DataError: as `read_card`; or the file is not the one that the card describes.
    """
    card = read_card(root, name)
    if split not in card.splits:
        raise MissingSplitError(
            f"Data set {name!r} has no split {split!r}; it has {', '.join(card.splits)}. "
            f"Prepare it again with a file for {split}."
        )
    path = root / name / f"{split}.parquet"
    try:
        pairs = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} can't be read ({error}). Prepare the data set again.") from error
    if set(PAIR_COLUMNS) - set(pairs.columns) or checksum(pairs) != card.splits[split].checksum:
        raise DataError(
            f"{path} is not the file that {CARD_FILE} describes: it was changed. Prepare the data set again."
        )
    return pairs


def baselines_path(root: Path, name: str, split: str) -> Path:
    """Return where a split's baseline predictions stand."""
    return root / check_dataset_name(name) / f"baselines.{split}.parquet"


def read_baselines(root: Path, name: str, split: str) -> pd.DataFrame | None:
    """Return pair_id, label and one column of 0–5 predictions a baseline, or None where none were made."""
    path = baselines_path(root, name, split)
    return pd.read_parquet(path) if path.is_file() else None


def write_dataset(
    root: Path, card: DatasetCard, splits: dict[str, pd.DataFrame], baselines: dict[str, pd.DataFrame]
) -> Path:
    """Write a prepared data set in place of an older one of that name, and return its folder.

    Other files in the folder stay. Everything is written beside the folder first; where that fails, or the
    exchange does, the older data set is there as before.

    Raises:
        DataError: the name can't be a folder's, or the disk is full or not writable.
    """
    folder = root / check_dataset_name(card.name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=f".{card.name}.", suffix=".tmp") as temporary:
            new, old = Path(temporary, "new"), Path(temporary, "old")
            new.mkdir()
            old.mkdir()
            for split, pairs in splits.items():
                pairs.to_parquet(new / f"{split}.parquet", index=False)
            for split, predictions in baselines.items():
                predictions.to_parquet(new / baselines_path(root, card.name, split).name, index=False)
            write_text(new / CARD_FILE, card.model_dump_json(indent=1) + "\n")
            folder.mkdir(exist_ok=True)
            _exchange(folder, new, old)
    except OSError as error:
        raise DataError(
            f"The data set {card.name!r} could not be written to {folder} ({error}); what stood there is unchanged. "
            "Free some space or mend the permissions, then prepare it again."
        ) from error
    return folder


def _exchange(folder: Path, new: Path, old: Path) -> None:
    # The card goes first and comes last, so a folder with a card is complete even if the machine stops in between.
    names = [CARD_FILE, *(f"{part}{split}.parquet" for split in SPLITS for part in ("", "baselines."))]
    moved: list[tuple[Path, Path]] = []
    try:
        for name in names:
            if (folder / name).exists():
                moved.append(((folder / name).rename(old / name), folder / name))
        for name in reversed(names):
            if (new / name).exists():
                moved.append((folder / name, new / name))
                (new / name).rename(folder / name)
    except BaseException:
        for here, there in reversed(moved):
            if here.exists():
                here.rename(there)
        raise


def checksum(pairs: pd.DataFrame) -> str:
    """Return the SHA-256 of the pairs (id, both sentences, label to six decimals), whatever their order."""
    rows = sorted(
        json.dumps([row.pair_id, row.sentence1, row.sentence2, f"{row.label:.6f}"], ensure_ascii=False)
        for row in pairs.loc[:, ["pair_id", "sentence1", "sentence2", "label"]].itertuples(index=False)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def describe_split(pairs: pd.DataFrame) -> SplitCard:
    """Return a split's card."""
    bands = (pairs["label"] * 2).astype(int) / 2
    return SplitCard(
        pairs=len(pairs),
        checksum=checksum(pairs),
        mean_label=round(float(pairs["label"].mean()), 4),
        label_histogram={f"{band:g}": int(count) for band, count in bands.value_counts().sort_index().items()},
        sources={str(source): int(count) for source, count in pairs["source"].value_counts().sort_index().items()},
    )
