"""What must not load: no page and no agreed part pulls in torch on import, and `--help` stays quick."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "datasets", "kiwipiepy")
SCRIPTS = sorted([HOUSE / "dashboard" / "streamlit_app.py", *(HOUSE / "dashboard" / "app_pages").glob("[!_]*.py")])
LIGHT_MODULES = sorted(
    ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__")
    for package in ("similarity", "dashboard")
    for path in (HOUSE / package).rglob("*.py")
    if path not in SCRIPTS
)


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE, check=True)
    return set(done.stdout.split())


def test_no_page_and_no_agreed_part_loads_a_heavy_library() -> None:
    assert len(LIGHT_MODULES) > 10
    assert loaded_by("\n".join(f"import {name}" for name in LIGHT_MODULES)) == set()


def test_no_page_script_imports_a_heavy_library_at_its_top() -> None:
    """Streamlit runs pages as scripts, so their import lines are taken out and run alone."""
    assert len(SCRIPTS) >= 4
    trees = [ast.parse(script.read_text(encoding="utf-8")) for script in SCRIPTS]
    imports = [node for tree in trees for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert loaded_by("\n".join(map(ast.unparse, imports))) == set()


def test_the_command_line_loads_a_heavy_library_only_when_it_works() -> None:
    assert loaded_by("import trainer.__main__") == set()


@pytest.mark.parametrize("command", [[], ["prepare"], ["train"], ["evaluate"], ["runs"], ["demo"]])
def test_help_answers_at_once(command: list[str]) -> None:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "trainer", *command, "--help"], capture_output=True, text=True, cwd=HOUSE, check=False
    )
    seconds = time.perf_counter() - start
    assert done.returncode == 0
    assert "Usage" in done.stdout
    # Under a second on an idle machine; the limit leaves room for a busy one, and is far below a torch import.
    assert seconds < 3


def test_the_run_format_is_named_in_one_place() -> None:
    """`run.json` and its neighbours are written and read through `run_format` alone."""
    offenders = [
        str(path.relative_to(HOUSE))
        for package in ("similarity", "trainer", "dashboard")
        for path in (HOUSE / package).rglob("*.py")
        if path.name != "run_format.py" and '"run.json"' in path.read_text(encoding="utf-8")
    ]
    assert offenders == []
