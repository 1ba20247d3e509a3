"""Which runs there are: every readable one, and every unreadable one with the reason."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from similarity.errors import RunError, SimilarityError, UnknownNameError
from similarity.metrics import Scores
from similarity.run_format import (
    CHECKPOINT_FOLDER,
    RunRecord,
    check_run_id,
    read_record,
    run_folder,
    utc_now,
    write_record,
)

LONGEST_NOTE = 10_000


@dataclass(frozen=True)
class UnreadableRun:
    """A folder under the runs that can't be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class RunCatalog:
    """All runs below one folder, the newest first."""

    runs: list[RunRecord] = field(default_factory=list)
    unreadable: list[UnreadableRun] = field(default_factory=list)


def list_runs(root: Path, read: Callable[[Path], RunRecord] = read_record) -> RunCatalog:
    """Read every run below `root`; a broken one never hides the others. No folder gives no runs.

    `read` stands for `read_record` where a reader remembers unchanged records.
    """
    runs: list[RunRecord] = []
    unreadable: list[UnreadableRun] = []
    folders = sorted(root.iterdir()) if root.is_dir() else []
    for folder in folders:
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        try:
            runs.append(read(folder))
        except (SimilarityError, OSError) as error:
            unreadable.append(UnreadableRun(folder.name, str(error)))
    runs.sort(key=lambda run: (run.created_at, run.run_id), reverse=True)
    return RunCatalog(runs, unreadable)


def find_run(root: Path, run_id: str) -> RunRecord:
    """Return one run.

    Raises:
        UnknownNameError: there is no run of that id.
        RunError: there is one, but it can't be read.
    """
    folder = run_folder(root, run_id)
    if not folder.is_dir():
        raise UnknownNameError(f"There is no run {run_id!r} in {root}. `python -m trainer runs list` shows the ids.")
    return read_record(folder)


def checkpoint_of(root: Path, run_id: str) -> Path:
    """Return the folder of a run's model.

    Raises:
        RunError: the run has none (still training, failed, or removed).
    """
    folder = run_folder(root, run_id) / CHECKPOINT_FOLDER
    if not any(folder.glob("**/config.json")):
        raise RunError(
            f"Run {run_id} has no checkpoint in {folder}: it has not finished its first epoch, or the folder was "
            "removed. Choose another run, or train it again."
        )
    return folder


def rename_run(root: Path, run_id: str, display_name: str) -> RunRecord:
    """Give a run another display name (1–100 characters); its id stays."""
    name = " ".join(display_name.split())
    if not 1 <= len(name) <= 100:
        raise RunError(f"A display name has 1–100 characters, but {len(name)} came.")
    return _update(root, run_id, display_name=name)


def tag_run(root: Path, run_id: str, *, add: list[str] | None = None, remove: list[str] | None = None) -> RunRecord:
    """Add and remove tags (1–40 characters each, at most 20)."""
    tags = [tag for tag in find_run(root, run_id).tags if tag not in (remove or [])]
    for tag in (" ".join(tag.split()) for tag in add or []):
        if not 1 <= len(tag) <= 40:
            raise RunError(f"A tag has 1–40 characters, but {tag!r} came.")
        if tag not in tags:
            tags.append(tag)
    if len(tags) > 20:
        raise RunError(f"A run has at most 20 tags, but {len(tags)} came. Remove some first.")
    return _update(root, run_id, tags=tags)


def note_run(root: Path, run_id: str, notes: str) -> RunRecord:
    """Replace a run's note (at most 10,000 characters; empty for none)."""
    note = notes.strip()
    if len(note) > LONGEST_NOTE:
        raise RunError(f"A note has at most {LONGEST_NOTE:,} characters, but {len(note):,} came. Shorten it.")
    return _update(root, run_id, notes=note)


def archive_run(root: Path, run_id: str, *, archived: bool = True) -> RunRecord:
    """Leave a run out of lists that don't ask for archived runs, or bring it back; its files stay where they are."""
    return _update(root, run_id, archived=archived)


def record_scores(root: Path, run_id: str, dataset: str, split: str, scores: Scores) -> RunRecord:
    """Note what a run reaches on a data set's split, beside what is noted already."""
    metrics = {name: dict(splits) for name, splits in find_run(root, run_id).metrics.items()}
    metrics.setdefault(dataset, {})[split] = scores
    return _update(root, run_id, metrics=metrics)


def delete_run(root: Path, trash: Path, run_id: str) -> Path:
    """Move a run, readable or not, to the trash, from where `restore_run` brings it back; return its place there.

    Raises:
        UnknownNameError: there is no run of that id.
        RunError: it is still training, or the trash holds a run of that id already.
    """
    folder = run_folder(root, run_id)
    if not folder.is_dir():
        raise UnknownNameError(f"There is no run {run_id!r} in {root}. `python -m trainer runs list` shows the ids.")
    try:
        record = read_record(folder)
    except (RunError, OSError):
        # One that can't be read can go.
        record = None
    if record is not None:
        _check_ended(record)
    target = trash / run_id
    if target.exists():
        raise RunError(f"{target} exists: a run of this id was deleted before. Purge or restore that one first.")
    trash.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, target)
    return target


def restore_run(root: Path, trash: Path, run_id: str) -> Path:
    """Bring a deleted run back."""
    source, target = trash / check_run_id(run_id), run_folder(root, run_id)
    if not source.is_dir():
        raise UnknownNameError(f"There is no deleted run {run_id!r} in {trash}.")
    if target.exists():
        raise RunError(f"{target} exists already. Rename or delete that run first.")
    shutil.move(source, target)
    return target


def purge_deleted(trash: Path) -> list[str]:
    """Remove all deleted runs for good; return their ids."""
    folders = [folder for folder in sorted(trash.iterdir()) if folder.is_dir()] if trash.is_dir() else []
    for folder in folders:
        shutil.rmtree(folder)
    return [folder.name for folder in folders]


def _update(root: Path, run_id: str, **fields: object) -> RunRecord:
    record = find_run(root, run_id)
    _check_ended(record)
    changed = record.model_copy(update=fields)
    write_record(root, changed)
    return changed


def _check_ended(record: RunRecord) -> None:
    if record.status_at(utc_now()) == "running":
        raise RunError(f"Run {record.run_id} is still training and writes its own record. Wait until it ends.")
