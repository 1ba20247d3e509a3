"""All records in one file beside the runs, so that reading a thousand runs opens one file instead of a thousand.

`.index.parquet` holds each `run.json` as it was read, with the time and size by which a changed one is recognised.
It is only a copy: without it, or with a broken one, everything is read from the runs and the index is made anew.
"""

import contextlib
import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from similarity.errors import SimilarityError
from similarity.files import replaced
from similarity.run_catalog import RunCatalog, UnreadableRun
from similarity.run_format import FORMAT_VERSION, RUN_FILE, RunRecord, read_record, utc_now

INDEX_FILE = ".index.parquet"

_SCHEMA = pa.schema(
    [("name", pa.string()), ("modified", pa.int64()), ("size", pa.int64()), ("content", pa.binary())],
    metadata={"run index version": "1"},
)

Stamp = tuple[int, int]
"""By what a changed file is recognised: time of the last change in nanoseconds, size in bytes."""


@dataclass(frozen=True, eq=False)
class _Entry:
    stamp: Stamp
    content: bytes
    record: RunRecord


def list_indexed_runs(root: Path) -> RunCatalog:
    """Return what `run_catalog.list_runs` returns, read from the index wherever a run did not change since."""
    return RunIndex(root).catalog()


class RunIndex:
    """The runs below one folder, for a reader that asks again and again: only what changed is read again.

    Threads may share it. An index that can't be written (a read-only folder, a full disk) is done without.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._stored: dict[str, Stamp] = {}
        self._catalog: RunCatalog | None = None

    def catalog(self) -> RunCatalog:
        """Return all runs, the newest first; the same object as long as nothing changes, so don't write into it."""
        with self._lock:
            if self._catalog is None:
                self._entries = _load(self.root)
                self._stored = {name: entry.stamp for name, entry in self._entries.items()}
            entries, unreadable = self._read_changed()
            if self._catalog is None or entries != self._entries or unreadable != self._catalog.unreadable:
                runs = [entry.record for entry in entries.values()]
                runs.sort(key=lambda run: (run.created_at, run.run_id), reverse=True)
                self._catalog = RunCatalog(runs, unreadable)
            self._entries = entries
            self._store_changed()
            return self._catalog

    def _read_changed(self) -> tuple[dict[str, _Entry], list[UnreadableRun]]:
        entries, unreadable = {}, []
        for name, stamp in _stamps(self.root):
            entry = self._entries.get(name)
            if entry is None or stamp is None or entry.stamp != stamp:
                try:
                    entry = _read(self.root / name, stamp)
                except (SimilarityError, OSError) as error:
                    # Not remembered: such runs are few, and what is wrong may be mended without a change of the file.
                    unreadable.append(UnreadableRun(name, str(error)))
                    continue
            entries[name] = entry
        return entries, unreadable

    def _store_changed(self) -> None:
        # A run that trains changes every ten seconds; it comes into the index once it has ended.
        now = utc_now()
        ended = {name: entry for name, entry in self._entries.items() if entry.record.status_at(now) != "running"}
        stamps = {name: entry.stamp for name, entry in ended.items()}
        if stamps != self._stored:
            self._stored = stamps
            _store(self.root, ended)


def _stamps(root: Path) -> list[tuple[str, Stamp | None]]:
    if not root.is_dir():
        return []
    with os.scandir(root) as folders:
        names = sorted(folder.name for folder in folders if not folder.name.startswith(".") and folder.is_dir())
    return [(name, _stamp(f"{root}/{name}/{RUN_FILE}")) for name in names]


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116, a thousand paths built for one call each would double its time
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(folder: Path, stamp: Stamp | None) -> _Entry:
    record = read_record(folder)
    # Should the file change after its stamp was taken, the stamp differs next time and it is read again.
    return _Entry(stamp or (0, 0), (folder / RUN_FILE).read_bytes(), record)


def _load(root: Path) -> dict[str, _Entry]:
    try:
        with pq.ParquetFile(root / INDEX_FILE) as file:
            table = file.read(use_threads=False)
    except (OSError, pa.ArrowException):
        return {}
    if not table.schema.equals(_SCHEMA, check_metadata=True):
        return {}
    entries = {}
    with _uninterrupted():
        for row in table.to_pylist():
            # Whatever this program reads otherwise than the one that wrote the index is read from the run.
            with contextlib.suppress(ValidationError):
                record = RunRecord.model_validate_json(row["content"])
                if record.run_id == row["name"] and record.format_version == FORMAT_VERSION:
                    entries[row["name"]] = _Entry((row["modified"], row["size"]), row["content"], record)
    return entries


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    # Nothing that is made here is garbage, and looking for some would take three times as long as making it.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _store(root: Path, entries: dict[str, _Entry]) -> None:
    columns = {
        "name": list(entries),
        "modified": [entry.stamp[0] for entry in entries.values()],
        "size": [entry.stamp[1] for entry in entries.values()],
        "content": [entry.content for entry in entries.values()],
    }
    with contextlib.suppress(OSError), replaced(root / INDEX_FILE) as temporary:
        pq.write_table(pa.table(columns, schema=_SCHEMA), temporary, compression="zstd")
