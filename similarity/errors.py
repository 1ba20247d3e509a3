"""Every error that a user can cause or mend.

A message says what was expected, what came, and what to do next. Commands print it without a
stack trace; pages show it in a box.
"""


class SimilarityError(Exception):
    """Base of all errors of this product."""


class DataError(SimilarityError):
    """A file of sentence pairs, or a prepared data set, is not as it should be."""


class MissingSplitError(DataError):
    """A data set has no such split; another split is never used in its place."""


class UnknownNameError(SimilarityError):
    """A model, data set, metric or run of that name does not exist."""


class RunError(SimilarityError):
    """A run's folder can't be read or written."""


class UnsupportedVersionError(RunError):
    """A run was written in a format version that this program does not know."""


class CheckpointError(SimilarityError):
    """A model's weights are missing, unsafe or can't be loaded."""


class TrainingError(SimilarityError):
    """Training can't start or go on: the numbers, the disk or the settings don't allow it."""


class HubUnreachableError(SimilarityError):
    """The Hugging Face hub did not answer, and the files are not in the local cache."""
