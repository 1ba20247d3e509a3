"""How a training process behaves: what stops it, and what its libraries may print."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

from trainer.console import errors


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM (kill, a job scheduler) stop training as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:
        # Signals can be set in the main thread only; elsewhere the caller stops the thread its own way.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def long_command() -> Iterator[None]:
    """Keep the libraries quiet through a long training, and say how it goes on when it is stopped."""
    try:
        with quiet_libraries():
            yield
    except KeyboardInterrupt:
        errors.print("Stopped. The same command goes on from the last resume point, some minutes back at most.")
        raise


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep loading reports and bars of the libraries out of our own progress."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()
