"""The student of a distillation: what it takes over from its teacher, and what it learns from a batch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn import functional
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    ElectraConfig,
    ElectraModel,
    PreTrainedTokenizerFast,
)

from similarity.errors import TrainingError
from tests import builders
from tests.builders import LONGEST
from trainer.training.students import SIMILARITY_WEIGHT, Student, load_student, student_of_layers
from trainer.training.teacher import Teacher
from trainer.training.vocabulary import SPECIAL


@pytest.fixture(scope="module")
def words(lab: Path) -> Any:
    """Return the vocabulary of a pretrained encoder."""
    return AutoTokenizer.from_pretrained(lab / "artifacts" / "encoders" / "bert")


def body_of(teacher: Teacher) -> Any:
    module: Any = teacher.model[0]
    return module.model


# Made of the teacher's layers


@pytest.mark.parametrize(("teacher_family", "family"), [("bert", "roberta"), ("roberta", "bert")])
def test_a_student_of_all_layers_with_the_same_words_is_its_teacher(
    tmp_path: Path, teacher_family: str, family: str
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


def test_a_students_pieces_begin_as_the_mean_of_what_the_teacher_cuts_them_into(teacher: Teacher, words: Any) -> None:
    there = teacher.model.tokenizer
    student = student_of_layers(body_of(teacher), there, words, [1], "roberta", LONGEST)
    table = student.base_model.embeddings.word_embeddings.weight
    theirs = body_of(teacher).embeddings.word_embeddings.weight
    assert table.shape == (len(words), 64)
    compared = 0
    for piece in ("조식", "에서", "주차", "아이", "숙소", "화장"):
        number = words.convert_tokens_to_ids(piece)
        cut = there(piece, add_special_tokens=False)["input_ids"]
        if number != words.unk_token_id:
            compared += 1
            assert torch.allclose(table[number], theirs[cut].mean(dim=0), atol=1e-6)
    assert compared > 1
    for name in ("cls", "sep", "unk", "mask"):
        number, number_there = (getattr(tokenizer, f"{name}_token_id") for tokenizer in (words, there))
        assert torch.equal(table[number], theirs[number_there])
    assert not table[words.pad_token_id].any()
    assert table.isfinite().all() and len(table.unique(dim=0)) > 0.6 * len(table)


def test_the_mark_before_a_word_that_a_sentencepiece_teacher_sets_counts_for_nothing(words: Any) -> None:
    # As multilingual-e5 cuts: what it does not know as a word's beginning is the mark alone and then the rest.
    pieces = [*SPECIAL.values(), "▁", "▁조식", "조", "식", "숙"]
    model = models.Unigram([(piece, -float(number)) for number, piece in enumerate(pieces)], unk_id=1)
    there = Tokenizer(model)
    there.pre_tokenizer = pre_tokenizers.Metaspace()
    theirs = PreTrainedTokenizerFast(tokenizer_object=there, **SPECIAL)
    teacher = BertModel(BertConfig(vocab_size=len(pieces), hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
    assert theirs.tokenize("숙") == ["▁", "숙"]
    student = student_of_layers(teacher, theirs, words, [0], "bert", LONGEST)
    table, known = (body.get_input_embeddings().weight for body in (student, teacher))
    assert torch.equal(table[words.convert_tokens_to_ids("숙")], known[pieces.index("숙")])


def test_the_chosen_layers_are_copied_in_the_chosen_order(teacher: Teacher, words: Any) -> None:
    student = student_of_layers(body_of(teacher), teacher.model.tokenizer, words, [1, 0, 1], "roberta", LONGEST)
    for place, layer in enumerate([1, 0, 1]):
        expected = body_of(teacher).encoder.layer[layer].state_dict()
        found = student.base_model.encoder.layer[place].state_dict()
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert student.config.num_labels == 1 and student.config.max_position_embeddings == LONGEST + 1


def test_layers_that_the_teacher_lacks_and_other_kinds_of_teacher_are_refused(teacher: Teacher, words: Any) -> None:
    for layers in ([0, 2], [-1], []):
        with pytest.raises(TrainingError, match="layers 0–1"):
            student_of_layers(body_of(teacher), teacher.model.tokenizer, words, layers, "bert", LONGEST)
    electra = ElectraModel(ElectraConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
    with pytest.raises(TrainingError, match="this is electra"):
        student_of_layers(electra, teacher.model.tokenizer, words, [0], "bert", LONGEST)


# What it learns


@pytest.mark.parametrize("start", ["encoder", "layers"])
def test_a_student_learns_without_dropout_wherever_it_comes_from(
    lab: Path, teacher: Teacher, words: Any, start: str
) -> None:
    if start == "encoder":
        model = load_student(lab / "artifacts" / "encoders" / "bert")
    else:
        model = student_of_layers(body_of(teacher), teacher.model.tokenizer, words, [0], "bert", LONGEST)
    inputs = words(["방이 넓고 조용해요"], return_tensors="pt")
    student = Student(model, 64).train()
    first, second = (student.embed(**inputs) for _ in range(2))
    assert torch.equal(first, second), "asked twice, it says two things"


def test_the_losses_are_of_means_that_padding_does_not_change(lab: Path, words: Any) -> None:
    student = Student(load_student(lab / "artifacts" / "encoders" / "bert"), 48).eval()
    texts = ["방이 넓고 조용해요", "조식"]
    padded = words(texts, padding=True, return_tensors="pt")
    alone = [words([text], return_tensors="pt") for text in texts]
    with torch.no_grad():
        vectors = torch.cat([student.embed(**inputs) for inputs in alone])
        assert torch.allclose(student.embed(**padded), vectors, atol=1e-5)
        targets = torch.randn(2, 48)
        losses = student(targets=targets, **padded)
        cosines = functional.cosine_similarity(student.projection(vectors), targets)
        between = [functional.cosine_similarity(side[0], side[1], dim=0) for side in (vectors, targets)]
        scored = student(scores=torch.tensor([1.0, 4.0]), **padded)
        answers = student.model(**padded).logits.squeeze(-1)
    assert losses["cosine_loss"].item() == pytest.approx(1 - cosines.mean().item(), abs=1e-5)
    # Of the four places of a 2 × 2 table the two on the diagonal are right by themselves.
    assert losses["similarity_loss"].item() == pytest.approx((between[0] - between[1]).item() ** 2 / 2, abs=1e-5)
    total = losses["cosine_loss"] + SIMILARITY_WEIGHT * losses["similarity_loss"]
    assert losses["loss"].item() == pytest.approx(total.item())
    assert scored["loss"].item() == pytest.approx(functional.mse_loss(answers, torch.tensor([1.0, 4.0])).item())
