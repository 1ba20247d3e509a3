"""The rules that `data/sample/pairs.csv` keeps, and the cut into its splits.

    python -m tools.sample_pairs check              # say what breaks a rule
    python -m tools.sample_pairs measure            # print the figures that the card quotes
    python -m tools.sample_pairs split              # cut anew into train, valid and test (in place)

`tests/test_sample_pairs.py` runs the same check. Labels stand on the 0–5 scale.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

PAIRS = Path(__file__).resolve().parent.parent / "data" / "sample" / "pairs.csv"
COLUMNS = ("id", "source", "phenomenon", "sentence1", "sentence2", "label", "label_second", "split", "note")
SOURCES = ("reviews", "news", "assistant", "daily")
PHENOMENA = (
    "paraphrase",
    "word-order",
    "style",
    "negation",
    "number-time",
    "role-swap",
    "modifier",
    "cause-effect",
    "question-statement",
    "synonym",
    "typo",
    "same-topic",
    "unrelated",
)
SPLIT_SIZES = {"train": 1400, "valid": 200, "test": 400}
BANDS = ("0–0.5", "1–1.5", "2–2.5", "3–3.5", "4–5")

SHORTEST, LONGEST = 8, 80
"""Characters of a sentence, spaces included."""
FRAME_LIMIT = 3
"""How many sentences may share one frame."""
HIGH_OVERLAP, LOW_OVERLAP = 0.5, 0.2
"""TF-IDF cosines from and up to which the surface overlap of a pair counts as high or low."""
LOW_LABEL, HIGH_LABEL = 2.5, 4.0
MISLEADING_AT_LEAST = 250
"""How many pairs of high overlap and low label there are at least, and of low overlap and high label."""
LARGEST_DISAGREEMENT = 1.0
"""Between the two readings of a pair, in label points."""

MASKED = ("NNG", "NNP", "NNB", "NP", "NR", "SN", "SL")
"""Kiwi's tags of nouns, pronouns, numerals, digits and words in Latin script."""
PUNCTUATION = ("SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SW")


def read(path: Path = PAIRS) -> pd.DataFrame:
    """Return the pairs, every column as text but the two labels."""
    pairs = pd.read_csv(path, dtype=str, keep_default_na=False)
    return pairs.astype({column: float for column in ("label", "label_second") if column in pairs})


def problems(pairs: pd.DataFrame) -> list[str]:
    """Return one line for each rule that the pairs break."""
    return [*_row_problems(pairs), *_balance_problems(pairs), *_frame_problems(pairs), *_overlap_problems(pairs)]


def _row_problems(pairs: pd.DataFrame) -> list[str]:
    found = []
    if tuple(pairs.columns) != COLUMNS:
        return [f"columns: expected {', '.join(COLUMNS)}; got {', '.join(pairs.columns)}"]
    if list(pairs["id"]) != [f"s{number:04d}" for number in range(1, len(pairs) + 1)]:
        found.append("ids: they don't run from s0001 on")
    for column, allowed in (("source", SOURCES), ("phenomenon", PHENOMENA), ("split", tuple(SPLIT_SIZES))):
        found += [f"{column}: unknown {value!r}" for value in sorted(set(pairs[column]) - set(allowed))]
    for column in ("label", "label_second"):
        wrong = ~pairs[column].isin(np.arange(0, 5.5, 0.5))
        found += [f"{column}: not in steps of 0.5 within 0–5: {name}" for name in pairs["id"][wrong]]
    apart = (pairs["label"] - pairs["label_second"]).abs() > LARGEST_DISAGREEMENT
    found += [f"readings: more than {LARGEST_DISAGREEMENT} apart: {name}" for name in pairs["id"][apart]]
    for name, sentence in _sentences(pairs):
        if not SHORTEST <= len(sentence) <= LONGEST or sentence != sentence.strip() or "  " in sentence:
            found.append(f"length or spaces: {name}: {sentence!r}")
    counts = Counter(sentence for _, sentence in _sentences(pairs))
    return found + [f"occurs {count} times: {sentence}" for sentence, count in counts.items() if count > 1]


