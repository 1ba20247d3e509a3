"""How each run looks: one colour, dash and marker on every page."""

from collections.abc import Sequence
from dataclasses import dataclass

COLOURS = (
    "#3e71d7",
    "#d18319",
    "#34a667",
    "#db44a3",
    "#7a4fed",
    "#917a28",
    "#2f9bd7",
    "#a84740",
    "#2c7066",
    "#9a938e",
)
"""Told apart with normal, red-, green- and blue-weak vision, and about 3:1 against the light and the dark page."""

NEUTRAL = "#8a93a0"
"""For runs that are not chosen and for baselines."""

PART_COLOURS = {"embeddings": COLOURS[4], "attention": COLOURS[0], "feed_forward": COLOURS[1], "rest": NEUTRAL}
"""The parts of a network, in its picture and in its parameters; never beside runs."""

DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon", "star", "hexagon", "triangle-down")


@dataclass(frozen=True)
class Look:
    """A run's colour, the dash of its lines and the shape of its markers."""

    colour: str
    dash: str = "solid"
    marker: str = "circle"


def looks_of(chosen: Sequence[str], all_ids: Sequence[str]) -> dict[str, Look]:
    """Return a look for each chosen run.

    A run prefers the colour of its place in `all_ids` (the oldest first), so it keeps it whatever else is
    chosen; where two chosen runs prefer the same one, the later takes the next free. From the eleventh run
    on colours come again with another dash.
    """
    place = {run_id: number for number, run_id in enumerate(all_ids)}
    looks: dict[str, Look] = {}
    taken: set[int] = set()
    for number, run_id in enumerate(chosen):
        if len(taken) == len(COLOURS):
            taken.clear()
        slot = place.get(run_id, number) % len(COLOURS)
        while slot in taken:
            slot = (slot + 1) % len(COLOURS)
        taken.add(slot)
        looks[run_id] = Look(COLOURS[slot], DASHES[number // len(COLOURS) % len(DASHES)], MARKERS[slot])
    return looks
