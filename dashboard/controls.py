"""Widgets whose value is a parameter of the view: they start from the URL and write into it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import view_state
from dashboard.escaping import for_markdown


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
    parameter: str, label: str, options: Sequence[str], default: str, name_of: Callable[[str], str] = str, **look: Any
) -> str:
    """Show a choice of exactly one: side by side where there are few options, else as a list."""
    key = f"widget.{parameter}"
    st.session_state[key] = view_state.value(parameter, list(options), default)
    side_by_side = len(options) <= 4
    widget: Any = st.segmented_control if side_by_side else st.selectbox
    widget(
        label,
        list(options),
        format_func=(lambda option: for_markdown(name_of(option))) if side_by_side else name_of,
        key=key,
        required=True,
        on_change=_take_one,
        args=(parameter, key, default),
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


def _take_several(parameter: str, key: str) -> None:
    view_state.choose(parameter, [str(value) for value in st.session_state[key]])


def _take_one(parameter: str, key: str, default: str | float) -> None:
    value = st.session_state[key]
    # A language or data set that equals the default now may not be the default where the link is opened.
    keep = parameter in ("lang", "data") or value != default
    view_state.choose(parameter, [f"{value:g}" if isinstance(value, float) else str(value)] if keep else [])
