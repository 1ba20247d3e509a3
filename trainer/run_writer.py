"""Writes `run.json` of a run in the making: from its first second, with a sign of life, in one piece."""

import contextlib
import threading
from pathlib import Path
from typing import Any

from similarity.run_format import RunRecord, run_folder, utc_now, write_record

HEARTBEAT_SECONDS = 10.0


class RunWriter:
    """The one writer of a run's record while it is trained; a thread renews `heartbeat_at`.

    Use as a context manager: the thread ends with the block.
    """

    def __init__(self, root: Path, record: RunRecord) -> None:
        self.root = root
        self.record = record
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="run-heartbeat", daemon=True)

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return run_folder(self.root, self.record.run_id)

    def update(self, **fields: Any) -> RunRecord:
        """Replace parts of the record and write it.

        Raises:
            OSError: the disk is full or the folder is gone; the file keeps its last content.
        """
        with self._lock:
            self.record = self.record.model_copy(update={**fields, "heartbeat_at": utc_now()})
            write_record(self.root, self.record)
            return self.record

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # A full disk is reported by whatever training writes next; a later beat may succeed again.
            with contextlib.suppress(OSError):
                self.update()

    def __enter__(self) -> "RunWriter":
        self.update()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
