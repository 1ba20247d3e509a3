"""Distilling a teacher into a small encoder: silver pairs, stored embeddings, students, the training, the command."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, ElectraConfig, ElectraModel

from similarity import prepared_data, run_format
from similarity.errors import SimilarityError, TrainingError
from similarity.run_catalog import list_runs
from tests import builders
from trainer import __main__ as command_line
from trainer.corpus import Corpus, distinct_sentences, open_corpus
from trainer.encoder_settings import DistillSettings, EncoderPlaces, PretrainSettings
from trainer.training import distillation, long_training, silver_pairs
from trainer.training import teacher as teacher_module
from trainer.training.distillation import Batches, distil_encoder
from trainer.training.models import load_model
from trainer.training.placeholder import make_body
from trainer.training.pretraining import pretrain_encoder
from trainer.training.silver_pairs import RANKS, SHARES, make_pairs, perturb
from trainer.training.students import load_student, student_of_layers
from trainer.training.teacher import Teacher

HOUSE = Path(__file__).resolve().parents[2]
FAMILIES = ("bert", "roberta", "electra")
LONGEST = 64
TINY: dict[str, Any] = {
    "sentences": 800,
    "pairs": 400,
    "steps": 60,
    "pair_steps": 60,
    "batch_characters": 1_024,
    "longest": LONGEST,
    "learning_rate": 3e-3,
    "precision": "fp32",
}
QUIET = Console(quiet=True)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """So small a model gains nothing from a second thread, and a busy machine takes much for it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILARITY_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(home)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    pairs = pd.read_csv(HOUSE / "data" / "sample" / "pairs.csv")
    return list(dict.fromkeys([*pairs["sentence1"], *pairs["sentence2"]]))


