r"""Coarsely scored pairs for a teacher's first stage, made of public inference and paraphrase sets.

    python benchmarks/teacher_pairs.py --klue-nli klue-nli-v1.1_dev.json --xnli xnli.dev.ko.tsv \
        --xnli xnli.test.ko.tsv --parakqc paraKQC.tsv --question-pairs question_pair_train.txt \
        --stylekqc stylekqc_sts_dev.tsv --out pairs.csv
    python -m trainer prepare --train pairs.csv --name teacher-pairs

None of these sets is scored for similarity. What they say is turned into a score on 0–5: entailment 4, neutral 2.5,
contradiction 1; the same request or question in other words 4.5 (4 for ParaKQC, whose sets are loose), another
question of the same topic 1, unrelated ones 0. Such scores are good enough to warm a model up, and for nothing else.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd

NLI_SCORES = {"entailment": 4.0, "neutral": 2.5, "contradiction": 1.0}
SAME, LOOSELY_SAME, OTHER, UNRELATED = 4.5, 4.0, 1.0, 0.0
PER_SET = 10
STYLE_PAIRS = 3_000


def main() -> None:
    """Read the sets and write one CSV file: sentence1, sentence2, label, source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--klue-nli", type=Path)
    parser.add_argument("--xnli", type=Path, action="append", default=[])
    parser.add_argument("--parakqc", type=Path)
    parser.add_argument("--question-pairs", type=Path)
    parser.add_argument("--stylekqc", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    generator = np.random.default_rng(42)
    parts = [read_xnli(path) for path in options.xnli]
    if options.klue_nli:
        parts.append(read_klue_nli(options.klue_nli))
    if options.parakqc:
        parts.append(read_parakqc(options.parakqc, generator))
    if options.question_pairs:
        parts.append(read_question_pairs(options.question_pairs))
    if options.stylekqc:
        parts.append(read_stylekqc(options.stylekqc))
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs[pairs["sentence1"] != pairs["sentence2"]].dropna()
    pairs.to_csv(options.out, index=False)
    print(pairs.groupby("source")["label"].agg(["count", "mean"]).round(2).to_string())


def read_tsv(path: Path) -> pd.DataFrame:
    """Return a tab-separated file, quoting off."""
    return pd.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)


def read_xnli(path: Path) -> pd.DataFrame:
    """Return the pairs of an XNLI file in Korean."""
    rows = read_tsv(path)
    return rows[["sentence1", "sentence2"]].assign(label=rows["gold_label"].map(NLI_SCORES), source="xnli")


def read_klue_nli(path: Path) -> pd.DataFrame:
    """Return the pairs of a KLUE-NLI file."""
    rows = pd.read_json(path).rename(columns={"premise": "sentence1", "hypothesis": "sentence2"})
    return rows[["sentence1", "sentence2"]].assign(label=rows["gold_label"].map(NLI_SCORES), source="klue-nli")


def read_parakqc(path: Path, generator: np.random.Generator) -> pd.DataFrame:
    """Return neighbours within each set, and as half as many pairs of different sets of one topic."""
    rows = read_tsv(path)
    same = []
    for _, group in rows.groupby("set_id"):
        sentences = generator.permutation(group["sentence"].to_numpy())[:PER_SET]
        same += list(zip(sentences, np.roll(sentences, 1), strict=True))
    other = []
    for _, group in rows.groupby("topic"):
        count = len(group) // 2
        first, second = group.sample(count, random_state=1), group.sample(count, random_state=2)
        apart = first["set_id"].to_numpy() != second["set_id"].to_numpy()
        other += list(zip(first["sentence"][apart], second["sentence"][apart], strict=True))
    frame = pd.DataFrame(same + other, columns=["sentence1", "sentence2"])
    return frame.assign(label=[LOOSELY_SAME] * len(same) + [OTHER] * len(other), source="parakqc")


def read_question_pairs(path: Path) -> pd.DataFrame:
    """Return the pairs of songys/Question_pair, where 0 means the same question."""
    rows = read_tsv(path).rename(columns={"question1": "sentence1", "question2": "sentence2"})
    return rows[["sentence1", "sentence2"]].assign(
        label=rows["is_duplicate"].map({"0": SAME, "1": OTHER}), source="question-pairs"
    )


def read_stylekqc(path: Path) -> pd.DataFrame:
    """Return some of the pairs of StyleKQC, the same content in several styles."""
    rows = read_tsv(path).sample(STYLE_PAIRS, random_state=1)
    return rows[["sentence1", "sentence2"]].assign(
        label=rows["similarity"].map({"1": SAME, "0": UNRELATED}), source="stylekqc"
    )


if __name__ == "__main__":
    main()
