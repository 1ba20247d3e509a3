"""The benchmark of the dashboard: what it reads, what it prints, and once through on a tiny home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import dashboard_speed
from tests.find_browser import MISSING, find_browser


def test_the_table_holds_medians_and_marks_those_over_the_limit() -> None:
    few, many = Path("few"), Path("x") / "1,000 runs"
    times = {
        few: {"start": [2.0, 9.0, 2.5], "click on runs": [0.1]},
        many: {"start": [3.5, 3.1, 2.0], "click on runs": [0.2, 0.6]},
    }
    rows = dashboard_speed.as_table(times).splitlines()
    assert rows[0].split() == ["seconds", "limit", "few", "1,000", "runs"]
    assert rows[2].split() == ["start", "3.0", "2.50", "3.10!"]
    assert rows[3].split() == ["click", "on", "runs", "0.3", "0.10", "0.40!"]


def test_a_dashboard_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard_speed, "ENTRY", tmp_path / "missing.py")
    with pytest.raises(RuntimeError, match=r"missing\.py"), dashboard_speed.served(tmp_path):
        pass


@pytest.mark.browser
def test_every_action_is_measured_in_a_real_browser() -> None:
    if find_browser() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    # In a process of its own, since Playwright runs once in each and the browser tests need it, too.
    command = [sys.executable, "-m", "benchmarks.dashboard_speed", "--page", "curves"]
    command += ["--runs", "3", "--steps", "20", "--repeats", "1"]
    done = subprocess.run(command, cwd=dashboard_speed.HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for action in ("start", "drawn", "page curves, first time", "page runs, again", "click on curves", "click on runs"):
        assert f"\n{action} " in done.stdout
