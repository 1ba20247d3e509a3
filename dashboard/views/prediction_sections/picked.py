"""What all sections of the Predictions page look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.escaping import shortened
from dashboard.palette import Look
from dashboard.tables.measured import Measured
from dashboard.view_state import number, t
from dashboard.views import controls
from similarity.metrics import THRESHOLD
from similarity.run_format import RunRecord
from similarity.sentence_pairs import LABEL_MAX, LABEL_MIN

SHARED_HEADINGS = ("name", "pearson", "pearson_low", "pearson_high", "f1")


@dataclass(frozen=True)
class Picked:
    """Runs with predictions for the same pairs, and the two of them that are compared."""

    measured: Measured
    runs: dict[str, RunRecord]
    """Those with predictions, the best first."""
    names: dict[str, str]
    looks: dict[str, Look]
    first: str
    second: str
    """Empty where there is one run only."""

    def shown(self, limit: int) -> list[str]:
        """Return the runs that a crowded chart shows: the two that are compared, then the best."""
        compared = [run_id for run_id in (self.first, self.second) if run_id]
        return [*compared, *(run_id for run_id in self.runs if run_id not in compared)][:limit]

    def short(self, run_id: str) -> str:
        """Return a run's name as it fits into a sentence."""
        return shortened(self.names[run_id], 48)


def current_threshold() -> float:
    """Return the decision threshold of the view."""
    return number("threshold", LABEL_MIN, LABEL_MAX, THRESHOLD)


def pick_threshold() -> float:
    """Show the decision threshold as a slider."""
    return controls.slider(
        "threshold",
        t("predictions.threshold.slider"),
        LABEL_MIN,
        LABEL_MAX,
        THRESHOLD,
        0.05,
        help=t("predictions.threshold.help"),
        format="%.2f",
    )


def heading(word: str) -> str:
    """Return the heading of a column, in the words of all pages where they have it."""
    return t(f"column.{word}") if word in SHARED_HEADINGS else t(f"predictions.column.{word}")


def say_cut(picked: Picked, shown: Sequence[str]) -> None:
    """Say which runs a chart leaves out for room."""
    if len(shown) < len(picked.runs):
        st.caption(t("predictions.cut", shown=len(shown), count=len(picked.runs)))


def link_to_pairs() -> None:
    """Show the way to the sentences themselves."""
    st.page_link("app_pages/disagreements.py", label=t("predictions.to_pairs"))
