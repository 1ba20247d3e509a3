"""How long the dashboard lets a person wait, with a few runs and with a thousand, side by side.

    python -m benchmarks.dashboard_speed                         # makes homes of 5 and of 1,000 runs of 2,000 steps
    python -m benchmarks.dashboard_speed --home DIR --home DIR2  # measures these homes

Starts `streamlit run` on each home in turn, three times over, and drives a headless Chromium with an empty cache:

- start: from starting the process until the first page's title and table are there to be used;
- drawn: the same until that page is complete, charts below the table included;
- page: from the click in the navigation until the page is complete, for each page of `PAGES`, with five chosen runs;
  the first time in a process, when the page's code and the browser's parts of it are loaded, and again;
- click: on the language switch, after which everything on the page is sent and drawn anew.

A page is complete when its script has ended, nothing on it is stale or still loading, and every table and chart is
drawn. Prints the medians in seconds.
"""

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from benchmarks.many_runs import write_home
from dashboard.navigation import PAGE_NAMES
from dashboard.texts import LANGUAGES
from similarity.run_catalog import list_runs
from tests.browser.conftest import FLAGS
from tests.find_browser import MISSING, find_browser

HOUSE = Path(__file__).resolve().parents[1]
ENTRY = HOUSE / "dashboard" / "streamlit_app.py"
LIMITS = {"start": 3.0, "drawn": 4.0, "page": 0.5, "click": 0.3}
"""In seconds, on two cores that have nothing else to do."""

CHOSEN_RUNS = 5
SCREEN: ViewportSize = {"width": 1280, "height": 900}
SLOWEST = 120_000
"""In milliseconds; what takes longer ends the measurement."""

NOTE_CLICKS = "addEventListener('click', () => { window.clickedAt = performance.now() }, { capture: true })"
USABLE = "document.querySelector('h1') && document.querySelector('[data-testid=stDataFrame] canvas')"
COMPLETE = """before => {
    const all = selector => [...document.querySelectorAll(selector)]
    const title = document.querySelector('h1')
    const waits = '[data-testid=stSkeleton], [data-testid=stAppSkeleton], [data-testid=stSpinner], [data-stale=true]'
    const complete = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
        && title && title.textContent !== before
        && !document.querySelector(waits)
        && all('[data-testid=stDataFrame]').every(table => table.querySelector('canvas'))
        && all('[data-testid=stPlotlyChart]').every(chart => chart.querySelector('.main-svg'))
    return complete && performance.now() - (window.clickedAt ?? 0)
}"""

