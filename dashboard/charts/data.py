"""What a data set holds: labels by band, groups of pairs, lengths, what two splits share, and trivial predictors."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.frame import GRID, faded, framed
from dashboard.escaping import for_plotly, shortened
from dashboard.palette import COLOURS, NEUTRAL

SPLIT_COLOURS = {
    "train": COLOURS[0],
    "valid": COLOURS[1],
    "test": COLOURS[2],
    "file": COLOURS[0],
    "before": NEUTRAL,
    "after": COLOURS[0],
}
"""Splits have the same colours in all charts of a data set, where there are no runs."""

_ROW_HEIGHT, _FRAME_HEIGHT = 26, 72
_NAME_LENGTH = 26
_LANE = 0.24
_STRONGEST = 0.4
"""A cell's strongest colour still lets the text on it be read, on the light and on the dark page."""

Names = Mapping[str, str]


def band_chart(histogram: pd.DataFrame, names: Names, *, x_title: str, y_title: str, threshold: float) -> go.Figure:
    """Return the share of each split's pairs in each band of labels, and where "similar" begins.

    Args:
        histogram: split, band, pairs, share, as `data_tables.label_histogram` returns it.
        names: split → what it is called.
        x_title: of the bands.
        y_title: of the shares.
        threshold: from this label on a pair counts as similar.
    """
    figure = go.Figure()
    bands = sorted(histogram["band"].unique())
    for split, rows in histogram.groupby("split", sort=False):
        figure.add_bar(
            x=[f"{band:g}" for band in rows["band"]],
            y=rows["share"],
            customdata=rows["pairs"],
            marker={"color": SPLIT_COLOURS[str(split)]},
            name=for_plotly(names[str(split)]),
            hovertemplate="%{fullData.name}: %{y:.1%} (%{customdata:,})<extra></extra>",
        )
    figure.add_vline(
        x=bands.index(threshold) - 0.5, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below"
    )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, type="category", fixedrange=True, showgrid=False)
    figure.update_yaxes(title=y_title, tickformat=".0%", nticks=6, fixedrange=True, rangemode="tozero", automargin=True)
    figure.update_layout(bargap=0.22, bargroupgap=0.06, hovermode="x unified")
    return framed(figure, 290)


def band_heatmap(table: pd.DataFrame, names: Names, *, x_title: str) -> go.Figure:
    """Return groups × bands of labels: the stronger the colour, the more of the group's pairs are in the band.

    Args:
        table: groups × bands and `pairs`, as `data_tables.bands_by_group` returns it.
        names: group → what it is called.
        x_title: of the bands.
    """
    shares = table.drop(columns="pairs")
    rows = [f"{_short(names[group])} ({count:,})" for group, count in zip(table.index, table["pairs"], strict=True)]
    figure = go.Figure(
        go.Heatmap(
            z=shares.to_numpy(),
            x=[f"{band:g}" for band in shares.columns],
            y=list(range(len(rows))),
            customdata=[[for_plotly(names[group])] * shares.shape[1] for group in table.index],
            colorscale=_scale(COLOURS[0], 1.0),
            zmin=0,
            zmax=float(shares.to_numpy().max()),
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{customdata}<br>%{x}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, type="category", fixedrange=True, showgrid=False)
    return _with_rows(figure, rows)


def share_chart(table: pd.DataFrame, names: Names, split_names: Names, *, x_title: str) -> go.Figure:
    """Return the share of similar pairs in each group, a dot a split; `table` is `data_tables.group_counts`'s."""
    figure = go.Figure()
    groups = list(dict.fromkeys(table["group"]))
    by_split = list(table.groupby("split", sort=False))
    for number, (split, rows) in enumerate(by_split):
        # A little apart, so that equal shares don't hide each other.
        lane = _LANE * (number - (len(by_split) - 1) / 2)
        figure.add_scatter(
            x=rows["similar"],
            y=[groups.index(group) + lane for group in rows["group"]],
            customdata=_named(rows, names, ["pairs"]),
            mode="markers",
            marker={"color": SPLIT_COLOURS[str(split)], "size": 9},
            name=for_plotly(split_names[str(split)]),
            hovertemplate="%{customdata[0]} · %{fullData.name}: %{x:.1%} (%{customdata[1]:,})<extra></extra>",
        )
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6},
        tickformat=".0%",
        range=[-0.02, 1.02],
        fixedrange=True,
        zeroline=False,
        showgrid=True,
        gridcolor=GRID,
    )
    return _with_rows(figure, [_short(names[group]) for group in groups])


def count_chart(table: pd.DataFrame, names: Names, split_names: Names, *, x_title: str) -> go.Figure:
    """Return how many pairs each group has, the splits one after the other; `table` is `data_tables.group_counts`'s."""
    figure = go.Figure()
    groups = list(dict.fromkeys(table["group"]))
    for split, rows in table.groupby("split", sort=False):
        figure.add_bar(
            x=rows["pairs"],
            y=[groups.index(group) for group in rows["group"]],
            customdata=_named(rows, names, ["share", "mean_label"]),
            orientation="h",
            marker={"color": SPLIT_COLOURS[str(split)]},
            name=for_plotly(split_names[str(split)]),
            hovertemplate="%{customdata[0]} · %{fullData.name}: %{x:,} (%{customdata[1]:.1%})"
            "<br>⌀ %{customdata[2]:.2f}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6}, fixedrange=True, nticks=6, tickformat=",", showgrid=True, gridcolor=GRID
    )
    return _with_rows(figure, [_short(names[group]) for group in groups])


