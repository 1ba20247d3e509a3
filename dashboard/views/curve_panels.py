"""The parts of the page of training curves: one chart of a value, and the tables beside and below it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.charts.curves import Axes, curve_chart
from dashboard.choice import Choice
from dashboard.escaping import for_markdown, shortened
from dashboard.palette import Look
from dashboard.tables import comparison, curve_tables, curves
from dashboard.tables.curve_tables import REACHED, Race
from dashboard.tables.logged_values import Value
from dashboard.view_state import md, t
from dashboard.views import chart_view
from similarity.run_format import RunRecord

FOCUS_HEIGHT, SMALL_HEIGHT = 420, 220
FOCUS_POINTS, SMALL_POINTS = 2_400, 1_200
"""Points of all curves of a chart together, by which a page with twenty runs stays light."""

_TIME_UNITS = ((7_200.0, 3_600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_DASH_ARRAYS = {"solid": "", "dash": "9 5", "dot": "3 4", "dashdot": "9 4 3 4"}
_ROW_HEIGHT, _MOST_ROWS = 35, 12
_NAMED = 5
_TERMS = ("pearson", "spearman", "f1")
"""Values that the glossary explains."""


@dataclass(frozen=True)
class Drawing:
    """How all curves of the page are drawn: over which x, smoothed, on a log scale where it suits, outliers cut."""

    x: str
    smoothing: float
    log: bool
    cut: bool


def name_of(value: Value) -> str:
    """Return a value's name: in words where it is known, else as it was logged."""
    return t(f"panel.{value.text}") if value.text else shortened(value.column, 60)


def show_chart(
    value: Value, chosen: Choice, tables: Mapping[str, pd.DataFrame], drawing: Drawing, *, large: bool = False
) -> None:
    """Show the curves of one value that at least one of the runs logged."""
    log = drawing.log and value.log
    x_scale, unit = _time_unit(tables, drawing.x)
    limit = curves.limit_of(len(tables), FOCUS_POINTS if large else SMALL_POINTS)
    drawn = [
        curves.curve_of(
            tables[run.run_id],
            value.column,
            x=drawing.x,
            x_scale=x_scale,
            smoothing=drawing.smoothing if value.smooth else 0.0,
            run_id=run.run_id,
            name=chosen.labels[run.run_id],
            best_step=run.best.step if run.best and value.once_an_epoch else None,
            positive=log,
            limit=limit,
        )
        for run in chosen.runs
        if run.run_id in tables
    ]
    found = [curve for curve in drawn if curve is not None]
    title = name_of(value) if value.text else for_markdown(name_of(value))
    if not found:
        st.markdown(f"**{title}**")
        st.caption(t("curves.nothing_positive"))
        return
    shown = curves.range_of(found, log=log)
    x_title, y_title = t(f"axis_title.{unit}"), t(f"panel_axis.{value.text or 'other'}")
    axes = Axes(
        x_title=x_title,
        y_title=t("axis_title.log", title=y_title) if log else y_title,
        best_name=t("curves.best_epoch"),
        points=value.once_an_epoch,
        number_format=value.number_format,
        log=log,
        shown=shown if drawing.cut else None,
        height=FOCUS_HEIGHT if large else SMALL_HEIGHT,
    )
    chart_view.show(
        curve_chart(found, chosen.looks, axes),
        value.text or "other",
        title=title,
        read=" ".join([t(f"read.{value.text or 'other'}"), *_remarks(found, shown, drawing, log=log, large=large)]),
        table=curves.table_of(found, {"name": t("column.name"), "x": x_title, "y": y_title}),
        terms=(value.text,) if large and value.text in _TERMS else (),
    )


def show_values(value: Value, runs: Sequence[RunRecord], chosen: Choice, tables: Mapping[str, pd.DataFrame]) -> None:
    """Show one value's best, last and kept number of each run: the table beside the large chart."""
    st.markdown(f"**{md('curves.values', value=name_of(value))}**")
    table = curve_tables.value_table(runs, tables, chosen.labels, value)
    extremes = ("best", "best_epoch") if value.better else ("lowest", "highest")
    number, form = st.column_config.NumberColumn, f"%{value.number_format}"
    st.dataframe(
        _with_swatches(table, chosen.looks)[["swatch", "name", *extremes, "last", "kept"]],
        column_config={
            "swatch": st.column_config.ImageColumn("", width=40),
            "name": st.column_config.TextColumn(t("column.name"), width=152),
            "best": number(t(f"curves.values_best_{value.better or 'higher'}"), format=form, width=64),
            "best_epoch": number(t("curves.values_best_epoch"), format="%.3g", width=58),
            "lowest": number(t("curves.values_lowest"), format=form, width=64),
            "highest": number(t("curves.values_highest"), format=form, width=64),
            "last": number(t("curves.values_last"), format=form, width=64),
            "kept": number(t("curves.values_kept"), format=form, width=64, help=t("curves.values_help_kept")),
        },
        hide_index=True,
        placeholder="–",
        height=_height(len(table)),
        row_height=_ROW_HEIGHT,
        key="curve-values",
        alt=t("curves.values", value=name_of(value)),
    )
    st.caption(t("curves.read_values"))


