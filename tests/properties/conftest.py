"""How Hypothesis runs here: no test depends on the speed of the machine; and silence."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Hundreds of lives would write many thousands of lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()
