"""Training from end to end with tiny models: what a run holds, stopping, resuming, failing."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from similarity import run_format
from similarity.errors import CheckpointError, MissingSplitError, RunError, TrainingError, UnknownNameError
from similarity.run_catalog import find_run, list_runs
from similarity.scorers import load_scorer
from tests import builders

HOUSE = Path(__file__).resolve().parents[2]
EPOCHS = 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder with a toy data set and two tiny bodies."""
    home = tmp_path_factory.mktemp("home")
    builders.dataset(home / "data", "toy", (120, 30, 40))
    for family in ("bert", "roberta"):
        builders.body(home / "bodies" / family, family)
    return home


def command(home: Path, *arguments: str) -> list[str]:
    body = home / "bodies" / "bert"
    options = ("--kind", "cross-encoder", "--data", "toy", "--epochs", str(EPOCHS), "--learning-rate", "1e-3")
    return [sys.executable, "-m", "trainer", "train", "--model", str(body), *options, *arguments]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SIMILARITY_HOME": str(home), "PYTHONPATH": str(HOUSE), "OMP_NUM_THREADS": "1"}


def run(home: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=environment(home), capture_output=True, text=True, cwd=home, timeout=200, check=False
    )


def weights(home: Path, run_id: str) -> str:
    path = home / "artifacts" / "runs" / run_id / "checkpoint" / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def only_run(home: Path) -> run_format.RunRecord:
    catalog = list_runs(home / "artifacts" / "runs")
    assert not catalog.unreadable
    return catalog.runs[0]


@pytest.fixture(scope="module")
def whole(home: Path) -> run_format.RunRecord:
    """Return an uninterrupted run of the command."""
    done = run(home, command(home))
    assert done.returncode == 0, done.stdout + done.stderr
    return only_run(home)


def test_a_finished_run_holds_what_readers_need(home: Path, whole: run_format.RunRecord) -> None:
    folder = home / "artifacts" / "runs" / whole.run_id
    curves = run_format.read_metrics(folder)
    assert whole.status == "finished"
    assert (whole.model.family, whole.model.architecture) == ("bert", "cross-encoder")
    assert len(whole.cost.seconds_per_epoch) == EPOCHS
    assert whole.cost.peak_memory_mb > 100
    assert whole.best is not None
    assert set(whole.metrics["toy"]) == {"valid", "test"}
    assert whole.metrics["toy"]["test"].checksum == whole.data.splits["test"].checksum
    assert curves["valid/pearson"].notna().sum() + curves["valid/mse"].notna().sum() >= EPOCHS
    assert {"train/loss", "valid/loss", "learning_rate"} <= set(curves.columns)
    assert list((folder / "tensorboard").glob("events*"))
    assert not (folder / "resume").exists()


def test_the_predictions_are_what_the_checkpoint_says(home: Path, whole: run_format.RunRecord) -> None:
    from similarity.prepared_data import read_split

    pairs = read_split(home / "data", "toy", "test")
    predictions = run_format.read_predictions(home / "artifacts" / "runs" / whole.run_id, "toy", "test")
    scores = load_scorer(home / "artifacts" / "runs", whole.run_id).score(
        list(zip(pairs["sentence1"], pairs["sentence2"], strict=True))
    )
    assert predictions["prediction"].to_numpy() == pytest.approx(scores, abs=1e-5)
    assert list(predictions["pair_id"]) == list(pairs["pair_id"])


def test_the_checkpoint_opens_without_our_code(home: Path, whole: run_format.RunRecord) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = home / "artifacts" / "runs" / whole.run_id / "checkpoint"
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pair = ("숙소 위치 버스", "숙소 위치 지하철")
    raw = model(**tokenizer(*pair, return_tensors="pt")).logits.item()
    ours = load_scorer(home / "artifacts" / "runs", whole.run_id).score([pair])[0]
    assert ours == pytest.approx(min(max(raw, 0), 5), abs=1e-4)


