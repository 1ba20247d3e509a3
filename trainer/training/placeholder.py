"""Two tiny models from random weights, trained on the sample pairs: a placeholder, nothing to learn from."""

import tempfile
from pathlib import Path

import torch
from rich.console import Console
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizer, RobertaConfig, RobertaModel, set_seed

from similarity.prepared_data import read_split
from similarity.run_format import PLACEHOLDER_TAG, Architecture
from trainer.model_families import Defaults, ModelFamily
from trainer.train_settings import make_settings
from trainer.training.process import quiet_libraries
from trainer.training.session import Places, train_model

DATASET = "sample"
PIECES = 2000
BODY = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
DEFAULTS = Defaults(
    learning_rate=2e-3,
    batch_size=16,
    epochs=2,
    warmup_ratio=0.1,
    source="chosen so that a tiny model trains in seconds",
)
ROWS: tuple[tuple[str, str, Architecture], ...] = (
    ("tiny-bert", "bert", "cross-encoder"),
    ("tiny-sroberta", "roberta", "bi-encoder"),
)


def train_placeholders(runs: Path, data: Path, console: Console) -> None:
    """Train both models; their bodies are drawn at random in a temporary folder."""
    # So small a model gains nothing from a second thread, and loses much where the machine is busy.
    torch.set_num_threads(1)
    train = read_split(data, DATASET, "train")
    sentences = [*train["sentence1"], *train["sentence2"]]
    for name, family, architecture in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            make_body(Path(folder), family, sentences)
            settings = make_settings(ModelFamily(name, family, architecture, folder, DEFAULTS), DATASET, max_length=96)
            train_model(
                settings,
                Places(runs, data, console),
                display_name=f"{name} (placeholder)",
                tags=(PLACEHOLDER_TAG,),
                command="python -m trainer demo",
            )


def make_body(folder: Path, family: str, sentences: list[str], *, seed: int = 0) -> None:
    """Write a body with random weights and a WordPiece vocabulary of these sentences, as transformers saves it."""
    pieces = BertWordPieceTokenizer(lowercase=False, strip_accents=False, clean_text=True)
    pieces.train_from_iterator(sentences, vocab_size=PIECES, min_frequency=2, show_progress=False)
    vocabulary = pieces.get_vocab()
    # BertTokenizer lower-cases and splits Hangul into jamo unless told not to.
    BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=False).save_pretrained(folder)
    set_seed(seed)
    size = {**BODY, "vocab_size": len(vocabulary), "pad_token_id": vocabulary["[PAD]"]}
    body = BertModel(BertConfig(**size)) if family == "bert" else RobertaModel(RobertaConfig(**size, type_vocab_size=1))
    with quiet_libraries():
        body.save_pretrained(folder)
