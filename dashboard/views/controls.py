"""Widgets whose value is a parameter of the view: they start from the URL and write into it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import view_state
from dashboard.escaping import for_markdown

_ON = "on"


def multiselect(
    parameter: str,
    label: str,
    options: Sequence[str],
    name_of: Callable[[str], str] = str,
    *,
    limit: int | None = None,
    **look: Any,
) -> list[str]:
    """Show a choice of several; what the URL names beyond `options` or `limit` is left out."""
    key = f"widget.{parameter}"
    known = set(options)
    chosen = [option for option in dict.fromkeys(view_state.values(parameter)) if option in known]
    st.session_state[key] = chosen[:limit]
    return st.multiselect(
        label,
        options,
        format_func=name_of,
        key=key,
        max_selections=limit,
        on_change=_take_several,
        args=(parameter, key),
        **look,
    )


def single(
    parameter: str,
    label: str,
    options: Sequence[str],
    default: str,
    name_of: Callable[[str], str] = str,
    *,
    side_by_side: bool | None = None,
    **look: Any,
) -> str:
    """Show a choice of exactly one: side by side where there are few options or where told so, else as a list."""
    key = f"widget.{parameter}"
    st.session_state[key] = view_state.value(parameter, list(options), default)
    if side_by_side is None:
        side_by_side = len(options) <= 4
    widget: Any = st.segmented_control if side_by_side else st.selectbox
    widget(
        label,
        list(options),
        format_func=(lambda option: for_markdown(name_of(option))) if side_by_side else name_of,
        key=key,
        on_change=_take_one,
        args=(parameter, key, default),
        # A list can't be emptied anyway, and would say beside its label that it is required.
        **({"required": True} if side_by_side else {}),
        **look,
    )
    return view_state.value(parameter, list(options), default)


def slider(parameter: str, label: str, low: float, high: float, default: float, step: float, **look: Any) -> float:
    """Show a slider."""
    key = f"widget.{parameter}"
    st.session_state[key] = view_state.number(parameter, low, high, default)
    return float(
        st.slider(label, low, high, step=step, key=key, on_change=_take_one, args=(parameter, key, default), **look)
    )


def toggle(parameter: str, label: str, **look: Any) -> bool:
    """Show a switch that is off by default."""
    key = f"widget.{parameter}"
    st.session_state[key] = bool(view_state.value(parameter, [_ON], ""))
    return bool(st.toggle(label, key=key, on_change=_take_switch, args=(parameter, key), **look))


def field(parameter: str, label: str, limit: int = 200, **look: Any) -> str:
    """Show a field for a few words; longer text of a link is cut to `limit` characters."""
    key = f"widget.{parameter}"
    st.session_state[key] = next(iter(view_state.values(parameter)), "")[:limit]
    return str(
        st.text_input(label, key=key, max_chars=limit, on_change=_take_one, args=(parameter, key, ""), **look)
    ).strip()


def _take_several(parameter: str, key: str) -> None:
    view_state.choose(parameter, [str(value) for value in st.session_state[key]])


def _take_switch(parameter: str, key: str) -> None:
    view_state.choose(parameter, [_ON] if st.session_state[key] else [])


def _take_one(parameter: str, key: str, default: str | float) -> None:
    value = st.session_state[key]
    # A language, data set or run that equals the default now may not be the default where the link is opened.
    keep = parameter in ("lang", "data", "run") or value != default
    view_state.choose(parameter, [f"{value:g}" if isinstance(value, float) else str(value)] if keep else [])
