"""Pairs that a teacher scores ("silver"): near neighbours at several ranks, random pairs, perturbed and equal ones.

Thakur et al., "Augmented SBERT" (2021), section 3.1, label such pairs by a cross-encoder; here any teacher does.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from similarity.sentence_pairs import LABEL_MAX

RANKS = (1, 2, 4, 8, 16, 32, 64, 128)
"""A sentence is paired with its n-th nearest neighbours, so that scores spread over the whole scale."""
SHARD = 50_000
"""Neighbours are looked for among so many sentences at once, which bounds time and memory."""
BLOCK = 1_000

PARTICLES = ("에게서", "에서", "에게", "한테", "보다", "으로", *"은는이가을를도만와과에로의")
"""Korean particles, longer ones first: what stands before one is the word that another can stand for."""

RANDOM_SCORE = 0.5
PERTURB_TRIES = 10
"""Two changes can undo each other: then it is tried again."""

SHARES = {"neighbours": 0.6, "random": 0.15, "perturbed": 0.2, "equal": 0.05}


def make_pairs(
    sentences: Sequence[str],
    embeddings: npt.NDArray[np.float16],
    embed: Callable[[Sequence[str]], npt.NDArray[np.float32]],
    count: int,
    seed: int,
    given: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Return `count` pairs and those given with the teacher's score on 0–5: sentence1, sentence2, label, kind.

    Args:
        sentences: distinct ones.
        embeddings: the teacher's, of length 1, in the sentences' order.
        embed: gives the teacher's embeddings of new sentences.
        count: how many pairs, in the shares of `SHARES`.
        seed: of every random choice.
        given: pairs of other origin, to be scored too; their kind is `given`.
    """
    generator = np.random.default_rng(seed)
    sizes = {kind: int(count * share) for kind, share in SHARES.items()}
    sizes["random"] += count - sum(sizes.values())
    first, second = _neighbours(embeddings, sizes["neighbours"], generator)
    parts = [_table(sentences, embeddings, first, second, "neighbours")]
    first, second = generator.integers(len(sentences), size=(2, sizes["random"]))
    parts.append(_table(sentences, embeddings, first, second, "random"))
    first = generator.integers(len(sentences), size=sizes["perturbed"])
    others = generator.integers(len(sentences), size=len(first))
    changed = [perturb(sentences[a], sentences[b], generator) for a, b in zip(first, others, strict=True)]
    originals = [sentences[row] for row in first]
    parts.append(_scored(originals, changed, embeddings[first].astype(np.float32), embed(changed), "perturbed"))
    first = generator.integers(len(sentences), size=sizes["equal"])
    parts.append(_table(sentences, embeddings, first, first, "equal"))
    left, right = [a for a, _ in given], [b for _, b in given]
    parts.append(_scored(left, right, embed(left), embed(right), "given"))
    pairs = pd.concat(parts, ignore_index=True)
    return pairs.assign(label=spread(pairs["label"].to_numpy(), pairs["kind"].to_numpy()))


def spread(scores: npt.NDArray[np.float32], kinds: npt.NDArray[np.object_]) -> npt.NDArray[np.float32]:
    """Return the scores stretched downwards from 5 until random pairs average 0.5 or less, cut at 0.

    The cosines of a sentence encoder that was never fine-tuned on scored pairs can all lie near 1.
    """
    at_random = scores[kinds == "random"]
    mean = float(at_random.mean()) if len(at_random) else 0.0
    if not RANDOM_SCORE < mean < LABEL_MAX:
        return scores
    return np.clip(LABEL_MAX - (LABEL_MAX - scores) * (LABEL_MAX - RANDOM_SCORE) / (LABEL_MAX - mean), 0, None)


def perturb(sentence: str, other: str, generator: np.random.Generator) -> str:
    """Return the sentence with one or two changes.

    Words or their roles are swapped, a word is dropped or taken from another sentence, a number is changed, or what
    is said is denied.
    """
    for _ in range(PERTURB_TRIES):
        words = sentence.split(" ")
        for _ in range(int(generator.integers(1, 3))):
            words = _perturb_once(words, other.split(" "), generator)
        if " ".join(words) != sentence:
            break
    return " ".join(words)


