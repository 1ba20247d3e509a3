"""Do scores mean what they say?"""

import pandas as pd
import streamlit as st

from dashboard.charts.predictions import calibration_chart
from dashboard.tables import prediction_tables
from dashboard.tables.prediction_tables import largest_offset
from dashboard.view_state import md, t
from dashboard.views import chart_view
from dashboard.views.prediction_sections.picked import Picked, heading, say_cut

MAX_LINES = 8


def show(picked: Picked) -> None:
    """Show mean labels by prediction, and in words where each run is furthest off."""
    shown = picked.shown(MAX_LINES)
    table = prediction_tables.calibrations(picked.measured, shown)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = calibration_chart(
            table,
            picked.looks,
            picked.names,
            x_title=t("predictions.axis.mean_prediction"),
            y_title=t("predictions.axis.mean_label"),
        )
        chart_view.show(
            figure,
            "calibration",
            title=t("predictions.calibration.title"),
            read=t("predictions.calibration.read"),
            table=_numbers(table, picked),
            terms=("calibration", "calibration_error"),
        )
        say_cut(picked, shown)
    with right:
        st.markdown(f"**{t('predictions.calibration.words')}**")
        st.markdown("\n".join(f"- {_sentence(picked, run_id)}" for run_id in shown))
        st.caption(t("predictions.calibration.words_note"))


def _sentence(picked: Picked, run_id: str) -> str:
    offset = largest_offset(picked.measured.labels, picked.measured.predictions[run_id])
    if offset is None:
        return md("predictions.calibration.fits", run=picked.short(run_id))
    return md(
        "predictions.calibration.too_high" if offset.points > 0 else "predictions.calibration.too_low",
        run=picked.short(run_id),
        points=f"{abs(offset.points):.2f}",
        low=f"{offset.low:g}",
        high=f"{offset.high:g}",
        pairs=f"{offset.pairs:,}",
    )


def _numbers(table: pd.DataFrame, picked: Picked) -> pd.DataFrame:
    order = ["run_id", "low", "high", "pairs", "mean_prediction", "mean_label", "label_low", "label_high"]
    words = ["name", "from", "to", "pairs", "mean_prediction", "mean_label", "label_low", "label_high"]
    numbers = table.assign(run_id=table["run_id"].map(picked.names))
    return numbers[order].set_axis([heading(word) for word in words], axis=1)
