"""The list of pairs: ten cards a page, each with a way to score it and a note."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import view_state
from dashboard.charts import pair_cards
from dashboard.charts.pair_cards import PairCard, Said
from dashboard.choice import Choice
from dashboard.tables import disagreement_tables, pair_notes
from dashboard.tables.measured import Measured
from dashboard.tables.pair_notes import MAX_CHARACTERS, VERDICTS, Note, NotesError
from dashboard.view_state import md, t
from similarity import project_paths
from similarity.annotators import scores_of
from similarity.slices import MISSING

PAIRS_A_PAGE = 10


@dataclass(frozen=True)
class Listed:
    """What is listed: the places of pairs in `measured.pairs`, in their order, and the data set's notes by pair id."""

    measured: Measured
    chosen: Choice
    notes: Mapping[str, Note]
    places: list[int]


def show(listed: Listed, value_of: Callable[[int], str]) -> None:
    """Show how many pairs there are and one page of them; `value_of` says by what a place is ordered, in words."""
    pages = max(math.ceil(len(listed.places) / PAIRS_A_PAGE), 1)
    page = int(view_state.number("page", 1, pages, 1))
    with st.container(horizontal=True, vertical_alignment="center", key="pair-counts"):
        counts = {"shown": len(listed.places), "total": len(listed.measured.pairs), "noted": len(listed.notes)}
        st.markdown(
            md("disagreements.counts", **{name: f"{count:,}" for name, count in counts.items()}), width="content"
        )
        _offer_notes(listed)
        _show_pager("top", page, pages)
    if not listed.places:
        st.info(t("disagreements.nothing_left"))
    start = (page - 1) * PAIRS_A_PAGE
    for number, place in enumerate(listed.places[start : start + PAIRS_A_PAGE], start=start + 1):
        _show_pair(_card(number, place, listed, value_of(place)), listed.measured.dataset)
    _show_pager("bottom", page, pages)


def _offer_notes(listed: Listed) -> None:
    if listed.notes:
        dataset = listed.measured.dataset
        table = pair_notes.table(dataset, listed.notes, listed.measured.pairs)
        # As spreadsheets expect it, which take a file without the mark for another alphabet's.
        csv = table.to_csv(index=False).encode("utf-8-sig")
        label = t("note.download")
        st.download_button(label, csv, f"notes.{dataset}.csv", "text/csv", key="notes-csv", type="tertiary")


def _show_pager(where: str, page: int, pages: int) -> None:
    if pages <= 1:
        return
    name = f"pager-{where}"
    key = f"{name}-{st.session_state.setdefault(name, 0)}"
    if st.session_state.get(key, page) != page:
        # The page changed elsewhere. A new widget takes its place, since this one can't be told without a warning.
        st.session_state[name] += 1
        key = f"{name}-{st.session_state[name]}"
    st.pagination(pages, default=page, key=key, on_change=_take_page, args=(key,))


def _take_page(key: str) -> None:
    page = st.session_state[key]
    view_state.choose("page", [str(page)] if page > 1 else [])


def _card(number: int, place: int, listed: Listed, value: str) -> PairCard:
    pair = listed.measured.pairs.iloc[place]
    runs = listed.measured.predictions
    said = [
        Said(listed.chosen.labels[run_id], listed.chosen.looks[run_id], float(scores[place]))
        for run_id, scores in runs.items()
    ]
    second = disagreement_tables.second_label(pair.get("label_second"))
    annotations = scores_of(pair.get("annotations"))
    facts = [disagreement_tables.category(pair.get(column)) for column in ("source", "phenomenon")]
    return PairCard(
        number=number,
        pair_id=str(pair["pair_id"]),
        sentences=(pair["sentence1"], pair["sentence2"]),
        label=float(pair["label"]),
        said=said,
        value=value,
        facts=[fact for fact in facts if fact != MISSING],
        annotations=annotations.tolist(),
        second=None if math.isnan(second) else second,
        hints=disagreement_tables.hints(pair["label"], [one.score for one in said], annotations, second),
        note=listed.notes.get(str(pair["pair_id"])),
    )


def _show_pair(card: PairCard, dataset: str) -> None:
    with st.container(border=True, key=f"paircard-{card.number}"):
        st.html(pair_cards.html(card, t))
        with st.container(horizontal=True, vertical_alignment="center", key=f"pairtools-{card.number}"):
            if st.button(t("pair_card.score"), key=f"score-{card.pair_id}", help=t("help.score_pair")):
                st.session_state.update(sentence1=card.sentences[0], sentence2=card.sentences[1])
                st.switch_page("app_pages/score.py")
            _show_note_form(card, dataset)


def _show_note_form(card: PairCard, dataset: str) -> None:
    keys = _NoteKeys(card)
    popover = st.popover(t("note.change" if card.note else "note.add"), key=keys.popover, on_change="rerun")
    if not popover.open:
        return
    with popover, st.form(keys.form, border=False):
        if problem := st.session_state.pop(keys.problem, ""):
            st.error(md("note.not_saved", reason=problem))
        known = card.note.verdict if card.note and card.note.verdict in VERDICTS else None
        st.radio(
            t("note.verdict"),
            VERDICTS,
            index=VERDICTS.index(known) if known else None,
            format_func=lambda verdict: t(f"verdict.{verdict}"),
            key=keys.verdict,
        )
        text = card.note.text if card.note else ""
        st.text_area(t("note.text"), text, max_chars=MAX_CHARACTERS, key=keys.text, height=110)
        with st.container(horizontal=True):
            st.form_submit_button(t("note.save"), type="primary", on_click=_save, args=(dataset, card, keys))
            if card.note:
                st.form_submit_button(t("note.remove"), on_click=_remove, args=(dataset, card, keys))


class _NoteKeys:
    """Where a card's note form keeps its state; a note that changed elsewhere gets fresh fields."""

    def __init__(self, card: PairCard) -> None:
        version = card.note.updated_at.isoformat() if card.note else "new"
        self.popover = f"note-{card.pair_id}"
        self.form = f"note-form-{card.pair_id}"
        self.problem = f"note-problem-{card.pair_id}"
        self.verdict = f"note-verdict-{card.pair_id}-{version}"
        self.text = f"note-text-{card.pair_id}-{version}"


def _save(dataset: str, card: PairCard, keys: _NoteKeys) -> None:
    verdict, text = st.session_state[keys.verdict], st.session_state[keys.text]
    if verdict is None:
        _refuse(keys, t("note.no_verdict"))
        return
    _change(keys, lambda path: pair_notes.save(path, dataset, card.pair_id, verdict, text, card.note))


def _remove(dataset: str, card: PairCard, keys: _NoteKeys) -> None:
    _change(keys, lambda path: pair_notes.remove(path, dataset, card.pair_id, card.note))


def _change(keys: _NoteKeys, change: Callable[..., object]) -> None:
    try:
        change(project_paths.notes_path())
    except NotesError as error:
        _refuse(keys, str(error))
    else:
        st.session_state[keys.popover] = False


def _refuse(keys: _NoteKeys, problem: str) -> None:
    # Where the note changed elsewhere, its popover is another one, which opens only when told.
    st.session_state.update({keys.problem: problem, keys.popover: True})
