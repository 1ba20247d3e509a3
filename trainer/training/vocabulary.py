"""A WordPiece vocabulary of our own: NFKC, case kept, Hangul syllables never split into jamo."""

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
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=pieces,
        limit_alphabet=min(ALPHABET, pieces // 4),
        special_tokens=list(SPECIAL.values()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    cls, sep = SPECIAL["cls_token"], SPECIAL["sep_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep} $B:1 {sep}:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (cls, sep)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest_input, **SPECIAL)


def load_vocabulary(folder: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a folder.

    Raises:
        CheckpointError: there is none that loads.
    """
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{folder} holds no tokenizer that loads ({error}). Name another folder.") from error
