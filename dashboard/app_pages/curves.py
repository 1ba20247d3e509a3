"""Training curves: how did each run get there, which began to overfit, and how far is a run that still trains?"""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import choice, view_state
from dashboard.choice import Choice
from dashboard.escaping import shortened
from dashboard.stores import run_store
from dashboard.tables import comparison, curve_tables, logged_values, overfitting, top_runs
from dashboard.tables.logged_values import PANELS, POSITIONS, Value
from dashboard.view_state import md, t
from dashboard.views import controls, curve_panels, parts
from dashboard.views.curve_panels import Drawing
from similarity.errors import RunError
from similarity.run_catalog import RunCatalog
from similarity.run_format import HEARTBEAT_LIMIT, RunRecord, utc_now

REFRESH_SECONDS = 3
TOP_COUNTS = ("3", "5", "10", "20")
COLUMNS = 3
SHARES = (0.54, 0.46)

Tables = dict[str, pd.DataFrame]


def show() -> None:
    """Pick runs, a value and axes, load the curves, show them large with numbers beside and the others small."""
    catalog = run_store.catalog()
    parts.header(t("curves.title"), t("curves.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    chosen = choice.load(catalog, fall_back=True)
    choice.picker(catalog, chosen)
    _pick_best(catalog)
    if not chosen.runs:
        return
    parts.placeholder_banner(chosen.runs)
    offered = logged_values.offered(_load(chosen)[0].values())
    # The widgets stand outside of what refreshes, so that none is drawn anew under a person's hands.
    focus, drawing = _pick_view(offered)
    training = _training(chosen)
    st.fragment(_show_curves, run_every=REFRESH_SECONDS if training else None)(focus, drawing, offered, training)


def _pick_best(catalog: RunCatalog) -> None:
    measures = top_runs.measures(catalog.runs)
    if not measures:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="best-runs"):
        count = controls.single("top", t("curves.top_count"), TOP_COUNTS, "5", width="content")
        measure = controls.single("by", t("curves.top_by"), measures, measures[0], _measure_name, width=320)
        best = top_runs.best_runs(catalog.runs, measure, int(count), _checksum(measure))
        label = t("curves.top_choose", count=len(best.run_ids))
        st.button(label, key="choose-best", on_click=choice.choose, args=(best.run_ids,))
        st.caption(t("curves.top_compared", count=best.compared), width="content")


def _measure_name(measure: str) -> str:
    if measure in top_runs.COSTS:
        return t(f"curves.top_{measure}")
    dataset, split, metric = measure.rsplit("/", 2)
    return t(f"curves.top_{split}", dataset=dataset, metric=t(f"column.{metric}"))


def _checksum(measure: str) -> str:
    if measure in top_runs.COSTS:
        return ""
    dataset, split, _ = measure.rsplit("/", 2)
    card = run_store.dataset_card(dataset)
    return card.splits[split].checksum if card and split in card.splits else ""


def _pick_view(offered: list[Value]) -> tuple[Value | None, Drawing]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="curve-controls"):
        focus = _pick_focus({value.column: value for value in offered}) if offered else None
        x = controls.single("x", t("curves.x"), POSITIONS, "step", _axis_name, width="content")
        y = controls.single(
            "y", t("curves.y"), ("linear", "log"), "linear", _scale_name, width="content", help=t("curves.help_log")
        )
        shown = controls.single(
            "range", t("curves.range"), ("all", "cut"), "all", _range_name, width="content", help=t("curves.help_range")
        )
        smoothing = controls.slider(
            "smooth", t("curves.smoothing"), 0.0, 0.95, 0.0, 0.05, help=t("curves.help_smoothing"), width=190
        )
    if focus is not None:
        for column in view_state.values("focus"):
            if column != focus.column:
                asked = logged_values.value_of(column)
                st.caption(md("curves.no_focus", value=curve_panels.name_of(asked)))
    return focus, Drawing(x, smoothing, log=y == "log", cut=shown == "cut")