def _perturb_once(words: list[str], others: list[str], generator: np.random.Generator) -> list[str]:
    place = int(generator.integers(len(words)))
    numbers = [spot for spot, word in enumerate(words) if any(sign.isdigit() for sign in word)]
    if numbers and generator.random() < 0.5:
        spot = numbers[int(generator.integers(len(numbers)))]
        changed = "".join(str(generator.integers(10)) if sign.isdigit() else sign for sign in words[spot])
        return [*words[:spot], changed, *words[spot + 1 :]]
    kind = generator.integers(5) if len(words) > 1 else 2
    if kind == 0:
        return [*words[:place], *words[place + 1 :]]
    if kind == 1:
        return _swap_words(words, place, int(generator.integers(len(words))))
    if kind == 3:
        return _swap_roles(words, generator)
    if kind == 4:
        return _deny(words)
    return [*words[:place], others[int(generator.integers(len(others)))], *words[place + len(words) % 2 :]]


def _swap_words(words: list[str], here: int, there: int) -> list[str]:
    swapped = list(words)
    swapped[here], swapped[there] = swapped[there], swapped[here]
    return swapped


def _swap_roles(words: list[str], generator: np.random.Generator) -> list[str]:
    # Two words change places, their particles stay: who does it to whom is the other way round.
    parts = [(word, next((end for end in PARTICLES if word.endswith(end) and word != end), "")) for word in words]
    spots = [spot for spot, (_, end) in enumerate(parts) if end]
    if len(spots) < 2:
        return words
    here, there = generator.choice(spots, size=2, replace=False)
    (first, first_end), (second, second_end) = parts[here], parts[there]
    swapped = list(words)
    swapped[here] = second.removesuffix(second_end) + first_end
    swapped[there] = first.removesuffix(first_end) + second_end
    return swapped


def _deny(words: list[str]) -> list[str]:
    last = words[-1]
    for there, other in (("있", "없"), ("없", "있")):
        if there in last:
            return [*words[:-1], last.replace(there, other, 1)]
    return [word for word in words if word != "안"] if "안" in words else [*words[:-1], "안", last]


def _neighbours(
    embeddings: npt.NDArray[np.float16], count: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    order = generator.permutation(len(embeddings))
    shards = np.array_split(order, -(-len(order) // SHARD))
    pairs = []
    for shard in shards:
        vectors = torch.from_numpy(embeddings[shard].astype(np.float32))
        wanted = -(-count * len(shard) // len(order))
        ranks = [rank for rank in RANKS if rank < len(shard)]
        queries = generator.permutation(len(shard))[: -(-wanted // len(ranks))]
        for start in range(0, len(queries), BLOCK):
            rows = queries[start : start + BLOCK]
            nearest = (vectors[rows] @ vectors.T).topk(max(ranks) + 1, dim=1).indices.numpy()
            for rank in ranks:
                pairs.append(np.stack([shard[rows], shard[nearest[:, rank]]]))
    first, second = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), np.int64)
    kept = generator.permutation(np.flatnonzero(first != second))[:count]
    return first[kept], second[kept]


def _table(
    sentences: Sequence[str],
    embeddings: npt.NDArray[np.float16],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    kind: str,
) -> pd.DataFrame:
    left, right = ([sentences[row] for row in rows] for rows in (first, second))
    return _scored(left, right, embeddings[first].astype(np.float32), embeddings[second].astype(np.float32), kind)


def _scored(
    first: list[str],
    second: list[str],
    first_embeddings: npt.NDArray[np.float32],
    second_embeddings: npt.NDArray[np.float32],
    kind: str,
) -> pd.DataFrame:
    cosine = (first_embeddings * second_embeddings).sum(axis=1)
    label = np.clip(cosine * LABEL_MAX, 0, LABEL_MAX).astype(np.float32)
    return pd.DataFrame({"sentence1": first, "sentence2": second, "label": label, "kind": kind})
