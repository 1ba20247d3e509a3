"""Runs: the leaderboard. Which run is better, and what did it cost?"""

from collections import Counter

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import choice, view_state
from dashboard.charts.intervals import MAX_RUNS, interval_chart
from dashboard.charts.pareto import MAX_POINTS, pareto_chart
from dashboard.choice import Choice
from dashboard.escaping import shortened
from dashboard.stores import run_store, standing_store
from dashboard.tables import comparison, leaderboard_notes, published, significance
from dashboard.tables.comparison import SPLIT, Leaderboard, Ranking
from dashboard.view_state import md, t
from dashboard.views import chart_view, controls, leaderboard_view, parts, run_tables
from similarity.prepared_data import BASELINES, DatasetCard
from similarity.run_catalog import RunCatalog
from similarity.run_format import utc_now

# Two stand side by side on a phone. (A string here would be shown: Streamlit prints bare strings of a page.)
FILTER_WIDTH = 116
LEADS_TO = ("curves", "predictions", "run_card", "score")


def show() -> None:
    """Pick a data set and filters, load the runs, show the ranking."""
    catalog = run_store.catalog()
    table = comparison.run_table(catalog.runs, utc_now())
    parts.header(t("runs.title"), t("runs.subtitle"), _counts(catalog, table) if catalog.runs else "")
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    parts.placeholder_banner(catalog.runs)
    chosen = choice.load(catalog)
    choice.warn_of_unknown(catalog, chosen)

    with st.container(horizontal=True, key="filters"):
        dataset = _pick_dataset(table)
        kept = comparison.filtered(table, _pick_filters(table))
    if run_store.archived_count():
        controls.toggle("archived", t("run_card.show_archived"), help=t("help.archive"))
    card = run_store.dataset_card(dataset)
    checksum = card.splits[SPLIT].checksum if card and SPLIT in card.splits else ""
    board = comparison.leaderboard(kept, dataset, checksum)

    if board.ranking is None:
        _show_choice(chosen)
    else:
        _show_ranking(board, board.ranking, dataset, card, catalog, chosen)
    for ranking in board.others:
        _show_other_version(dataset, ranking, chosen)
    if not board.unscored.empty:
        _show_unscored(board.unscored, chosen)
    if board.ranking is None and board.unscored.empty:
        st.info(t("runs.nothing_left"))
    parts.unreadable_runs(catalog)


def _counts(catalog: RunCatalog, table: pd.DataFrame) -> str:
    counts = Counter(table.drop_duplicates("run_id")["status"])
    shown = [t("count.runs", count=len(catalog.runs))]
    shown += [
        t(f"count.{status}", count=counts[status]) for status in ("running", "failed", "stopped") if counts[status]
    ]
    if catalog.unreadable:
        shown.append(t("count.unreadable", count=len(catalog.unreadable)))
    return " · ".join(shown)


def _pick_dataset(table: pd.DataFrame) -> str:
    counts = {str(name): count for name, count in table.groupby("dataset")["run_id"].nunique().items()}
    newest = str(table["dataset"].iloc[0])
    unknown = [name for name in view_state.values("data") if name not in counts]
    if unknown:
        st.warning(md("filter.unknown_data", name=shortened(unknown[0], 80)))
    return controls.single(
        "data", t("filter.data"), sorted(counts), newest, lambda name: f"{name} ({counts[name]:,})", width="content"
    )


def _pick_filters(table: pd.DataFrame) -> dict[str, list[str]]:
    offered = {column: comparison.options(table, column) for column in comparison.FILTERS}
    # A filter with one option filters nothing, unless the link asks for another one.
    offered = {column: found for column, found in offered.items() if len(found) > 1 or view_state.values(column)}
    words = {"status": _status_word, "kind": _kind_word}
    return {
        column: controls.multiselect(
            column,
            t(f"column.{column}"),
            found,
            words.get(column, str),
            placeholder=t("filter.any"),
            width=FILTER_WIDTH,
        )
        for column, found in offered.items()
    }


def _status_word(status: str) -> str:
    return t(f"status.{status}")


def _kind_word(kind: str) -> str:
    return t(f"kind.{kind}")


def _show_choice(chosen: Choice) -> None:
    if not chosen.runs:
        st.caption(t("choice.none"), width="content")
        return
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="choice-bar"):
        choice.legend(chosen)
        for name in LEADS_TO:
            st.page_link(f"app_pages/{name}.py", label=f"{t(f'nav.{name}')} →")
        st.button(t("choice.clear"), type="tertiary", on_click=choice.choose, args=([],), key="clear-choice")


