"""The one table of models that can be trained by name: adding a model is adding a row.

Hyper-parameters are those of the work that published the model, named in `source`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from similarity.errors import UnknownNameError
from similarity.project_paths import encoders_root
from similarity.run_format import Architecture


@dataclass(frozen=True)
class Defaults:
    """Hyper-parameters of fine-tuning; the learning rate falls linearly after a linear warm-up."""

    learning_rate: float
    batch_size: int
    epochs: int
    warmup_ratio: float
    source: str
    weight_decay: float = 0.0
    max_length: int = 128
    """In word pieces: of both sentences together for a cross-encoder, of one for a bi-encoder."""
    max_grad_norm: float = 1.0
    both_orders: bool = False
    """Train on every pair in both orders, so that the score does not hang on which sentence comes first."""
    equal_pairs: float = 0.0
    """Pairs of a sentence with itself, labelled 5, as a share of the train pairs."""


@dataclass(frozen=True)
class ModelFamily:
    """One row: a name, what kind of model it is, where its weights are, and how it is fine-tuned.

    `base_checkpoint` is a hub id, a folder, or the name of an encoder below `artifacts/encoders/`.
    """

    name: str
    family: str
    architecture: Architecture
    base_checkpoint: str
    defaults: Defaults


_KLUE_SOURCE = "KLUE-baseline, run_all.sh, task klue-sts (https://github.com/KLUE-benchmark/KLUE-baseline)"
KLUE = Defaults(learning_rate=5e-5, batch_size=32, epochs=4, warmup_ratio=0.1, source=_KLUE_SOURCE)
KLUE_LARGE = Defaults(learning_rate=2e-5, batch_size=32, epochs=4, warmup_ratio=0.1, source=_KLUE_SOURCE)
KOELECTRA = Defaults(
    learning_rate=5e-5,
    batch_size=32,
    epochs=10,
    warmup_ratio=0.0,
    source="KoELECTRA, finetune/config/korsts/koelectra-base-v3.json (https://github.com/monologg/KoELECTRA)",
)
SENTENCE_TRANSFORMERS = Defaults(
    learning_rate=5e-5,
    batch_size=16,
    epochs=4,
    warmup_ratio=0.1,
    source="sentence-transformers' STS example, training_stsbenchmark.py (https://www.sbert.net)",
)
OURS = Defaults(
    learning_rate=1e-4,
    batch_size=32,
    epochs=6,
    warmup_ratio=0.1,
    both_orders=True,
    equal_pairs=0.05,
    source="ours, for small bodies: KLUE-baseline's batch and warm-up, a higher learning rate; not searched",
)
OURS_BI = Defaults(learning_rate=1e-4, batch_size=16, epochs=4, warmup_ratio=0.1, source=OURS.source)

_ROWS = (
    ModelFamily("klue-bert-base", "bert", "cross-encoder", "klue/bert-base", KLUE),
    ModelFamily("klue-roberta-small", "roberta", "cross-encoder", "klue/roberta-small", KLUE),
    ModelFamily("klue-roberta-base", "roberta", "cross-encoder", "klue/roberta-base", KLUE),
    ModelFamily("klue-roberta-large", "roberta", "cross-encoder", "klue/roberta-large", KLUE_LARGE),
    ModelFamily("koelectra-base-v3", "electra", "cross-encoder", "monologg/koelectra-base-v3-discriminator", KOELECTRA),
    ModelFamily("sroberta", "roberta", "bi-encoder", "klue/roberta-base", SENTENCE_TRANSFORMERS),
    ModelFamily("bert-mini", "bert", "cross-encoder", "bert-mini", OURS),
    ModelFamily("roberta-mini", "roberta", "cross-encoder", "roberta-mini", OURS),
    ModelFamily("roberta-small", "roberta", "cross-encoder", "roberta-small", OURS),
    ModelFamily("electra-mini", "electra", "cross-encoder", "electra-mini", OURS),
    ModelFamily("sroberta-mini", "roberta", "bi-encoder", "roberta-mini", OURS_BI),
)
MODEL_FAMILIES = {row.name: row for row in _ROWS}


def resolve_model(name: str, *, kind: str | None = None, weights: str | None = None) -> ModelFamily:
    """Return the row of a name, or make one for a local folder, an encoder of ours, or a hub id.

    Args:
        name: a name of the table, a folder, a folder's name below `artifacts/encoders/`, or a hub id `owner/model`.
        kind: cross-encoder or bi-encoder; needed for anything that is not in the table, else it must agree.
        weights: a folder or hub id to load the weights from instead of the row's own.

    Raises:
        UnknownNameError: nothing is called that, or the kind is missing or not one of the two.
    """
    if kind is not None and kind not in get_args(Architecture):
        raise UnknownNameError(f"--kind is {' or '.join(get_args(Architecture))}, but {kind!r} came.")
    row = MODEL_FAMILIES.get(name)
    if row is not None:
        if kind not in (None, row.architecture):
            raise UnknownNameError(
                f"{name} is a {row.architecture}, but --kind {kind} came. To train its body as a {kind}: "
                f"--model {row.base_checkpoint} --kind {kind}"
            )
        return ModelFamily(row.name, row.family, row.architecture, weights or row.base_checkpoint, row.defaults)
    base = weights or _find_weights(name)
    if kind is None:
        raise UnknownNameError(
            f"{name} is not in the table of models, so say what to make of it: --kind cross-encoder (both sentences "
            "in one input) or --kind bi-encoder (one embedding a sentence)."
        )
    defaults = KLUE if kind == "cross-encoder" else SENTENCE_TRANSFORMERS
    return ModelFamily(Path(name).name or name, "", cast(Architecture, kind), base, defaults)


def _find_weights(name: str) -> str:
    if (folder := Path(name).expanduser()).is_dir():
        return str(folder)
    if "/" not in name and (encoders_root() / name).is_dir():
        return str(encoders_root() / name)
    looks_like_path = name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name
    if name.count("/") == 1 and not looks_like_path:
        return name
    ours = sorted(folder.name for folder in encoders_root().glob("*") if folder.is_dir())
    raise UnknownNameError(
        f"There is no model {name!r}. Known names: {', '.join(MODEL_FAMILIES)}"
        + (f"; encoders here: {', '.join(ours)}" if ours else "")
        + ". A folder with a model or a hub id such as klue/bert-base can stand there too, with --kind."
    )
