"""From which score on is a pair similar, and what does that cost?"""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import view_state
from dashboard.charts.thresholds import MEASURES, measures_chart, trade_off_chart
from dashboard.escaping import for_html, shortened
from dashboard.stores import prediction_store, run_store
from dashboard.tables import prediction_tables
from dashboard.view_state import md, t
from dashboard.views import chart_view
from dashboard.views.prediction_sections.picked import Picked, heading, pick_threshold, say_cut
from similarity.errors import MissingSplitError, RunError
from similarity.run_format import PREDICTIONS_FOLDER

MAX_LINES = 8
VALID = "valid"


def show(picked: Picked) -> None:
    """Show confusions at the chosen threshold, measures over all thresholds, and the best ones on valid."""
    shown = picked.shown(MAX_LINES)
    threshold = pick_threshold()
    curves = prediction_store.threshold_curves(picked.measured)
    at = prediction_store.at_threshold(picked.measured, threshold)
    valid = _valid_predictions(picked)
    best = _best(curves, valid)
    _show_confusions(_of(at, shown), threshold, picked)
    say_cut(picked, shown)
    _show_curves(picked, _of(curves, shown), _of(at, shown), threshold, best)
    _show_best(picked, best, {run_id: len(table) for run_id, table in valid.items()})


def _of(table: pd.DataFrame, run_ids: list[str]) -> pd.DataFrame:
    return pd.concat([table[table["run_id"] == run_id] for run_id in run_ids])


def _valid_predictions(picked: Picked) -> dict[str, pd.DataFrame]:
    found = {}
    for run_id, run in picked.runs.items():
        try:
            found[run_id] = run_store.predictions(run_id, run.data.name, VALID)
        except (MissingSplitError, RunError):
            continue
    return found