Times = dict[Path, dict[str, list[float]]]
"""Home → action → seconds."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, action="append", help="a home with runs; repeatable")
    parser.add_argument("--runs", type=int, action="append", help="without --home: runs of a home to make; repeatable")
    parser.add_argument("--steps", type=int, default=2_000, help="logged steps of a run that is made")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--page", action="append", choices=PAGE_NAMES[1:], help="only this one and the first page")
    options = parser.parse_args()
    browser = find_browser()
    if browser is None:
        parser.exit(1, f"{MISSING}\n")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        homes = options.home or made_homes(Path(folder), options.runs or [5, 1_000], options.steps)
        with playwright.chromium.launch(executable_path=str(browser), args=list(FLAGS)) as chromium:
            times = measure(chromium, homes, options.repeats, options.page or PAGE_NAMES[1:])
    print(as_table(times))
    print(f"\nMedians of {options.repeats}; {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} (5 minutes).")


def made_homes(folder: Path, sizes: Sequence[int], steps: int) -> list[Path]:
    """Write a home for each number of runs and return them."""
    homes = [folder / f"{size:,} runs" for size in sizes]
    for home, size in zip(homes, sizes, strict=True):
        write_home(home, size, steps)
    return homes


def measure(browser: Browser, homes: Sequence[Path], repeats: int, pages: Sequence[str]) -> Times:
    """Measure the homes in turn, so that whatever else the machine does meets all alike."""
    times: Times = {home: {} for home in homes}
    for _ in range(repeats):
        for home in homes:
            for action, seconds in visit(browser, home, pages):
                times[home].setdefault(action, []).append(seconds)
    return times


def visit(browser: Browser, home: Path, pages: Sequence[str]) -> list[tuple[str, float]]:
    """Start the dashboard, go to these pages and the first one, twice, and click on each.

    Returns:
        Each action with its seconds, in order.
    """
    names = PAGE_NAMES
    runs = [run.run_id for run in list_runs(home / "artifacts" / "runs").runs if run.metrics][:CHOSEN_RUNS]
    start = time.perf_counter()
    with served(home) as address, browser.new_context(locale="en-US", viewport=SCREEN) as context:
        context.set_default_timeout(SLOWEST)
        context.add_init_script(NOTE_CLICKS)
        page = context.new_page()
        page.goto(address, wait_until="commit")
        page.wait_for_function(USABLE, polling="raf")
        times = [("start", time.perf_counter() - start)]
        wait_until_complete(page, None)
        times.append(("drawn", time.perf_counter() - start))

        open_page(page, f"{address}/?{'&'.join(f'runs={run}' for run in runs)}")
        for button in page.get_by_test_id("stSidebarNavViewButton").all():
            button.click()
        links, sidebar = page.get_by_test_id("stSidebarNavLink"), page.get_by_test_id("stSidebar")
        for visited in ("first time", "again"):
            for name in [*pages, names[0]]:
                times.append((f"page {name}, {visited}", click(page, links.nth(names.index(name)))))
                if visited == "again":
                    times += [
                        (f"click on {name}", click(page, sidebar.get_by_text(LANGUAGES[language], exact=True)))
                        for language in ("ko", "en")
                    ]
    return times


def open_page(page: Page, address: str) -> None:
    """Open an address and wait until the page is complete."""
    page.goto(address, wait_until="commit")
    wait_until_complete(page, None)


def click(page: Page, target: Locator) -> float:
    """Click what brings a page of another title and return the seconds until it is complete."""
    title = page.get_by_role("heading", level=1).text_content()
    target.click()
    return wait_until_complete(page, title) / 1_000


def wait_until_complete(page: Page, title_before: str | None) -> float:
    """Return the milliseconds from the last click until the page is complete under another title.

    Raises:
        RuntimeError: the page shows an exception, so its time says nothing.
    """
    milliseconds = page.wait_for_function(COMPLETE, arg=title_before, polling="raf").json_value()
    for exception in page.get_by_test_id("stException").all():
        raise RuntimeError(f"{page.url} shows an exception: {exception.text_content()}")
    return float(milliseconds)


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """Run the dashboard on a home and yield its address as soon as it says that it is ready.

    Raises:
        RuntimeError: it ended before it was ready.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ENTRY)]
    command += ["--server.headless", "true", "--server.port", str(port)]
    environment = {**os.environ, "SIMILARITY_HOME": str(home.resolve()), "HF_HUB_OFFLINE": "1"}
    server = subprocess.Popen(
        command, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout is not None
    address = f"http://localhost:{port}"
    try:
        said = []
        for line in server.stdout:
            said.append(line)
            if address in line:
                break
        else:
            raise RuntimeError(f"The dashboard did not start:\n{''.join(said)}")
        # What it says later must be read too, or it would wait for a reader.
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def as_table(times: Times) -> str:
    """Return a row an action and a column a home: the median seconds, with a mark where it is over the limit."""
    actions = list(next(iter(times.values())))
    width = max(map(len, actions))
    columns = {home: max(len(home.name), 8) for home in times}
    head = f"{'seconds':<{width}}  limit  " + "  ".join(f"{home.name:>{columns[home]}}" for home in times)
    rows = []
    for action in actions:
        limit = LIMITS[action.split()[0]]
        medians = {home: statistics.median(times[home][action]) for home in times}
        cells = [
            f"{median:.2f}{'!' if median > limit else ' '}".rjust(columns[home]) for home, median in medians.items()
        ]
        rows.append(f"{action:<{width}}  {limit:>5.1f}  " + "  ".join(cells))
    return "\n".join([head, "-" * len(head), *rows])


if __name__ == "__main__":
    main()
