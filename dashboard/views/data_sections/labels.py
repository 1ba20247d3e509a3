"""Labels: by band, split and source, the share of similar pairs, and train before and after augmentation."""

import pandas as pd
import streamlit as st

from dashboard.charts import data as charts
from dashboard.stores import data_store
from dashboard.stores.data_store import DataSet
from dashboard.tables import data_tables
from dashboard.tables.data_tables import AUGMENTATION, Splits
from dashboard.view_state import t
from dashboard.views import chart_view
from dashboard.views.data_sections import words
from similarity.metrics import THRESHOLD


def show(data: DataSet) -> None:
    """Show the labels by band, split and source, and train before and after augmentation where it was."""
    words.legend(data.splits)
    left, right = st.columns(2, gap="large")
    with left:
        _show_bands(data.splits, "bands", t("data.bands_title" if len(data.splits) > 1 else "data.bands_title_one"))
    by_source = data_store.group_counts(data, "source")
    with right:
        _show_similar(data, by_source)
    if not by_source.empty:
        _show_bands_by_source(data)
    both = data_tables.before_and_after(data.splits["train"]) if "train" in data.splits else {}
    if both:
        _show_augmentation(both)


def _show_bands(splits: Splits, key: str, title: str) -> None:
    histogram = data_tables.label_histogram(splits)
    names = words.split_names(splits)
    figure = charts.band_chart(
        histogram, names, x_title=t("data.band_axis"), y_title=t("data.share_axis"), threshold=THRESHOLD
    )
    compared = f"{t('data.bars_compare')} " if len(splits) > 1 else ""
    chart_view.show(figure, key, title=title, read=compared + t("data.read_bands"), table=words.renamed(histogram))


def _show_similar(data: DataSet, by_source: pd.DataFrame) -> None:
    whole = data_tables.overview(data.splits).assign(group=words.ALL)
    table = pd.concat([whole, by_source], ignore_index=True)[["group", "split", "pairs", "similar"]]
    figure = charts.share_chart(
        table,
        words.group_names(table["group"]),
        words.split_names(data.splits),
        x_title=t("data.similar_axis"),
    )
    title, read = t("data.similar_title"), words.colours(data.splits) + t("data.read_similar")
    chart_view.show(figure, "similar", title=title, read=read, table=words.renamed(table))


def _show_bands_by_source(data: DataSet) -> None:
    split = words.pick_split(list(data.splits))
    table = data_tables.bands_by_group(data.splits[split], "source")
    figure = charts.band_heatmap(table, words.group_names(table.index), x_title=t("data.band_axis"))
    numbers = table.rename(columns={band: f"{band:g}" for band in data_tables.BANDS})
    chart_view.show(
        figure,
        "bands-by-source",
        title=t("data.by_source_title") + (f" · {words.split_name(split)}" if len(data.splits) > 1 else ""),
        read=t("data.read_by_source"),
        table=words.renamed(numbers.rename_axis("group").reset_index()),
    )


def _show_augmentation(both: Splits) -> None:
    words.legend(both)
    left, right = st.columns(2, gap="large")
    with left:
        _show_bands(both, "augmentation-bands", t("data.augmentation_title"))
    with right:
        st.markdown(f"**{t('data.augmentation_counts')}**")
        made = both["after"][~both["after"].index.isin(both["before"].index)]
        counts = made[AUGMENTATION].astype(str).value_counts().rename_axis("operation").reset_index(name="pairs")
        st.dataframe(words.renamed(counts), hide_index=True, key="augmentation")
        totals = {split: f"{len(pairs):,}" for split, pairs in both.items()}
        st.caption(t("data.augmentation_note", **totals))
