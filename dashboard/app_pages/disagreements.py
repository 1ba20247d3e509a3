"""Disagreements: on which sentences do the models go wrong, and is the label or the model to blame?"""

import functools
from collections import Counter
from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choice, view_state
from dashboard.choice import Choice
from dashboard.escaping import shortened
from dashboard.stores import run_store
from dashboard.tables import disagreement_tables, pair_notes
from dashboard.tables.comparison import SPLIT
from dashboard.tables.disagreement_tables import ORDERS, Filters
from dashboard.tables.measured import Measured
from dashboard.tables.pair_notes import BrokenNotesError, Note, NotesError
from dashboard.view_state import md, t
from dashboard.views import controls, pair_list, parts
from dashboard.views.pair_list import Listed
from similarity import project_paths, run_format
from similarity.run_format import RunRecord
from similarity.slices import MISSING, label_band

ChecksumOf = Callable[[str], str]
FILTER_WIDTH = 165
REASONS = ("no_predictions", "no_sentences", "other_pairs")


def show() -> None:
    """Pick runs, a data set, an order and filters; load the predictions; show the pairs, ten a page."""
    catalog = run_store.catalog()
    parts.header(t("disagreements.title"), t("disagreements.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    checksum_of = functools.cache(_checksum_here)
    chosen = choice.load(catalog, fall_back=True, prefer=lambda run: bool(_offered([run], checksum_of)))
    choice.picker(catalog, chosen)
    if not chosen.runs:
        return
    parts.placeholder_banner(chosen.runs)
    offered = _offered(chosen.runs, checksum_of)
    row = st.container(horizontal=True, key="which-pairs")
    dataset = _pick_dataset(offered, _not_offered(chosen.runs, offered, checksum_of), row)
    measured = run_store.measured(chosen.runs, dataset, SPLIT) if dataset else None
    if measured is None or not measured.has_text:
        _say_nothing_to_show(chosen, dataset)
        return
    _show_left_out(measured, chosen)
    _show_pairs(measured, chosen, _read_notes().get(dataset, {}), row)


def _checksum_here(dataset: str) -> str:
    card = run_store.dataset_card(dataset)
    return card.splits[SPLIT].checksum if card and SPLIT in card.splits else ""


def _offered(runs: list[RunRecord], checksum_of: ChecksumOf) -> dict[str, int]:
    return Counter(dataset for run in runs for dataset in run.metrics if not _why_not(run, dataset, checksum_of))


def _not_offered(runs: list[RunRecord], offered: Mapping[str, int], checksum_of: ChecksumOf) -> dict[str, str]:
    tested = {dataset for run in runs for dataset in run.metrics if SPLIT in run.metrics[dataset]}
    reasons = {name: {_why_not(run, name, checksum_of) for run in runs} for name in sorted(tested - set(offered))}
    return {name: next(reason for reason in REASONS if reason in found) for name, found in reasons.items()}


def _why_not(run: RunRecord, dataset: str, checksum_of: ChecksumOf) -> str:
    scores = run.metrics.get(dataset, {}).get(SPLIT)
    if scores is None:
        return "unmeasured"
    if not checksum_of(dataset):
        return "no_sentences"
    if checksum_of(dataset) != scores.checksum:
        return "other_pairs"
    folder = run_format.run_folder(project_paths.runs_root(), run.run_id)
    return "" if run_format.predictions_path(folder, dataset, SPLIT).is_file() else "no_predictions"


def _pick_dataset(offered: Mapping[str, int], not_offered: Mapping[str, str], row: DeltaGenerator) -> str:
    for dataset in view_state.values("data"):
        if dataset not in offered:
            reason = not_offered.get(dataset, "unmeasured")
            st.warning(md(f"disagreements.data_{reason}", dataset=shortened(dataset, 80)))
    if not offered:
        return ""
    most = max(sorted(offered), key=lambda dataset: offered[dataset])
    with row:
        dataset = controls.single(
            "data",
            t("filter.data"),
            sorted(offered),
            most,
            lambda name: f"{name} ({offered[name]:,})",
            help=t("help.data_runs"),
            width="content",
        )
    others = [f"{name} ({t(f'disagreements.short_{reason}')})" for name, reason in not_offered.items()]
    if others:
        st.caption(md("disagreements.not_offered", datasets=", ".join(others)))
    return dataset


def _say_nothing_to_show(chosen: Choice, dataset: str) -> None:
    st.info(t("disagreements.nothing"))
    run = chosen.runs[0]
    st.code(_evaluate_command(run.run_id, dataset or run.data.name), language="bash")


def _show_left_out(measured: Measured, chosen: Choice) -> None:
    if not measured.left_out:
        return
    count, total = len(measured.left_out), len(chosen.runs)
    with st.expander(t("disagreements.left_out", count=count, total=total)):
        for reason in sorted(set(measured.left_out.values())):
            runs = [run_id for run_id, why in measured.left_out.items() if why == reason]
            names = ", ".join(shortened(chosen.labels[run_id], 48) for run_id in runs)
            st.markdown(md(f"disagreements.left_out_{reason}", runs=names, dataset=measured.dataset))
            if reason != "other_pairs":
                st.code("\n".join(_evaluate_command(run_id, measured.dataset) for run_id in runs), language="bash")


def _evaluate_command(run_id: str, dataset: str) -> str:
    return f"python -m trainer evaluate {run_id} --data {dataset} --split {SPLIT}"


def _read_notes() -> dict[str, dict[str, Note]]:
    path = project_paths.notes_path()
    for aside in pair_notes.set_aside(path):
        st.warning(md("note.set_aside", file=aside.name, folder=aside.parent))
    try:
        return pair_notes.read(path)
    except BrokenNotesError as error:
        st.warning(md("note.broken", reason=error))
    except NotesError as error:
        st.error(md("note.unreadable", reason=error))
    return {}


def _show_pairs(measured: Measured, chosen: Choice, notes: Mapping[str, Note], row: DeltaGenerator) -> None:
    errors = disagreement_tables.errors_of(measured.labels, measured.predictions)
    order, first, second = _pick_order(errors, chosen, row)
    filters = _pick_filters(measured.pairs)
    blame = disagreement_tables.blamed(errors, order, first, second)
    places = disagreement_tables.listed(
        disagreement_tables.order_values(errors, order, first, second),
        disagreement_tables.passing(measured.pairs, blame, filters, notes),
    )
    numbers = disagreement_tables.summary(errors).assign(first=errors[first], second=errors[second])
    pair_list.show(Listed(measured, chosen, notes, places), lambda place: _value(order, numbers.iloc[place]))


def _value(order: str, numbers: pd.Series) -> str:
    fields = {str(name): number for name, number in numbers.items()}
    return t(f"disagreements.value_{order}", **fields).replace("-", "−")


def _pick_order(errors: pd.DataFrame, chosen: Choice, row: DeltaGenerator) -> tuple[str, str, str]:
    runs = [str(run_id) for run_id in errors.columns]
    first, second = runs[0], runs[-1]
    if len(runs) == 1:
        st.caption(t("disagreements.read_alone"))
        return "one", first, second
    with row:
        order = controls.single("order", t("disagreements.order"), ORDERS, ORDERS[0], _order_word, width=360)
        if order in ("one", "two"):
            first = _pick_run("first", t(f"disagreements.first_{order}"), runs, first, chosen)
        if order == "two":
            others = [run_id for run_id in runs if run_id != first]
            second = _pick_run("second", t("disagreements.second"), others, others[-1], chosen)
    st.caption(t(f"disagreements.read_{order}"))
    return order, first, second


def _order_word(order: str) -> str:
    return t(f"disagreements.order_{order}")


def _pick_run(parameter: str, label: str, runs: list[str], default: str, chosen: Choice) -> str:
    return controls.single(
        parameter, label, runs, default, lambda run_id: chosen.labels[run_id], side_by_side=False, width=260
    )


def _pick_filters(pairs: pd.DataFrame) -> Filters:
    with st.container(horizontal=True, key="pair-filters"):
        picked = {
            column: _pick_several(column, t(f"disagreements.{column}"), disagreement_tables.categories(pairs, column))
            for column in ("source", "phenomenon")
        }
        band = _pick_several("band", t("disagreements.band"), label_band(pairs["label"]))
        directions = {"": "any", **{name: name for name in disagreement_tables.DIRECTIONS}}
        direction = controls.single(
            "direction",
            t("disagreements.direction"),
            list(directions),
            "",
            lambda name: t(f"direction.{directions[name]}"),
            help=t("help.direction"),
            width="content",
        )
        noted = controls.single(
            "noted",
            t("disagreements.noted"),
            ["", "any", "none", *pair_notes.VERDICTS],
            "",
            _noted_word,
            width=FILTER_WIDTH,
        )
        find = controls.field(
            "find", t("disagreements.find"), placeholder=t("disagreements.find_placeholder"), width=200
        )
    return Filters(picked["source"], picked["phenomenon"], band, find, direction, noted)


def _pick_several(parameter: str, label: str, values: list[str]) -> list[str]:
    options = sorted(set(values), key=lambda value: (value == MISSING, value))
    if len(options) < 2:
        return []
    return controls.multiselect(parameter, label, options, placeholder=t("filter.any"), width=FILTER_WIDTH)


def _noted_word(noted: str) -> str:
    return t(f"verdict.{noted}") if noted in pair_notes.VERDICTS else t(f"disagreements.noted_{noted or 'all'}")


if __name__ == "__main__":
    show()
