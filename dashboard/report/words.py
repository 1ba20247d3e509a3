"""Words and numbers of a report, in one language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import texts
from dashboard.tables import comparison

MISSING = "–"
_LISTED = 6


@dataclass(frozen=True)
class Words:
    """Strings in one language, as plain text."""

    language: str

    def t(self, key: str, **fields: object) -> str:
        """Return a string, its fields as they are."""
        return texts.text(key, self.language, **fields)

    def listed(self, names: Sequence[str]) -> str:
        """Return names with commas; of many the first and how many more there are."""
        more = [self.t("report.more", count=len(names) - _LISTED)] if len(names) > _LISTED else []
        return ", ".join([*names[:_LISTED], *more])


def number(value: float | None, decimals: int = 3) -> str:
    """Return a number, a dash where it is unknown."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:,.{decimals}f}".replace("-", "−")


def interval(low: float, high: float) -> str:
    """Return an interval as the leaderboard writes it; empty where there is none."""
    return comparison.interval(low, high)


def share(part: int, whole: int) -> str:
    """Return a count with its percentage of the whole."""
    return f"{part:,} ({100 * part / whole:.0f}%)" if whole else f"{part:,}"
