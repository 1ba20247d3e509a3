"""The picture of a network has its real sizes, is well-formed whatever the configuration says, and loads no torch."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from dashboard import texts
from dashboard.charts import architecture
from dashboard.tables import blueprint
from dashboard.tables.blueprint import Blueprint
from dashboard.tables.weights import Tensor
from similarity.errors import CheckpointError
from similarity.run_format import ModelPart
from tests import builders

CONFIG = {
    "model_type": "bert",
    "vocab_size": 8000,
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
    "max_position_embeddings": 128,
    "hidden_act": "gelu",
}
BODY = (
    Tensor("bert.embeddings.word_embeddings.weight", "F16", (8000, 256)),
    Tensor("bert.encoder.layer.0.attention.self.query.weight", "F16", (256, 256)),
    Tensor("bert.encoder.layer.0.intermediate.dense.weight", "F16", (1024, 256)),
)
POOLER = Tensor("bert.pooler.dense.weight", "F16", (256, 256))


def plan(
    folder: Path, config: dict[str, Any], tensors: tuple[Tensor, ...], architecture: str = "cross-encoder"
) -> Blueprint:
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    model = ModelPart.model_validate({**builders.record().model.model_dump(), "architecture": architecture})
    return blueprint.read_blueprint(folder, model, tensors)


def words_of(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_cross_encoder_is_one_column_down_to_the_score(tmp_path: Path) -> None:
    found = plan(tmp_path, CONFIG, (*BODY, POOLER, Tensor("classifier.weight", "F16", (1, 256))))
    assert found.head == (256, 256, 1)
    words = words_of(architecture.draw(found, "en"))
    assert words.count("Embeddings") == 1
    assert {"8,000 pieces × 256", "4 × layer", "4 heads × 64", "1,024 wide inside · gelu"} <= set(words)
    assert {"256 → 256 → 1", "Score 0–5", "2.05M"} <= set(words)


@pytest.mark.parametrize(
    ("names", "head"),
    [
        (["classifier.out_proj.weight", "classifier.dense.weight"], (256, 256, 1)),
        (["classifier.weight"], (256, 1)),
        ([], ()),
    ],
)
def test_the_head_is_read_from_the_shapes(tmp_path: Path, names: list[str], head: tuple[int, ...]) -> None:
    shapes = {"classifier.dense.weight": (256, 256)}
    tensors = tuple(Tensor(name, "F32", shapes.get(name, (1, 256))) for name in names)
    assert plan(tmp_path, CONFIG, (*BODY, *tensors)).head == head


@pytest.mark.parametrize(
    "pooling", [{"pooling_mode": "mean"}, {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}]
)
def test_a_bi_encoder_is_two_towers_with_shared_weights_and_no_pooler(
    tmp_path: Path, pooling: dict[str, object]
) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    found = plan(tmp_path, CONFIG, (*BODY, POOLER, Tensor("linear.weight", "F32", (128, 256))), "bi-encoder")
    assert (found.pooling, found.head) == ("mean", (256, 128))
    words = words_of(architecture.draw(found, "en"))
    assert words.count("Embeddings") == words.count("mean of the tokens → 256") == 2
    assert {"Sentence 1", "Sentence 2", "both towers share their weights", "Cosine similarity"} <= set(words)


def test_names_of_other_families_and_missing_sizes(tmp_path: Path) -> None:
    config = {"model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072}
    found = plan(tmp_path, config, BODY)
    assert (found.width, found.layers, found.heads, found.inner_width) == (768, 6, 12, 3072)
    unknown = plan(tmp_path, {"model_type": "odd", "hidden_size": "wide", "num_attention_heads": 0}, BODY)
    assert (unknown.width, unknown.heads, unknown.layers) == (None, None, 1)
    assert "? heads" in words_of(architecture.draw(unknown, "en"))


def test_a_narrow_embedding_is_shown_to_be_widened(tmp_path: Path) -> None:
    found = plan(tmp_path, {**CONFIG, "embedding_size": 128}, BODY)
    assert {"8,000 pieces × 128", "128 → 256"} <= set(words_of(architecture.draw(found, "en")))


@pytest.mark.parametrize("kind", ["cross-encoder", "bi-encoder"])
def test_a_hostile_configuration_stays_text(tmp_path: Path, kind: str) -> None:
    hostile = "\x00</text><script>x</script>&"
    config = {**CONFIG, "hidden_act": hostile, "model_type": hostile}
    for language in texts.LANGUAGES:
        for theme in ("light", "dark", "unknown"):
            svg = architecture.draw(plan(tmp_path, config, BODY, kind), language, theme)
            root = ElementTree.fromstring(svg)
            assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
            # The configuration gives no more than a word of it.
            assert any("</text><script>x" in word for word in words_of(svg))


def test_the_picture_is_told_in_words(tmp_path: Path) -> None:
    found = plan(tmp_path, CONFIG, (*BODY, Tensor("classifier.weight", "F16", (1, 256))))
    said = architecture.describe(found, "en")
    assert "4 layers" in said and "first token → 256 · 256 → 1" in said
    assert said in (ElementTree.fromstring(architecture.draw(found, "en")).get("aria-label") or "")


@pytest.mark.parametrize(
    ("parameters", "shown"), [(65, "65"), (9999, "9,999"), (16_640, "17k"), (1_181_568, "1.18M"), (337e6, "337.00M")]
)
def test_counts_are_short(parameters: int, shown: str) -> None:
    assert architecture.counted(parameters) == shown


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_without_a_configuration_the_reason_is_given(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        blueprint.read_blueprint(tmp_path, builders.record().model, BODY)
