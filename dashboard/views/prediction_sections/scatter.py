"""Predictions against labels, and what is left between them."""

import pandas as pd

from dashboard.charts.predictions import density_chart, residual_chart
from dashboard.tables import prediction_tables
from dashboard.view_state import t
from dashboard.views import chart_view
from dashboard.views.prediction_sections.picked import Picked, heading, say_cut

MAX_PANELS = 4
MAX_RUNS = 8


def show(picked: Picked) -> None:
    """Show the density of predictions against labels run by run, and residuals by label."""
    _show_density(picked)
    _show_residuals(picked)


def _show_density(picked: Picked) -> None:
    shown = picked.shown(MAX_PANELS)
    measured = picked.measured
    figure = density_chart(
        measured.labels,
        {run_id: measured.predictions[run_id] for run_id in shown},
        picked.looks,
        picked.names,
        x_title=t("predictions.axis.label"),
        y_title=t("predictions.axis.prediction"),
        pairs=t("predictions.pairs_word"),
    )
    columns = {
        t("predictions.column.pair"): measured.pairs["pair_id"],
        t("predictions.axis.label"): measured.labels,
        **{
            f"{picked.names[run_id]} · {t('predictions.axis.prediction')}": measured.predictions[run_id]
            for run_id in shown
        },
    }
    chart_view.show(
        figure,
        "density",
        title=t("predictions.density.title"),
        read=t("predictions.density.read"),
        table=pd.DataFrame(columns),
        terms=("pearson",),
    )
    say_cut(picked, shown)


def _show_residuals(picked: Picked) -> None:
    shown = picked.shown(MAX_RUNS)
    table = prediction_tables.residuals(picked.measured, shown)
    figure = residual_chart(
        table, picked.looks, picked.names, x_title=t("predictions.axis.band"), y_title=t("predictions.axis.residual")
    )
    numbers = table.assign(run_id=table["run_id"].map(picked.names))
    order = ["run_id", "band", "pairs", "mean_residual", "sd", "mae", "q10", "q90"]
    words = ["name", "band", "pairs", "bias", "sd", "mae", "q10", "q90"]
    chart_view.show(
        figure,
        "residuals",
        title=t("predictions.residuals.title"),
        read=t("predictions.residuals.read"),
        table=numbers[order].set_axis([heading(word) for word in words], axis=1),
        terms=("residual", "shrinkage"),
    )
    say_cut(picked, shown)
