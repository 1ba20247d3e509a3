"""Two runs side by side on a page: what stands out, and the values that differ."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import palette
from dashboard.escaping import for_html, shortened
from dashboard.tables.run_differences import Difference, Remark, differences, remarks
from dashboard.tables.run_facts import GROUPS
from dashboard.view_state import t
from dashboard.views import run_sections
from similarity.run_format import RunRecord, utc_now


def show(
    first: RunRecord, second: RunRecord, labels: Mapping[str, str], oldest_first: Sequence[str], *, with_equal: bool
) -> None:
    """Show what stands out, and the values that differ, or all values.

    Args:
        first: the run that changes are counted from.
        second: the run that is set against it.
        labels: run id → what it is called.
        oldest_first: the ids of all runs, which their colours follow.
        with_equal: show values that are the same in both as well.
    """
    looks = palette.looks_of([first.run_id, second.run_id], oldest_first)
    _show_remarks(remarks(first, second, labels, utc_now()))
    found = differences(first, second)
    kept = [each for each in found if with_equal or not each.equal]
    if not kept:
        st.info(t("differences.none"))
        return
    equal = sum(each.equal for each in found)
    st.caption(t("differences.count", count=len(found) - equal, equal=equal))
    heads = [
        f'<span class="chip"><i style="background:{looks[run.run_id].colour}"></i>'
        f"{for_html(shortened(labels[run.run_id], 60))}</span>"
        for run in (first, second)
    ]
    rows = "".join(_group_rows(group, [each for each in kept if each.group == group]) for group in GROUPS)
    st.html(
        f'<table class="differences" data-testid="differences"><thead><tr><th>{t("differences.what")}</th>'
        f"<th>{heads[0]}</th><th>{heads[1]}</th><th>{t('differences.change')}</th></tr></thead>{rows}</table>"
    )
    st.caption(t("differences.read"))
    table = pd.DataFrame(
        [(t(f"group.{each.group}"), run_sections.named(each), each.first, each.second, each.change) for each in kept],
        columns=[t("differences.group"), t("differences.what"), first.run_id, second.run_id, t("differences.change")],
    )
    csv = table.to_csv(index=False).encode("utf-8-sig")
    st.download_button("CSV", csv, "differences.csv", "text/csv", key="differences-csv")


def _show_remarks(found: list[Remark]) -> None:
    rows = "".join(
        f'<li class="{"bad" if remark.is_warning else "open"}">'
        f'<b aria-hidden="true">{"⚠" if remark.is_warning else "•"}</b>'
        f"<span>{for_html(t(f'remark.{remark.text}', **remark.fields))}</span></li>"
        for remark in found
    )
    st.html(f'<ul class="checks" data-testid="remarks">{rows}</ul>')


def _group_rows(group: str, found: list[Difference]) -> str:
    if not found:
        return ""
    rows = "".join(
        f'<tr class="{"equal" if each.equal else ""}"><th scope="row">{for_html(run_sections.named(each))}</th>'
        f"<td>{_cell(each, each.first)}</td><td>{_cell(each, each.second)}</td><td>{each.change}</td></tr>"
        for each in found
    )
    return f'<tbody><tr class="group"><th colspan="4" scope="rowgroup">{t(f"group.{group}")}</th></tr>{rows}</tbody>'


def _cell(difference: Difference, value: str) -> str:
    if difference.key == "model_architecture":
        return t(f"kind.{value}")
    if difference.key == "checksum" and value:
        return f'<code title="{for_html(value)}">{for_html(value[:12])}…</code>'
    return for_html(value) or "–"