def test_killed_and_resumed_ends_with_the_same_weights(home: Path, whole: run_format.RunRecord) -> None:
    before = {record.run_id for record in list_runs(home / "artifacts" / "runs").runs}
    process = subprocess.Popen(
        command(home), env=environment(home), stdout=subprocess.PIPE, text=True, cwd=home, bufsize=1
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 2"):
            process.kill()
            break
    process.wait()
    (killed,) = (r for r in list_runs(home / "artifacts" / "runs").runs if r.run_id not in before)
    folder = home / "artifacts" / "runs" / killed.run_id
    assert killed.status == "running"
    assert list((folder / "resume").glob("checkpoint-*"))
    # Its heartbeat has ended, but a reader waits two minutes before it calls the run stopped.
    stopped = run(home, [sys.executable, "-m", "trainer", "train", "--resume", killed.run_id])
    assert stopped.returncode == 1
    assert "still running" in stopped.stderr
    content = json.loads((folder / "run.json").read_text())
    content["heartbeat_at"] = "2026-01-01T00:00:00Z"
    (folder / "run.json").write_text(json.dumps(content))

    resumed = run(home, [sys.executable, "-m", "trainer", "train", "--resume", killed.run_id])

    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "epoch 1 " not in resumed.stdout, "it should go on from the last whole epoch, not from the start"
    record = find_run(home / "artifacts" / "runs", killed.run_id)
    assert record.status == "finished"
    assert weights(home, killed.run_id) == weights(home, whole.run_id)
    assert record.metrics["toy"]["test"].pearson == whole.metrics["toy"]["test"].pearson
    assert len(record.cost.seconds_per_epoch) == EPOCHS
    curves = run_format.read_metrics(folder).dropna(subset=["train/loss"])
    expected = run_format.read_metrics(home / "artifacts" / "runs" / whole.run_id).dropna(subset=["train/loss"])
    assert list(curves["step"]) == list(expected["step"])
    assert list(curves["train/loss"]) == pytest.approx(list(expected["train/loss"]))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_says_how_to_go_on(home: Path, sent: signal.Signals) -> None:
    before = {record.run_id for record in list_runs(home / "artifacts" / "runs").runs}
    process = subprocess.Popen(
        command(home, "--epochs", "200"),
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        bufsize=1,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 1"):
            process.send_signal(sent)
            break
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    (record,) = (r for r in list_runs(home / "artifacts" / "runs").runs if r.run_id not in before)
    assert record.status == "stopped"
    assert record.error is not None
    assert f"--resume {record.run_id}" in record.error.message
    assert record.error.message in printed
    assert (home / "artifacts" / "runs" / record.run_id / "checkpoint" / "model.safetensors").is_file()


def test_bi_encoder_learns_the_toy_pairs(home: Path) -> None:
    arguments = command(home, "--epochs", "4", "--name", "<script>alert(1)</script>", "--tag", "<b>굵게</b>")
    arguments = [
        part.replace("bodies/bert", "bodies/roberta").replace("cross-encoder", "bi-encoder") for part in arguments
    ]
    done = run(home, arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    record = only_run(home)
    assert record.display_name == "<script>alert(1)</script>"
    assert record.tags == ["<b>굵게</b>"]
    # Shared words decide the label, and even a random embedding averages to shared words.
    assert record.metrics["toy"]["test"].pearson > 0.8


def test_a_full_disk_fails_the_run_with_the_reason_and_harms_no_other(home: Path, whole: run_format.RunRecord) -> None:
    import textwrap

    held = weights(home, whole.run_id)
    before = {record.run_id for record in list_runs(home / "artifacts" / "runs").runs}
    # A limit on a file's size stands for a full disk: writing the weights fails in the middle.
    script = textwrap.dedent(
        """
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        from trainer.__main__ import main
        sys.argv = ["trainer", *sys.argv[1:]]
        sys.exit(main())
        """
    )
    done = run(home, [sys.executable, "-c", script, *command(home)[3:]])
    assert done.returncode == 1, done.stdout + done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    (record,) = (r for r in list_runs(home / "artifacts" / "runs").runs if r.run_id not in before)
    assert record.status == "failed"
    assert record.error is not None
    assert "--resume" in record.error.message
    assert weights(home, whole.run_id) == held


def test_bad_names_and_missing_splits_are_refused_before_anything_is_written(home: Path) -> None:
    from rich.console import Console

    from trainer.model_families import resolve_model
    from trainer.train_settings import make_settings
    from trainer.training.session import Places, resume_model, train_model

    places = Places(home / "nowhere", home / "data", Console(quiet=True))
    body = str(home / "bodies" / "bert")
    row = resolve_model(body, kind="cross-encoder")
    with pytest.raises(UnknownNameError, match="klue-roberta-base"):
        resolve_model("no-such-model")
    with pytest.raises(UnknownNameError, match="--kind"):
        resolve_model(body)
    with pytest.raises(UnknownNameError, match="toy"):
        train_model(make_settings(row, "unknown"), places)
    builders.dataset(home / "data", "no-valid", (30, 0, 20))
    with pytest.raises(MissingSplitError, match="valid"):
        train_model(make_settings(row, "no-valid"), places)
    with pytest.raises(TrainingError, match="--learning-rate"):
        make_settings(row, "toy", learning_rate=-1.0)
    with pytest.raises(UnknownNameError, match="no run"):
        resume_model("unknown-run", places)
    with pytest.raises(RunError, match="run id"):
        resume_model("../../data/toy", places)
    assert not (home / "nowhere").exists()


def test_pickle_weights_are_refused_with_the_way_to_convert_them(home: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "pickled"
    shutil.copytree(home / "bodies" / "bert", folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    arguments = command(home)
    arguments[arguments.index("--model") + 1] = str(folder)
    done = run(home, arguments)
    assert done.returncode == 1
    assert "save_pretrained" in done.stderr
    record = only_run(home)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == CheckpointError.__name__


def test_changed_data_is_not_resumed(home: Path) -> None:
    builders.dataset(home / "data", "moving", (40, 20, 20))
    record = builders.run(
        home / "artifacts" / "runs",
        home / "data",
        "moved",
        dataset_name="moving",
        status="stopped",
        hyper_parameters={
            "learning_rate": 1e-3,
            "batch_size": 8,
            "epochs": 1,
            "warmup_ratio": 0.1,
            "weight_decay": 0.0,
            "max_grad_norm": 1.0,
            "max_length": 64,
        },
    )
    builders.dataset(home / "data", "moving", (41, 20, 20))
    done = run(home, [sys.executable, "-m", "trainer", "train", "--resume", record.run_id])
    assert done.returncode == 1
    assert "has changed" in done.stderr
