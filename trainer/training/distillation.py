"""One distillation from a teacher and raw text to an encoder, top to bottom.

python -m trainer distill my-bert --name my-bert-distilled --teacher RUN_ID --corpus text.txt
"""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from rich.console import Console
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from similarity import project_paths
from similarity.errors import TrainingError
from similarity.files import replaced
from similarity.metrics import pearson
from similarity.prepared_data import read_split
from similarity.sentence_pairs import LABEL_MAX
from trainer.corpus import Corpus, distinct_sentences
from trainer.encoder_settings import DistillSettings, EncoderPlaces
from trainer.training import encoders, environment
from trainer.training.long_training import Outcome, Schedule, train_long
from trainer.training.models import count_parameters, has_head, start_head_at
from trainer.training.pair_teachers import PairTeacher
from trainer.training.silver_pairs import make_pairs
from trainer.training.students import Student, load_student, student_of_layers
from trainer.training.teacher import Teacher
from trainer.training.text_batches import Batch, RowOrder
from trainer.training.vocabulary import load_vocabulary

EMBEDDING_EVERY = 3
"""Among the pair steps each third one is on embeddings, so that the body keeps them."""

Floats = npt.NDArray[np.float64]


def distil_encoder(
    settings: DistillSettings, corpus: Corpus, places: EncoderPlaces, console: Console, *, restart: bool
) -> Outcome:
    """Distil a teacher into an encoder and write it to `artifacts/encoders/<name>/`.

    Raises:
        SimilarityError: the teacher, the student, the text or the settings don't allow it.
        KeyboardInterrupt: stopped by the user; the same command goes on.
    """
    # 1. Teacher and student; what does not fit is found before hours are spent.
    with console.status("Loading teacher and student …"):
        teacher = Teacher(settings.teacher, prefix=settings.teacher_prefix, precision=settings.precision)
        set_seed(settings.seed)
        model, tokenizer = _student(settings, teacher, places)
        judges = [PairTeacher(run_id, precision=settings.precision) for run_id in settings.pair_teachers]
    given = _pairs_of(settings.pair_data)
    settings = settings.model_copy(update={"longest": min(settings.longest, tokenizer.model_max_length)})
    student = Student(model, teacher.width)
    measure = _measure(student, tokenizer, settings)
    work, encoder = places.training(settings.name), places.encoders / settings.name
    encoders.begin(work, encoder, {**settings.model_dump(), "corpus": corpus.checksum}, restart=restart)

    # 2. The teacher's view of the text: embeddings, and scores of pairs.
    sentences = distinct_sentences(
        corpus.lines(), longest=settings.longest_sentence, limit=settings.sentences, seed=settings.seed
    )
    if len(sentences) < 10:
        raise TrainingError(f"The corpus has {len(sentences)} lines of a usable length. Add text.")
    embeddings = teacher.embed_stored(sentences, places.work / "embeddings", console)
    pairs = _silver_pairs(settings, corpus, teacher, sentences, embeddings, given, places)
    pairs = _judged(pairs, judges, places, console)
    console.print(f"{len(sentences):,} sentences, {len(pairs):,} pairs scored by the teacher", highlight=False)

    if len(pairs) and not (settings.student and has_head(places.find(settings.student))):
        start_head_at(model, float(pairs["label"].mean()))
    console.print(
        f"{settings.name}: {model.config.model_type}, {count_parameters(model) / 1e6:.1f} M parameters, "
        f"{settings.precision} on {environment.device_name()}",
        highlight=False,
    )

    # 3. Training: embeddings first, then pairs with embeddings among them.
    schedule = Schedule(
        steps=settings.steps + settings.pair_steps,
        learning_rate=settings.learning_rate,
        warmup_ratio=settings.warmup_ratio,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        precision=settings.precision,
    )
    batches = Batches(settings, tokenizer, sentences, embeddings, pairs)
    outcome = train_long(student, batches.batch, schedule, work, console, measure)

    # 4. The body with its head, and the card.
    facts = {
        **settings.model_dump(),
        "corpus": corpus.names,
        "corpus_checksum": corpus.checksum,
        "teacher": teacher.shown_name,
        "student": settings.student and places.find(settings.student).name,
        "vocabulary": settings.vocabulary and places.find(settings.vocabulary).name,
        "teacher_key": teacher.key,
        "sentences": len(sentences),
        "pairs": len(pairs),
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds),
        "tokens_per_second": round(outcome.tokens_per_second),
        "measured": measure() if measure else {},
        "environment": environment.describe(settings.precision).model_dump(),
    }
    encoders.write_encoder(encoder, model, tokenizer, facts, _card(settings, facts), work)
    return outcome


