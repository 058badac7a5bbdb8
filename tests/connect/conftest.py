"""A stage for the tests of a module, with other settings where a test wants them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.connect.stage import Stage, make_stage

MakeStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def stage(make: MakeStage) -> Stage:
    """The platform as it is set up."""
    return make()


@pytest.fixture(scope="module")
def make(sandbox_url: str, new_database: Callable[[], str], redis: str) -> Iterator[MakeStage]:
    """Make a stage with a database and settings of its own."""
    with ExitStack() as opened:

        def made(**settings: object) -> Stage:
            stage = make_stage(sandbox_url, new_database(), redis, **settings)
            opened.callback(stage.platform.deps.engine.dispose)
            opened.callback(stage.control.close)
            return stage

        yield made
