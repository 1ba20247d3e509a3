"""Predictions: where does each model fail, and is the difference between two of them real there?"""

import math
from collections import Counter

import pandas as pd
import streamlit as st

from dashboard import choice, view_state
from dashboard.choice import Choice
from dashboard.escaping import shortened
from dashboard.stores import prediction_store, run_store
from dashboard.tables import comparison, prediction_tables
from dashboard.tables.comparison import SPLIT
from dashboard.tables.measured import Measured
from dashboard.tables.prediction_tables import PERSON
from dashboard.view_state import md, t
from dashboard.views import controls, parts
from dashboard.views.chart_view import glossary
from dashboard.views.prediction_sections import agreement, calibration, scatter, slices, threshold
from dashboard.views.prediction_sections.picked import Picked, current_threshold
from similarity.paired_bootstrap import Difference
from similarity.run_format import RunRecord

SECTIONS = {
    "scatter": scatter.show,
    "calibration": calibration.show,
    "threshold": threshold.show,
    "slices": slices.show,
    "agreement": agreement.show,
}
REASONS = ("unmeasured", "no_predictions", "other_pairs")
LEVEL = 0.05
FIELD_WIDTH = 300


def show() -> None:
    """Pick runs, a data set and two runs to compare; load their predictions; show the verdict and one section."""
    catalog = run_store.catalog()
    parts.header(t("predictions.title"), t("predictions.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    chosen = choice.load(catalog, fall_back=True, prefer=lambda run: bool(_measured_on(run)))
    choice.picker(catalog, chosen)
    if not chosen.runs:
        return
    parts.placeholder_banner(chosen.runs)
    counts = Counter(dataset for run in chosen.runs for dataset in _measured_on(run))
    _warn_of_unknown_data(counts)
    with st.container(horizontal=True, key="compared", vertical_alignment="bottom"):
        dataset = _pick_dataset(counts, chosen)
        measured = run_store.measured(chosen.runs, dataset, SPLIT) if dataset else None
        picked = _pick_two(measured, chosen) if measured else None
    choice.legend(chosen)
    if picked is None:
        _say_nothing_to_show(chosen)
        return
    _show_left_out(picked.measured, chosen)
    with st.spinner(t("predictions.working")):
        _show_verdict(picked)
        _show_overall(picked)
    section = controls.single(
        "section",
        t("predictions.section"),
        list(SECTIONS),
        "scatter",
        lambda name: t(f"predictions.section.{name}"),
        side_by_side=True,
        label_visibility="collapsed",
    )
    SECTIONS[section](picked)


def _measured_on(run: RunRecord) -> list[str]:
    return [
        dataset
        for dataset, splits in run.metrics.items()
        if SPLIT in splits and run_store.has_predictions(run.run_id, dataset, SPLIT)
    ]


def _warn_of_unknown_data(counts: Counter[str]) -> None:
    for name in view_state.values("data"):
        if name not in counts:
            st.warning(md("predictions.no_data", dataset=shortened(name, 80)))


def _pick_dataset(counts: Counter[str], chosen: Choice) -> str:
    if not counts:
        return ""
    trained_on = {run.data.name for run in chosen.runs}
    default = max(sorted(counts), key=lambda name: (counts[name], name in trained_on))
    return controls.single(
        "data",
        t("filter.data"),
        sorted(counts),
        default,
        lambda name: f"{name} ({counts[name]:,})",
        side_by_side=False,
        width=FIELD_WIDTH,
    )


def _pick_two(measured: Measured, chosen: Choice) -> Picked:
    best_first = prediction_tables.best_first(measured)
    first = _pick_run("first", best_first, chosen)
    others = [run_id for run_id in best_first if run_id != first]
    second = _pick_run("second", others, chosen) if others else ""
    runs = {run.run_id: run for run in chosen.runs}
    return Picked(
        measured,
        {run_id: runs[run_id] for run_id in best_first},
        {run_id: chosen.labels[run_id] for run_id in best_first},
        {run_id: chosen.looks[run_id] for run_id in best_first},
        first,
        second,
    )


def _pick_run(parameter: str, run_ids: list[str], chosen: Choice) -> str:
    return controls.single(
        parameter,
        t(f"predictions.{parameter}"),
        run_ids,
        run_ids[0],
        lambda run_id: shortened(chosen.labels[run_id], 48),
        side_by_side=False,
        width=FIELD_WIDTH,
    )


def _say_nothing_to_show(chosen: Choice) -> None:
    with st.container(border=True, key="no-predictions"):
        st.write(t("predictions.nothing"))
        _show_commands({run.run_id: run.data.name for run in chosen.runs})


def _show_commands(datasets: dict[str, str]) -> None:
    able = {run_id: name for run_id, name in datasets.items() if not run_store.missing_checkpoint(run_id)}
    if able:
        commands = [
            f"python -m trainer evaluate {run_id} --data {name} --split {SPLIT}" for run_id, name in able.items()
        ]
        st.code("\n".join(commands), language="bash")
    if len(able) < len(datasets):
        st.caption(t("predictions.no_checkpoint", count=len(datasets) - len(able)))


def _show_left_out(measured: Measured, chosen: Choice) -> None:
    for reason in REASONS:
        run_ids = [run_id for run_id, why in measured.left_out.items() if why == reason]
        if not run_ids:
            continue
        names = ", ".join(shortened(chosen.labels[run_id], 48) for run_id in run_ids)
        with st.container(key=f"left-out-{reason}"):
            st.caption(md(f"predictions.left_out.{reason}", runs=names, dataset=measured.dataset, split=SPLIT))
            if reason != "other_pairs":
                _show_commands(dict.fromkeys(run_ids, measured.dataset))


def _show_verdict(picked: Picked) -> None:
    bootstrap = prediction_store.bootstrap(picked.measured)
    pairs = f"{len(picked.measured.labels):,}"
    r = {run_id: f"{estimate:.3f}" for run_id, estimate in bootstrap.estimates.items()}
    first, second = picked.first, picked.second
    with st.container(border=True, key="difference-verdict"):
        if not second:
            interval = comparison.interval(*bootstrap.interval(first)) or "–"
            alone = {"run": picked.short(first), "r": r[first], "interval": interval, "pairs": pairs}
            st.markdown(md("predictions.verdict.alone", **alone))
            return
        found = bootstrap.difference(first, second)
        st.markdown(
            md(
                f"predictions.verdict.{_verdict(found)}",
                first=picked.short(first),
                second=picked.short(second),
                pairs=pairs,
                r_first=r[first],
                r_second=r[second],
                difference=comparison.signed(found.estimate),
                low=comparison.signed(found.low),
                high=comparison.signed(found.high),
                p=prediction_tables.p_value(found.p_value),
            )
        )
        st.caption(t("predictions.verdict.note"))
        glossary("paired", "interval")


def _verdict(found: Difference) -> str:
    if math.isnan(found.p_value):
        return "undefined"
    if found.p_value > LEVEL:
        return "same"
    return "better" if found.estimate > 0 else "worse"


def _show_overall(picked: Picked) -> None:
    decision = current_threshold()
    person = prediction_store.person(picked.measured)
    table = prediction_tables.with_person(prediction_store.overall(picked.measured), person)
    f1 = prediction_store.at_threshold(picked.measured, decision).set_index("run_id")["f1"]
    names = {**picked.names, PERSON: t("predictions.person")}
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(
            {
                "name": table["run_id"].map(names),
                "pearson": table["pearson"],
                "interval": [
                    comparison.interval(low, high) for low, high in zip(table["low"], table["high"], strict=True)
                ],
                "within": table["within"],
                "spearman": table["spearman"],
                "f1": table["run_id"].map(f1),
                "mse": table["mse"],
                "calibration_error": table["calibration_error"],
            }
        ),
        column_config={
            "name": st.column_config.TextColumn(t("column.name"), width=180),
            "pearson": number(t("column.pearson"), format="%.3f", help=t("help.pearson")),
            "interval": st.column_config.TextColumn(t("column.interval"), help=t("help.interval")),
            "within": number(t("predictions.column.within"), format="%.3f", help=t("predictions.help.within")),
            "spearman": number(t("column.spearman"), format="%.3f", help=t("help.spearman")),
            "f1": number(
                t("predictions.column.f1_at", threshold=f"{decision:.2f}"),
                format="%.3f",
                help=t("predictions.help.f1_at"),
            ),
            "mse": number(t("column.mse"), format="%.3f", help=t("help.mse")),
            "calibration_error": number(
                t("predictions.column.calibration_error"), format="%.3f", help=t("predictions.help.calibration_error")
            ),
        },
        hide_index=True,
        placeholder="–",
        key="overall",
        alt=t("predictions.table"),
    )
    if person is not None:
        st.caption(t("predictions.person_note", annotators=f"{person.annotators:.1f}", pairs=f"{person.pairs:,}"))


if __name__ == "__main__":
    show()
