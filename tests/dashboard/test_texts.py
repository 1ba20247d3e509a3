"""Every visible string stands in both languages, and none is left over."""

import ast
import re
import string
import tomllib
from pathlib import Path
from typing import get_args

from dashboard import palette, texts
from dashboard.navigation import PAGE_NAMES, PAGES
from dashboard.tables import comparison
from similarity import run_format

DASHBOARD = Path(texts.__file__).parents[1]
SPEAKERS = {"t", "md", "text"}


def patterns_and_constants() -> tuple[set[str], set[str]]:
    """Return the key patterns that calls of t(), md() and text() name, and all string constants of the code."""
    patterns, constants = set(), set()
    for file in DASHBOARD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if (
                isinstance(node, ast.Call)
                and node.args
                and getattr(node.func, "id", getattr(node.func, "attr", "")) in SPEAKERS
            ):
                patterns |= {pattern for part in _branches(node.args[0]) if (pattern := _pattern(part))}
    return patterns, constants


def _branches(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w-]+" for part in node.values
        )
    return ""


def test_no_key_is_missing() -> None:
    patterns, _ = patterns_and_constants()
    assert len(patterns) > 50
    keys = texts.dictionary()
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, key) for key in keys)] == []


def test_no_key_is_unused() -> None:
    patterns, constants = patterns_and_constants()
    unused = [
        key
        for key in texts.dictionary()
        if key not in constants and not any(re.fullmatch(pattern, key) for pattern in patterns)
    ]
    assert unused == []


def test_both_languages_say_something_with_the_same_fields() -> None:
    for key, translations in texts.dictionary().items():
        assert set(translations) == set(texts.LANGUAGES), key
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in translations.values()]
        assert fields[0] == fields[1], key
        assert all(text.strip() for text in translations.values()), key


def test_every_status_and_kind_has_its_word() -> None:
    wanted = [f"status.{status}" for status in get_args(run_format.Status)]
    wanted += [f"kind.{kind}" for kind in get_args(run_format.Architecture)]
    wanted += [f"column.{column}" for column in comparison.FILTERS]
    wanted += [f"nav.{name}" for name in (*PAGES, *PAGE_NAMES)]
    assert set(wanted) <= set(texts.dictionary())


def test_the_theme_uses_the_same_colours_and_reaches_for_no_web_font() -> None:
    text = (DASHBOARD.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    config = tomllib.loads(text)
    assert tuple(config["theme"]["chartCategoricalColors"]) == palette.COLOURS
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["address"] == "localhost"
    assert "http" not in text and "fontFaces" not in text
