"""A home with runs of every kind, made once; and the dashboard on it without a browser."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from similarity import run_format
from tests import builders

APP = Path(__file__).parents[2] / "dashboard" / "streamlit_app.py"
HOSTILE = "<script>alert(1)</script> **x** :red[y] $z$"

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="module")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two data sets; runs finished, training, failed and unreadable; one on another version of the test split."""
    home = tmp_path_factory.mktemp("home")
    runs, data = home / "artifacts" / "runs", home / "data"
    builders.dataset(data, "korsts", (60, 20, 40))
    builders.dataset(data, "klue-sts", (60, 20, 30))
    best = run_format.Best(epoch=3, step=60)
    builders.run(
        runs, data, "bert", dataset_name="korsts", noise=1.2, display_name="한국어 버트", tags=["a"], best=best
    )
    electra = builders.record().model.model_copy(update={"family": "electra", "architecture": "bi-encoder"})
    builders.run(runs, data, "electra", dataset_name="korsts", noise=0.4, seed=1, model=electra, tags=["b"])
    builders.run(runs, data, "klue", dataset_name="klue-sts", seed=2)
    builders.run(runs, data, "old", dataset_name="korsts", seed=3, display_name="Old split")
    record = runs / "old" / "run.json"
    content = json.loads(record.read_text(encoding="utf-8"))
    content["metrics"]["korsts"]["test"]["checksum"] = "0" * 64
    record.write_text(json.dumps(content), encoding="utf-8")
    builders.run(
        runs,
        data,
        "training",
        dataset_name="korsts",
        status="running",
        metrics={},
        # Far enough ahead that the run still counts as training when a slow test reads it.
        heartbeat_at=run_format.utc_now() + timedelta(hours=1),
        progress={"step": 20, "steps": 80, "epoch": 1.0, "epochs": 4, "seconds": 60.0},
    )
    error = {"type": "RuntimeError", "message": "Loss became NaN at step 7."}
    builders.run(
        runs, data, "failed", dataset_name="korsts", status="failed", metrics={}, display_name=HOSTILE, error=error
    )
    (runs / "half").mkdir()
    (runs / "half" / "run.json").write_text('{"format_version": 1,', encoding="utf-8")
    (runs / "future").mkdir()
    (runs / "future" / "run.json").write_text('{"format_version": 2}', encoding="utf-8")
    return home


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Return a function that opens a page of the dashboard on a home, with the URL's parameters."""

    def open_it(home: Path, page: str = "runs", /, **parameters: str | list[str]) -> AppTest:
        monkeypatch.setenv("SIMILARITY_HOME", str(home))
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        if page != "runs":
            app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception, app.exception[0].message
        return app

    return open_it


def shown(app: AppTest) -> str:
    """Return all text on the page outside tables, as it is sent to the browser."""
    kinds = ("title", "subheader", "caption", "markdown", "warning", "info", "error", "code")
    pieces = [element.value for kind in kinds for element in getattr(app, kind)]
    pieces += [element.proto.body for element in app.get("html")]
    return "\n".join(pieces)


def tables(app: AppTest) -> list[pd.DataFrame]:
    """Return the tables that stand open on the page, without those behind a chart."""
    behind = {id(frame) for block in app.get("popover") for frame in block.get("dataframe")}
    return [frame.value for frame in app.dataframe if id(frame) not in behind]
