"""What several runs predicted for the very same pairs, with the pairs' text where it is here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Predictions of runs for one split of a data set; all arrays are in the order of `pairs`.

    `pairs` has `pair_id` and `label` in any case, and the sentences, source and so on where the data set is here.
    """

    dataset: str
    split: str
    pairs: pd.DataFrame
    predictions: dict[str, Floats]
    """Run id → scores on 0–5."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Run id → `unmeasured`, `no_predictions` or `other_pairs`: why it is not among them."""

    @property
    def labels(self) -> Floats:
        """The labels on 0–5."""
        return self.pairs["label"].to_numpy(dtype=np.float64)

    @property
    def has_text(self) -> bool:
        """Whether the sentences are here."""
        return "sentence1" in self.pairs


def join(
    dataset: str,
    split: str,
    tables: Mapping[str, pd.DataFrame | str],
    checksums: Mapping[str, str],
    pairs: pd.DataFrame | None,
    pairs_checksum: str = "",
) -> Measured | None:
    """Put runs' predictions side by side, or return None where no run has any.

    Runs that were measured on other pairs than the reference are left out, never cut down to what is shared. The
    reference is the split that lies here, else what most of the runs were measured on.

    Args:
        dataset: the data set's name.
        split: its split.
        tables: run id → `pair_id`, `label`, `prediction`, or the reason why there are none.
        checksums: run id → checksum of the split that it was measured on.
        pairs: the split that lies here, if it does.
        pairs_checksum: its checksum.
    """
    left_out = {run_id: table for run_id, table in tables.items() if isinstance(table, str)}
    found = {run_id: table for run_id, table in tables.items() if isinstance(table, pd.DataFrame)}
    if not found:
        return None
    # Without a checksum nobody knows what was measured, so such a run is put beside no other.
    version = {run_id: checksums.get(run_id) or f"?{run_id}" for run_id in found}
    here = list(version.values())
    reference = pairs_checksum if pairs_checksum in here else max(here, key=here.count)
    same = {run_id: table for run_id, table in found.items() if version[run_id] == reference}
    left_out |= {run_id: "other_pairs" for run_id in found if run_id not in same}
    if pairs is None or reference != pairs_checksum:
        pairs = next(iter(same.values()))[["pair_id", "label"]]
    pairs = pairs.reset_index(drop=True)
    predictions = {}
    for run_id, table in same.items():
        scores = table.drop_duplicates("pair_id").set_index("pair_id")["prediction"].reindex(pairs["pair_id"])
        if scores.notna().all() and len(table) == len(pairs):
            predictions[run_id] = scores.to_numpy(dtype=np.float64)
        else:
            left_out[run_id] = "other_pairs"
    return Measured(dataset, split, pairs, predictions, left_out) if predictions else None
