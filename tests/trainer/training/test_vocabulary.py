"""The vocabulary that is learnt from a text: its pieces, their order, and what becomes of characters."""

import unicodedata

from transformers import PreTrainedTokenizerFast

from tests import builders
from trainer.training.vocabulary import SPECIAL, train_vocabulary

PIECES = builders.PRETRAINING["pieces"]


def test_a_vocabulary_has_the_size_and_special_pieces_and_characters_come_first(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    assert len(tokenizer) == PIECES
    assert sorted(tokenizer.get_vocab().values()) == list(range(PIECES))
    assert tokenizer.convert_ids_to_tokens(list(range(5))) == list(SPECIAL.values())
    assert sorted(tokenizer.all_special_ids) == [0, 1, 2, 3, 4]
    # Then single characters in a fixed order, those that begin a word before those that go on in one.
    pieces = tokenizer.convert_ids_to_tokens(list(range(5, PIECES)))
    characters = [piece for piece in pieces if len(piece.removeprefix("##")) == 1]
    assert characters == pieces[: len(characters)] == sorted(characters, key=lambda piece: (len(piece), piece))
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id) == (0, 4)
    assert tokenizer.model_max_length == builders.LONGEST


def test_text_is_composed_and_keeps_its_case_and_its_syllables(
    tokenizer: PreTrainedTokenizerFast, sentences: list[str]
) -> None:
    normalise = tokenizer.backend_tokenizer.normalizer.normalize_str
    assert normalise("ＫＴＸ ktx ①") == "KTX ktx 1"
    known = 0
    for sentence in sentences[:500]:
        pieces = tokenizer.tokenize(sentence)
        # As macOS writes file names: each syllable as its letters.
        assert tokenizer.tokenize(unicodedata.normalize("NFD", sentence)) == pieces
        if "[UNK]" not in pieces:
            known += 1
            assert "".join(piece.removeprefix("##") for piece in pieces) == normalise(sentence).replace(" ", "")
    assert known > 150
    letters = {chr(code) for code in range(0x1100, 0x1200)}
    assert not [piece for piece in tokenizer.get_vocab() if letters & set(piece)]


def test_the_same_text_gives_the_same_pieces_with_the_same_ids(
    tokenizer: PreTrainedTokenizerFast, sentences: list[str]
) -> None:
    again = train_vocabulary(sentences, pieces=PIECES, longest_input=builders.LONGEST)
    assert again.get_vocab() == tokenizer.get_vocab()


def test_frequent_characters_are_known_in_every_place_and_the_rarest_are_not() -> None:
    # A quarter of 400 pieces may be characters: the first 100 of these come twice as often as the last 50.
    characters = [chr(ord("가") + 28 * number) for number in range(150)]
    lines = [f"{character}{other} " * (2 if number < 100 else 1) for number, character in enumerate(characters)
             for other in (characters[(number + 1) % 100], characters[(number + 7) % 100])]  # fmt: skip
    tokenizer = train_vocabulary(lines, pieces=400, longest_input=builders.LONGEST)
    unknown = [character for character in characters if "[UNK]" in tokenizer.tokenize(character)]
    assert unknown == characters[100:]
    for character in characters[:100]:
        assert "[UNK]" not in tokenizer.tokenize(character * 3)
