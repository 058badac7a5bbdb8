"""The patience with a database that restarts, while an answer waits to be written."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.container import Container


def patiently(deps: Container) -> Retrying:
    """Try again for as long as the claim lasts: the answer is worth waiting for."""
    return Retrying(
        retry=retry_if_exception_type(OperationalError),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(deps.settings.claim_lease),
        reraise=True,
    )
