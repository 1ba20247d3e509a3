"""What several folders of tests share."""

from collections.abc import Iterator

import pytest

from tests import builders


@pytest.fixture(scope="module")
def light_training() -> Iterator[None]:
    """Let a module that trains in this process take little of it."""
    with builders.light_training():
        yield
