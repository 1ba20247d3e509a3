"""A prepared data set or an uploaded file and what is computed from it, once as long as it stays the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.stores import run_store
from dashboard.tables import data_findings, data_leakage, data_tables, data_tokens, trivial_predictors
from dashboard.tables.data_findings import Finding
from dashboard.tables.data_tables import Splits
from dashboard.tables.data_tokens import Feeding, Ints, Place
from dashboard.tables.data_upload import Upload
from similarity import project_paths, run_format
from similarity.metrics import Scores
from similarity.prepared_data import TFIDF, DatasetCard
from similarity.run_format import RunRecord
from similarity.sentence_pairs import SPLITS

FILE = "file"
"""The one part of an uploaded file, which has no splits."""

MAX_RUNS = 100
"""Tokenizers are looked for in the chosen and in this many of the newest runs."""


@dataclass(frozen=True)
class DataSet:
    """What is shown: its pairs by split, its card (None for a file), and the splits that can't be read."""

    name: str
    splits: Splits
    digest: str
    card: DatasetCard | None = None
    unread: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it is an uploaded file, which has no splits."""
        return self.card is None

    @property
    def measured_on(self) -> list[str]:
        """The splits on which something can be measured."""
        return [split for split in self.splits if split != "train"]


def prepared(name: str, card: DatasetCard) -> DataSet:
    """Return a prepared data set, its splits in their usual order."""
    order: list[str] = [split for split in SPLITS if split in card.splits]
    found = {split: pairs for split in order if (pairs := run_store.pairs(name, split)) is not None}
    checksums = "|".join(f"{split}:{card.splits[split].checksum}" for split in found)
    digest = sha256(f"{name}|{checksums}".encode()).hexdigest()
    return DataSet(name, found, digest, card, tuple(split for split in order if split not in found))


def uploaded(upload: Upload) -> DataSet:
    """Return an uploaded file's good rows as a data set of one part."""
    return DataSet(upload.name, {FILE: upload.pairs}, upload.digest)


def _digest(data: DataSet) -> str:
    return data.digest


_HASHED: dict[str | type[Any], Callable[[Any], Any]] = {DataSet: _digest}


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def overlap(data: DataSet) -> pd.DataFrame:
    """Return `data_leakage.overlap`."""
    return data_leakage.overlap(data.splits)


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def duplicates(data: DataSet) -> pd.DataFrame:
    """Return `data_leakage.duplicates`."""
    return data_leakage.duplicates(data.splits)


@st.cache_resource(show_spinner=False, max_entries=8, hash_funcs=_HASHED)
def touched_ids(data: DataSet) -> Mapping[str, frozenset[str]]:
    """Return `data_leakage.touched_ids`."""
    return data_leakage.touched_ids(data.splits)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=_HASHED)
def trivial_scores(data: DataSet, split: str) -> dict[str, Scores]:
    """Return what trivial predictors reach on a split, fitted on train."""
    return trivial_predictors.scores(data.splits[split], data.splits.get("train"))


def without_a_network(data: DataSet, split: str) -> dict[str, Scores]:
    """Return what trivial predictors and the TF-IDF baseline that came with the data set reach on a split."""
    checksum = data.card.splits[split].checksum if data.card else ""
    stored = run_store.baselines(data.name, split, checksum) if checksum else {}
    return trivial_scores(data, split) | {name: scores for name, scores in stored.items() if name == TFIDF}


def findings(data: DataSet) -> list[Finding]:
    """Return what a person should know before trusting a score on the test split."""
    trivial = without_a_network(data, "test") if "test" in data.splits else {}
    return data_findings.findings(data.splits, overlap(data), duplicates(data), trivial)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=_HASHED)
def group_counts(data: DataSet, column: str) -> pd.DataFrame:
    """Return `data_tables.group_counts`."""
    return data_tables.group_counts(data.splits, column)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=_HASHED)
def options(data: DataSet, column: str) -> list[str]:
    """Return `data_tables.options`."""
    return data_tables.options(data.splits, column)


def feedings(runs: Sequence[RunRecord], chosen: Sequence[str]) -> list[Feeding]:
    """Return how models cut and take text: of the chosen runs, the newest runs and the encoders, in this order."""
    first = [run for run in runs if run.run_id in chosen]
    others = [run for run in runs if run.run_id not in chosen][:MAX_RUNS]
    places = []
    for run in [*first, *others]:
        folder = run_format.run_folder(project_paths.runs_root(), run.run_id) / run_format.CHECKPOINT_FOLDER
        places.append(Place(run.display_name, folder, run.model.architecture, run.model.max_length))
    encoders = sorted(file.parent for file in project_paths.encoders_root().glob(f"*/{data_tokens.TOKENIZER_FILE}"))
    places += [Place(folder.name, folder, "cross-encoder", data_tokens.limit_in(folder)) for folder in encoders]
    known = [(place, digest) for place in places if (digest := _tokenizer_digest(place.file)) is not None]
    return data_tokens.together(known)[: data_tokens.MAX_TOKENIZERS]


def input_lengths(data: DataSet, split: str, feeding: Feeding) -> Ints:
    """Return the length in tokens of each pair's longest input (of `data_tokens.MAX_PAIRS` pairs at most)."""
    tokens, special = _sentence_tokens(data, split, feeding.digest, str(feeding.file))
    return data_tokens.input_lengths(tokens, special, feeding.architecture)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def text_lengths(data: DataSet, split: str, unit: str) -> Ints:
    """Return the length of both sentences of each pair together in `characters` or `words`."""
    return data_tokens.text_lengths(data_tokens.sampled(data.splits[split]), unit)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=_HASHED)
def _sentence_tokens(data: DataSet, split: str, digest: str, _file: str) -> tuple[Ints, tuple[int, int]]:
    pairs = data_tokens.sampled(data.splits[split])
    return data_tokens.sentence_tokens(Path(_file), pairs), data_tokens.special_tokens(Path(_file))


def _tokenizer_digest(file: Path) -> str | None:
    try:
        status = file.stat()
        return _digest_at(str(file), (status.st_mtime_ns, status.st_size))
    except OSError:
        # No tokenizer there, or none that may be read.
        return None


@st.cache_resource(show_spinner=False, max_entries=512)
def _digest_at(file: str, stamp: tuple[int, int]) -> str | None:
    # Many runs hold the very same file, which takes longer to load than to read.
    return _digest_of_bytes(sha256(Path(file).read_bytes()).hexdigest(), file)


@st.cache_resource(show_spinner=False, max_entries=128)
def _digest_of_bytes(raw: str, _file: str) -> str | None:
    return data_tokens.digest_of(Path(_file))
