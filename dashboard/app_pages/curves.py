"""Training curves: how did each run get there, and how far is a run that still trains?"""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import chart_view, choice, comparison, controls, curves, parts, run_store
from dashboard.charts.curves import curve_chart
from dashboard.choice import Choice
from dashboard.view_state import md, t
from similarity.errors import RunError
from similarity.run_format import RunRecord, utc_now

REFRESH_SECONDS = 3
TIME_UNITS = ((7_200.0, 3_600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))


@dataclass(frozen=True)
class Panel:
    """One chart: the column it draws, how often it is logged, whether smoothing makes sense, how numbers look."""

    column: str
    text: str
    once_an_epoch: bool = True
    smooth: bool = True
    number_format: str = ".3f"
    tick_format: str = ""


PANELS = (
    Panel("train/loss", "train_loss", once_an_epoch=False),
    Panel("valid/loss", "valid_loss"),
    Panel("valid/pearson", "pearson"),
    Panel("valid/f1", "f1"),
    Panel("valid/spearman", "spearman"),
    Panel("learning_rate", "learning_rate", once_an_epoch=False, smooth=False, number_format=".2e", tick_format=".1e"),
)


def show() -> None:
    """Pick runs and axes, load their curves, show a chart for each value."""
    catalog = run_store.catalog()
    parts.header(t("curves.title"), t("curves.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    chosen = choice.load(catalog, fall_back=True)
    choice.picker(catalog, chosen)
    if not chosen.runs:
        return
    parts.placeholder_banner(chosen.runs)
    x, smoothing = _pick_axes()
    training = _training(chosen)
    st.fragment(_show_curves, run_every=REFRESH_SECONDS if training else None)(x, smoothing, training)


def _pick_axes() -> tuple[str, float]:
    left, right = st.columns(2)
    with left:
        x = controls.single("x", t("curves.x"), curves.X_AXES, "step", lambda axis: t(f"axis.{axis}"))
    with right:
        smoothing = controls.slider("smooth", t("curves.smoothing"), 0.0, 0.95, 0.0, 0.05, help=t("help.smoothing"))
    return x, smoothing


def _show_curves(x: str, smoothing: float, training_before: list[str]) -> None:
    chosen = choice.load(run_store.catalog(), fall_back=True)
    if _training(chosen) != training_before:
        # Only the whole page can stop or start the timer.
        st.rerun()
    choice.legend(chosen)
    for run in chosen.runs:
        _show_state(run, chosen)
    tables = _load(chosen)
    scale, unit = _unit(tables, x)
    for first in range(0, len(PANELS), 2):
        for place, panel in zip(st.columns(2), PANELS[first : first + 2], strict=False):
            with place:
                _show_panel(panel, chosen, tables, x, scale, unit, smoothing)
    _show_summary(chosen, tables)


def _training(chosen: Choice) -> list[str]:
    return [run.run_id for run in chosen.runs if run.status_at(utc_now()) == "running"]


def _show_state(run: RunRecord, chosen: Choice) -> None:
    status = run.status_at(utc_now())
    if status == "running":
        left = comparison.seconds_left(run)
        st.progress(
            comparison.percent_done(run) / 100,
            md(
                "curves.progress",
                run=chosen.labels[run.run_id],
                epoch=f"{min(int(run.progress.epoch) + 1, max(int(run.progress.epochs), 1))}",
                epochs=f"{run.progress.epochs:g}",
                percent=f"{comparison.percent_done(run):.0f}",
                left=t("curves.estimating") if left is None else comparison.duration(left),
            ),
        )
    elif status != "finished":
        reason = run.error.message if run.error else t("curves.no_reason")
        st.warning(md(f"curves.{status}", run=chosen.labels[run.run_id], reason=reason))


def _load(chosen: Choice) -> dict[str, pd.DataFrame]:
    tables = {}
    for run in chosen.runs:
        try:
            tables[run.run_id] = run_store.curves(run.run_id)
        except RunError as error:
            st.warning(md("curves.broken", run=chosen.labels[run.run_id], reason=error))
    return tables


def _unit(tables: dict[str, pd.DataFrame], x: str) -> tuple[float, str]:
    if x != "seconds":
        return 1.0, x
    longest = max((float(table["seconds"].max()) for table in tables.values() if len(table)), default=0.0)
    return next((scale, unit) for limit, scale, unit in TIME_UNITS if longest >= limit)


def _show_panel(
    panel: Panel, chosen: Choice, tables: dict[str, pd.DataFrame], x: str, scale: float, unit: str, smoothing: float
) -> None:
    drawn = [
        curves.curve_of(
            tables[run.run_id],
            panel.column,
            x=x,
            x_scale=scale,
            smoothing=smoothing if panel.smooth else 0.0,
            run_id=run.run_id,
            name=chosen.labels[run.run_id],
            best_step=run.best.step if run.best and panel.once_an_epoch else None,
        )
        for run in chosen.runs
        if run.run_id in tables
    ]
    found = [curve for curve in drawn if curve is not None]
    if not found:
        st.markdown(f"**{t(f'panel.{panel.text}')}**")
        st.caption(t("curves.nothing_logged"))
        return
    x_title, y_title = t(f"axis_title.{unit}"), t(f"panel_axis.{panel.text}")
    figure = curve_chart(
        found,
        chosen.looks,
        x_title=x_title,
        y_title=y_title,
        best_name=t("curves.best_epoch"),
        points=panel.once_an_epoch,
        number_format=panel.number_format,
        tick_format=panel.tick_format,
    )
    numbers = curves.table_of(found, {"name": t("column.name"), "x": x_title, "y": y_title})
    chart_view.show(figure, panel.text, title=t(f"panel.{panel.text}"), read=t(f"read.{panel.text}"), table=numbers)


def _show_summary(chosen: Choice, tables: dict[str, pd.DataFrame]) -> None:
    st.markdown(f"**{t('curves.summary')}**")
    summary = comparison.curve_summary([run for run in chosen.runs if run.run_id in tables], tables, chosen.labels)
    number = st.column_config.NumberColumn
    st.dataframe(
        summary,
        column_config={
            "name": st.column_config.TextColumn(t("column.name"), width="medium", pinned=True),
            "best_epoch": number(t("summary.best_epoch"), format="%g"),
            "best_pearson": number(t("summary.best_pearson"), format="%.3f"),
            "last_pearson": number(t("summary.last_pearson"), format="%.3f"),
            "train_loss": number(t("summary.train_loss"), format="%.3f"),
            "valid_loss": number(t("summary.valid_loss"), format="%.3f"),
            "steps": number(t("summary.steps"), format="%,d"),
            "minutes": number(t("column.minutes"), format="%.1f"),
        },
        hide_index=True,
        placeholder="–",
        key="curve-summary",
        alt=t("curves.summary"),
    )
    st.caption(t("curves.read_summary"))


if __name__ == "__main__":
    show()
