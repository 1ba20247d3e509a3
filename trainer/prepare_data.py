"""Stand-in until the real module is written over it."""


def prepare() -> None:
    """Nothing yet."""


def prepare_sample() -> None:
    """Nothing yet."""