def _balance_problems(pairs: pd.DataFrame) -> list[str]:
    found = []
    sizes = dict(Counter(pairs["split"]))
    if sizes != SPLIT_SIZES:
        found.append(f"splits: {sizes}, expected {SPLIT_SIZES}")
    per_source = Counter(pairs["source"])
    if len(set(per_source.values())) != 1:
        found.append(f"sources: not in equal parts: {dict(per_source)}")
    means = pairs.groupby("source")["label"].mean()
    if means.max() - means.min() >= 0.2:
        found.append(f"sources: mean labels lie {means.max() - means.min():.2f} apart")
    if source_mean_correlation(pairs) >= 0.1:
        found.append(f"sources: their mean predicts the label at r = {source_mean_correlation(pairs):.2f}")
    for phenomenon, rows in pairs.groupby("phenomenon"):
        if len(rows) < 100 or rows["label"].map(band).nunique() < 2:
            found.append(f"{phenomenon}: {len(rows)} pairs in {rows['label'].map(band).nunique()} bands")
    for column in ("source", "phenomenon", "band"):
        table = pd.crosstab(pairs["label"].map(band) if column == "band" else pairs[column], pairs["split"])
        for split, size in SPLIT_SIZES.items():
            off = (table[split] - table.sum(axis=1) * size / len(pairs)).abs()
            if off.max() > max(3.0, 0.025 * size):
                found.append(f"splits: {split} is off its share by {off.max():.0f} pairs for {column} {off.idxmax()}")
    return found


def _frame_problems(pairs: pd.DataFrame) -> list[str]:
    holders: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (name, sentence), split in zip(_sentences(pairs), [*pairs["split"]] * 2, strict=True):
        holders[frame(sentence)].append((f"{name} {sentence}", split))
    found = []
    for shape, holding in holders.items():
        names = " | ".join(name for name, _ in holding)
        if len(holding) > FRAME_LIMIT:
            found.append(f"frame in {len(holding)} sentences: {shape}: {names}")
        if len({split for _, split in holding}) > 1:
            found.append(f"frame in several splits: {shape}: {names}")
    return found


def _overlap_problems(pairs: pd.DataFrame) -> list[str]:
    cosine = overlap(pairs)
    found = []
    if (r := correlation(cosine, pairs["label"])) > 0.45:
        found.append(f"overlap: r = {r:.2f} with the label")
    counts = {
        "high overlap and low label": int(((cosine >= HIGH_OVERLAP) & (pairs["label"] <= LOW_LABEL)).sum()),
        "low overlap and high label": int(((cosine <= LOW_OVERLAP) & (pairs["label"] >= HIGH_LABEL)).sum()),
    }
    return found + [f"{what}: {count} pairs" for what, count in counts.items() if count < MISLEADING_AT_LEAST]


def _sentences(pairs: pd.DataFrame) -> list[tuple[str, str]]:
    return [*zip(pairs["id"], pairs["sentence1"], strict=True), *zip(pairs["id"], pairs["sentence2"], strict=True)]


def band(label: float) -> str:
    """Return the label's band: whole points, 4 to 5 together."""
    return BANDS[min(int(label), len(BANDS) - 1)]


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi

    return Kiwi()


@cache
def frame(sentence: str) -> str:
    """Return the sentence's morphemes with each run of nouns and numbers as one `_` and without punctuation."""
    shape: list[str] = []
    for token in _kiwi().tokenize(sentence):
        if token.tag in MASKED:
            if shape[-1:] != ["_"]:
                shape.append("_")
        elif token.tag not in PUNCTUATION:
            shape.append(f"{token.form}/{token.tag}")
    return " ".join(shape)


