"""The hub path, for real: its own clients, in a process of their own, against a server that answers as the hub does."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from similarity.errors import DataError, HubUnreachableError, SimilarityError, UnknownNameError
from tests.hub_server import HubServer
from trainer.hub import find_hub_dataset, hub_errors

KLUE_ROWS = {
    "train": [
        (
            "klue-sts-v1_train_1",
            "airbnb-rtt",
            "방이 조용해서 푹 잤습니다.",
            "객실이 고요해 잘 잤어요.",
            4.0,
            4.166666666666667,
        ),
        (
            "klue-sts-v1_train_2",
            "policy-sampled",
            "예산은 다음 달에 정합니다.",
            "축제는 강변에서 열립니다.",
            0.2,
            0.16666666666666666,
        ),
    ],
    "validation": [
        ("klue-sts-v1_dev_1", "paraKQC-para", "내일 회의 몇 시야?", "내일 회의 시각 알려 줘.", 4.3, 4.333333333333333)
    ],
}
KORSTS_ROWS = [
    ("main-news", "headlines", "2013", 7, 3.8, "버스가 언덕을 오른다.", "버스 한 대가 비탈을 올라간다."),
    *(
        ("main-captions", "MSRvid", "2012test", n, 1.2, f"배 {n}척이 떠 있다.", f"말 {n}필이 뛴다.")
        for n in range(8, 48)
    ),
]
KLUE_ROWS["train"] += [
    (
        f"klue-sts-v1_train_{number}",
        "policy-rtt",
        f"{number}번 안건을 정했다.",
        f"안건 {number}번이 정해졌다.",
        4.0,
        4.0,
    )
    for number in range(3, 43)
]
PICKLE = b"\x80\x04."
KORSTS_README = """---
license: cc-by-sa-4.0
---
"""
KLUE_README = """---
license: cc-by-sa-4.0
configs:
- config_name: sts
  data_files:
  - split: train
    path: sts/train-*
  - split: validation
    path: sts/validation-*
- config_name: nli
  data_files:
  - split: train
    path: nli/train-*
