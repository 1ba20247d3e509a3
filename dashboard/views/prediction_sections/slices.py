"""On which pairs is a run weak, and is the difference between two real there?"""

import pandas as pd
import streamlit as st

from dashboard.charts.slices import Rows, difference_chart, slice_chart
from dashboard.palette import NEUTRAL, Look
from dashboard.stores import prediction_store
from dashboard.tables import comparison, slice_tables
from dashboard.tables.prediction_tables import PERSON
from dashboard.tables.slice_tables import ALL, SMALL
from dashboard.view_state import md, t
from dashboard.views import chart_view, controls
from dashboard.views.prediction_sections.picked import Picked, heading, link_to_pairs, say_cut
from similarity.slices import MISSING

MAX_RUNS = 8
PERSON_LOOK = Look(NEUTRAL, marker="diamond-open")


def show(picked: Picked) -> None:
    """Pick a dimension, show Pearson's r and the difference on each of its slices."""
    features = prediction_store.features(picked.measured)
    dimension = controls.single(
        "slice",
        t("predictions.slices.dimension"),
        list(features.columns),
        str(features.columns[0]),
        lambda name: t(f"predictions.dimension.{name}"),
        side_by_side=True,
    )
    if not picked.measured.has_text:
        st.caption(md("predictions.slices.no_text", dataset=picked.measured.dataset))
    st.caption(t(f"predictions.dimension_note.{dimension}"))
    with st.spinner(t("predictions.working")):
        scores = slice_tables.scores_with_all(
            prediction_store.slice_scores(picked.measured, dimension),
            prediction_store.overall(picked.measured),
            picked.measured,
        )
        person = prediction_store.person_scores(picked.measured, dimension)
        differences = _differences(picked, dimension)
    order = list(differences["slice"]) if picked.second else list(dict.fromkeys(scores["slice"]))
    scores = slice_tables.ordered(pd.concat([scores, person.assign(name=PERSON)], ignore_index=True), order)
    _show_charts(picked, scores, differences, order, dimension)
    if picked.second:
        _show_chance(differences)
    _show_table(picked, scores)
    link_to_pairs()


def _differences(picked: Picked, dimension: str) -> pd.DataFrame:
    measured, first, second = picked.measured, picked.first, picked.second
    if not second:
        return pd.DataFrame()
    return slice_tables.differences_with_all(
        prediction_store.slice_differences(measured, first, second, dimension),
        prediction_store.bootstrap(measured).difference(first, second),
        len(measured.labels),
    )


def _show_charts(
    picked: Picked, scores: pd.DataFrame, differences: pd.DataFrame, order: list[str], dimension: str
) -> None:
    shown = picked.shown(MAX_RUNS)
    has_person = (scores["name"] == PERSON).any()
    looks = {run_id: picked.looks[run_id] for run_id in shown} | ({PERSON: PERSON_LOOK} if has_person else {})
    pairs = dict(zip(scores["slice"], scores["pairs"], strict=True))
    rows = Rows(
        order,
        {name: f"{_word(name)} ({pairs[name]:,})" for name in order},
        slice_tables.small_slices(scores),
        slice_tables.row_height(len(looks)),
    )
    left, right = st.columns(2) if picked.second else (st.container(), st.container())
    with left:
        names = {**picked.names, PERSON: t("predictions.person")}
        chart_view.show(
            slice_chart(scores, rows, looks, names, x_title=t("predictions.axis.pearson")),
            "slices",
            title=t("predictions.slices.title", dimension=t(f"predictions.dimension.{dimension}")),
            read=t("predictions.slices.read_person" if has_person else "predictions.slices.read", small=SMALL),
            table=_numbers(scores, picked),
            terms=("pearson", "interval"),
        )
        say_cut(picked, shown)
    if not picked.second:
        return
    with right:
        names_of_two = {"first": picked.short(picked.first), "second": picked.short(picked.second)}
        chart_view.show(
            difference_chart(
                differences,
                rows,
                (picked.looks[picked.first].colour, picked.looks[picked.second].colour),
                name=t("predictions.slices.difference", **names_of_two),
                x_title=t("predictions.axis.difference"),
            ),
            "slice-differences",
            title=t("predictions.slices.difference_title"),
            read=md("predictions.slices.read_difference", **names_of_two),
            table=_difference_numbers(differences),
            terms=("paired", "many_slices"),
        )


def _show_chance(differences: pd.DataFrame) -> None:
    clear, count, by_chance = slice_tables.beyond_chance(differences)
    if count > 1:
        st.info(t("predictions.slices.chance", clear=clear, count=count, chance=f"{by_chance:.1f}"))


def _word(name: str) -> str:
    return t("predictions.slices.all") if name == ALL else t("predictions.slices.none") if name == MISSING else name


def _numbers(scores: pd.DataFrame, picked: Picked) -> pd.DataFrame:
    names = {**picked.names, PERSON: t("predictions.person")}
    columns = ["slice", "pairs", "name", "pearson", "low", "high", "bias", "mae"]
    words = ["slice", "pairs", "name", "pearson", "pearson_low", "pearson_high", "bias", "mae"]
    numbers = scores.assign(slice=scores["slice"].map(_word), name=scores["name"].map(names))
    return numbers[columns].set_axis([heading(word) for word in words], axis=1)


def _difference_numbers(differences: pd.DataFrame) -> pd.DataFrame:
    columns = ["slice", "pairs", "difference", "low", "high"]
    words = ["slice", "pairs", "difference", "pearson_low", "pearson_high"]
    numbers = differences.assign(slice=differences["slice"].map(_word))
    return numbers[columns].set_axis([heading(word) for word in words], axis=1)


def _show_table(picked: Picked, scores: pd.DataFrame) -> None:
    st.markdown(f"**{t('predictions.slices.table')}**")
    names = {**picked.names, PERSON: t("predictions.person")}
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    table = pd.DataFrame(
        {
            "slice": scores["slice"].map(_word),
            "pairs": scores["pairs"],
            "name": scores["name"].map(names),
            "pearson": scores["pearson"],
            "interval": [
                comparison.interval(low, high) for low, high in zip(scores["low"], scores["high"], strict=True)
            ],
            "bias": scores["bias"],
            "mae": scores["mae"],
        }
    )
    st.dataframe(
        table.style.apply(_grey_where_small, axis=1),
        column_config={
            "slice": text(t("predictions.column.slice"), width=130),
            "pairs": number(t("predictions.column.pairs"), format="%,d", width="small"),
            "name": text(t("column.name"), width=160),
            "pearson": number(t("column.pearson"), format="%.3f", width="small"),
            "interval": text(t("column.interval"), width="small"),
            "bias": number(
                t("predictions.column.bias"), format="%+.2f", width="small", help=t("predictions.help.bias")
            ),
            "mae": number(t("predictions.column.mae"), format="%.2f", width="small", help=t("predictions.help.mae")),
        },
        hide_index=True,
        placeholder="–",
        key="slice-table",
        alt=t("predictions.slices.table"),
    )
    st.caption(t("predictions.slices.table_note", small=SMALL))


def _grey_where_small(row: pd.Series) -> list[str]:
    return [f"color: {NEUTRAL}" if row["pairs"] < SMALL else ""] * len(row)
