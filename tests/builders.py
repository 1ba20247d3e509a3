"""What tests build in seconds: tables of pairs, prepared data sets, written runs, tiny models and encoders."""

import contextlib
import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from similarity import prepared_data, run_format
from similarity.metrics import evaluate
from similarity.run_format import RunRecord

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample" / "pairs.csv"
FAMILIES = ("bert", "roberta", "electra")
LONGEST = 64
PRETRAINING: dict[str, Any] = {
    "layers": 1,
    "width": 32,
    "heads": 2,
    "longest": LONGEST,
    "pieces": 2_000,
    "batch_tokens": 512,
    "learning_rate": 3e-3,
    "held_out_lines": 100,
    "precision": "fp32",
}
DISTILLATION: dict[str, Any] = {
    "sentences": 800,
    "pairs": 400,
    "batch_characters": 1_024,
    "longest": LONGEST,
    "learning_rate": 3e-3,
    "precision": "fp32",
}
WORDS = "숙소 위치 버스 지하철 청소 소음 직원 아침 커피 정책 예산 날씨 조명 음악 약속 회의 친구 저녁 운동 여행".split()


def pairs(count: int = 40, seed: int = 0, prefix: str = "p") -> pd.DataFrame:
    """Return pairs of made-up Korean sentences whose label follows the words that they share."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        first = list(generator.choice(WORDS, 5, replace=False))
        kept = int(generator.integers(0, 6))
        others = [word for word in WORDS if word not in first]
        second = first[:kept] + list(generator.choice(others, 5 - kept, replace=False))
        rows.append(
            {
                "pair_id": f"{prefix}{seed}-{number:04d}",
                "sentence1": " ".join(first) + f" {prefix}{number}",
                "sentence2": " ".join(second) + f" {prefix}{number}.",
                "label": float(kept),
                "source": ("reviews", "news")[number % 2],
            }
        )
    return pd.DataFrame(rows)


def dataset(root: Path, name: str = "toy", sizes: tuple[int, int, int] = (60, 20, 30)) -> prepared_data.DatasetCard:
    """Write a small prepared data set below `root` and return its card; a size of 0 leaves the split out."""
    splits = {
        split: pairs(size, seed=number, prefix=split)
        for number, (split, size) in enumerate(zip(("train", "valid", "test"), sizes, strict=True))
        if size
    }
    baselines = {
        split: table[["pair_id", "label"]].assign(
            **{
                "tfidf-char-cosine": table["label"] * 0.5 + 1,
                "source-mean": table["label"].groupby(table["source"]).transform("mean"),
            }
        )
        for split, table in splits.items()
        if split != "train"
    }
    card = prepared_data.DatasetCard(
        name=name, splits={split: prepared_data.describe_split(table) for split, table in splits.items()}
    )
    prepared_data.write_dataset(root, card, splits, baselines)
    return card


def record(run_id: str = "run-a", *, status: run_format.Status = "finished", **fields: Any) -> RunRecord:
    """Return a run record with everything a reader shows; `fields` replace parts of it."""
    content: dict[str, Any] = {
        "run_id": run_id,
        "display_name": run_id,
        "status": status,
        "created_at": START,
        "heartbeat_at": START + timedelta(minutes=2),
        "finished_at": None if status == "running" else START + timedelta(minutes=2),
        "model": {
            "name": "klue-bert-base",
            "family": "bert",
            "architecture": "cross-encoder",
            "base_checkpoint": "klue/bert-base",
            "parameters": 110_000_000,
        },
        "data": {"name": "toy", "splits": {}},
        "hyper_parameters": {"learning_rate": 5e-5, "batch_size": 32, "epochs": 4, "seed": 42},
        "progress": {"step": 80, "steps": 80, "epoch": 4, "epochs": 4, "seconds": 120.0},
        "cost": {
            "seconds_per_epoch": [30.0] * 4,
            "seconds": 120.0,
            "peak_memory_mb": 1500.0,
            "milliseconds_per_pair": 12.5,
        },
    }
    return RunRecord.model_validate({**content, **fields})


def run(
    runs_root: Path,
    data_root: Path,
    run_id: str = "run-a",
    *,
    dataset_name: str = "toy",
    noise: float = 1.0,
    seed: int = 0,
    epochs: int = 4,
    steps_per_epoch: int = 20,
    **fields: Any,
) -> RunRecord:
    """Write a whole run without a model: record, curves, and test predictions = label + noise."""
    card = prepared_data.read_card(data_root, dataset_name)
    generator = np.random.default_rng(seed)
    test = prepared_data.read_split(data_root, dataset_name, "test")
    predictions = test[["pair_id", "label"]].assign(
        prediction=np.clip(test["label"] + generator.normal(0, noise, len(test)), 0, 5)
    )
    data = {
        "name": dataset_name,
        "splits": {split: {"pairs": part.pairs, "checksum": part.checksum} for split, part in card.splits.items()},
    }
    scores = evaluate(
        predictions["label"],
        predictions["prediction"],
        interval_resamples=1000,
        checksum=card.splits["test"].checksum,
    )
    written = record(run_id, **{"data": data, "metrics": {dataset_name: {"test": scores.model_dump()}}, **fields})
    folder = run_format.run_folder(runs_root, run_id)
    run_format.write_record(runs_root, written)
    run_format.write_predictions(folder, dataset_name, "test", predictions)
    for epoch in range(epochs):
        for step in range(1, steps_per_epoch + 1):
            done = epoch * steps_per_epoch + step
            loss = 2.5 * np.exp(-done / 30) + 0.4 + generator.normal(0, 0.05)
            values = {"train/loss": float(loss), "learning_rate": 5e-5 * (1 - done / (epochs * steps_per_epoch))}
            run_format.append_metrics(
                folder, step=done, epoch=done / steps_per_epoch, seconds=done * 1.5, values=values
            )
        quality = 0.85 - 0.4 * np.exp(-epoch - 0.5) - 0.05 * noise
        values = {
            "valid/loss": 0.6 + 0.5 * np.exp(-epoch),
            "valid/pearson": quality,
            "valid/spearman": quality - 0.01,
            "valid/f1": quality - 0.03,
            "valid/macro_f1": quality - 0.02,
            "valid/mse": 0.6 + 0.5 * np.exp(-epoch),
        }
        done = (epoch + 1) * steps_per_epoch
        run_format.append_metrics(folder, step=done, epoch=epoch + 1, seconds=done * 1.5, values=values)
    return written


def body(folder: Path, family: str = "bert") -> Path:
    """Write a tiny pretrained body with random weights, and the vocabulary of the made-up sentences."""
    from trainer.training.placeholder import make_body

    table = pairs(200)
    folder.mkdir(parents=True, exist_ok=True)
    make_body(folder, family, [*table["sentence1"], *table["sentence2"]])
    return folder


def tiny_checkpoint(folder: Path, architecture: run_format.Architecture) -> Path:
    """Write a model of random weights as sentence-transformers saves it; `folder` is a run's `checkpoint/`."""
    from trainer.training.models import load_model

    model = load_model(body(folder.parent / ".body"), architecture, 64)
    model.save_pretrained(str(folder), create_model_card=False)
    return folder


