"""The words around a ranking: the verdict, what to know of the pairs, published scores, the best runs in one click."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import choice
from dashboard.escaping import for_markdown, shortened
from dashboard.tables import published, significance
from dashboard.tables.comparison import SPLIT, signed, unsigned
from dashboard.tables.leaderboard_notes import Note
from dashboard.tables.published import METRICS, PublishedSplit
from dashboard.tables.significance import BEST, TIED, UNTESTED, Comparison, Verdict
from dashboard.view_state import md, t
from dashboard.views import chart_view
from similarity.paired_bootstrap import SMALLEST_SAMPLE

TOP_COUNTS = (2, 3, 5, 10)
_MAX_NAMES = 4
_NAME_LENGTH = 40


def badges(notes: Sequence[Note]) -> None:
    """Show notes in a row, each with its meaning on hover."""
    with st.container(horizontal=True, gap="xsmall", key="notes"):
        for note in notes:
            fields = {name: f"{number:,}" for name, number in note.fields.items()}
            st.badge(md(f"badge.{note.key}", **fields), color=note.colour, help=t(f"badge.{note.key}.help"))  # type: ignore[arg-type]


def verdict(ranking: pd.DataFrame, found: Verdict, tested: Comparison | None, pairs: int, dataset: str) -> None:
    """Say which run is best and whether the difference is real, and how that was tested."""
    with st.container(border=True, key="verdict"):
        st.markdown(" ".join(_sentences(found, pairs)))
        if found.kind == "untested":
            first = str(ranking["run_id"].iloc[0])
            st.code(f"python -m trainer evaluate {first} --data {dataset} --split {SPLIT}", language="bash")
        if tested is None:
            return
        notes = [
            md(
                "verdict.method",
                pairs=f"{tested.pairs:,}",
                resamples=f"{significance.RESAMPLES:,}",
                count=len(tested.p_values),
            )
        ]
        untested = int((ranking["standing"] == UNTESTED).sum())
        if untested:
            notes.append(md("verdict.not_tested", count=f"{untested:,}", limit=significance.MAX_TESTED))
        st.caption(" ".join(notes))
        chart_view.glossary("paired", "tied", "holm")


def far_short(ranking: pd.DataFrame, split: PublishedSplit | None) -> None:
    """Warn of runs far below what was published for their model."""
    runs = published.far_short(ranking)
    if split is None or runs.empty:
        return
    lines = [
        md(
            "published.far_short",
            run=shortened(str(row["name"]), _NAME_LENGTH),
            metric=t(f"term.{split.metric}"),
            own=f"{row[split.metric]:.3f}",
            published=f"{row['published']:.3f}",
            gap=signed(row["published_gap"]),
        )
        for row in runs.head(5).to_dict("records")
    ]
    more = [md("verdict.more", count=len(runs) - 5)] if len(runs) > 5 else []
    st.warning("\n".join(f"- {line}" for line in [*lines, *more]) + "\n\n" + t("published.check"))


def published_scores(split: PublishedSplit | None, called: PublishedSplit | None, pairs: int) -> None:
    """Offer the published scores with their sources, or say why runs are not compared with them."""
    if split is None:
        if called is not None:
            st.caption(md("published.other_pairs", title=called.title, wanted=f"{called.pairs:,}", pairs=f"{pairs:,}"))
        return
    with st.expander(md("published.show", title=split.title)):
        st.caption(md("published.same_pairs", title=split.title, pairs=f"{pairs:,}"))
        table = published.table(split)
        table["kind"] = [t(f"kind.{kind}") for kind in table["kind"]]
        names = {column: t(f"column.{column}") for column in table.columns}
        config = {
            **{column: st.column_config.Column(name) for column, name in names.items()},
            **{
                metric: st.column_config.NumberColumn(names[metric], format="%.3f")
                for metric in METRICS
                if metric in names
            },
            "year": st.column_config.NumberColumn(names["year"], format="%d"),
            "url": st.column_config.LinkColumn(names["url"]),
        }
        st.dataframe(table, hide_index=True, placeholder="–", column_config=config, key="published-table")


def top_buttons(ranking: pd.DataFrame) -> None:
    """Offer to choose the best runs of a ranking, or all that are tied with the best, in one click."""
    ids = ranking["run_id"].tolist()
    counts = [count for count in TOP_COUNTS if count <= len(ids)]
    tied = ranking.loc[ranking["standing"].isin([BEST, TIED]), "run_id"].tolist()
    if not counts:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="top-runs"):
        st.markdown(t("best_runs.label"), width="content")
        for count in counts:
            st.button(
                f"{count}", key=f"top-{count}", on_click=choice.choose, args=(ids[:count],), help=t("best_runs.help")
            )
        if len(tied) > 1:
            st.button(t("best_runs.tied", count=len(tied)), key="top-tied", on_click=choice.choose, args=(tied,))


def _sentences(found: Verdict, pairs: int) -> list[str]:
    fields = {
        "best": shortened(found.best, _NAME_LENGTH),
        "pairs": f"{pairs:,}",
        "least": SMALLEST_SAMPLE,
        "behind": f"{len(found.behind):,}",
    }
    if found.lead is not None:
        fields["second"] = shortened(found.behind[0], _NAME_LENGTH)
        fields["difference"] = unsigned(found.lead.estimate)
        fields["interval"] = f"{unsigned(found.lead.low)} – {unsigned(found.lead.high)}"
    tied = {"tied": _names(found.tied)}
    sentences = []
    if found.untested_top:
        sentences.append(md("verdict.untested_top", top=shortened(found.untested_top, _NAME_LENGTH)))
    sentences.append(_filled(f"verdict.{found.kind}", tied, **fields))
    if found.seeds_overlap:
        sentences.append(_filled("verdict.seeds_overlap", {"names": _names(found.seeds_overlap)}, best=fields["best"]))
    return sentences


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"**{for_markdown(shortened(name, _NAME_LENGTH))}**" for name in names[:_MAX_NAMES])
    return f"{shown} {md('verdict.more', count=len(names) - _MAX_NAMES)}" if len(names) > _MAX_NAMES else shown


def _filled(key: str, markdown: dict[str, str], **fields: object) -> str:
    return t(key, **markdown, **{name: for_markdown(value) for name, value in fields.items()})