def length_chart(
    histogram: pd.DataFrame, names: Names, *, limit: float | None, limit_name: str, x_title: str, y_title: str
) -> go.Figure:
    """Return the share of each split's pairs in each band of lengths, and the limit beyond which input is cut.

    Args:
        histogram: split, low, width, pairs, share, as `data_tokens.length_histogram` returns it.
        names: split → what it is called.
        limit: where input is cut, or None.
        limit_name: what stands beside that line.
        x_title: of the lengths.
        y_title: of the shares.
    """
    figure = go.Figure()
    for split, rows in histogram.groupby("split", sort=False):
        colour = SPLIT_COLOURS[str(split)]
        last = [f"{low + width - 1:,}" for low, width in zip(rows["low"], rows["width"], strict=True)]
        end = rows["low"].iloc[-1] + rows["width"].iloc[-1]
        figure.add_scatter(
            x=[*rows["low"], end],
            y=[*rows["share"], 0],
            customdata=[*zip(rows["pairs"], last, strict=True), (0, "")],
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 1.8},
            fill="tozeroy",
            fillcolor=faded(colour, 0.12),
            name=for_plotly(names[str(split)]),
            hovertemplate="%{x:,}–%{customdata[1]}: %{y:.1%} (%{customdata[0]:,}) · %{fullData.name}<extra></extra>",
        )
    if limit:
        figure.add_vline(x=limit, line={"color": COLOURS[7], "width": 2, "dash": "dash"})
        figure.add_annotation(
            x=limit, y=1, yref="paper", text=for_plotly(limit_name), showarrow=False, xanchor="right", xshift=-5
        )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, fixedrange=True, nticks=8, rangemode="tozero")
    figure.update_yaxes(title=y_title, tickformat=".0%", nticks=6, fixedrange=True, rangemode="tozero", automargin=True)
    return framed(figure, 290)


def overlap_chart(overlap: pd.DataFrame, names: Names, count: str, *, x_title: str, y_title: str) -> go.Figure:
    """Return splits × splits: how much of the row's split also stands in the column's.

    Args:
        overlap: what `data_leakage.overlap` returns.
        names: split → what it is called.
        count: the column to show as numbers; the colour is its share of the row's pairs.
        x_title: what the columns are.
        y_title: what the rows are.
    """
    splits = list(dict.fromkeys(overlap["split"]))
    figure = go.Figure()
    counts = overlap.pivot(index="split", columns="other", values=count).reindex(index=splits, columns=splits)
    pairs = overlap.drop_duplicates("split").set_index("split")["pairs"].reindex(splits)
    shares = counts.div(pairs, axis=0)
    words = [str(for_plotly(names[split])) for split in splits]
    figure.add_heatmap(
        z=shares.to_numpy(),
        x=words,
        y=words,
        colorscale=_scale(COLOURS[7], _STRONGEST),
        zmin=0,
        zmax=max(float(shares.max().max()), 0.05),
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    cells = [(one, two) for one in splits for two in splits if one != two]
    figure.add_scatter(
        x=[for_plotly(names[two]) for _, two in cells],
        y=[for_plotly(names[one]) for one, _ in cells],
        text=[_cell(int(counts.loc[one, two]), float(shares.loc[one, two])) for one, two in cells],
        mode="text",
        textfont={"size": 13},
        hoverinfo="skip",
    )
    figure.update_xaxes(title={"text": x_title, "standoff": 6}, fixedrange=True, showgrid=False, side="bottom")
    figure.update_yaxes(title=y_title, fixedrange=True, showgrid=False, autorange="reversed", automargin=True)
    return framed(figure, 90 + 58 * len(splits))


def predictor_chart(rows: Sequence[Mapping[str, Any]], *, x_title: str, interval_name: str) -> go.Figure:
    """Return Pearson's r with its interval, one row a predictor or run.

    Args:
        rows: from top to bottom: name, pearson, low, high (NaN where there is none), colour, marker.
        x_title: of the axis.
        interval_name: what the interval is called on hover.
    """
    figure = go.Figure()
    for place, row in enumerate(rows):
        has_interval = row["low"] == row["low"]
        between = f"<br>{interval_name} {row['low']:.3f} – {row['high']:.3f}" if has_interval else ""
        figure.add_scatter(
            x=[row["pearson"]],
            y=[place],
            mode="markers",
            marker={"color": row["colour"], "size": 10, "symbol": row["marker"]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["high"] - row["pearson"] if has_interval else 0],
                "arrayminus": [row["pearson"] - row["low"] if has_interval else 0],
                "color": row["colour"],
                "thickness": 2,
                "width": 4,
            },
            name=for_plotly(row["name"]),
            hovertemplate=f"<b>%{{fullData.name}}</b><br>%{{x:.3f}}{between}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1}, layer="below")
    figure.update_xaxes(
        title={"text": x_title, "standoff": 6},
        tickformat=".1f",
        dtick=0.2,
        range=[min(-0.05, *(row["low"] - 0.05 for row in rows if row["low"] == row["low"]), 0.0), 1.02],
        fixedrange=True,
        zeroline=False,
        showgrid=True,
        gridcolor=GRID,
    )
    return _with_rows(figure, [_short(row["name"]) for row in rows])


def _with_rows(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
    return framed(figure, _FRAME_HEIGHT + _ROW_HEIGHT * len(names))


def _cell(count: int, share: float) -> str:
    return f"<b>{count:,}</b><br>{share:.1%}" if count else "0"


def _named(rows: pd.DataFrame, names: Names, columns: list[str]) -> list[list[object]]:
    return [
        [for_plotly(names[group]), *values]
        for group, values in zip(rows["group"], rows[columns].to_numpy().tolist(), strict=True)
    ]


def _short(name: str) -> str:
    return for_plotly(shortened(name, _NAME_LENGTH))


def _scale(colour: str, strongest: float) -> list[list[float | str]]:
    return [[0.0, faded(colour, 0.04)], [1.0, faded(colour, strongest)]]