def _best(curves: pd.DataFrame, valid: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = {
        run_id: prediction_store.best_threshold(
            table["label"].to_numpy(dtype=float), table["prediction"].to_numpy(dtype=float)
        )
        for run_id, table in valid.items()
    }
    return prediction_tables.applied_thresholds(curves, found)


def _show_confusions(at: pd.DataFrame, threshold: float, picked: Picked) -> None:
    st.markdown(f"**{t('predictions.confusion.title', threshold=f'{threshold:.2f}')}**")
    cards = "".join(_confusion(row, picked) for row in at.itertuples())
    st.html(f'<div class="cards">{cards}</div>')
    st.caption(t("predictions.confusion.read"))
    chart_view.glossary("precision", "recall", "f1")


def _confusion(row: Any, picked: Picked) -> str:
    name, colour = for_html(picked.names[row.run_id]), picked.looks[row.run_id].colour
    total = row.tp + row.fp + row.fn + row.tn
    rows = (("similar", (row.tp, "right"), (row.fn, "wrong")), ("not_similar", (row.fp, "wrong"), (row.tn, "right")))
    head = "".join(f'<th scope="col">{t(f"predictions.confusion.predicted_{word}")}</th>' for word, *_ in rows)
    body = "".join(
        f'<tr><th scope="row">{t(f"predictions.confusion.label_{word}")}</th>'
        + "".join(f'<td class="{kind}"><b>{count:,}</b> {count / total:.0%}</td>' for count, kind in cells)
        + "</tr>"
        for word, *cells in rows
    )
    measures = "".join(f"<span>{t(f'term.{measure}')} {_share(getattr(row, measure))}</span>" for measure in MEASURES)
    return (
        f'<article class="card" data-testid="confusion"><header><i style="background:{colour}"></i>'
        f'<b title="{name}">{name}</b></header><table class="confusion"><tr><td></td>{head}</tr>{body}</table>'
        f"<footer>{measures}</footer></article>"
    )


def _share(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3f}"


def _show_curves(picked: Picked, curves: pd.DataFrame, at: pd.DataFrame, threshold: float, best: pd.DataFrame) -> None:
    titles = {measure: t(f"term.{measure}") for measure in MEASURES}
    drawn = best[best["run_id"].isin(curves["run_id"])].dropna(subset="threshold")
    left, right = st.columns(2)
    with left:
        figure = measures_chart(
            curves,
            picked.looks,
            picked.names,
            threshold=threshold,
            best=dict(zip(drawn["run_id"], drawn["threshold"], strict=True)),
            titles=titles,
            x_title=t("predictions.axis.threshold"),
            best_name=t("predictions.threshold.ring"),
        )
        chart_view.show(
            figure,
            "thresholds",
            title=t("predictions.threshold.title"),
            read=t("predictions.threshold.read"),
            table=_numbers(curves, picked),
        )
    with right:
        figure = trade_off_chart(
            curves,
            at,
            picked.looks,
            picked.names,
            x_title=titles["recall"],
            y_title=titles["precision"],
            threshold_name=t("predictions.axis.threshold"),
        )
        chart_view.show(
            figure,
            "trade-off",
            title=t("predictions.trade_off.title"),
            read=t("predictions.trade_off.read"),
            table=_numbers(at, picked),
        )


def _numbers(table: pd.DataFrame, picked: Picked) -> pd.DataFrame:
    order = ["run_id", "threshold", "tp", "fp", "fn", "tn", "precision", "recall", "f1", "accuracy"]
    words = ["name", *order[1:]]
    numbers = table.assign(run_id=table["run_id"].map(picked.names))
    return numbers[order].set_axis([heading(word) for word in words], axis=1)


def _show_best(picked: Picked, best: pd.DataFrame, valid_pairs: dict[str, int]) -> None:
    st.markdown(f"**{t('predictions.best.title')}**")
    if len(best):
        _show_best_table(picked, best, valid_pairs)
        st.caption(t("predictions.best.read"))
        _offer(picked, best)
    missing = [run_id for run_id in picked.runs if run_id not in set(best["run_id"])]
    if missing:
        names = ", ".join(picked.short(run_id) for run_id in missing)
        st.caption(md("predictions.best.missing", runs=names, folder=PREDICTIONS_FOLDER))
        commands = [
            f"python -m trainer evaluate {run_id} --data {picked.runs[run_id].data.name} --split {VALID}"
            for run_id in missing
        ]
        st.code("\n".join(commands), language="bash")


def _show_best_table(picked: Picked, best: pd.DataFrame, valid_pairs: dict[str, int]) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(
            {
                "name": best["run_id"].map(picked.names),
                "data": best["run_id"].map({run_id: run.data.name for run_id, run in picked.runs.items()}),
                "valid_pairs": best["run_id"].map(valid_pairs),
                "threshold": best["threshold"],
                "f1": best["f1"],
                "f1_chosen": best["f1_chosen"],
                "gain": best["f1_chosen"] - best["f1"],
            }
        ),
        column_config={
            "name": st.column_config.TextColumn(t("column.name"), width=160),
            "data": st.column_config.TextColumn(t("predictions.best.data"), width="small"),
            "valid_pairs": number(t("predictions.best.pairs"), format="%,d"),
            "threshold": number(t("predictions.best.threshold"), format="%.2f"),
            "f1": number(t("predictions.best.f1"), format="%.3f"),
            "f1_chosen": number(t("predictions.best.f1_chosen"), format="%.3f"),
            "gain": number(t("predictions.best.gain"), format="%+.3f"),
        },
        hide_index=True,
        placeholder="–",
        key="best-thresholds",
        alt=t("predictions.best.title"),
    )


def _offer(picked: Picked, best: pd.DataFrame) -> None:
    with st.container(horizontal=True, key="use-threshold"):
        for row in best[best["run_id"].isin([picked.first, picked.second])].dropna(subset="threshold").itertuples():
            st.button(
                md(
                    "predictions.best.use",
                    threshold=f"{row.threshold:.2f}",
                    run=shortened(picked.names[str(row.run_id)], 32),
                ),
                key=f"use-{row.run_id}",
                type="tertiary",
                on_click=view_state.choose,
                args=("threshold", [f"{row.threshold:g}"]),
            )
