"""The sections of a run's card, one function each: what it reached, how to repeat it, its epochs, network and files."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from dashboard.charts import architecture
from dashboard.charts.layers import layer_chart
from dashboard.escaping import for_html
from dashboard.palette import PART_COLOURS
from dashboard.stores import run_store
from dashboard.tables import blueprint, comparison, reproduction, run_facts, weights
from dashboard.tables.run_differences import Difference
from dashboard.view_state import language, md, t
from dashboard.views import chart_view
from similarity import project_paths, run_format
from similarity.errors import CheckpointError, RunError
from similarity.run_catalog import checkpoint_of
from similarity.run_format import RunRecord

MARKS = {"good": "✓", "bad": "✕", "open": "•"}
_KINDS = {"words": "embeddings", "positions": "embeddings", "attention": "attention", "feed_forward": "feed_forward"}
_ROW_HEIGHT, _VISIBLE_ROWS = 35, 16


def show_scores(run: RunRecord) -> None:
    """Show what the run reached, data set by data set, and with each seed."""
    if not run.metrics:
        st.caption(t("scores.none"))
    else:
        table = run_facts.score_table(run, {dataset: run_store.dataset_card(dataset) for dataset in run.metrics})
        shown = table.assign(
            interval=[
                comparison.interval(*ends) for ends in zip(table["pearson_low"], table["pearson_high"], strict=True)
            ],
            match=[t(f"match.{match}") for match in table["match"]],
        )
        columns = ["dataset", "split", "pairs", "pearson", "interval", *run_facts.SCORES[1:], "threshold", "match"]
        _table(shown[columns], "scores", t("section.scores"))
        st.caption(t("scores.read"))
    chart_view.glossary("pearson", "interval", "spearman", "f1", "checksum")
    seeds = run_facts.seed_table(run)
    if len(seeds):
        st.subheader(t("seeds.title"), anchor=False)
        words = {"mean": t("seeds.mean"), "deviation": t("seeds.deviation")}
        _table(seeds.assign(seed=seeds["seed"].map(lambda seed: words.get(seed, seed))), "seeds", t("seeds.title"))
        st.caption(md("seeds.read", count=len(run.seeds), seed=run.hyper_parameters.get(run_facts.SEED, "?")))


def show_reproduction(run: RunRecord) -> None:
    """Show whether the training can be repeated here, the command, the data, every setting and the environment."""
    card = run_store.dataset_card(run.data.name)
    versions = reproduction.installed_versions(run.environment.packages)
    root = project_paths.encoders_root()
    encoders = {folder.name for folder in root.iterdir() if folder.is_dir()} if root.is_dir() else set()
    _show_checks(reproduction.checks_of(run, card, encoders, versions))
    if run.command:
        st.code(run.command, language="bash", wrap_lines=True)
    _show_data(run)
    st.subheader(t("group.hyper_parameters"), anchor=False)
    facts = [fact for fact in run_facts.facts_of(run) if fact.group in ("hyper_parameters", "environment")]
    source = run.hyper_parameters.get(run_facts.DEFAULTS_SOURCE)
    if source:
        st.caption(md("recipe.defaults", source=source))
    _list(
        (named(fact), fact.shown)
        for fact in facts
        if fact.group == "hyper_parameters" and fact.name != run_facts.DEFAULTS_SOURCE
    )
    st.subheader(t("group.environment"), anchor=False)
    here = {"python": reproduction.python_version(), **versions}
    _list((named(fact), _with_here(fact, here)) for fact in facts if fact.group == "environment")


def show_epochs(run: RunRecord) -> None:
    """Show what each epoch took and reached."""
    try:
        table = run_facts.epoch_table(run, run_store.curves(run.run_id))
    except RunError as error:
        st.warning(md("epochs.broken", reason=error))
        return
    if table.empty:
        st.caption(t("epochs.none"))
        return
    kept = [t("epochs.kept_mark") if kept else "" for kept in table["kept"]]
    _table(table.assign(kept=kept), "epochs", t("section.epochs"))
    st.caption(t("epochs.read", total=comparison.duration(run.cost.seconds)))


def show_network(run: RunRecord) -> None:
    """Show the network as a picture and its parameters by layer."""
    try:
        folder = checkpoint_of(project_paths.runs_root(), run.run_id)
        tensors = weights.read_tensors(folder)
    except (RunError, CheckpointError) as error:
        st.info(md("network.none", reason=error))
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        _show_picture(run, tensors)
    with right:
        _show_parameters(run, tensors)


def show_files(run: RunRecord) -> None:
    """Show the run's files with their sizes, and the record as it is stored."""
    table = run_facts.file_table(run_format.run_folder(project_paths.runs_root(), run.run_id))
    st.caption(t("files.total", count=len(table), size=megabytes(float(table["bytes"].sum()))))
    shown = table.assign(kind=[t(f"file.{kind}") for kind in table["kind"]], megabytes=table["bytes"] / 1e6)
    _table(shown[["name", "kind", "megabytes"]], "files", t("section.files"))
    with st.expander(t("files.record")):
        st.json(run.model_dump(mode="json"), expanded=1)


def megabytes(size: float) -> str:
    """Return a number of bytes in MB (10^6 bytes), with enough digits for a small file."""
    return f"{size / 1e6:,.2f} MB" if size < 1e7 else f"{size / 1e6:,.0f} MB"


