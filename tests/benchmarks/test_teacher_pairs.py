"""Coarse pairs for a teacher: what public sets say, turned into scores."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import teacher_pairs
from tests import builders


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: Path) -> pd.DataFrame:
    arguments = [word for name, path in files.items() for word in (f"--{name.replace('_', '-')}", str(path))]
    monkeypatch.setattr(sys, "argv", ["teacher_pairs", *arguments, "--out", str(folder / "out.csv")])
    teacher_pairs.main()
    return pd.read_csv(folder / "out.csv")


def test_inference_labels_become_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ("entailment", "neutral", "contradiction")
    rows = [{"premise": f"전제 {n}", "hypothesis": f"가설 {n}", "gold_label": label} for n, label in enumerate(labels)]
    klue = tmp_path / "klue.json"
    klue.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    xnli = builders.text(
        tmp_path / "xnli.tsv",
        ["sentence1\tsentence2\tgold_label", *(f'그가 "말{n}\t뒤 {n}\t{label}' for n, label in enumerate(labels))],
    )
    pairs = make(tmp_path, monkeypatch, klue_nli=klue, xnli=xnli)
    assert pairs.groupby("source")["label"].apply(list).to_dict() == {"klue-nli": [4, 2.5, 1], "xnli": [4, 2.5, 1]}
    assert '그가 "말1' in set(pairs["sentence1"]), "quoting is off"


def test_paraphrases_are_alike_and_other_sets_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{number}\t0\t0\t질문 {number}의 표현 {way}" for number in range(4) for way in range(5)]
    parakqc = builders.text(tmp_path / "parakqc.tsv", ["set_id\ttopic\ttype\tsentence", *rows])
    questions = builders.text(
        tmp_path / "questions.txt",
        ["question1\tquestion2\tis_duplicate", "같은 말\t같은 뜻\t0", "같은 말\t다른 말\t1", "똑같은 말\t똑같은 말\t0"],
    )
    pairs = make(tmp_path, monkeypatch, parakqc=parakqc, question_pairs=questions)
    sets = pairs[pairs["source"] == "parakqc"].assign(
        same=lambda rows: rows["sentence1"].str.split("의").str[0] == rows["sentence2"].str.split("의").str[0]
    )
    assert set(sets.loc[sets["same"], "label"]) == {4.0}
    assert set(sets.loc[~sets["same"], "label"]) <= {1.0}
    assert (sets["label"] == 4.0).sum() == 20
    assert pairs[pairs["source"] == "question-pairs"]["label"].tolist() == [4.5, 1.0], "equal questions are left out"