def _pick_focus(offered: dict[str, Value]) -> Value:
    column = controls.single(
        "focus",
        t("curves.focus"),
        list(offered),
        next(iter(offered)),
        lambda column: curve_panels.name_of(offered[column]),
        width=220,
        help=t("curves.help_focus"),
    )
    return offered[column]


def _axis_name(axis: str) -> str:
    return t(f"axis.{axis}")


def _scale_name(scale: str) -> str:
    return t(f"curves.scale_{scale}")


def _range_name(shown: str) -> str:
    return t(f"curves.range_{shown}")


def _show_curves(
    focus: Value | None, drawing: Drawing, offered_before: list[Value], training_before: list[str]
) -> None:
    chosen = choice.load(run_store.catalog(), fall_back=True)
    tables, broken = _load(chosen)
    offered = logged_values.offered(tables.values())
    if _training(chosen) != training_before or offered != offered_before:
        # Only the whole page can start or stop the timer and offer another value.
        st.rerun()
    choice.legend(chosen)
    for run in chosen.runs:
        _show_state(run, chosen)
    for message in broken:
        st.warning(message)
    if focus is None:
        st.info(t("curves.nothing_logged"))
        return
    runs = [run for run in chosen.runs if run.run_id in tables]
    _show_limits(runs)
    left, right = st.columns(SHARES, gap="medium")
    with left:
        curve_panels.show_chart(focus, chosen, tables, drawing, large=True)
    with right:
        curve_panels.show_values(focus, runs, chosen, tables)
    curve_panels.show_summary(runs, chosen, tables)
    _show_others([value for value in PANELS if value != focus], offered, chosen, tables, drawing)
    _offer_download(runs, chosen, tables)


def _training(chosen: Choice) -> list[str]:
    return [run.run_id for run in chosen.runs if run.status_at(utc_now()) == "running"]


def _load(chosen: Choice) -> tuple[Tables, list[str]]:
    tables, broken = {}, []
    for run in chosen.runs:
        try:
            tables[run.run_id] = overfitting.with_gap(run_store.curves(run.run_id))
        except RunError as error:
            broken.append(md("curves.broken", run=chosen.labels[run.run_id], reason=error))
    return tables, broken


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
        silent = t("curves.no_reason", minutes=HEARTBEAT_LIMIT // timedelta(minutes=1))
        reason = run.error.message if run.error else silent
        st.warning(md(f"curves.{status}", run=chosen.labels[run.run_id], reason=reason))


def _show_limits(runs: list[RunRecord]) -> None:
    groups = curve_tables.by_valid_pairs(runs)
    if len(groups) > 1:
        counts = ", ".join(f"{shortened(name, 40)} ({len(members)})" for (name, _), members in groups.items())
        st.caption(md("curves.other_pairs", counts=counts))
    losses = sorted({curve_tables.loss_of(run) for run in runs})
    if len(losses) > 1:
        st.caption(md("curves.other_losses", losses=" · ".join(shortened(loss, 60) for loss in losses)))


def _show_others(others: list[Value], offered: list[Value], chosen: Choice, tables: Tables, drawing: Drawing) -> None:
    st.subheader(t("curves.others"), anchor=False)
    logged = [value for value in others if value in offered]
    for first in range(0, len(logged), COLUMNS):
        for place, value in zip(st.columns(COLUMNS), logged[first : first + COLUMNS], strict=False):
            with place:
                curve_panels.show_chart(value, chosen, tables, drawing)
    missing = [curve_panels.name_of(value) for value in others if value not in offered]
    if missing:
        st.caption(t("curves.not_logged", values=", ".join(missing)))


def _offer_download(runs: list[RunRecord], chosen: Choice, tables: Tables) -> None:
    # Made when it is asked for: two thousand steps of twenty runs are some megabytes.
    st.download_button(
        t("curves.download"),
        lambda: curve_tables.everything(runs, tables, chosen.labels).to_csv(index=False).encode("utf-8-sig"),
        "training-curves.csv",
        "text/csv",
        key="csv-everything",
        help=t("curves.help_download"),
        on_click="ignore",
    )


if __name__ == "__main__":
    show()
