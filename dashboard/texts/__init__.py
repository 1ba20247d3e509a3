"""Every visible string in Korean and English: one JSON file a page, `{"key": {"ko": …, "en": …}}`."""

import functools
import json
from pathlib import Path

LANGUAGES = {"ko": "한국어", "en": "English"}


@functools.cache
def dictionary() -> dict[str, dict[str, str]]:
    """Return all strings by key."""
    merged: dict[str, dict[str, str]] = {}
    for file in sorted(Path(__file__).parent.glob("*.json")):
        for key, translations in json.loads(file.read_text(encoding="utf-8")).items():
            if key in merged:
                raise ValueError(f"{file.name}: the key {key!r} stands in two files")
            merged[key] = translations
    return merged


def text(key: str, language: str, **values: object) -> str:
    """Return the string of `key` in `language` with `{name}` replaced by `values`."""
    return dictionary()[key][language].format(**values)
