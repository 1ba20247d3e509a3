"""What all figures share: their frame, their grid, and how the browser shows them."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.escaping import for_plotly, shortened

GRID = "rgba(138, 147, 160, 0.18)"
"""Seen on the light and on the dark page."""


def config(file_name: str, image_format: str = "png") -> dict[str, Any]:
    """Return how the browser shows a figure: one button, which saves it as a picture (`png` or `svg`)."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage"]],
        "doubleClick": "reset",
        "toImageButtonOptions": {"format": image_format, "filename": file_name, "scale": 2},
    }


def framed(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure its height in pixels and the margins, hover boxes and drag mode that all have."""
    return figure.update_layout(
        height=height,
        showlegend=False,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        hoverlabel={"namelength": -1, "align": "left"},
        dragmode=False,
    )


def faded(colour: str, opacity: float) -> str:
    """Return a colour `#rrggbb` with an opacity of 0–1, as it is to lie on a light or a dark page."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def name_rows(figure: go.Figure, names: Sequence[str], longest: int) -> None:
    """Put a name, cut to `longest` characters, at each row of a figure whose rows are 0, 1, … from the top."""
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[for_plotly(shortened(name, longest)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
