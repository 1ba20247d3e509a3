"""Reads what a report is made from, and makes it once for the very same runs, pairs and language."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.choice import Choice
from dashboard.report import content, html, markdown, sections
from dashboard.report.content import Content, Material
from dashboard.stores import prediction_store, run_store
from dashboard.tables.comparison import SPLIT, Ranking
from similarity.errors import RunError
from similarity.run_format import RunRecord, utc_now


@dataclass(frozen=True)
class Report:
    """A report in one language: the two files, and the page's preview of the first."""

    html: str
    markdown: str
    preview: str
    file_name: str


def scored_on(runs: Sequence[RunRecord]) -> dict[str, int]:
    """Return on how many of the runs' records each data set's test split has a score, the most first."""
    counts: dict[str, int] = {}
    for run in runs:
        for dataset, splits in run.metrics.items():
            if SPLIT in splits and splits[SPLIT].pearson is not None:
                counts[dataset] = counts.get(dataset, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def report(chosen: Choice, dataset: str, language: str, *, show_pairs: bool) -> Report:
    """Return the report on the chosen runs; `dataset` is one that `scored_on` names."""
    card = run_store.dataset_card(dataset)
    current = card.splits[SPLIT].checksum if card and SPLIT in card.splits else ""
    ranking = content.ranking_of(dataset, chosen.runs, chosen.labels, current, utc_now())
    if ranking is None:
        raise ValueError(f"none of the runs was tested on {dataset!r}")
    by_id = {run.run_id: run for run in chosen.runs}
    compared = [by_id[str(run_id)] for run_id in ranking.table["run_id"]]
    material = Material(
        dataset=dataset,
        runs=chosen.runs,
        names=chosen.labels,
        looks=chosen.looks,
        card=card if current == ranking.checksum else None,
        pairs=run_store.pairs(dataset, SPLIT) if current == ranking.checksum else None,
        measured=run_store.measured(compared, dataset, SPLIT),
        baselines=run_store.baselines(dataset, SPLIT, ranking.checksum),
        curves=_curves(compared),
        train=_train(compared),
    )
    return _make(material, ranking, language, show_pairs)


_HASHED: dict[str | type[Any], Any] = {
    Material: lambda material: _fingerprint(material),
    Ranking: lambda ranking: ranking.checksum,
}


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=_HASHED)
def _make(material: Material, ranking: Ranking, language: str, show_pairs: bool) -> Report:
    found = _content(material, ranking)
    document = sections.document(found, language, show_pairs=show_pairs)
    return Report(
        html.rendered(document),
        markdown.rendered(document),
        html.rendered(document, embedded=True),
        f"report.{material.dataset}.{SPLIT}.{found.made_at:%Y%m%d}.{language}",
    )


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs=_HASHED)
def _content(material: Material, ranking: Ranking) -> Content:
    return content.build(material, ranking, utc_now())


def _curves(runs: Sequence[RunRecord]) -> dict[str, pd.DataFrame]:
    tables = {}
    for run in runs:
        try:
            tables[run.run_id] = run_store.curves(run.run_id)
        except RunError:
            # The report names the runs whose curves can't be read.
            continue
    return tables


def _train(runs: Sequence[RunRecord]) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = {}
    for run in runs:
        part, card = run.data.splits.get("train"), run_store.dataset_card(run.data.name)
        if part and card and "train" in card.splits and card.splits["train"].checksum == part.checksum:
            pairs = run_store.pairs(run.data.name, "train")
            if pairs is not None:
                found[part.checksum] = pairs
    return found


def _fingerprint(material: Material) -> str:
    digest = hashlib.blake2b(digest_size=16)
    card = material.card.model_dump_json() if material.card else ""
    words = [material.dataset, card, str(material.pairs is None), repr(material.looks), *material.train]
    now = utc_now()
    words += [f"{material.names[run.run_id]}\0{run.status_at(now)}\0{run.model_dump_json()}" for run in material.runs]
    words += [f"{name}\0{scores.model_dump_json()}" for name, scores in material.baselines.items()]
    # Curves only grow, and those of a run that went on from an earlier step end differently.
    words += [f"{run_id}\0{len(table)}\0{_sum(table)}" for run_id, table in material.curves.items()]
    words += [prediction_store.fingerprint(material.measured)] if material.measured else []
    digest.update("\1".join(words).encode())
    return digest.hexdigest()


def _sum(table: pd.DataFrame) -> float:
    return float(np.nansum(table.select_dtypes("number").to_numpy(dtype=np.float64)))
