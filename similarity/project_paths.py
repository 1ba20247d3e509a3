"""Where the product reads and writes: one home folder with `artifacts/` and `data/` in it."""

import os
from pathlib import Path


def home() -> Path:
    """Return the folder that holds `artifacts/` and `data/`.

    `SIMILARITY_HOME` when set, else the repository that this package is installed from (an
    editable install), else the current folder.
    """
    chosen = os.environ.get("SIMILARITY_HOME")
    if chosen:
        return Path(chosen)
    repository = Path(__file__).resolve().parent.parent
    return repository if (repository / "pyproject.toml").is_file() else Path.cwd()


def runs_root() -> Path:
    """Return the folder with one folder a run."""
    return home() / "artifacts" / "runs"


def trash_root() -> Path:
    """Return the folder where deleted runs wait until they are purged."""
    return home() / "artifacts" / "trash"


def notes_path() -> Path:
    """Return the file of a person's notes on pairs."""
    return home() / "artifacts" / "notes.json"


def encoders_root() -> Path:
    """Return the folder of the encoders that the product brings along."""
    return home() / "artifacts" / "encoders"


def work_root() -> Path:
    """Return the folder of what long computations keep until they are done; it can be deleted at any time."""
    return home() / "artifacts" / "unfinished"


def data_root() -> Path:
    """Return the folder with one folder a prepared data set."""
    return home() / "data"
