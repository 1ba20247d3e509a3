"""Are the runs wrong about the same pairs, and would their mean be better?"""

import math

import pandas as pd
import streamlit as st

from dashboard.charts.agreement import correlation_chart, right_chart
from dashboard.escaping import for_html
from dashboard.stores import prediction_store
from dashboard.stores.prediction_store import MEAN
from dashboard.tables import comparison, prediction_tables
from dashboard.view_state import md, t
from dashboard.views import chart_view
from dashboard.views.prediction_sections.picked import Picked, link_to_pairs, pick_threshold


def show(picked: Picked) -> None:
    """Show how alike predictions and errors are, and how many runs put each pair on the right side."""
    if not picked.second:
        st.info(t("predictions.one_run"))
        return
    _show_correlations(picked)
    _show_mean(picked)
    threshold = pick_threshold()
    _show_two(picked, threshold)
    if len(picked.runs) > 2:
        _show_all(picked, threshold)
    link_to_pairs()


def _show_correlations(picked: Picked) -> None:
    run_ids = list(picked.runs)
    both = {
        "alike": prediction_tables.prediction_correlations(picked.measured, run_ids),
        "errors": prediction_tables.error_correlations(picked.measured, run_ids),
    }
    for place, (key, table) in zip(st.columns(2), both.items(), strict=True):
        with place:
            chart_view.show(
                correlation_chart(table, picked.names),
                key,
                title=t(f"predictions.{key}.title"),
                read=t(f"predictions.{key}.read"),
                table=_in_rows(table, picked),
            )


def _in_rows(table: pd.DataFrame, picked: Picked) -> pd.DataFrame:
    run_ids = list(table.columns)
    rows = [
        (picked.names[one], picked.names[two], table.loc[one, two])
        for number, one in enumerate(run_ids)
        for two in run_ids[number + 1 :]
    ]
    return pd.DataFrame(rows, columns=[t("predictions.first"), t("predictions.second"), t("column.pearson")])


def _show_mean(picked: Picked) -> None:
    found = prediction_store.averaged(picked.measured, picked.first, picked.second)
    better = max((picked.first, picked.second), key=lambda run_id: found.estimates[run_id])
    gain = found.difference(MEAN, better)
    if math.isnan(gain.estimate):
        return
    verdict = "better" if gain.low > 0 else "worse" if gain.high < 0 else "same"
    st.markdown(
        md(
            f"predictions.mean.{verdict}",
            first=picked.short(picked.first),
            second=picked.short(picked.second),
            better=picked.short(better),
            mean=f"{found.estimates[MEAN]:.3f}",
            alone=f"{found.estimates[better]:.3f}",
            gain=comparison.signed(gain.estimate),
            low=comparison.signed(gain.low),
            high=comparison.signed(gain.high),
        )
    )


def _show_two(picked: Picked, threshold: float) -> None:
    counts = prediction_tables.right_together(picked.measured, picked.first, picked.second, threshold)
    total = sum(counts.values())
    names = {"first": picked.short(picked.first), "second": picked.short(picked.second)}
    st.markdown(f"**{t('predictions.right.title', threshold=f'{threshold:.2f}')}**")
    figures = "".join(
        f"<div><dt>{_word(key, names)}</dt><dd>{count:,} <small>{count / total:.0%}</small></dd></div>"
        for key, count in counts.items()
    )
    st.html(f'<dl class="figures" data-testid="right-together">{figures}</dl>')
    st.caption(t("predictions.right.read"))


def _word(key: str, names: dict[str, str]) -> str:
    return for_html(t(f"predictions.right.{key}", run=names.get(key, "")))


def _show_all(picked: Picked, threshold: float) -> None:
    table = prediction_tables.right_by_count(picked.measured, list(picked.runs), threshold)
    chart_view.show(
        right_chart(table, x_title=t("predictions.axis.runs_right"), y_title=t("predictions.axis.pairs")),
        "right-by-count",
        title=t("predictions.right_all.title", count=len(picked.runs)),
        read=t("predictions.right_all.read"),
        table=table.set_axis([t("predictions.axis.runs_right"), t("predictions.axis.pairs")], axis=1),
    )
