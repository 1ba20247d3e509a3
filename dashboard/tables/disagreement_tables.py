"""Where models differ from each other and from the label: the numbers behind the list of pairs."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.tables.pair_notes import Note
from similarity.annotators import scores_of
from similarity.sentence_pairs import normalise
from similarity.slices import MISSING, label_band

Floats = npt.NDArray[np.float64]

ORDERS = ("spread", "error", "label", "one", "two")
"""By what pairs are ordered; `order_values` says what each means."""

DIRECTIONS = ("high", "low")
AGAINST_LABEL, PEOPLE_DIFFER = "against_label", "people_differ"
AGREEING_SPREAD, CLEAR_DIFFERENCE = 1.0, 1.0
"""Label points up to which models count as agreeing, and from which a difference counts as clear."""


@dataclass(frozen=True)
class Filters:
    """What is asked for; an empty one filters nothing."""

    source: Collection[str] = ()
    phenomenon: Collection[str] = ()
    band: Collection[str] = ()
    find: str = ""
    direction: str = ""
    """`high` or `low`: on which side of the label the models are."""
    noted: str = ""
    """`any`, `none` or a verdict."""


def errors_of(labels: Floats, predictions: Mapping[str, Floats]) -> pd.DataFrame:
    """Return prediction − label in label points: a row a pair, a column a run."""
    return pd.DataFrame({run_id: scores - labels for run_id, scores in predictions.items()})


def summary(errors: pd.DataFrame) -> pd.DataFrame:
    """Return each pair's numbers over all runs, in label points.

    spread: highest − lowest prediction, NaN for a run alone; mean_error: mean of |prediction − label|; bias: mean of
    prediction − label.
    """
    values = errors.to_numpy(dtype=np.float64)
    spread = values.max(axis=1) - values.min(axis=1) if values.shape[1] > 1 else np.full(len(values), np.nan)
    return pd.DataFrame({"spread": spread, "mean_error": np.abs(values).mean(axis=1), "bias": values.mean(axis=1)})


def order_values(errors: pd.DataFrame, order: str, first: str = "", second: str = "") -> Floats:
    """Return by what pairs are ordered, the largest first, in label points.

    `spread` and `error`: spread and mean_error of `summary`. `label`: |bias| − spread, which is large where all models
    say the same and the label says something else. `one`: |error| of the run `first`. `two`: |error| of `second` −
    |error| of `first`, which is large where `first` is right and `second` is wrong.
    """
    numbers = summary(errors)
    if order == "one":
        values = errors[first].abs()
    elif order == "two":
        values = errors[second].abs() - errors[first].abs()
    elif order == "label":
        values = numbers["bias"].abs() - numbers["spread"]
    else:
        values = numbers["spread" if order == "spread" else "mean_error"]
    return values.to_numpy(dtype=np.float64)


def blamed(errors: pd.DataFrame, order: str, first: str = "", second: str = "") -> Floats:
    """Return the signed error that an order is about: of one run, of the second of two, else the mean of all."""
    run_id = {"one": first, "two": second}.get(order)
    return (errors[run_id] if run_id else errors.mean(axis=1)).to_numpy(dtype=np.float64)


def categories(pairs: pd.DataFrame, column: str) -> list[str]:
    """Return the value of each pair in `source` or `phenomenon`, "–" where it has none."""
    return [category(value) for value in pairs[column]] if column in pairs else [MISSING] * len(pairs)


def category(value: object) -> str:
    """Return a value of a column of words as text, "–" where there is none."""
    return str(value) if isinstance(value, str) and value else MISSING


def second_label(value: object) -> float:
    """Return what a second person gave, which may stand there as text; NaN where it is no number."""
    try:
        number = float(str(value))
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def passing(pairs: pd.DataFrame, blame: Floats, filters: Filters, notes: Mapping[str, Note]) -> npt.NDArray[np.bool_]:
    """Return which pairs pass all filters.

    Args:
        pairs: pair_id, label, sentence1, sentence2, and source and phenomenon where there are any.
        blame: what `blamed` returns, for the direction.
        filters: what is asked for. Text is found as it is written but for the case, in either sentence.
        notes: pair id → note.
    """
    kept = np.ones(len(pairs), dtype=bool)
    for chosen, values in (
        (filters.source, lambda: categories(pairs, "source")),
        (filters.phenomenon, lambda: categories(pairs, "phenomenon")),
        (filters.band, lambda: label_band(pairs["label"])),
    ):
        if chosen:
            kept &= np.isin(values(), list(chosen))
    if text := normalise(filters.find).casefold():
        sentences = zip(pairs["sentence1"], pairs["sentence2"], strict=True)
        kept &= [text in one.casefold() or text in two.casefold() for one, two in sentences]
    if filters.direction:
        kept &= blame > 0 if filters.direction == "high" else blame < 0
    if filters.noted:
        kept &= [_has_note(notes.get(pair_id), filters.noted) for pair_id in pairs["pair_id"]]
    return kept


def listed(values: Floats, kept: npt.NDArray[np.bool_]) -> list[int]:
    """Return the places of the kept pairs, the largest value first, equal ones in their own order."""
    order = np.argsort(-values, kind="stable")
    return [int(place) for place in order if kept[place]]


def hints(label: float, scores: Sequence[float], annotations: object, second: float) -> tuple[str, ...]:
    """Return what speaks for a wrong or unsure label.

    `against_label`: two or more models within `AGREEING_SPREAD` of each other, all on the same side of the label and
    `CLEAR_DIFFERENCE` or more away from it. `people_differ`: a standard deviation (n − 1) of the annotators'
    scores, or a difference between the label and the second label, of `CLEAR_DIFFERENCE` or more.
    """
    found = []
    errors = np.asarray(scores, dtype=np.float64) - label
    same_side = (errors >= CLEAR_DIFFERENCE).all() or (errors <= -CLEAR_DIFFERENCE).all()
    if len(errors) > 1 and same_side and np.ptp(errors) <= AGREEING_SPREAD:
        found.append(AGAINST_LABEL)
    people = scores_of(annotations)
    if (len(people) > 1 and np.std(people, ddof=1) >= CLEAR_DIFFERENCE) or abs(label - second) >= CLEAR_DIFFERENCE:
        found.append(PEOPLE_DIFFER)
    return tuple(found)


def _has_note(note: Note | None, wanted: str) -> bool:
    if wanted in ("any", "none"):
        return (note is not None) == (wanted == "any")
    return note is not None and note.verdict == wanted
