"""Resolve requirements.in and requirements-dev.in in new environments and write the pins.

    make pins

pip's own resolver is asked, since it knows the platform's torch; a local version suffix ("+cpu") is
left out, so that the pins hold for every build of a release.
"""

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make pins` from {source}; do not edit.\n"


def resolve(source: Path) -> list[str]:
    """Return `name==version` for everything that `source` installs, sorted."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(programs / "python"), "-m", "pip"]
        subprocess.run([*pip, "install", "-qq", "--requirement", str(source)], check=True)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    lines = (re.sub(r" @ .*", "", re.sub(r"\+\S+$", "", line.strip())) for line in frozen.splitlines())
    return sorted((line for line in lines if "==" in line), key=str.lower)


def main() -> None:
    """Write both files."""
    product = resolve(HOUSE / "requirements.in")
    everything = resolve(HOUSE / "requirements-dev.in")
    # The editable install puts our own packages on the path, which `streamlit run` needs.
    text = HEADER.format(source="requirements.in") + "\n".join(product) + "\n--editable .\n"
    (HOUSE / "requirements.txt").write_text(text, encoding="utf-8")
    extra = [line for line in everything if line not in product]
    text = HEADER.format(source="requirements-dev.in") + "-r requirements.txt\n" + "\n".join(extra) + "\n"
    (HOUSE / "requirements-dev.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"requirements.txt: {len(product)} pins; requirements-dev.txt: {len(extra)} more\n")


if __name__ == "__main__":
    main()
