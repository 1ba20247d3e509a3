"""Pairs that a teacher scores: their shares, their scores, and how sentences are changed."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from trainer.training import silver_pairs
from trainer.training.silver_pairs import RANKS, SHARES, make_pairs, perturb, spread

# So wide that random pairs are as unlike as a good teacher says, and neighbours still near.
WIDTH = 24


def directions(count: int, seed: int = 0) -> npt.NDArray[np.float16]:
    """Made-up embeddings of length 1 that lie all around."""
    drawn = np.random.default_rng(seed).normal(size=(count, WIDTH))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    vectors = [directions(1, seed=len(text))[0] for text in texts]
    return np.array(vectors, dtype=np.float32).reshape(-1, WIDTH)


@pytest.fixture(scope="module")
def known(sentences: list[str]) -> list[str]:
    return sentences[:600]


@pytest.fixture(scope="module")
def silver(known: list[str]) -> pd.DataFrame:
    return make_pairs(known, directions(600), embed, 2_000, 1)


def test_silver_pairs_come_in_the_shares_that_are_stated(silver: pd.DataFrame, known: list[str]) -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert silver["kind"].value_counts().to_dict() == {kind: round(2_000 * share) for kind, share in SHARES.items()}
    assert silver["label"].between(0, 5).all()
    equal, near = (silver[silver["kind"] == kind] for kind in ("equal", "neighbours"))
    assert (equal["sentence1"] == equal["sentence2"]).all()
    assert equal["label"].to_numpy() == pytest.approx(5, abs=0.01)
    assert (near["sentence1"] != near["sentence2"]).all()
    assert set(silver["sentence1"]) <= set(known)
    assert set(silver["sentence2"][silver["kind"] != "perturbed"]) <= set(known)


def test_a_pair_scores_five_times_the_cosine_of_a_teacher_that_tells_pairs_apart(
    silver: pd.DataFrame, known: list[str]
) -> None:
    place = {sentence: row for row, sentence in enumerate(known)}
    vectors = directions(600).astype(np.float32)
    for kind in ("neighbours", "random", "perturbed"):
        part = silver[silver["kind"] == kind]
        first = vectors[[place[text] for text in part["sentence1"]]]
        second = embed(part["sentence2"]) if kind == "perturbed" else vectors[[place[t] for t in part["sentence2"]]]
        cosine = (first * second).sum(axis=1)
        assert (cosine < 0).any() or kind == "neighbours"
        assert part["label"].to_numpy() == pytest.approx(np.clip(5 * cosine, 0, 5), abs=1e-4)


def test_neighbours_stand_at_the_stated_ranks_the_nearer_the_more_similar(
    silver: pd.DataFrame, known: list[str]
) -> None:
    place = {sentence: row for row, sentence in enumerate(known)}
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


def test_silver_pairs_follow_the_seed(silver: pd.DataFrame, known: list[str]) -> None:
    pd.testing.assert_frame_equal(make_pairs(known, directions(600), embed, 2_000, 1), silver)
    assert not make_pairs(known, directions(600), embed, 2_000, 2).equals(silver)


def test_neighbours_are_found_shard_by_shard(known: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # 600 sentences in shards of 599 must not leave one alone, which would have no neighbour.
    monkeypatch.setattr(silver_pairs, "SHARD", 599)
    monkeypatch.setattr(silver_pairs, "BLOCK", 7)
    pairs = make_pairs(known, directions(600), embed, 1_000, 1)
    near = pairs[pairs["kind"] == "neighbours"]
    assert len(near) == 600
    assert (near["sentence1"] != near["sentence2"]).all()
    assert near["label"].mean() > pairs["label"][pairs["kind"] == "random"].mean() + 0.7


def test_few_pairs_can_be_asked_for(known: list[str]) -> None:
    for count in (1, 3, 10):
        assert len(make_pairs(known[:50], directions(50), embed, count, 1)) == count


# Raw teachers


def test_scores_of_a_teacher_that_finds_everything_alike_are_stretched_over_the_scale(known: list[str]) -> None:
    # As of multilingual-e5: what has nothing in common has a cosine of about 0.8.
    common = np.zeros(WIDTH, np.float32)
    common[0] = 2.0
    alike = directions(600).astype(np.float32) + common
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)

    def embed_alike(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        vectors = embed(texts) + common
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    cosine = alike @ alike.T
    assert cosine.mean() > 0.75
    pairs = make_pairs(known, alike.astype(np.float16), embed_alike, 2_000, 1)
    assert pairs["label"].between(0, 5).all()
    assert pairs["label"][pairs["kind"] == "equal"].to_numpy() == pytest.approx(5, abs=0.02)
    assert pairs["label"][pairs["kind"] == "random"].mean() < 0.9
    assert pairs["label"][pairs["kind"] == "neighbours"].mean() > 1.5
    place = {sentence: row for row, sentence in enumerate(known)}
    near = pairs[(pairs["kind"] == "neighbours") & (pairs["label"] > 0)]
    before = cosine[[place[text] for text in near["sentence1"]], [place[text] for text in near["sentence2"]]]
    assert np.corrcoef(near["label"], before)[0, 1] > 0.999, "they are stretched, not bent"


def test_only_scores_that_leave_the_lower_scale_empty_are_stretched() -> None:
    kinds = np.array(["random", "random", "neighbours", "equal"], dtype=object)
    good = np.array([0.1, 0.7, 2.0, 5.0], np.float32)
    assert spread(good, kinds).tolist() == good.tolist()
    raw = np.array([4.1, 3.9, 4.5, 5.0], np.float32)
    assert spread(raw, kinds).tolist() == pytest.approx([0.95, 0.05, 2.75, 5.0], abs=1e-5)
    far = np.array([4.0, 4.0, 1.0, 5.0], np.float32)
    assert spread(far, kinds).tolist() == pytest.approx([0.5, 0.5, 0.0, 5.0]), "nothing scores below 0"
    same = np.full(4, 5.0, np.float32)
    assert spread(same, kinds).tolist() == same.tolist(), "what can't be told apart can't be stretched"
    assert spread(raw[2:], kinds[2:]).tolist() == raw[2:].tolist()


# Changed sentences


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


def test_roles_are_swapped_and_statements_denied() -> None:
    generator = np.random.default_rng(0)
    changed = {perturb("형이 동생에게 책을 읽어 줬어요", "날씨가 좋아요", generator) for _ in range(400)}
    assert "동생이 형에게 책을 읽어 줬어요" in changed
    assert "형이 동생에게 책을 읽어 안 줬어요" in changed
    assert "방에 창문이 없어요" in {perturb("방에 창문이 있어요", "날씨가 좋아요", generator) for _ in range(200)}


def test_pairs_of_other_origin_are_scored_too(known: list[str]) -> None:
    given = [("방이 넓어요", "방이 참 넓네요"), ("방이 넓어요", "역에서 멀어요")]
    pairs = make_pairs(known, directions(600), embed, 100, 1, given)
    assert len(pairs) == 102
    added = pairs[pairs["kind"] == "given"]
    assert list(zip(added["sentence1"], added["sentence2"], strict=True)) == given
    assert added["label"].between(0, 5).all()
