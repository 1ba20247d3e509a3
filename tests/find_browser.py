"""Find the Chromium that the browser tests drive, and install one where that can be done.

    python -m tests.find_browser --install

Asked in turn: $CHROMIUM, a Chromium or Chrome on the PATH, Playwright's own. `--install` tries the
Debian package as root, else Playwright's download. Without a browser the tests are skipped with one line;
under CI=true that is a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = "no Chromium was found: the tests in a real browser were not run (install one, or set CHROMIUM=/path/to/it)"


def find_browser() -> Path | None:
    """Return the path of a Chromium, or None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return Path(chosen)
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if on_path:
        return Path(on_path)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None


def install() -> None:
    """Install a Chromium and a Korean font, by Debian's package as root, else by Playwright."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "chromium", "fonts-noto-cjk"]):
            subprocess.run(
                command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL, check=False
            )
    if find_browser() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Say what was found; return 1 only where CI has none."""
    if find_browser() is None and "--install" in sys.argv:
        sys.stdout.write("Installing a Chromium for the browser tests …\n")
        sys.stdout.flush()
        install()
    browser = find_browser()
    sys.stdout.write(f"browser tests use {browser}\n" if browser else f"{MISSING}\n")
    return 1 if browser is None and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
