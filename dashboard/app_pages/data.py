"""Data: what is in it, can its test split be trusted, and what does a model reach there that has learnt nothing?"""

from typing import Any

import streamlit as st

from dashboard import view_state
from dashboard.escaping import for_html, for_markdown, shortened
from dashboard.stores import data_store, run_store
from dashboard.stores.data_store import DataSet
from dashboard.tables import data_tables, data_upload
from dashboard.tables.data_upload import FORMATS, MAX_MEGABYTES, MAX_ROWS, Upload
from dashboard.view_state import md, t
from dashboard.views import controls, parts
from dashboard.views.data_sections import groups, labels, lengths, pairs, predictors, splits, words
from similarity.errors import DataError
from similarity.prepared_data import DatasetCard
from similarity.run_catalog import RunCatalog
from similarity.sentence_pairs import LABEL_MAX

ORIGINS = ("prepared", "file")
SECTIONS = ("labels", "lengths", "groups", "splits", "predictors", "pairs")
MAX_BAD_ROWS = 100
MARKS = {True: "✓", None: "·", False: "!"}
GRADES = {True: "good", None: "", False: "bad"}


def show() -> None:
    """Pick a prepared data set or a file, show what is to be known of it, then one section."""
    catalog = run_store.catalog()
    parts.header(t("data.title"), t("data.subtitle"))
    data = _pick(catalog)
    if data is None:
        return
    _show_figures(data)
    _show_findings(data)
    section = controls.single(
        "section",
        t("data.section"),
        SECTIONS,
        SECTIONS[0],
        lambda name: t(f"data_section.{name}"),
        side_by_side=True,
        label_visibility="collapsed",
    )
    with st.container(key=f"section-{section}"):
        _show_section(section, data, catalog)


def _origin_word(origin: str) -> str:
    return t(f"data.origin_{origin}")


def _pick(catalog: RunCatalog) -> DataSet | None:
    cards, unreadable = run_store.datasets()
    with st.container(horizontal=True, key="data-picks"):
        origin = controls.single("origin", t("data.origin"), ORIGINS, ORIGINS[0], _origin_word)
        if origin == "prepared" and cards:
            newest = next((run.data.name for run in catalog.runs if run.data.name in cards), next(iter(cards)))
            name = controls.single("data", t("filter.data"), list(cards), newest, side_by_side=False, width=260)
    if origin == "file":
        return _pick_file()
    for broken, reason in unreadable.items():
        st.warning(md("data.unreadable", name=shortened(broken, 80), reason=reason))
    if not cards:
        st.info(t("data.none_prepared"))
        st.code(parts.TRAIN_COMMANDS.splitlines()[0], language="bash")
        return None
    unknown = [asked for asked in view_state.values("data") if asked not in cards]
    if unknown:
        st.warning(md("data.unknown", name=shortened(unknown[0], 80)))
    return _open(name, cards[name])


def _open(name: str, card: DatasetCard) -> DataSet | None:
    data = data_store.prepared(name, card)
    _show_card(card)
    for split in data.unread:
        st.warning(md("data.split_unread", split=split, name=name))
    return data if data.splits else None


def _show_card(card: DatasetCard) -> None:
    facts = [card.title or card.name]
    if card.licence:
        facts.append(t("data.licence", licence=card.licence))
    files = dict.fromkeys(card.files.values())
    if files:
        facts.append(t("data.files", files=", ".join(files)))
    st.caption(for_markdown(" · ".join(facts)))


