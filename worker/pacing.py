"""Pacing: no claim without a token, so that what has to wait burns no attempt."""

from __future__ import annotations

from typing import Final

import structlog

from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.repository import pacing
from shared.token_buckets import NOW

log = structlog.get_logger()

_SPREAD: Final = 0.1
"""How much later than promised a row may be told again: they come one by one, not in step."""


def has_to_wait(deps: Container, paced: pacing.Paced, row_id: int) -> bool:
    """Whether the provider may not be asked about the row yet; it is then told again later."""
    if not deps.buckets.are_limited():
        return False
    now = deps.clock()
    with unit_of_work(deps.engine) as connection:
        provider = pacing.provider_of(connection, paced, row_id, now)
    wait = NOW if provider is None else deps.buckets.take(provider)
    if wait == NOW:
        reached(CrashPoint.TOKEN_TAKEN)
        return False
    until = now + wait * (1 + _SPREAD * deps.jitter())
    with unit_of_work(deps.engine) as connection:
        pacing.put_off(connection, paced, row_id, now=now, until=until)
    log.info("provider.paced", provider=provider, row_id=row_id, seconds=wait.total_seconds())
    return True