@pytest.fixture(scope="module")
def home(sentences: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder with a text, a teacher of random weights, an encoder of each family, and a data set."""
    home = tmp_path_factory.mktemp("home")
    (home / "text.txt").write_text("".join(sentence + "\n" for sentence in sentences[:1500]), encoding="utf-8")
    (home / "teacher").mkdir()
    make_body(home / "teacher", "bert", sentences)
    tiny = {"layers": 1, "width": 32, "heads": 2, "longest": LONGEST, "pieces": 2_000, "batch_tokens": 512, "steps": 5}
    for family in FAMILIES:
        settings = PretrainSettings(name=family, objective=family, precision="fp32", **tiny)
        pretrain_encoder(settings, text_of(home), places(home), QUIET, restart=False)
    builders.dataset(home / "data", "toy", (60, 20, 30))
    return home


@pytest.fixture(scope="module")
def teacher(home: Path) -> Teacher:
    return Teacher(str(home / "teacher"), longest=LONGEST)


@pytest.fixture(scope="module")
def written(home: Path) -> Path:
    """Return the folder with a distilled encoder of each family."""
    for family in FAMILIES:
        distil(home, name=f"{family}-distilled", student=family)
    return home / "artifacts" / "encoders"


def text_of(home: Path) -> Corpus:
    return open_corpus([home / "text.txt"])


def places(home: Path) -> EncoderPlaces:
    return EncoderPlaces(home / "artifacts" / "encoders", home / "artifacts" / "work")


def distil(home: Path, *, restart: bool = False, **settings: Any) -> Any:
    content = {**TINY, "teacher": str(home / "teacher"), **settings}
    return distil_encoder(DistillSettings(**content), text_of(home), places(home), QUIET, restart=restart)


def run_command(*arguments: str | Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["trainer", *map(str, arguments)])
    try:
        return command_line.main()
    except SystemExit as ended:
        return int(ended.code or 0)


# Silver pairs


def directions(count: int, width: int = 6, seed: int = 0) -> npt.NDArray[np.float16]:
    """Made-up embeddings of length 1 that lie all around."""
    drawn = np.random.default_rng(seed).normal(size=(count, width))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    return np.stack([directions(1, seed=len(text))[0] for text in texts]).astype(np.float32)


@pytest.fixture(scope="module")
def silver(sentences: list[str]) -> pd.DataFrame:
    return make_pairs(sentences[:600], directions(600), embed, 2_000, 1)


def test_silver_pairs_come_in_the_shares_that_are_stated(silver: pd.DataFrame, sentences: list[str]) -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert silver["kind"].value_counts().to_dict() == {kind: round(2_000 * share) for kind, share in SHARES.items()}
    assert silver["label"].between(0, 5).all()
    known = set(sentences[:600])
    assert set(silver["sentence1"]) <= known
    assert set(silver["sentence2"][silver["kind"] != "perturbed"]) <= known


def test_equal_pairs_score_five_and_neighbours_are_never_the_same_sentence(silver: pd.DataFrame) -> None:
    equal, near = (silver[silver["kind"] == kind] for kind in ("equal", "neighbours"))
    assert (equal["sentence1"] == equal["sentence2"]).all()
    assert equal["label"].to_numpy() == pytest.approx(5, abs=0.01)
    assert (near["sentence1"] != near["sentence2"]).all()


def test_a_pair_scores_five_times_the_teachers_cosine(silver: pd.DataFrame, sentences: list[str]) -> None:
    place = {sentence: row for row, sentence in enumerate(sentences[:600])}
    vectors = directions(600).astype(np.float32)
    for kind in ("neighbours", "random", "perturbed"):
        part = silver[silver["kind"] == kind]
        first = vectors[[place[text] for text in part["sentence1"]]]
        second = embed(part["sentence2"]) if kind == "perturbed" else vectors[[place[t] for t in part["sentence2"]]]
        cosine = (first * second).sum(axis=1)
        assert (cosine < 0).any() or kind == "neighbours"
        assert part["label"].to_numpy() == pytest.approx(np.clip(5 * cosine, 0, 5), abs=1e-4)


def test_neighbours_stand_at_the_stated_ranks_the_nearer_the_more_similar(
    silver: pd.DataFrame, sentences: list[str]
) -> None:
    place = {sentence: row for row, sentence in enumerate(sentences[:600])}
    vectors = directions(600).astype(np.float32)
    near = silver[silver["kind"] == "neighbours"]
    order = np.argsort(-(vectors @ vectors.T), axis=1)
    rows = near[["sentence1", "sentence2"]].map(place.__getitem__).to_numpy()
    ranks = np.array([order[first].tolist().index(second) for first, second in rows])
    # Sentences that are equally near in half precision may change places.
    assert np.mean(np.isin(ranks, RANKS)) > 0.97
    means = [near["label"][ranks == rank].mean() for rank in RANKS]
    assert means == sorted(means, reverse=True) and means[0] - means[-1] > 1
    counts = [(ranks == rank).sum() for rank in RANKS]
    assert min(counts) > 0.8 * len(near) / len(RANKS)


def test_silver_pairs_follow_the_seed(silver: pd.DataFrame, sentences: list[str]) -> None:
    pd.testing.assert_frame_equal(make_pairs(sentences[:600], directions(600), embed, 2_000, 1), silver)
    assert not make_pairs(sentences[:600], directions(600), embed, 2_000, 2).equals(silver)


@pytest.mark.parametrize("shard", [100, 90, 599, 40])
def test_neighbours_are_found_shard_by_shard(shard: int, sentences: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # 600 sentences in shards of 599 leave a shard of one, which has no neighbour.
    monkeypatch.setattr(silver_pairs, "SHARD", shard)
    monkeypatch.setattr(silver_pairs, "BLOCK", 7)
    pairs = make_pairs(sentences[:600], directions(600), embed, 1_000, 1)
    near = pairs[pairs["kind"] == "neighbours"]
    assert len(near) == 600
    assert (near["sentence1"] != near["sentence2"]).all()
    assert near["label"].mean() > pairs["label"][pairs["kind"] == "random"].mean() + 1


@pytest.mark.parametrize("count", [1, 3, 10])
def test_few_pairs_can_be_asked_for(count: int, sentences: list[str], teacher: Teacher) -> None:
    embeddings = teacher.embed(sentences[:50]).astype(np.float16)
    assert len(make_pairs(sentences[:50], embeddings, teacher.embed, count, 1)) <= count


def test_perturbing_changes_a_sentence_and_leaves_something(sentences: list[str]) -> None:
    generator = np.random.default_rng(0)
    others = generator.permutation(sentences)
    changed = [perturb(sentence, other, generator) for sentence, other in zip(sentences, others, strict=True)]
    assert all(text.strip() == text and text for text in changed)
    words = [(old.split(" "), text.split(" ")) for old, text in zip(sentences, changed, strict=True)]
    assert np.mean([np.mean([word in after for word in before]) for before, after in words]) > 0.7
    assert [before for before, after in words if before == after] == []


def test_perturbing_changes_numbers_to_other_numbers_of_their_length() -> None:
    generator = np.random.default_rng(0)
    changed = {perturb("방값이 15000원이에요", "조식이 나와요", generator) for _ in range(200)}
    prices = [word for text in changed for word in text.split(" ") if word.endswith("원이에요")]
    assert len(set(prices)) > 30
    assert all(len(word) == len("15000원이에요") for word in prices)


# The teacher


def test_a_teachers_embeddings_are_stored_and_not_computed_again(
    home: Path, tmp_path: Path, sentences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_module, "CHUNK", 40)
    teacher = Teacher(str(home / "teacher"), longest=LONGEST)
    asked: list[int] = []
    really = teacher.embed

    def counted(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        asked.append(len(texts))
        return really(texts)

    monkeypatch.setattr(teacher, "embed", counted)
    first = teacher.embed_stored(sentences[:100], tmp_path, QUIET)
    assert asked == [40, 40, 20]
    asked.clear()
    assert np.array_equal(teacher.embed_stored(sentences[:100], tmp_path, QUIET), first)
    assert asked == []
    more = teacher.embed_stored(sentences[:150], tmp_path, QUIET)
    assert asked == [40, 30], "what was whole is not computed again when there are more sentences"
    assert np.array_equal(more[:80], first[:80])
    assert more.dtype == np.float16
    assert more.astype(np.float32) == pytest.approx(really(sentences[:150]), abs=2e-3)


def test_another_prefix_or_other_weights_are_another_teacher(home: Path, tmp_path: Path, sentences: list[str]) -> None:
    plain, prefixed = Teacher(str(home / "teacher")), Teacher(str(home / "teacher"), prefix="조식 ")
    (tmp_path / "other").mkdir()
    make_body(tmp_path / "other", "bert", sentences, seed=1)
    assert len({plain.key, prefixed.key, Teacher(str(tmp_path / "other")).key}) == 3
    assert Teacher(str(home / "teacher")).key == plain.key
    ours, theirs = prefixed.embed(["방이 넓어요"]), plain.embed(["조식 방이 넓어요"])
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert np.linalg.norm(ours, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_teacher_can_be_a_bi_encoder_run_and_nothing_but_one(home: Path) -> None:
    runs = home / "artifacts" / "runs"
    builders.run(
        runs, home / "data", "bi", model={**builders.record().model.model_dump(), "architecture": "bi-encoder"}
    )
    builders.tiny_checkpoint(runs / "bi" / "checkpoint", "bi-encoder")
    builders.run(runs, home / "data", "cross")
    builders.tiny_checkpoint(runs / "cross" / "checkpoint", "cross-encoder")
    assert Teacher("bi").embed(["숙소 위치 버스"]).shape == (1, 64)
    # Its body was trained for one score of two sentences: its mean says nothing of one sentence.
    with pytest.raises(SimilarityError, match="bi-encoder"):
        Teacher("cross")


# Students


@pytest.mark.parametrize("family", ["bert", "roberta"])
@pytest.mark.parametrize("teacher_family", ["bert", "roberta"])
def test_a_student_of_all_layers_with_the_same_words_is_its_teacher(
    tmp_path: Path, family: str, teacher_family: str
) -> None:
    folder = builders.body(tmp_path / "body", teacher_family)
    teacher, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    student = student_of_layers(teacher, tokenizer, tokenizer, [0, 1], family, LONGEST).eval()
    assert student.config.model_type == family
    assert len(student.base_model.encoder.layer) == 2
    # Words that are pieces as they are: a piece that goes on within a word is not looked up as one.
    texts = [" ".join(builders.WORDS[:7]), " ".join(builders.WORDS[7:10])]
    inputs = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    assert not any(piece.startswith("##") for piece in tokenizer.tokenize(texts[0] + texts[1]))
    present = inputs["attention_mask"].bool()
    with torch.no_grad():
        ours, theirs = student.base_model(**inputs)[0][present], teacher(**inputs)[0][present]
    assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_students_pieces_begin_as_the_mean_of_what_the_teacher_cuts_them_into(
    home: Path, teacher: Teacher, family: str
) -> None:
    body: Any = teacher.model[0].model
    ours = AutoTokenizer.from_pretrained(home / "artifacts" / "encoders" / family)
    student = student_of_layers(body, teacher.model.tokenizer, ours, [1], family, LONGEST)
    table = student.base_model.embeddings.word_embeddings.weight
    theirs = body.embeddings.word_embeddings.weight
    assert table.shape == (len(ours), 64)
    several = 0
    for piece in ("조식", "에서", "주차", "아이", "숙소", "화장"):
        number = ours.convert_tokens_to_ids(piece)
        cut = teacher.model.tokenizer(piece, add_special_tokens=False)["input_ids"]
        several += len(cut) > 1
        if number != ours.unk_token_id:
            assert torch.allclose(table[number], theirs[cut].mean(dim=0), atol=1e-6)
    for name in ("cls", "sep", "unk", "mask"):
        number, number_there = (getattr(t, f"{name}_token_id") for t in (ours, teacher.model.tokenizer))
        assert torch.equal(table[number], theirs[number_there])
    assert not table[ours.pad_token_id].any()
    assert table.isfinite().all() and len(table.unique(dim=0)) > 0.7 * len(table)


def test_the_chosen_layers_are_copied_in_the_chosen_order(teacher: Teacher, home: Path) -> None:
    body: Any = teacher.model[0].model
    ours = AutoTokenizer.from_pretrained(home / "artifacts" / "encoders" / "bert")
    student = student_of_layers(body, teacher.model.tokenizer, ours, [1, 0, 1], "roberta", LONGEST)
    for place, layer in enumerate([1, 0, 1]):
        expected = body.encoder.layer[layer].state_dict()
        found = student.base_model.encoder.layer[place].state_dict()
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert student.config.num_labels == 1 and student.config.max_position_embeddings == LONGEST + 1


def test_layers_that_the_teacher_lacks_and_other_kinds_of_teacher_are_refused(teacher: Teacher, home: Path) -> None:
    body: Any = teacher.model[0].model
    ours = AutoTokenizer.from_pretrained(home / "artifacts" / "encoders" / "bert")
    for layers in ([0, 2], [-1], []):
        with pytest.raises(TrainingError, match="layers 0–1"):
            student_of_layers(body, teacher.model.tokenizer, ours, layers, "bert", LONGEST)
    electra = ElectraModel(ElectraConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
    with pytest.raises(TrainingError, match="this is electra"):
        student_of_layers(electra, teacher.model.tokenizer, ours, [0], "bert", LONGEST)


# Batches


class NotedTexts:
    """Stands for a tokenizer: keeps the texts that it is asked for."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.second: list[str] | None = None

    def __call__(self, first: list[str], second: list[str] | None, **_: Any) -> dict[str, torch.Tensor]:
        self.first, self.second = first, second
        return {}


@pytest.fixture
def batches(sentences: list[str], silver: pd.DataFrame) -> tuple[Batches, NotedTexts]:
    noted = NotedTexts()
    settings = DistillSettings(name="x", student="y", teacher="z", **{**TINY, "steps": 4})
    made = Batches(settings, noted, sentences[:600], directions(600), silver)  # type: ignore[arg-type]
    return made, noted


def test_pairs_come_after_the_embeddings_and_every_third_batch_is_still_on_embeddings(
    batches: tuple[Batches, NotedTexts],
) -> None:
    made, noted = batches
    kinds = ["targets" if "targets" in made.batch(number) else "scores" for number in range(13)]
    assert kinds == ["targets"] * 4 + ["scores", "scores", "targets"] * 3
    made.batch(4)
    assert noted.second is not None
    made.batch(6)
    assert noted.second is None


def test_each_sentence_and_each_pair_comes_once_an_epoch_whatever_stands_between(
    batches: tuple[Batches, NotedTexts], sentences: list[str], silver: pd.DataFrame
) -> None:
    made, noted = batches
    place = {sentence: row for row, sentence in enumerate(sentences[:600])}
    centred = directions(600).astype(np.float32) - directions(600).astype(np.float32).mean(axis=0)
    known = silver.groupby(["sentence1", "sentence2"])["label"].agg(list).to_dict()
    seen: list[str] = []
    pairs: list[tuple[str, str]] = []
    swapped: list[bool] = []
    number = 0
    while len(pairs) < len(silver):
        batch = made.batch(number)
        number += 1
        if "targets" in batch:
            seen += noted.first
            rows = [place[text] for text in noted.first]
            assert batch["targets"].numpy() == pytest.approx(centred[rows], abs=1e-3)
            assert max(map(len, noted.first)) * len(rows) <= TINY["batch_characters"]
            continue
        assert noted.second is not None
        for first, second, score in zip(noted.first, noted.second, batch["scores"].tolist(), strict=True):
            is_swapped = (first, second) not in known
            pair = (second, first) if is_swapped else (first, second)
            assert any(score == pytest.approx(label, abs=1e-5) for label in known[pair])
            pairs.append(pair)
            if pair[::-1] not in known:
                swapped.append(is_swapped)
    assert sorted(seen[:600]) == sorted(sentences[:600])
    expected = zip(silver["sentence1"], silver["sentence2"], strict=True)
    assert sorted(map(sorted, pairs)) == sorted(map(sorted, expected))
    assert len(swapped) > 1000 and np.mean(swapped) == pytest.approx(0.5, abs=0.06)


def test_a_pair_is_not_in_the_same_order_every_time(batches: tuple[Batches, NotedTexts], silver: pd.DataFrame) -> None:
    made, noted = batches
    orders: dict[frozenset[str], set[str]] = {}
    pair_batches = [number for number in range(4, 700) if (number - 4) % 3 != 2]
    for number in pair_batches:
        made.batch(number)
        assert noted.second is not None
        for first, second in zip(noted.first, noted.second, strict=True):
            orders.setdefault(frozenset((first, second)), set()).add(first)
    assert np.mean([len(found) == 2 for pair, found in orders.items() if len(pair) == 2]) > 0.5


# Distilling


def agreement(model: Any, tokenizer: Any, teacher: Teacher, texts: list[str]) -> float:
    """Correlate the student's cosines with those of the teacher's centred embeddings."""
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model.eval().float().base_model(**inputs)[0]
    mask = inputs["attention_mask"].unsqueeze(-1)
    ours = torch.nn.functional.normalize((hidden * mask).sum(dim=1) / mask.sum(dim=1), dim=-1)
    theirs = torch.from_numpy(teacher.embed(texts))
    theirs = torch.nn.functional.normalize(theirs - theirs.mean(dim=0), dim=-1)
    above = np.triu_indices(len(texts), 1)
    return float(np.corrcoef((ours @ ours.T).numpy()[above], (theirs @ theirs.T).numpy()[above])[0, 1])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_comes_nearer_to_its_teacher_on_sentences_that_it_never_saw(
    home: Path, written: Path, teacher: Teacher, sentences: list[str], family: str
) -> None:
    unseen = sentences[1500:1700]
    tokenizer = AutoTokenizer.from_pretrained(written / family)
    before, after = (load_student(written / name) for name in (family, f"{family}-distilled"))
    assert agreement(after, tokenizer, teacher, unseen) > agreement(before, tokenizer, teacher, unseen) + 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_losses_on_embeddings_and_on_pairs_fall(written: Path, family: str) -> None:
    curves = run_format.read_metrics(written / f"{family}-distilled")
    for name, steps in (("cosine", 80), ("similarity", 80), ("pair", 40)):
        losses = curves[f"train/{name}_loss"].dropna()
        assert len(losses) == steps
        assert losses.tail(8).mean() < 0.9 * losses.head(8).mean()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_distilled_encoder_opens_without_our_code_its_head_included(written: Path, family: str) -> None:
    folder = written / f"{family}-distilled"
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"] and not report["mismatched_keys"]
    assert model.config.model_type == family and model.config.num_labels == 1
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {torch.float16}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("방이 넓어요", "방이 조용해요", return_tensors="pt")
    assert ("token_type_ids" in inputs) == (family != "roberta")
    assert model.eval().float()(**inputs).logits.isfinite().all()
    facts = json.loads((folder / "training.json").read_text())
    assert (facts["sentences"], facts["pairs"], facts["corpus"]) == (800, 400, ["text.txt"])
    card = (folder / "README.md").read_text()
    assert f"encoder `{family}`" in card and facts["teacher_weights"] in card and "800 sentences" in card
    assert {"README.md", "training.json", "metrics.jsonl", "config.json", "model.safetensors", "tokenizer.json"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_distilled_encoder_gives_sentence_vectors_by_its_mean(written: Path, home: Path) -> None:
    model: Any = load_model(written / "bert-distilled", "bi-encoder", LONGEST)
    student, tokenizer = load_student(written / "bert-distilled"), AutoTokenizer.from_pretrained(written / "bert")
    texts = ["방이 넓고 조용해요", "조식"]
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = student.eval().base_model(**inputs)[0]
    mask = inputs["attention_mask"].unsqueeze(-1)
    expected = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
    assert model.encode(texts) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("kind", ["cross-encoder", "bi-encoder"])
def test_a_distilled_encoder_can_be_fine_tuned_by_its_name(
    home: Path, written: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "train", "--model", "roberta-distilled", "--kind", kind, "--data", "toy", "--epochs", "1",
        "--max-length", str(LONGEST), "--precision", "fp32", "--name", f"tuned {kind}",
    ]  # fmt: skip
    assert run_command(*command, monkeypatch=monkeypatch) == 0, capsys.readouterr().err
    (run,) = (run for run in list_runs(home / "artifacts" / "runs").runs if run.display_name == f"tuned {kind}")
    assert (run.status, run.model.family, run.model.architecture) == ("finished", "roberta", kind)
    assert run.metrics["toy"]["test"].pairs == 30


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_student_of_the_teachers_layers_is_distilled_with_another_vocabulary(
    home: Path, written: Path, family: str
) -> None:
    # The words come from an encoder of the other family, whose input has, or lacks, segments.
    other = "roberta" if family == "bert" else "bert"
    name = f"layers-{family}"
    distil(home, name=name, teacher_layers=[1], family=family, vocabulary=other, steps=3, pair_steps=3)
    model = AutoModelForSequenceClassification.from_pretrained(written / name)
    tokenizer = AutoTokenizer.from_pretrained(written / name)
    assert (model.config.model_type, model.config.num_hidden_layers) == (family, 1)
    assert tokenizer.get_vocab() == AutoTokenizer.from_pretrained(written / other).get_vocab()
    inputs = tokenizer("방이 넓어요 " * 50, "방이 조용해요", truncation=True, return_tensors="pt")
    assert ("token_type_ids" in inputs) == (family == "bert")
    assert inputs["input_ids"].shape[1] == LONGEST
    assert model(**inputs).logits.isfinite().all()
    assert "layers 1 of the teacher" in (written / name / "README.md").read_text()


def test_a_student_is_measured_along_the_way_on_the_valid_split_alone(
    home: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    really = distillation.read_split

    def noted(root: Path, name: str, split: str) -> pd.DataFrame:
        read.append(split)
        return really(root, name, split)

    monkeypatch.setattr(distillation, "read_split", noted)
    distil(home, name="measured", student="bert", valid="toy", steps=2, pair_steps=3, learning_rate=1e-4)
    assert set(read) == {"valid"}
    curves = run_format.read_metrics(written / "measured")
    facts = json.loads((written / "measured" / "training.json").read_text())
    for name in ("valid/cosine_pearson", "valid/score_pearson"):
        assert curves[name].notna().sum() == 6
        assert facts["measured"][name] == pytest.approx(curves[name].dropna().iloc[-1])
        assert f"{name} on toy" in (written / "measured" / "README.md").read_text()
    valid = prepared_data.read_split(home / "data", "toy", "valid")
    model: Any = load_model(written / "measured", "bi-encoder", LONGEST)
    first, second = (model.encode(valid[column].tolist()) for column in ("sentence1", "sentence2"))
    cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    expected = np.corrcoef(cosine, valid["label"])[0, 1]
    # What is written is rounded to half precision.
    assert facts["measured"]["valid/cosine_pearson"] == pytest.approx(expected, abs=0.01)


def stop_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Let batch `number` interrupt the training; returns what gives the numbers that were asked for."""
    asked: list[int] = []
    really = Batches.batch

    def watched(self: Batches, wanted: int) -> Any:
        asked.append(wanted)
        if wanted == number:
            raise KeyboardInterrupt
        return really(self, wanted)

    monkeypatch.setattr(Batches, "batch", watched)
    return lambda: asked


def test_a_stopped_distillation_goes_on_and_ends_with_the_same_weights(
    home: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short: dict[str, Any] = {"student": "roberta", "steps": 4, "pair_steps": 6}
    whole = distil(home, name="whole", **short)
    monkeypatch.setattr(long_training, "RESUME_SECONDS", 0.0)
    with monkeypatch.context() as stopping:
        stop_at(6, stopping)
        with pytest.raises(KeyboardInterrupt):
            distil(home, name="parts", **short)
    with pytest.raises(TrainingError, match="--restart"):
        distil(home, name="parts", **{**short, "pair_steps": 7})
    # What the teacher said is stored: it is not asked again.
    monkeypatch.setattr(Teacher, "embed", lambda *_: pytest.fail("the teacher is asked again"))
    asked = stop_at(-1, monkeypatch)
    parts = distil(home, name="parts", **short)
    assert asked()[0] in (4, 5) and asked()[-1] == 9
    assert (parts.steps, parts.tokens) == (whole.steps, whole.tokens)
    assert (written / "parts" / "model.safetensors").read_bytes() == (
        written / "whole" / "model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"student": "mistyped"},
        {"teacher_layers": [0], "vocabulary": "mistyped"},
        {"teacher_layers": [7], "vocabulary": "bert"},
        {"student": "bert", "valid": "mistyped"},
    ],
    ids=["student", "vocabulary", "layer", "valid"],
)
def test_a_wrong_name_is_an_error_before_the_hours_of_the_teacher(
    home: Path, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Teacher, "embed_stored", lambda *_: pytest.fail("the teacher was asked first"))
    with pytest.raises(SimilarityError):
        distil(home, name="wrong", restart=True, steps=1, pair_steps=1, **wrong)


def test_a_student_with_a_short_input_learns_from_longer_sentences(home: Path, written: Path) -> None:
    # As `pretrain --longest 16` makes it; `distill` has no such option.
    settings = PretrainSettings(
        name="narrow", objective="bert", longest=16, layers=1, width=32, heads=2, steps=1, batch_tokens=512,
        vocabulary="bert", precision="fp32",
    )  # fmt: skip
    pretrain_encoder(settings, text_of(home), places(home), QUIET, restart=False)
    distil(home, name="narrow-distilled", student="narrow", steps=2, pair_steps=2)
    assert (written / "narrow-distilled" / "model.safetensors").is_file()


def test_a_text_of_few_sentences_is_refused(home: Path, tmp_path: Path, sentences: list[str]) -> None:
    path = tmp_path / "few.txt"
    path.write_text("\n".join([*sentences[:9], *sentences[:9], "긴 " * 200]), encoding="utf-8")
    settings = DistillSettings(name="few", student="bert", teacher=str(home / "teacher"), **TINY)
    with pytest.raises(SimilarityError, match="9 lines of a usable length"):
        distil_encoder(settings, open_corpus([path]), places(home), QUIET, restart=False)
    assert len(distinct_sentences(open_corpus([path]).lines(), longest=120)) == 9


# The command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bert", "--teacher-layers", "0"], "either an encoder to start from or layers"),
        ([], "either an encoder to start from or layers"),
        (["--teacher-layers", "0"], "needs a vocabulary"),
        (["--teacher-layers", "0;1"], "0,2,4"),
        (["bert", "--steps", "0", "--pair-steps", "0"], "no steps"),
        (["bert", "--pairs", "0"], "steps on pairs need pairs"),
        (["bert", "--sentences", "3"], "sentences 3"),
        (["bert", "--family", "gpt"], "family 'gpt'"),
        (["bert", "--name", "A b"], "name 'A b'"),
        (["bert", "--corpus", "none.txt"], "none.txt does not exist"),
        (["bert", "--precision", "fp64"], "--precision is one of"),
        (["mistyped"], "no encoder 'mistyped'"),
    ],
)
def test_a_bad_value_is_one_clear_message(
    home: Path,
    written: Path,
    arguments: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--name", "bad-value", "--corpus", "text.txt", "--teacher", str(home / "teacher"), "--precision", "fp32"]
    command = ["distill", *given, "--sentences", "50", "--pairs", "20", "--restart", *arguments]
    capsys.readouterr()
    assert run_command(*command, monkeypatch=monkeypatch) == 1
    errors = capsys.readouterr().err
    (message,) = (line for line in errors.splitlines() if line.startswith("Error: "))
    assert says in message and "Traceback" not in errors
    assert not (written / "bad-value").exists()


def test_a_text_must_be_named(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("distill", "bert", "--name", "x", monkeypatch=monkeypatch) == 1
    assert "--corpus" in capsys.readouterr().err


def test_only_the_default_teacher_gets_its_prefix_unasked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[DistillSettings] = []

    def noted(settings: DistillSettings, *_: Any, **__: Any) -> Any:
        got.append(settings)
        return long_training.Outcome(1, 1, 1.0)

    monkeypatch.setattr(distillation, "distil_encoder", noted)
    command = ["distill", "bert", "--name", "x", "--corpus", "text.txt"]
    for more in (
        [],
        ["--teacher", "run-a"],
        ["--teacher-prefix", ""],
        ["--teacher", "run-a", "--teacher-prefix", "q "],
    ):
        assert run_command(*command, *more, monkeypatch=monkeypatch) == 0
    assert [settings.teacher_prefix for settings in got] == ["query: ", "", "", "q "]
    assert got[0].teacher == "intfloat/multilingual-e5-small" and got[1].teacher == "run-a"
    assert all(settings.precision in ("fp32", "bf16") for settings in got)


def test_the_command_writes_an_encoder_and_says_what_is_next(
    home: Path, written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "distill", "--name", "by-command", "--teacher-layers", "0, 1", "--vocabulary", "roberta", "--corpus",
        "text.txt", "--teacher", str(home / "teacher"), "--sentences", "100", "--pairs", "100", "--steps", "2",
        "--pair-steps", "2", "--valid", "toy", "--licence", "CC0 1.0", "--precision", "fp32",
    ]  # fmt: skip
    assert run_command(*command, monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    assert "100 sentences, 100 pairs" in shown and "4 steps" in shown
    assert "python -m trainer train --model by-command --kind cross-encoder --data toy" in shown
    assert AutoModel.from_pretrained(written / "by-command").config.num_hidden_layers == 2
    assert "CC0 1.0" in (written / "by-command" / "README.md").read_text()