def named(fact: run_facts.Fact | Difference) -> str:
    """Return what a fact is called: the record's own name, ours, or both."""
    ours = t(f"fact.{fact.key}") if fact.key else ""
    return " · ".join(part for part in (fact.name, ours) if part)


def _show_checks(checks: list[reproduction.Check]) -> None:
    rows = "".join(
        f'<li class="{check.state}"><b aria-label="{t(f"check_state.{check.state}")}">{MARKS[check.state]}</b>'
        f"<span>{for_html(t(f'check.{check.text}', **check.fields))}</span></li>"
        for check in checks
    )
    st.html(f'<ul class="checks" data-testid="run-checks">{rows}</ul>')


def _show_data(run: RunRecord) -> None:
    st.subheader(md("recipe.data", dataset=run.data.name), anchor=False)
    splits = run_facts.split_table(run, run_store.dataset_card(run.data.name))
    if len(splits):
        _table(splits.assign(match=[t(f"match.{match}") for match in splits["match"]]), "splits", t("group.data"))
    if run.data.preprocessing:
        _list((name, run_facts.plain(value)) for name, value in run_facts.flattened(run.data.preprocessing))


def _with_here(fact: run_facts.Fact, here: dict[str, str]) -> str:
    version = here.get(fact.name)
    return fact.shown if version in (None, fact.value) else t("recipe.here", recorded=fact.shown or "–", here=version)


def _show_picture(run: RunRecord, tensors: list[weights.Tensor]) -> None:
    try:
        plan = blueprint.read_blueprint(checkpoint_of(project_paths.runs_root(), run.run_id), run.model, tensors)
    except CheckpointError as error:
        st.info(md("network.none", reason=error))
        return
    words = architecture.describe(plan, language())
    picture = architecture.draw(plan, language(), st.context.theme.type or "light")
    st.markdown(f"**{t('network.title')}**")
    st.image(picture, width=architecture.WIDTH, alt=words)
    st.caption(words)
    with st.container(horizontal=True, vertical_alignment="center", key="below-network"):
        chart_view.glossary("crossencoder" if run.model.architecture == "cross-encoder" else "biencoder", "layer")
        st.download_button("SVG", picture, f"{run.run_id}.svg", "image/svg+xml", key="network-svg")


def _show_parameters(run: RunRecord, tensors: list[weights.Tensor]) -> None:
    parts = weights.by_part(tensors)
    parts["label"] = _module_names(parts)
    parts["kind"] = [_KINDS.get(part, "rest") for part in parts["part"]]
    figure = layer_chart(
        parts, PART_COLOURS, {kind: t(f"part_kind.{kind}") for kind in PART_COLOURS}, x_title=t("layers.axis")
    )
    parts["part"] = [t(f"part.{part}") for part in parts["part"]]
    chart_view.show(
        figure,
        "layers",
        title=t("layers.title"),
        read=t("layers.read"),
        table=_renamed(parts[["label", "part", "parameters", "dtype", "megabytes"]]),
        terms=("parameters",),
    )
    modules = weights.by_module(tensors)
    modules.insert(0, "label", _module_names(modules))
    modules["share"] *= 100
    _table(modules[["label", "parameters", "share", "dtype", "megabytes"]], "modules", t("layers.title"))
    total = sum(tensor.parameters for tensor in tensors)
    size = megabytes(1e6 * sum(tensor.megabytes for tensor in tensors))
    st.caption(t("layers.total", parameters=f"{total:,}", size=size))
    if run.model.architecture == "bi-encoder" and "pooler" in set(modules["module"]):
        st.caption(t("layers.pooler"))
    if run.model.parameters not in (None, total):
        st.caption(t("layers.differs", recorded=f"{run.model.parameters:,}"))


def _module_names(table: pd.DataFrame) -> list[str]:
    return [
        t(f"module.{module}", number=number) for module, number in zip(table["module"], table["number"], strict=True)
    ]


def _list(rows: Iterable[tuple[str, str]]) -> None:
    shown = "".join(f"<div><dt>{for_html(name)}</dt><dd>{for_html(value or '–')}</dd></div>" for name, value in rows)
    st.html(f'<dl class="reasons facts">{shown}</dl>' if shown else f"<p>{t('recipe.nothing')}</p>")


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={column: t(f"card.{column}") for column in table.columns})


def _table(table: pd.DataFrame, key: str, alt: str) -> None:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    forms = {
        **dict.fromkeys(("pairs", "step", "parameters"), "%,d"),
        **dict.fromkeys((*run_facts.SCORES, "train_loss", "valid_loss"), "%.4f"),
        **dict.fromkeys(("epoch", "threshold"), "%g"),
        **dict.fromkeys(("seconds", "share"), "%.1f"),
        "megabytes": "%.3f",
    }
    config = {
        column: number(_heading(column), format=forms.get(column, "%.4f"))
        if pd.api.types.is_numeric_dtype(table[column])
        else text(_heading(column))
        for column in table.columns
    }
    st.dataframe(
        table,
        column_config=config,
        hide_index=True,
        placeholder="–",
        height="content" if len(table) <= _VISIBLE_ROWS else _ROW_HEIGHT * (_VISIBLE_ROWS + 1),
        key=f"card-{key}",
        alt=alt,
    )


def _heading(column: str) -> str:
    # The columns of the seeds are named by what was measured, a data set and a split.
    return column if "·" in column else t(f"card.{column}")
