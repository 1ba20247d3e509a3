"""Published scores: each has a source, and only like is compared with like."""

import json
import math

import pandas as pd
import pytest

from dashboard.tables import published
from similarity.prepared_data import DatasetCard
from trainer.model_families import MODEL_FAMILIES


def card(title: str = "", file: str = "") -> DatasetCard:
    return DatasetCard(name="x", title=title, files={"test": file} if file else {}, splits={})


def ranking(**fields: object) -> pd.DataFrame:
    row = {
        "run_id": "a",
        "kind": "cross-encoder",
        "base_checkpoint": "klue/roberta-large",
        "model": "klue-roberta-large",
        "dataset": "klue-sts",
        "trained_on": "klue-sts",
        "pearson": 0.798,
        "spearman": 0.79,
    }
    return pd.DataFrame([{**row, **fields}])


def klue() -> published.PublishedSplit:
    found = published.same_split("klue-sts", None, 519)
    assert found is not None
    return found


def test_every_score_is_sane_and_has_its_source() -> None:
    keys = {split.key: split for split in published.splits()}
    seen = set()
    for score in published.scores():
        assert score.models and score.source and score.url.startswith("https://") and 2019 < score.year < 2027
        assert score.architecture in ("cross-encoder", "bi-encoder")
        assert 0.5 < getattr(score, keys[score.split].metric) < 1
        values = [getattr(score, metric) for metric in published.METRICS]
        assert all(math.isnan(value) or 0 < value < 1 for value in values)
        for model in score.models:
            assert (model, score.architecture, score.split) not in seen
            seen.add((model, score.architecture, score.split))
    content = json.loads(published.FILE.read_text(encoding="utf-8"))
    assert {row["source"] for row in content["scores"]} == set(content["sources"])


def test_presets_are_named_as_the_trainer_names_them() -> None:
    names = {model for score in published.scores() for model in score.models}
    for row in MODEL_FAMILIES.values():
        if row.base_checkpoint in names and row.name in names:
            kinds = {score.architecture for score in published.scores() if row.name in score.models}
            assert kinds == {row.architecture}
    assert {"klue-bert-base", "klue-roberta-large", "koelectra-base-v3", "sroberta"} <= names


@pytest.mark.parametrize(
    ("dataset", "described", "pairs", "key"),
    [
        ("klue-sts", None, 519, "klue-sts-dev"),
        ("mine", card(title="KLUE-STS"), 519, "klue-sts-dev"),
        ("mine", card(file="klue-sts-v1.1_dev.json"), 519, "klue-sts-dev"),
        ("korsts", card(file="sts-test.tsv"), 1379, "korsts-test"),
        ("mine", card(file="kor_nlu/sts:test"), 1379, "korsts-test"),
        ("klue-sts", None, 518, None),
        ("korsts", card(file="sts-dev.tsv"), 1500, None),
        ("klue-sts", None, 1379, None),
        ("mine", None, 519, None),
    ],
)
def test_a_split_is_told_by_name_and_size(
    dataset: str, described: DatasetCard | None, pairs: int, key: str | None
) -> None:
    found = published.same_split(dataset, described, pairs)
    assert (found.key if found else None) == key


def test_a_name_alone_is_known_but_compares_nothing() -> None:
    called = published.called_like("korsts", card(file="sts-dev.tsv"))
    assert called is not None and called.key == "korsts-test"
    assert published.called_like("sample", None) is None
    table = published.beside(ranking(), None)
    assert table[["published", "published_gap"]].isna().all(axis=None)


def test_a_run_far_below_its_model_is_found() -> None:
    table = published.beside(ranking(), klue())
    assert table["published"].iloc[0] == pytest.approx(0.932)
    assert table["published_gap"].iloc[0] == pytest.approx(0.798 - 0.932)
    assert published.far_short(table)["run_id"].tolist() == ["a"]
    assert published.far_short(published.beside(ranking(pearson=0.90), klue())).empty
    elsewhere = published.beside(ranking(trained_on="korsts"), klue())
    assert elsewhere["published"].notna().all() and published.far_short(elsewhere).empty


def test_kinds_and_unknown_bodies_are_not_mixed_up() -> None:
    for fields in ({"kind": "bi-encoder"}, {"base_checkpoint": "bert-mini", "model": "bert-mini"}):
        assert published.beside(ranking(**fields), klue())["published"].isna().all()
    copied = ranking(base_checkpoint="/models/large")
    assert published.beside(copied, klue())["published"].iloc[0] == pytest.approx(0.932)
    korsts = published.same_split("korsts", None, 1379)
    assert korsts is not None
    fields = {"kind": "bi-encoder", "base_checkpoint": "klue/roberta-base", "model": "sroberta", "spearman": 0.80}
    table = published.beside(ranking(**fields), korsts)
    assert table["published_gap"].iloc[0] == pytest.approx(0.80 - 0.8182)


def test_the_table_of_sources_shows_what_was_published_for_one_split() -> None:
    table = published.table(klue())
    assert table["pearson"].is_monotonic_decreasing
    assert "spearman" not in table and {"model", "kind", "f1", "source", "year", "url"} <= set(table)
