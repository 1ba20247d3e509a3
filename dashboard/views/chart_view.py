"""A chart as every page shows it: title, picture, how to read it, and the numbers behind it for those who read those.

A picture can't be reached by keyboard or read aloud; the table behind it can, and is what a person downloads.
"""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import view_state
from dashboard.charts import frame
from dashboard.escaping import for_html
from dashboard.view_state import t

IMAGE_FORMATS = ("png", "svg")


def show(
    figure: go.Figure, key: str, *, title: str, read: str, table: pd.DataFrame, terms: tuple[str, ...] = ()
) -> None:
    """Show a figure under its title, one sentence on how to read it, and the table behind it.

    Args:
        figure: what to draw.
        key: names the chart on the page, in tests and in the files that a person saves.
        title: what the chart shows; read aloud in its place.
        read: how to read it.
        table: the numbers behind the picture, its columns named for the reader.
        terms: words of the glossary to explain below.
    """
    st.markdown(f"**{title}**")
    image_format = view_state.value("image", list(IMAGE_FORMATS), IMAGE_FORMATS[0])
    st.plotly_chart(figure, config=frame.config(key, image_format), key=f"chart-{key}", alt=title)
    st.caption(read)
    with st.container(horizontal=True, vertical_alignment="center", key=f"below-{key}"):
        glossary(*terms)
        with st.popover(t("chart.table"), type="tertiary", key=f"table-{key}"):
            st.dataframe(table, hide_index=True, placeholder="–", key=f"numbers-{key}", alt=title)
            left, right = st.columns(2, vertical_alignment="bottom")
            # As spreadsheets expect it, which take a file without the mark for another alphabet's.
            left.download_button(
                "CSV",
                lambda: table.to_csv(index=False).encode("utf-8-sig"),
                f"{key}.csv",
                "text/csv",
                key=f"csv-{key}",
                width="stretch",
            )
            with right:
                _pick_image_format(key, image_format)


def glossary(*terms: str) -> None:
    """Show words with what they mean on hover and on focus."""
    if terms:
        words = " ".join(
            f'<span class="term" tabindex="0" role="note" data-meaning="{for_html(t(f"glossary.{term}"))}" '
            f'aria-label="{for_html(t(f"term.{term}"))}: {for_html(t(f"glossary.{term}"))}">'
            f"{for_html(t(f'term.{term}'))}</span>"
            for term in terms
        )
        st.html(f'<div class="terms">{words}</div>', width="content")


def _pick_image_format(key: str, image_format: str) -> None:
    name = f"image-{key}"
    st.session_state[name] = image_format
    st.segmented_control(
        t("chart.image"),
        IMAGE_FORMATS,
        key=name,
        format_func=str.upper,
        required=True,
        help=t("help.image"),
        on_change=lambda: view_state.choose("image", [st.session_state[name]]),
    )
