"""The dashboard as `streamlit run` serves it, opened in a real browser that may not leave this machine."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from similarity import run_format
from tests import builders
from tests.find_browser import MISSING, find_browser

HOUSE = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = "<script>window.hacked = 1</script> **x** <img src=x onerror='window.hacked = 1'>"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(path), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs with tiny real models, one that trains, one that failed under a hostile name, one unreadable."""
    home = tmp_path_factory.mktemp("home")
    runs, data = home / "artifacts" / "runs", home / "data"
    builders.dataset(data, "korsts", (60, 20, 40))
    bi = builders.record().model.model_copy(update={"family": "roberta", "architecture": "bi-encoder"})
    builders.run(runs, data, "cross", dataset_name="korsts", noise=0.3, display_name="교차 인코더")
    builders.run(runs, data, "bi", dataset_name="korsts", noise=1.0, seed=1, display_name="Bi-encoder", model=bi)
    builders.tiny_checkpoint(runs / "cross" / "checkpoint", "cross-encoder")
    builders.tiny_checkpoint(runs / "bi" / "checkpoint", "bi-encoder")
    write_training(home, step=20)
    error = {"type": "RuntimeError", "message": HOSTILE}
    builders.run(
        runs,
        data,
        "failed",
        dataset_name="korsts",
        status="failed",
        metrics={},
        display_name=HOSTILE,
        tags=[HOSTILE],
        error=error,
        created_at=builders.START - timedelta(days=1),
    )
    (runs / "broken").mkdir()
    (runs / "broken" / "run.json").write_text('{"format_version": 1', encoding="utf-8")
    return home


def write_training(home: Path, *, step: int) -> None:
    """Write the run that trains, as far as `step` of 80."""
    training = builders.record(
        "training",
        status="running",
        display_name="Still training",
        created_at=builders.START - timedelta(days=2),
        heartbeat_at=run_format.utc_now() + timedelta(hours=1),
        data={"name": "korsts"},
        progress={"step": step, "steps": 80, "epoch": step / 20, "epochs": 4, "seconds": 3.0 * step},
    )
    runs = home / "artifacts" / "runs"
    run_format.write_record(runs, training)
    run_format.append_metrics(
        runs / "training", step=step, epoch=step / 20, seconds=3.0 * step, values={"train/loss": 20 / step}
    )


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="session")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _served(home, tmp_path_factory.mktemp("log") / "streamlit.log")


@pytest.fixture(scope="session")
def empty_address(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _served(empty_home, tmp_path_factory.mktemp("log") / "streamlit.log")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile in English; the test fails if anything is asked from another host."""
    yield from watched(browser, locale="en-US", viewport={"width": 1280, "height": 1000})


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A narrow, dark, Korean screen."""
    yield from watched(browser, locale="ko-KR", viewport={"width": 390, "height": 844}, color_scheme="dark")


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def watched(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """Open a fresh browser profile; what it asks from another host fails the test."""
    strangers: list[str] = []
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    context.on("request", lambda request: None if _is_local(request.url) else strangers.append(request.url))
    yield context
    context.close()
    assert strangers == []


def _is_local(url: str) -> bool:
    return url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:"))


def _served(home: Path, log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/streamlit_app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    environment = {**os.environ, "SIMILARITY_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", server, log)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")
