"""Sources and phenomena: how many pairs each has, and in which split."""

import streamlit as st

from dashboard.charts import data as charts
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.tables.data_tables import NO_VALUE
from dashboard.view_state import t
from dashboard.views import chart_view
from dashboard.views.data_sections import words


def show(data: DataSet) -> None:
    """Show how many pairs each source and each phenomenon has."""
    words.legend(data.splits)
    for column, place in zip(("source", "phenomenon"), st.columns(2, gap="large"), strict=True):
        with place:
            _show_counts(data, column)


def _show_counts(data: DataSet, column: str) -> None:
    table = data_store.group_counts(data, column)
    if table.empty:
        st.markdown(f"**{t(f'data.{column}_title')}**")
        st.caption(t(f"data.no_{column}"))
        return
    known = table[table["group"] != NO_VALUE]
    without = int(table["pairs"].sum() - known["pairs"].sum())
    names = words.group_names(table["group"])
    figure = charts.count_chart(known, names, words.split_names(data.splits), x_title=t("data.pairs_axis"))
    chart_view.show(
        figure,
        f"{column}-counts",
        title=t(f"data.{column}_title"),
        read=words.colours(data.splits)
        + t(f"data.read_{column}")
        + (f" {t('data.without', count=f'{without:,}')}" if without else ""),
        table=words.renamed(table),
    )