def sentences() -> list[str]:
    """Return the distinct sentences of the pairs that the product brings along."""
    table = pd.read_csv(SAMPLE)
    return list(dict.fromkeys([*table["sentence1"], *table["sentence2"]]))


def text(path: Path, lines: list[str]) -> Path:
    """Write lines into a text file and return its path."""
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@contextlib.contextmanager
def light_training() -> Iterator[None]:
    """Train with one thread, since so small a model gains nothing from a second, and with quick garbage collections.

    transformers collects garbage after each training, which takes longer than tiny trainings do where so much else is
    loaded, unless that is left out.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    gc.freeze()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def teacher(folder: Path, lines: list[str]) -> Path:
    """Write an encoder of random weights whose vocabulary, unlike a placeholder's, is the same each time."""
    from transformers import BertConfig, BertModel, set_seed

    from trainer.training.vocabulary import train_vocabulary

    words = train_vocabulary(lines, pieces=1_500, longest_input=LONGEST)
    words.save_pretrained(folder)
    size = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    set_seed(0)
    BertModel(BertConfig(vocab_size=len(words), pad_token_id=words.pad_token_id, **size)).save_pretrained(folder)
    return folder


def pretrain(home: Path, *, corpus: Path | None = None, restart: bool = False, **settings: Any) -> Any:
    """Pretrain a tiny encoder on `home/text.txt` or another file, as the command does, and return what it took."""
    from rich.console import Console

    from trainer.corpus import open_corpus
    from trainer.encoder_settings import EncoderPlaces, PretrainSettings
    from trainer.training.pretraining import pretrain_encoder

    return pretrain_encoder(
        PretrainSettings(**{**PRETRAINING, **settings}),
        open_corpus([corpus or home / "text.txt"]),
        EncoderPlaces(home / "artifacts" / "encoders", home / "artifacts" / "unfinished"),
        Console(quiet=True),
        restart=restart,
    )


def distil(home: Path, *, corpus: Path | None = None, restart: bool = False, **settings: Any) -> Any:
    """Distil `home/teacher` or another teacher into a tiny encoder, as the command does, and return what it took."""
    from rich.console import Console

    from trainer.corpus import open_corpus
    from trainer.encoder_settings import DistillSettings, EncoderPlaces
    from trainer.training.distillation import distil_encoder

    return distil_encoder(
        DistillSettings(**{**DISTILLATION, "teacher": str(home / "teacher"), **settings}),
        open_corpus([corpus or home / "text.txt"]),
        EncoderPlaces(home / "artifacts" / "encoders", home / "artifacts" / "unfinished"),
        Console(quiet=True),
        restart=restart,
    )
