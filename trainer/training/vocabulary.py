"""A WordPiece vocabulary of our own: NFKC, case kept, Hangul syllables never split into jamo."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from similarity.errors import CheckpointError

PIECES = 8_000
ALPHABET = 2_000
"""Characters that get a piece of their own; a word with any other one becomes [UNK] as a whole."""

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def train_vocabulary(lines: Iterable[str], *, pieces: int = PIECES, longest_input: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer whose WordPiece vocabulary is learnt from the lines.

    Schuster & Nakajima, "Japanese and Korean Voice Search" (2012); as `tokenizers` implements it.
    """
    lines = list(lines)
    learner = _empty_tokenizer({})
    # The alphabet is chosen here: the library picks it, and orders it, anew on every call.
    trainer = trainers.WordPieceTrainer(
        vocab_size=pieces,
        limit_alphabet=0,
        special_tokens=[*SPECIAL.values(), *_alphabet(lines, learner, min(ALPHABET, pieces // 4))],
        show_progress=False,
    )
    learner.train_from_iterator(lines, trainer)
    tokenizer = _empty_tokenizer(learner.get_vocab())
    cls, sep = SPECIAL["cls_token"], SPECIAL["sep_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep} $B:1 {sep}:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (cls, sep)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest_input, **SPECIAL)


def _empty_tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _alphabet(lines: Iterable[str], tokenizer: Tokenizer, size: int) -> list[str]:
    """Return the most frequent characters, as they begin a word and as they go on in one, in a fixed order."""
    first: Counter[str] = Counter()
    rest: Counter[str] = Counter()
    for line in lines:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(line)):
            first[word[0]] += 1
            rest.update(word[1:])
    ranked = sorted((first + rest).items(), key=lambda item: (-item[1], item[0]))
    kept = {character for character, _ in ranked[:size]}
    return [*sorted(kept & first.keys()), *("##" + character for character in sorted(kept & rest.keys()))]


def load_vocabulary(folder: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a folder.

    Raises:
        CheckpointError: there is none that loads.
    """
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{folder} holds no tokenizer that loads ({error}). Name another folder.") from error
