"""What a person is looking at: kept for the session and written into the URL, so that a link shows the same.

Widgets write here in their callbacks, which run before the page; the URL is therefore right before a page
draws. Streamlit's own `bind="query-params"` is not used: it drops a page's parameters when the page
changes, and it writes an option's label (a word in one language) instead of its value.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import texts
from dashboard.escaping import for_markdown

PARAMETERS = (
    "lang",
    "runs",
    "data",
    "family",
    "kind",
    "tag",
    "status",
    "x",
    "smooth",
    "focus",
    "y",
    "range",
    "top",
    "by",
    "threshold",
    "image",
    "order",
    "first",
    "second",
    "source",
    "phenomenon",
    "band",
    "find",
    "direction",
    "noted",
    "page",
    "run",
    "against",
    "section",
    "slice",
    "equal",
    "archived",
    "origin",
    "split",
    "tokenizer",
    "labels",
    "shared",
    "hide",
)
_SAME_PAIRS = ("lang", "image", "page")
"""What can change while a list stays the same; with anything else it starts again on its first page."""

_KEY = "view"


def sync_with_url() -> None:
    """Take the view from the URL when a session starts or a person goes back, else write it there."""
    context = get_script_run_ctx()
    if _KEY not in st.session_state or (context is not None and context.is_history_navigation):
        st.session_state[_KEY] = _from_url()
    elif _from_url() != _view():
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in PARAMETERS}
        st.query_params.from_dict({**others, **_view()})


def values(parameter: str) -> list[str]:
    """Return what is chosen for one parameter, unchecked: it may come from anybody's link."""
    return list(_view().get(parameter, []))


def value(parameter: str, allowed: list[str], default: str) -> str:
    """Return the one chosen value of a parameter if it is allowed, else the default."""
    chosen = values(parameter)
    return chosen[0] if chosen and chosen[0] in allowed else default


def number(parameter: str, low: float, high: float, default: float) -> float:
    """Return the number chosen for a parameter if it is one between the limits, else the default."""
    try:
        found = float(values(parameter)[0])
    except (IndexError, ValueError):
        return default
    return found if low <= found <= high else default


def choose(parameter: str, chosen: list[str]) -> None:
    """Set a parameter; an empty list takes it out of the URL. To be called in a callback."""
    view = _view()
    if parameter not in _SAME_PAIRS:
        view.pop("page", None)
    if chosen:
        view[parameter] = list(dict.fromkeys(chosen))
    else:
        view.pop(parameter, None)


def language() -> str:
    """Return the chosen language, else the browser's where we have it, else English."""
    browser = (st.context.locale or "").split("-")[0].lower()
    return value("lang", list(texts.LANGUAGES), browser if browser in texts.LANGUAGES else "en")


def t(key: str, **fields: object) -> str:
    """Return a string in the chosen language, its fields as they are: for plain text, not for Markdown."""
    return texts.text(key, language(), **fields)


def md(key: str, **fields: object) -> str:
    """Return a string in the chosen language as Markdown, its fields shown as written."""
    return texts.text(key, language(), **{name: for_markdown(field) for name, field in fields.items()})


def _view() -> dict[str, list[str]]:
    view: dict[str, list[str]] = st.session_state.setdefault(_KEY, {})
    return view


def _from_url() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in PARAMETERS if name in st.query_params}
