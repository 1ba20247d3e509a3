"""User text (run names, tags, sentences, error messages) shown as it was written, wherever it goes."""

import html
import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@^=\"'/])")


def for_markdown(text: object) -> str:
    """Return text that Streamlit's Markdown (with its `:red[…]`, `$…$` and emoji codes) shows as written."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def for_html(text: object) -> str:
    """Return text that HTML, also inside an attribute, shows as written."""
    return html.escape(str(text), quote=True)


def for_plotly(text: object) -> str:
    """Return text that plotly's labels, legends and hover boxes (a subset of HTML) show as written."""
    return html.escape(" ".join(str(text).split()), quote=False)


def shortened(text: str, limit: int) -> str:
    """Return `text`, cut to `limit` characters with an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
