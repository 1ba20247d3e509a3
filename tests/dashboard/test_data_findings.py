"""What a person is told of a test split before trusting a score on it."""

import pandas as pd

from dashboard.tables import data_findings, data_leakage, trivial_predictors
from dashboard.tables.data_findings import Finding
from tests import builders


def found(splits: dict[str, pd.DataFrame]) -> dict[str, Finding]:
    trivial = trivial_predictors.scores(splits["test"], splits.get("train"), resamples=50) if "test" in splits else {}
    all_found = data_findings.findings(splits, data_leakage.overlap(splits), data_leakage.duplicates(splits), trivial)
    return {finding.key: finding for finding in all_found}


def splits() -> dict[str, pd.DataFrame]:
    names = ("train", "valid", "test")
    return {name: builders.pairs(100, seed=number, prefix=name) for number, name in enumerate(names)}


def test_a_clean_test_split_is_called_so() -> None:
    findings = found(splits())
    assert findings["clean"].good
    assert not {"touched", "shared_pairs", "repeated"} & set(findings)
    assert findings["best_trivial"].fields["predictor"] in ("word-overlap", "character-overlap", "combined")


def test_shared_sentences_and_pairs_are_named_the_gravest_first() -> None:
    data = splits()
    data["train"].loc[:4, ["sentence1", "sentence2"]] = data["test"].loc[:4, ["sentence1", "sentence2"]].to_numpy()
    data["valid"].loc[0, "sentence1"] = data["test"].loc[50, "sentence1"]
    data["test"].loc[99, ["sentence1", "sentence2"]] = data["test"].loc[98, ["sentence2", "sentence1"]].to_numpy()
    findings = found(data)
    assert findings["shared_pairs"].fields == {"other": "train", "count": "5"}
    assert not findings["shared_pairs"].good
    assert findings["repeated"].fields["count"] == "1"
    assert "clean" not in findings and "no_shared_pairs" not in findings
    assert [finding.good for finding in findings.values()] == sorted(
        (finding.good for finding in findings.values()), key=lambda good: {False: 0, None: 1, True: 2}[good]
    )


def test_sources_that_train_lacks_and_labels_that_moved() -> None:
    data = splits()
    data["test"] = data["test"].assign(source="forums", label=data["test"]["label"].clip(upper=1))
    findings = found(data)
    assert findings["unseen_sources"].fields == {"sources": "forums", "count": "100"}
    assert findings["label_shift"].fields["test"] < findings["label_shift"].fields["train"]


def test_a_source_that_gives_the_label_away_is_a_warning_with_and_without_train() -> None:
    data = {
        name: table.assign(source=["high" if label >= 3 else "low" for label in table["label"]])
        for name, table in splits().items()
    }
    assert not found(data)["source_mean"].good
    assert not found({"test": data["test"]})["source_ratio"].good
    assert "source_ratio" not in found({"test": splits()["test"]})


def test_without_a_test_split_only_that_is_said() -> None:
    data = splits()
    del data["test"]
    assert list(found(data)) == ["no_test"]