---
"""


def make_model(folder: Path, pickle: bytes = PICKLE) -> None:
    """Save a tiny BERT with random weights and a vocabulary of single letters."""
    from transformers import BertConfig, BertModel, BertTokenizer

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = BertTokenizer(vocab={token: number for number, token in enumerate([*special, *"가나다라마바사"])})
    config = BertConfig(vocab_size=12, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "pytorch_model.bin").write_bytes(pickle)


def make_data_sets(folder: Path) -> None:
    """Write KLUE-STS as the hub keeps it, and KorSTS as the hub keeps a data set that once had its own code."""
    from datasets import ClassLabel, Dataset, Features, Value

    klue = folder / "klue" / "klue" / "main"
    (klue / "sts").mkdir(parents=True)
    (klue / "nli").mkdir()
    (klue / "README.md").write_text(KLUE_README)
    for split, rows in KLUE_ROWS.items():
        table = pd.DataFrame(
            {
                "guid": guid,
                "source": source,
                "sentence1": first,
                "sentence2": second,
                "labels": {"label": label, "real-label": real, "binary-label": int(real >= 3)},
            }
            for guid, source, first, second, label, real in rows
        )
        table.to_parquet(klue / "sts" / f"{split}-00000-of-00001.parquet", index=False)
    pd.DataFrame({"premise": ["가"], "hypothesis": ["나"]}).to_parquet(klue / "nli" / "train-00000-of-00001.parquet")

    korsts = folder / "kakaobrain" / "kor_nlu"
    (korsts / "main").mkdir(parents=True)
    (korsts / "main" / "README.md").write_text(KORSTS_README)
    (korsts / "main" / "kor_nlu.py").write_text("raise SystemExit('code of the hub is never run')\n")
    features = Features(
        {
            "genre": ClassLabel(names=["main-captions", "main-news"]),
            "filename": ClassLabel(names=["MSRvid", "headlines"]),
            "year": ClassLabel(names=["2012test", "2013"]),
            "id": Value("int32"),
            "score": Value("float32"),
            "sentence1": Value("string"),
            "sentence2": Value("string"),
        }
    )
    columns = dict(zip(features, zip(*KORSTS_ROWS, strict=True), strict=True))
    for split in ("train", "validation", "test"):
        part = korsts / "refs%2Fconvert%2Fparquet" / "sts" / split
        part.mkdir(parents=True)
        Dataset.from_dict({name: list(values) for name, values in columns.items()}, features=features).to_parquet(
            part / "0000.parquet"
        )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    folder = tmp_path_factory.mktemp("hub")
    make_model(folder / "models" / "klue" / "bert-base" / "main")
    make_data_sets(folder / "datasets")
    for name in ("pickle-only", "converted", "converted-before"):
        pickled = folder / "models" / "someone" / name / "main"
        pickled.mkdir(parents=True)
        (pickled / "config.json").write_text('{"model_type": "bert"}')
        (pickled / "pytorch_model.bin").write_bytes(PICKLE)
    make_model(folder / "models" / "someone" / "converted" / "refs%2Fpr%2F3")
    make_model(folder / "models" / "someone" / "converted-before" / "refs%2Fpr%2F3", pickle=b"older weights")
    with HubServer(folder) as server:
        for name in ("converted", "converted-before"):
            server.discussions[f"someone/{name}"] = [discussion(2, "stranger"), discussion(3, "SFconvertbot")]
        yield server


def discussion(number: int, author: str) -> dict[str, Any]:
    return {
        "num": number,
        "title": "Adding `safetensors` variant of this model",
        "author": {"name": author},
        "status": "open",
        "isPullRequest": True,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "repo": {"name": "someone/converted", "type": "model"},
    }


def run(code: str, endpoint: str, home: Path) -> dict[str, Any]:
    """Run code in a process whose hub is `endpoint`, and return the JSON that it prints last."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
    environment.update(
        HF_ENDPOINT=endpoint, HF_HOME=str(home), SIMILARITY_HOME=str(home / "lab"), HF_HUB_DISABLE_TELEMETRY="1",
        NO_PROXY="127.0.0.1", PYTHONIOENCODING="utf-8",
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


PRELUDE = """
import json, os, time
from pathlib import Path
from trainer.hub import fetch_model, hub_errors, read_hub_rows
from trainer.prepare_data import prepare

def failure(work):
    start = time.perf_counter()
    try:
        work()
    except Exception as error:
        return [type(error).__name__, str(error), time.perf_counter() - start]
    return ["nothing", "", 0.0]
"""


def test_models_come_from_the_hub_as_safetensors_only(hub: HubServer, tmp_path: Path) -> None:
    code = """
from transformers import AutoModel, AutoTokenizer
again = AutoModel.from_pretrained("klue/bert-base")
folder = fetch_model("klue/bert-base")
model = AutoModel.from_pretrained(folder)
converted = fetch_model("someone/converted")
def transformers_unknown():
    with hub_errors("the model klue/bert-bass"):
        AutoModel.from_pretrained("klue/bert-bass")
print(json.dumps({
    "files": sorted(file.name for file in folder.iterdir()),
    "same": all(bool((a == b).all()) for a, b in zip(model.parameters(), again.parameters())),
    "tokens": len(AutoTokenizer.from_pretrained(folder)),
    "converted": sorted(file.name for file in converted.iterdir()),
    "unknown": failure(lambda: fetch_model("klue/bert-bass")),
    "unknown_to_transformers": failure(transformers_unknown),
    "no_name": failure(lambda: fetch_model("a b/../c")),
    "converted_before": failure(lambda: fetch_model("someone/converted-before")),
    "pickle": failure(lambda: fetch_model("someone/pickle-only")),
}))
"""
    found = run(code, hub.url, tmp_path)
    assert {"config.json", "model.safetensors", "tokenizer_config.json"} <= set(found["files"])
    assert "pytorch_model.bin" not in found["files"]
    assert found["same"] and found["tokens"] == 12
    assert "model.safetensors" in found["converted"] and "pytorch_model.bin" not in found["converted"]
    for case in ("unknown", "unknown_to_transformers", "no_name"):
        assert found[case][0] == "UnknownNameError", found[case]
        assert hub.url in found[case][1] and "artifacts/encoders" in found[case][1]
    for case in ("pickle", "converted_before"):
        kind, message, _ = found[case]
        assert kind == "CheckpointError", found[case]
        assert "pytorch_model.bin" in message and "save_pretrained" in message
    fetched = [request for request in hub.requests if request.startswith("GET") and "/resolve/" in request]
    assert not any(request.endswith(".bin") for request in fetched)


def test_data_sets_come_from_the_hub_and_then_from_the_cache(hub: HubServer, tmp_path: Path) -> None:
    code = """
klue = read_hub_rows("klue/sts", ["train", "validation"])
korsts = read_hub_rows("kor_nlu/sts", ["train", "validation", "test"])
prepare("klue/sts", name="klue")
def name_all_three():
    prepare(name="korsts", train="kor_nlu/sts", valid="kor_nlu/sts", test="kor_nlu/sts:test")
def card(name):
    return json.loads((Path(os.environ["SIMILARITY_HOME"]) / "data" / name / "dataset.json").read_text())
print(json.dumps({
    "card": card("klue"),
    "named": failure(name_all_three),
    "klue": klue,
    "korsts": korsts["validation"],
    "renamed": len(read_hub_rows("old/klue/sts", ["train"])["train"]),
    "unknown": failure(lambda: read_hub_rows("klue/no-such-set", ["train"])),
    "no_configuration": failure(lambda: read_hub_rows("klue/klue/stss", ["train"])),
    "no_split": failure(lambda: read_hub_rows("klue/sts", ["test"])),
}))
"""
    found = run(code, hub.url, tmp_path)
    guid, source, first, second, _, label = KLUE_ROWS["train"][1]
    number, row = found["klue"]["train"][1]
    assert number == 2
    assert row == {
        "guid": guid, "source": source, "sentence1": first, "sentence2": second, "label": label, "binary_label": 0
    }  # fmt: skip
    assert [row["label"] for _, row in found["klue"]["validation"]] == [4.333333333333333]
    _, row = found["korsts"][0]
    assert row["score"] == 3.8
    assert row["genre"] == "main-news" and row["id"] == "main-news/headlines/2013/7/1"
    assert found["renamed"] == 42
    assert found["unknown"][0] == "UnknownNameError" and "TSV" in found["unknown"][1]
    assert found["no_configuration"][0] == "UnknownNameError" and "sts" in found["no_configuration"][1]
    assert found["no_split"][:1] == ["UnknownNameError"] and "train, validation" in found["no_split"][1]

    card = found["card"]
    assert (card["title"], card["licence"]) == ("KLUE-STS", "CC BY-SA 4.0")
    assert card["files"] == {"train": "klue/sts:train", "test": "klue/sts:validation"}
    assert {split: part["pairs"] for split, part in card["splits"].items()} == {"train": 38, "valid": 4, "test": 1}
    # The stand-in's three splits hold the same pairs, so that test, the first in rank, leaves nothing of valid.
    assert found["named"][0] == "DataError", found["named"]
    assert "Nothing is left of valid" in found["named"][1]

    offline = run(
        """
started = time.perf_counter()
rows = [len(read_hub_rows(name, ["train"])["train"]) for name in ("klue/sts", "kor_nlu/sts")]
print(json.dumps({"rows": rows, "seconds": time.perf_counter() - started}))
""",
        closed_port(),
        tmp_path,
    )
    assert offline["rows"] == [42, 41]
    assert offline["seconds"] < 10


def test_a_hub_out_of_reach_is_said_quickly_with_the_offline_choices(hub: HubServer, tmp_path: Path) -> None:
    code = """
print(json.dumps({
    "model": failure(lambda: fetch_model("klue/bert-base")),
    "data": failure(lambda: read_hub_rows("klue/sts", ["train"])),
}))
"""
    endpoint = closed_port()
    found = run(code, endpoint, tmp_path)
    for case, choices in {
        "model": ("artifacts/encoders", "HF_HOME", "local folder"),
        "data": ("JSON", "TSV", "HF_HOME"),
    }.items():
        kind, message, seconds = found[case]
        assert kind == "HubUnreachableError", found[case]
        assert endpoint in message and all(choice in message for choice in choices)
        assert seconds < 10


def closed_port() -> str:
    """Return an address of this machine on which nothing answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_silent_hub_is_given_up_after_the_time_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        found = run(
            """
import trainer.hub
trainer.hub.ANSWER_SECONDS = 0.5
print(json.dumps(failure(lambda: fetch_model("klue/bert-base"))))
""",
            endpoint,
            tmp_path,
        )
    assert found[0] == "HubUnreachableError"
    assert found[2] < 5


def test_errors_of_the_libraries_are_told_apart() -> None:
    def translated(error: Exception) -> Exception:
        with pytest.raises(Exception) as caught, hub_errors("the model x/y"):
            raise error
        return caught.value

    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    assert isinstance(translated(OfflineModeIsEnabled("offline mode is enabled")), HubUnreachableError)
    assert isinstance(translated(LocalEntryNotFoundError("not in the cache")), HubUnreachableError)
    assert isinstance(translated(HFValidationError("bad name")), UnknownNameError)
    assert isinstance(translated(OSError(28, "No space left on device")), DataError)
    ours = SimilarityError("as it was")
    assert translated(ours) is ours
    bug = ZeroDivisionError("a mistake in our own code is no matter of the hub's")
    assert translated(bug) is bug
    wrapped = OSError("We couldn't connect")
    wrapped.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert isinstance(translated(wrapped), HubUnreachableError)
    local = FileNotFoundError(2, "No such file", "vocab.txt")
    assert translated(local) is local


@pytest.mark.parametrize("name", ["sts-train", "../klue/sts", "a/b/c/d", "klue/..", ""])
def test_what_is_no_hub_name_is_refused_before_the_hub_is_asked(name: str) -> None:
    with pytest.raises(UnknownNameError, match="klue/sts"):
        find_hub_dataset(name)


def test_configuration_of_a_hub_name() -> None:
    assert find_hub_dataset("klue/sts").repository == "klue/klue"
    assert find_hub_dataset("owner/name/sts").configuration == "sts"
    assert find_hub_dataset("owner/name").configuration is None


def test_importing_is_light() -> None:
    start = time.perf_counter()
    code = "import sys, trainer.hub; print([m for m in ('torch', 'datasets', 'transformers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - start < 20
