"""A zygote for the run; a workshop for each row."""

from collections.abc import Iterator

import pytest

from tests.crashes.doomed import Zygote
from tests.reconciliation.conftest import sandbox, workshop

__all__ = ["sandbox", "workshop"]


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One process that forks those who die."""
    with Zygote() as running:
        yield running
