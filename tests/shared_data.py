"""The files that stand beside the project and are never part of it; tests on them are skipped where they are absent."""

from pathlib import Path

import pytest

PAIRS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "pairs"
KORSTS_TRAIN = PAIRS / "korsts" / "sts-train.tsv"
KORSTS_DEV = PAIRS / "korsts" / "sts-dev.tsv"
KLUE_STS = PAIRS / "klue-sts" / "klue-sts-v1.1_dev-120.json"

needs_korsts = pytest.mark.skipif(
    not (KORSTS_TRAIN.is_file() and KORSTS_DEV.is_file()), reason="KorSTS is not beside the project"
)
needs_klue = pytest.mark.skipif(not KLUE_STS.is_file(), reason="the KLUE-STS file is not beside the project")
