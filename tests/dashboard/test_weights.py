"""Parameters are counted from the headers of safetensors files, whatever the family."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from dashboard.tables import weights
from similarity.errors import CheckpointError

LAYER = {
    "attention.self.query.weight": (8, 8),
    "attention.output.LayerNorm.weight": (8,),
    "intermediate.dense.weight": (16, 8),
    "output.dense.weight": (8, 16),
    "output.LayerNorm.bias": (8,),
}


def write(path: Path, shapes: dict[str, tuple[int, ...]], dtype: type = np.float32) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros(shape, dtype=dtype) for name, shape in shapes.items()}, path)
    return path.parent


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    shapes = {
        "bert.embeddings.word_embeddings.weight": (100, 8),
        "bert.embeddings.position_embeddings.weight": (16, 8),
        "bert.embeddings.LayerNorm.weight": (8,),
        **{f"bert.encoder.layer.{number}.{name}": shape for number in range(11) for name, shape in LAYER.items()},
        "bert.pooler.dense.weight": (8, 8),
        "classifier.weight": (1, 8),
    }
    return write(tmp_path / "checkpoint" / "model.safetensors", shapes)


def test_modules_stand_in_the_order_of_the_network_and_sum_to_all(checkpoint: Path) -> None:
    tensors = weights.read_tensors(checkpoint)
    table = weights.by_module(tensors)
    assert table["module"].tolist() == ["embeddings", *["layer"] * 11, "pooler", "head"]
    assert table["number"].tolist()[1:12] == list(range(11))
    layer = 64 + 8 + 128 + 128 + 8
    assert table["parameters"].tolist() == [936, *[layer] * 11, 64, 8]
    assert table["share"].sum() == pytest.approx(1)
    assert table["megabytes"].sum() == pytest.approx(4 * (936 + 11 * layer + 72) / 1e6)


def test_parts_of_a_layer_are_told_apart(checkpoint: Path) -> None:
    parts = weights.by_part(weights.read_tensors(checkpoint))
    first = parts[(parts["module"] == "layer") & (parts["number"] == 0)]
    assert dict(zip(first["part"], first["parameters"], strict=True)) == {
        "attention": 64,
        "feed_forward": 256,
        "norm": 16,
    }
    embeddings = parts[parts["module"] == "embeddings"]
    assert embeddings["part"].tolist() == ["words", "positions", "norm"]


@pytest.mark.parametrize(
    ("name", "module", "part"),
    [
        ("roberta.encoder.layer.3.attention.self.key.bias", ("layer", 3), "attention"),
        ("encoder.layer.10.output.LayerNorm.weight", ("layer", 10), "norm"),
        ("distilbert.transformer.layer.0.ffn.lin1.weight", ("layer", 0), "feed_forward"),
        ("distilbert.transformer.layer.0.sa_layer_norm.weight", ("layer", 0), "norm"),
        ("model.layers.7.mlp.Wi.weight", ("layer", 7), "feed_forward"),
        ("model.layers.7.attn.Wqkv.weight", ("layer", 7), "attention"),
        ("model.embeddings.tok_embeddings.weight", ("embeddings", -1), "words"),
        ("electra.embeddings_project.weight", ("embeddings", -1), "positions"),
        ("classifier.out_proj.weight", ("head", -1), "rest"),
        ("linear.weight", ("head", -1), "rest"),
        ("something.else", ("rest", -1), "rest"),
    ],
)
def test_names_of_other_families(name: str, module: tuple[str, int], part: str) -> None:
    assert weights.module_of(name) == module
    assert weights.part_of(name) == part


def test_half_precision_takes_two_bytes_and_files_add_up(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors", {"embeddings.word_embeddings.weight": (10, 4)}, np.float16)
    write(tmp_path / "2_Dense" / "model.safetensors", {"linear.weight": (2, 4)})
    table = weights.by_module(weights.read_tensors(tmp_path))
    assert table["dtype"].tolist() == ["F16", "F32"]
    assert table["megabytes"].tolist() == pytest.approx([80 / 1e6, 32 / 1e6])


@pytest.mark.parametrize("content", [b"", b"no header", b"\xff" * 64])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match="model.safetensors can't be read"):
        weights.read_tensors(tmp_path)


def test_a_file_that_was_cut_off_is_named(checkpoint: Path) -> None:
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="can't be read"):
        weights.read_tensors(checkpoint)


def test_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no .safetensors file"):
        weights.read_tensors(tmp_path)