def _pick_file() -> DataSet | None:
    left, right = st.columns([3, 1])
    with right:
        scale = st.number_input(
            t("data.scale"), 0.1, 1000.0, LABEL_MAX, 1.0, format="%g", key="upload-scale", help=t("help.scale")
        )
    with left:
        file = st.file_uploader(
            t("data.upload"), list(FORMATS), max_upload_size=MAX_MEGABYTES, key="upload", help=t("help.upload")
        )
    if file is not None:
        # Kept under our own name, since Streamlit forgets a widget's value when the page changes.
        st.session_state["uploaded"] = (file.name, file.getvalue())
    st.caption(t("data.upload_note", megabytes=MAX_MEGABYTES, rows=f"{MAX_ROWS:,}"))
    if "uploaded" not in st.session_state:
        return None
    name, content = st.session_state["uploaded"]
    read = _read(content, name, float(scale))
    if isinstance(read, DataError):
        st.error(for_markdown(read))
        return None
    with st.container(horizontal=True, vertical_alignment="center", key="uploaded-file"):
        st.markdown(md("data.read", name=shortened(name, 80), pairs=f"{len(read.pairs):,}"), width="content")
        if file is None:
            st.button(t("data.forget"), on_click=_forget, type="tertiary", key="forget")
    _show_bad_rows(read)
    return data_store.uploaded(read)


def _forget() -> None:
    for key in ("uploaded", "upload-asked", "upload-read"):
        st.session_state.pop(key, None)


def _read(content: bytes, name: str, scale: float) -> Upload | DataError:
    asked = (content, name, scale)
    if st.session_state.get("upload-asked") != asked:
        found: Any
        try:
            found = data_upload.read_upload(content, name, scale)
        except DataError as error:
            found = error
        st.session_state.update({"upload-asked": asked, "upload-read": found})
    read: Upload | DataError = st.session_state["upload-read"]
    return read


def _show_bad_rows(upload: Upload) -> None:
    if not upload.bad_rows:
        return
    st.warning(t("data.bad_rows", count=f"{len(upload.bad_rows):,}"))
    with st.expander(t("data.show_bad_rows")):
        listed = "\n".join(str(row) for row in upload.bad_rows[:MAX_BAD_ROWS])
        st.code(listed, language=None, wrap_lines=True)
        if len(upload.bad_rows) > MAX_BAD_ROWS:
            st.caption(t("data.more_bad_rows", count=f"{len(upload.bad_rows) - MAX_BAD_ROWS:,}"))


def _show_figures(data: DataSet) -> None:
    table = data_tables.overview(data.splits)
    total = int(table["pairs"].sum())
    sources = len(data_store.options(data, "source"))
    figures = [
        (t("data_column.pairs"), f"{total:,}", _by_split(data, [f"{count:,}" for count in table["pairs"]])),
        (t("data.sources"), f"{sources:,}" if sources else "–", ""),
        (
            t("data_column.mean_label"),
            f"{(table['mean_label'] * table['pairs']).sum() / total:.2f}",
            _by_split(data, [f"{value:.2f}" for value in table["mean_label"]]),
        ),
        (
            t("data_column.similar"),
            f"{(table['similar'] * table['pairs']).sum() / total:.0%}",
            _by_split(data, [f"{value:.0%}" for value in table["similar"]]),
        ),
    ]
    shown = "".join(
        f'<div><dt>{name}</dt><dd>{value}</dd><dd class="more">{more}</dd></div>' for name, value, more in figures
    )
    st.html(f'<dl class="figures" data-testid="data-figures">{shown}</dl>')


def _by_split(data: DataSet, values: list[str]) -> str:
    if data.is_file:
        return ""
    named = zip(words.split_names(data.splits).values(), values, strict=True)
    return for_html(" · ".join(f"{name} {value}" for name, value in named))


def _show_findings(data: DataSet) -> None:
    if data.is_file:
        return
    items = []
    for finding in data_store.findings(data):
        fields = dict(finding.fields)
        if "predictor" in fields:
            fields["predictor"] = t(f"predictor.{fields['predictor']}")
        text = for_html(t(f"finding.{finding.key}", **fields))
        items.append(f'<li class="{GRADES[finding.good]}"><b>{MARKS[finding.good]}</b><span>{text}</span></li>')
    st.html(f'<ul class="checks" data-testid="findings">{"".join(items)}</ul>')


def _show_section(section: str, data: DataSet, catalog: RunCatalog) -> None:
    if section == "lengths":
        lengths.show(data, catalog, view_state.values("runs"))
    elif section == "predictors":
        predictors.show(data, catalog)
    else:
        {"labels": labels.show, "groups": groups.show, "splits": splits.show, "pairs": pairs.show}[section](data)


if __name__ == "__main__":
    show()