class Batches:
    """Batch number → batch of sentences with their targets, or of pairs with their scores."""

    def __init__(
        self,
        settings: DistillSettings,
        tokenizer: PreTrainedTokenizerFast,
        sentences: list[str],
        embeddings: npt.NDArray[np.float16],
        pairs: pd.DataFrame,
    ) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._sentences = sentences
        self._embeddings = embeddings
        self._mean = embeddings.mean(axis=0, dtype=np.float32)
        self._first, self._second = pairs["sentence1"].tolist(), pairs["sentence2"].tolist()
        self._scores = pairs["label"].to_numpy(dtype=np.float32)
        size, seed = settings.batch_characters, settings.seed
        self._sentence_order = RowOrder(np.array(list(map(len, sentences))), size, seed)
        lengths = [len(a) + len(b) for a, b in zip(self._first, self._second, strict=True)]
        self._pair_order = RowOrder(np.array(lengths), size, seed) if lengths else None

    def batch(self, number: int) -> Batch:
        """Return batch `number`."""
        past = number - self._settings.steps
        if past < 0 or past % EMBEDDING_EVERY == EMBEDDING_EVERY - 1:
            # The embedding batches are numbered through, whatever stands between them.
            return self._sentence_batch(number if past < 0 else self._settings.steps + past // EMBEDDING_EVERY)
        return self._pair_batch(number, past - past // EMBEDDING_EVERY)

    def _sentence_batch(self, number: int) -> Batch:
        rows = self._sentence_order.rows(number)
        targets = self._embeddings[rows].astype(np.float32) - self._mean
        return {**self._inputs([self._sentences[row] for row in rows]), "targets": torch.from_numpy(targets)}

    def _pair_batch(self, number: int, pair_number: int) -> Batch:
        assert self._pair_order is not None
        rows = self._pair_order.rows(pair_number)
        # Either order of a pair has the same score.
        swapped = np.random.default_rng([self._settings.seed, 4, number]).random(len(rows)) < 0.5
        texts = [
            (self._second[row], self._first[row]) if swap else (self._first[row], self._second[row])
            for row, swap in zip(rows, swapped, strict=True)
        ]
        inputs = self._inputs([a for a, _ in texts], [b for _, b in texts])
        return {**inputs, "scores": torch.from_numpy(self._scores[rows])}

    def _inputs(self, first: list[str], second: list[str] | None = None) -> Batch:
        return tokenize(self._tokenizer, first, second, self._settings.longest)


def tokenize(
    tokenizer: PreTrainedTokenizerFast, first: list[str], second: list[str] | None, longest: int
) -> dict[str, torch.Tensor]:
    """Return the padded input of sentences or pairs, cut to `longest` pieces."""
    return dict(tokenizer(first, second, padding=True, truncation=True, max_length=longest, return_tensors="pt"))


def _silver_pairs(
    settings: DistillSettings,
    corpus: Corpus,
    teacher: Teacher,
    sentences: list[str],
    embeddings: npt.NDArray[np.float16],
    given: list[tuple[str, str]],
    places: EncoderPlaces,
) -> pd.DataFrame:
    if not (settings.pairs and settings.pair_steps):
        return pd.DataFrame({"sentence1": [], "sentence2": [], "label": [], "kind": []})
    parts = (
        corpus.checksum,
        teacher.key,
        len(sentences),
        settings.longest_sentence,
        settings.pairs,
        settings.seed,
        given,
    )
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
    path = places.work / "pairs" / f"{digest}-{settings.pairs}-{settings.seed}.parquet"
    if not path.is_file():
        made = make_pairs(sentences, embeddings, teacher.embed, settings.pairs, settings.seed, given)
        with replaced(path) as temporary:
            made.to_parquet(temporary, index=False)
    return pd.read_parquet(path)


def _judged(pairs: pd.DataFrame, judges: list[PairTeacher], places: EncoderPlaces, console: Console) -> pd.DataFrame:
    if not judges or pairs.empty:
        return pairs
    texts = list(zip(pairs["sentence1"], pairs["sentence2"], strict=True))
    scores = [judge.score_stored(texts, places.work / "pair-scores", console) for judge in judges]
    mean = np.mean([pairs["label"].to_numpy(), *scores], axis=0)
    # A sentence with itself is 5 whatever a teacher says.
    return pairs.assign(label=np.where(pairs["kind"] == "equal", LABEL_MAX, mean))


def _pairs_of(dataset: str) -> list[tuple[str, str]]:
    if not dataset:
        return []
    pairs = read_split(project_paths.data_root(), dataset, "train")
    return list(zip(pairs["sentence1"], pairs["sentence2"], strict=True))


def _student(
    settings: DistillSettings, teacher: Teacher, places: EncoderPlaces
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    if settings.student:
        folder = places.find(settings.student)
        return load_student(folder), load_vocabulary(folder)
    tokenizer = load_vocabulary(places.find(settings.vocabulary))
    has_segments = settings.family == "bert"
    names = ["input_ids", *(["token_type_ids"] if has_segments else []), "attention_mask"]
    tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = names
    body: Any = teacher.model[0].model
    model = student_of_layers(
        body, teacher.model.tokenizer, tokenizer, settings.teacher_layers, settings.family, settings.longest
    )
    return model, tokenizer


def _measure(
    student: Student, tokenizer: PreTrainedTokenizerFast, settings: DistillSettings
) -> Callable[[], dict[str, float]] | None:
    if not settings.valid:
        return None
    valid = read_split(project_paths.data_root(), settings.valid, "valid")
    first, second = valid["sentence1"].tolist(), valid["sentence2"].tolist()
    labels = valid["label"].to_numpy()

    def measure() -> dict[str, float]:
        student.eval()
        device = next(student.parameters()).device
        cosines, scores = [], []
        with torch.no_grad():
            for start in range(0, len(labels), 64):
                part = slice(start, start + 64)
                left, right = (
                    student.embed(**_to(tokenize(tokenizer, texts[part], None, settings.longest), device))
                    for texts in (first, second)
                )
                cosines.append(torch.nn.functional.cosine_similarity(left, right).cpu().numpy())
                inputs = _to(tokenize(tokenizer, first[part], second[part], settings.longest), device)
                scores.append(student.model(**inputs).logits.squeeze(-1).cpu().numpy())
        student.train()
        return {
            "valid/cosine_pearson": pearson(labels, np.concatenate(cosines).astype(np.float64)),
            "valid/score_pearson": pearson(labels, np.concatenate(scores).astype(np.float64)),
        }

    return measure


def _to(inputs: dict[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    return {name: value.to(device) for name, value in inputs.items()}


def _card(settings: DistillSettings, facts: dict[str, Any]) -> str:
    start = (
        f"encoder `{facts['student']}`"
        if settings.student
        else f"layers {', '.join(map(str, settings.teacher_layers))} of the teacher, its piece embeddings averaged"
    )
    judges = "".join(f"| teacher of pairs beside it | `{name}` |\n" for name in settings.pair_teachers)
    measured = "".join(
        f"| {name} on {settings.valid}, before fine-tuning | {value:.3f} |\n"
        for name, value in facts["measured"].items()
    )
    return f"""# {settings.name}

A small Korean encoder, distilled from a teacher by `python -m trainer distill`.

| | |
|---|---|
| started from | {start} |
| teacher | `{facts["teacher"]}` |
{judges}| text | {", ".join(facts["corpus"])} |
| learnt from | {facts["sentences"]:,} sentences, {facts["pairs"]:,} pairs scored by the teacher |
| licence of the text | {settings.licence or "not stated"} |
| steps | {settings.steps:,} on embeddings, then {settings.pair_steps:,} on pairs (a third of them on embeddings) |
| tokens seen | {facts["tokens"]:,} |
| seconds | {facts["seconds"]:,} ({facts["tokens_per_second"]:,} tokens a second, {facts["environment"]["device"]}) |
| seed | {settings.seed} |
{measured}
What it knows of meaning it has from its teacher. Encoders that share a teacher differ little for that reason: what
they reach says little about published models of the same family.
"""
