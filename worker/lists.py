"""Reading a list page by page: how long one is held, when one that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shared.container import Container
from shared.domain.outcomes import Misconfigured
from shared.domain.retry_policy import PARKED_DELAY, retry_delay
from shared.providers.base import Unread

PAGES_PER_ROUND: Final = 20
"""After so many the next round goes on: no round lasts long."""

STALE_PAGE: Final = 3
"""After so many failures in a row the page's own cursor is suspect: the reading begins anew."""

ALARMING: Final = 5
"""So many failures in a row are an alarm."""


def lease(deps: Container, pages_left: int = 1) -> datetime:
    """Until when a page may be in somebody's hands; what a round leaves, the next has at once."""
    held = deps.settings.claim_lease if pages_left > 0 else 0
    return deps.clock() + timedelta(seconds=held)


def next_try(deps: Container, failures: int, why: Unread) -> datetime:
    """When to ask again after so many failures in a row."""
    asked_for = PARKED_DELAY if isinstance(why, Misconfigured) else why.retry_after
    return deps.clock() + retry_delay(failures, deps.jitter(), asked_for)