def overlap(pairs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return each pair's cosine of TF-IDF vectors of character 2- to 4-grams within words, fitted on all pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))
    vectorizer.fit(sorted({*pairs["sentence1"], *pairs["sentence2"]}))
    first, second = vectorizer.transform(pairs["sentence1"]), vectorizer.transform(pairs["sentence2"])
    return np.asarray(first.multiply(second).sum(axis=1), dtype=np.float64).reshape(-1)


def correlation(first: Sequence[float] | Any, second: Sequence[float] | Any) -> float:
    """Return Pearson's r."""
    return float(np.corrcoef(np.asarray(first, float), np.asarray(second, float))[0, 1])


def source_mean_correlation(pairs: pd.DataFrame) -> float:
    """Return Pearson's r of the label with the mean label of the pair's source, both over all pairs."""
    return correlation(pairs.groupby("source")["label"].transform("mean"), pairs["label"])


def split(pairs: pd.DataFrame, *, seed: int = 42) -> pd.Series:
    """Return each pair's split, alike in source, phenomenon and label, with no frame on two sides.

    Pairs that share a sentence frame with another pair all go to train. The others, ordered by source, phenomenon
    and label, are picked at even distances: two for test, one for valid, in turn.
    """
    holders: dict[str, set[int]] = defaultdict(set)
    for column in ("sentence1", "sentence2"):
        for row, sentence in zip(pairs.index, pairs[column], strict=True):
            holders[frame(sentence)].add(row)
    bound = {row for rows in holders.values() if len(rows) > 1 for row in rows}
    generator = np.random.default_rng(seed)
    result = pd.Series("train", index=pairs.index)
    for source in SOURCES:
        rows = pairs[pairs["source"].eq(source) & ~pairs.index.isin(bound)]
        order = rows.assign(chance=generator.random(len(rows))).sort_values(["phenomenon", "label", "chance"]).index
        picks = (SPLIT_SIZES["valid"] + SPLIT_SIZES["test"]) // len(SOURCES)
        places = ((np.arange(picks) + generator.random()) * len(order) / picks).astype(int)
        for number, place in enumerate(places):
            result[order[place]] = "valid" if number % 3 == 1 else "test"
    return result


def measure(pairs: pd.DataFrame) -> str:
    """Return the tables and figures of the card as text."""
    bands = pd.Categorical(pairs["label"].map(band), categories=BANDS)
    lengths = [len(sentence) for _, sentence in _sentences(pairs)]
    cosine = overlap(pairs)
    r = {name: correlation(cosine[rows.index], rows["label"]) for name, rows in pairs.groupby("split")}
    high, low = cosine >= HIGH_OVERLAP, cosine <= LOW_OVERLAP
    return "\n\n".join(
        [
            pairs.groupby("source")["label"].agg(["count", "mean"]).round(2).to_string(),
            pd.crosstab(pairs["phenomenon"], bands, margins=True).to_string(),
            pd.crosstab(bands, pairs["split"]).to_string(),
            pd.crosstab(pairs["phenomenon"], pairs["split"]).to_string(),
            pairs["label"].value_counts().sort_index().to_string(),
            f"characters: {min(lengths)}–{max(lengths)}, median {np.median(lengths):.0f}",
            f"largest number of sentences with one frame: {_largest_frame(pairs)}",
            f"source mean: r = {source_mean_correlation(pairs):.3f}",
            f"overlap: r = {correlation(cosine, pairs['label']):.3f} "
            + str({name: round(value, 2) for name, value in r.items()}),
            f"overlap ≥ {HIGH_OVERLAP} and label ≤ {LOW_LABEL}: {(high & (pairs['label'] <= LOW_LABEL)).sum()}",
            f"overlap ≤ {LOW_OVERLAP} and label ≥ {HIGH_LABEL}: {(low & (pairs['label'] >= HIGH_LABEL)).sum()}",
            f"second reading: r = {correlation(pairs['label'], pairs['label_second']):.3f}, "
            f"mean difference {(pairs['label'] - pairs['label_second']).abs().mean():.2f}",
        ]
    )


def _largest_frame(pairs: pd.DataFrame) -> int:
    return max(Counter(frame(sentence) for _, sentence in _sentences(pairs)).values())


def main() -> int:
    """Run one of the three commands; `check` ends with 1 when a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("check", "measure", "split"))
    command = parser.parse_args().command
    pairs = read()
    if command == "split":
        pairs.assign(split=split(pairs)).to_csv(PAIRS, index=False, lineterminator="\n")
        return 0
    lines = problems(pairs) if command == "check" else [measure(pairs)]
    sys.stdout.write("\n".join(lines or ["every rule is kept"]) + "\n")
    return int(command == "check" and bool(lines))


if __name__ == "__main__":
    raise SystemExit(main())