def _show_ranking(
    board: Leaderboard,
    ranking: Ranking,
    dataset: str,
    card: DatasetCard | None,
    catalog: RunCatalog,
    chosen: Choice,
) -> None:
    st.subheader(md("runs.ranking", dataset=dataset, split=SPLIT, pairs=f"{ranking.pairs:,}"), anchor=False)
    leaderboard_view.badges(leaderboard_notes.notes(board, dataset, card))
    records = {run.run_id: run for run in catalog.runs}
    with st.spinner(t("runs.testing")):
        tested = standing_store.load(ranking.table, ranking.checksum, records, chosen.looks)
    split = published.same_split(dataset, card, ranking.pairs)
    table = published.beside(significance.beside(ranking.table, tested), split)
    verdict = significance.verdict(table, tested, ranking.pairs)
    leaderboard_view.verdict(table, verdict, tested, ranking.pairs, dataset)
    leaderboard_view.far_short(table, split)

    with st.container(horizontal=True, vertical_alignment="center", key="choose"):
        leaderboard_view.top_buttons(table)
        _show_choice(chosen)
    names = {model: t(f"baseline.{model}") for model in BASELINES}
    baselines = comparison.baseline_table(run_store.baselines(dataset, SPLIT, ranking.checksum), names)
    run_tables.show(pd.concat([table, baselines], ignore_index=True), run_tables.RANKED, chosen, "ranking")
    st.caption(t("runs.read_table"))
    leaderboard_view.published_scores(split, published.called_like(dataset, card), ranking.pairs)
    _show_intervals(table, baselines, chosen)
    left, right = st.columns(2)
    with left:
        _show_pareto(table, "milliseconds", 1.0, chosen)
    with right:
        _show_pareto(table, "parameters", 1e6, chosen)


def _show_intervals(table: pd.DataFrame, baselines: pd.DataFrame, chosen: Choice) -> None:
    figure = interval_chart(
        table,
        baselines,
        chosen.looks,
        x_title=t("chart.pearson_axis"),
        interval_name=t("column.interval"),
        seed_name=t("chart.seed"),
    )
    read = [t("chart.read_interval")]
    if (table["standing"] == significance.BEST).any():
        read.append(t("chart.read_tied"))
    if (table["seeds"].map(len) > 1).any():
        read.append(t("chart.read_seeds"))
    if len(table) > MAX_RUNS:
        read.append(t("chart.cut", count=MAX_RUNS))
    chart_view.show(
        figure,
        "intervals",
        title=t("chart.interval_title"),
        read=" ".join(read),
        table=_numbers(table, baselines),
        terms=("pearson", "interval"),
    )


def _show_pareto(table: pd.DataFrame, column: str, unit: float, chosen: Choice) -> None:
    known = table[table[column] > 0]
    if known.empty:
        return
    front = comparison.on_front(known[column].tolist(), known["pearson"].tolist())
    points = pd.DataFrame(
        {
            "run_id": known["run_id"],
            "name": known["name"],
            "cost": known[column] / unit,
            "quality": known["pearson"],
            "front": front,
        }
    )
    x_title = t(f"chart.{column}_axis")
    read = [t(f"chart.read_{column}")]
    if len(known) < len(table):
        read.append(t("chart.left_out", count=f"{len(table) - len(known):,}"))
    if column == "milliseconds" and known["device"].nunique() > 1:
        read.append(t("chart.devices", count=known["device"].nunique()))
    points = points.sort_values("quality", ascending=False)
    drawn = points[points["front"] | points["run_id"].isin(list(chosen.looks)) | (np.arange(len(points)) < MAX_POINTS)]
    if len(drawn) < len(points):
        read.append(t("chart.cut", count=MAX_POINTS))
    shown = points.drop(columns="run_id")
    names = {"name": t("column.name"), "cost": x_title, "quality": t("column.pearson"), "front": t("column.front")}
    chart_view.show(
        pareto_chart(drawn, chosen.looks, x_title=x_title, y_title=t("chart.pearson_short")),
        f"pareto-{column}",
        title=t(f"chart.{column}_title"),
        read=" ".join(read),
        table=shown.rename(columns=names),
        terms=("pareto",),
    )


def _numbers(ranking: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    columns = ("name", "pearson", "pearson_low", "pearson_high", "difference", "difference_low", "difference_high")
    both = pd.concat([ranking, baselines], ignore_index=True)
    both = both[[column for column in columns if both[column].notna().any()]]
    return both.rename(columns={column: t(f"column.{column}") for column in both.columns})


def _show_other_version(dataset: str, ranking: Ranking, chosen: Choice) -> None:
    st.subheader(md("runs.other_version", dataset=dataset, split=SPLIT, pairs=f"{ranking.pairs:,}"), anchor=False)
    st.caption(md("runs.other_version_note", checksum=ranking.checksum[:12] or "–"))
    run_tables.show(
        ranking.table,
        run_tables.RANKED_APART,
        chosen,
        f"other-{ranking.checksum[:12] or ranking.table['run_id'].iloc[0]}",
    )


def _show_unscored(table: pd.DataFrame, chosen: Choice) -> None:
    st.subheader(t("runs.unscored"), anchor=False)
    st.caption(t("runs.unscored_note"))
    run_tables.show(table, run_tables.UNSCORED, chosen, "unscored")


if __name__ == "__main__":
    show()