def show_summary(runs: Sequence[RunRecord], chosen: Choice, tables: Mapping[str, pd.DataFrame]) -> None:
    """Show how each training went, one row a run, and which run was fast, in words."""
    st.subheader(t("curves.summary"), anchor=False)
    races = curve_tables.races(runs, tables)
    for race in races:
        _say_race(race, chosen)
    devices = {run.environment.device for run in runs}
    if races and len(devices) > 1:
        st.caption(t("chart.devices", count=len(devices)))
    table = curve_tables.summary(runs, tables, chosen.labels, races)
    table["overfits_from"] = [_overfitting(epoch) for epoch in table["overfits_from"]]
    if table["dataset"].nunique() == 1:
        table = table.drop(columns="dataset")
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    share = round(100 * REACHED)
    st.dataframe(
        _with_swatches(table, chosen.looks)[["swatch", *table.columns.drop("run_id")]],
        column_config={
            "swatch": st.column_config.ImageColumn("", width=40),
            "name": text(t("column.name"), width=150),
            "dataset": text(t("summary.dataset"), width=108),
            "kept_epoch": number(t("summary.kept_epoch"), format="%.3g", width=84),
            "best_pearson": number(t("summary.best_pearson"), format="%.3f", width=82),
            "minutes_to_best": number(
                t("summary.minutes_to_best"), format="%.1f", width=86, help=t("summary.help_to_best")
            ),
            "minutes_to_reach": number(
                t("summary.minutes_to_reach", share=share),
                format="%.1f",
                width=86,
                help=t("summary.help_to_reach", share=share),
            ),
            "gap": number(t("summary.gap"), format="%.3f", width=78, help=t("summary.help_gap")),
            "overfits_from": text(t("summary.overfits"), width=102, help=t("summary.help_overfits")),
            "steps": number(t("summary.steps"), format="%,d", width=66),
            "minutes": number(t("column.minutes"), format="%.1f", width=100),
        },
        hide_index=True,
        placeholder="–",
        height=_height(len(table)),
        row_height=_ROW_HEIGHT,
        key="curve-summary",
        alt=t("curves.summary"),
    )
    st.caption(t("curves.read_summary"))


def _time_unit(tables: Mapping[str, pd.DataFrame], x: str) -> tuple[float, str]:
    if x != "seconds":
        return 1.0, x
    longest = max((float(table["seconds"].max()) for table in tables.values() if len(table)), default=0.0)
    return next((scale, unit) for limit, scale, unit in _TIME_UNITS if longest >= limit)


def _remarks(
    found: Sequence[curves.Curve], shown: curves.Range, drawing: Drawing, *, log: bool, large: bool
) -> list[str]:
    remarks = []
    if drawing.cut and shown.outside:
        remarks.append(t("curves.cut", outside=shown.outside, total=shown.total))
    elif drawing.cut and large:
        remarks.append(t("curves.cut_nothing"))
    elif not drawing.cut and shown.stretched:
        remarks.append(t("curves.stretched", outside=shown.outside))
    left_out = sum(curve.left_out for curve in found)
    if left_out:
        remarks.append(t("curves.not_positive" if log else "curves.not_finite", count=left_out))
    return remarks


def _say_race(race: Race, chosen: Choice) -> None:
    known = {run_id: seconds for run_id, seconds in race.seconds.items() if not math.isnan(seconds)}
    fastest = sorted(known, key=known.__getitem__)
    sentence = md(
        "curves.race",
        dataset=race.dataset,
        share=round(100 * REACHED),
        level=f"{race.level:.3f}",
        best=f"{race.best:.3f}",
        times=_listed([f"{_short(chosen, run_id)} {comparison.duration(known[run_id])}" for run_id in fastest]),
    )
    missed = [_short(chosen, run_id) for run_id in race.seconds if run_id not in known]
    if missed:
        sentence += " " + md("curves.race_missed", runs=_listed(missed))
    st.markdown(sentence)


def _listed(names: Sequence[str]) -> str:
    more = [t("curves.and_more", count=len(names) - _NAMED)] if len(names) > _NAMED else []
    return " · ".join([*names[:_NAMED], *more])


def _short(chosen: Choice, run_id: str) -> str:
    return shortened(chosen.labels[run_id], 32)


def _overfitting(epoch: float) -> str | None:
    if math.isnan(epoch):
        return None
    return t("summary.overfits_not") if math.isinf(epoch) else t("summary.overfits_from", epoch=f"{epoch:.3g}")


def _with_swatches(table: pd.DataFrame, looks: Mapping[str, Look]) -> pd.DataFrame:
    return table.assign(swatch=[_swatch(looks[run_id]) for run_id in table["run_id"]])


def _swatch(look: Look) -> str:
    line = (
        f"%3Cline x1='6' y1='10' x2='38' y2='10' stroke='%23{look.colour[1:]}' stroke-width='4' "
        f"stroke-dasharray='{_DASH_ARRAYS[look.dash]}'/%3E"
    )
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='44' height='20'%3E{line}%3C/svg%3E"


def _height(rows: int) -> int:
    # Two pixels are the table's border.
    return _ROW_HEIGHT * (min(rows, _MOST_ROWS) + 1) + 2
