"""The providers' lists of events, read from where the last reading ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.outcomes import Misconfigured
from shared.domain.retry_policy import PARKED_DELAY, retry_delay
from shared.providers.base import EventPage, Unread
from shared.repository import event_cursors, inbox
from shared.repository.event_cursors import EventCursor
from shared.repository.inbox import FoundBy

log = structlog.get_logger()

PAGES_PER_ROUND: Final = 20
"""After so many the next round goes on: no round lasts long."""

STALE_PAGE: Final = 3
"""After so many failures in a row the page's own cursor is suspect: the reading begins anew."""

ALARMING: Final = 5
"""So many failures in a row are an alarm."""


def read(deps: Container) -> int:
    """Store what is new in each list that is due; how many events that were.

    Safe to run twice at once: each list is held by one. A page is stored together with the place
    where the list goes on, so that whatever dies, nothing is skipped.
    """
    with unit_of_work(deps.engine) as connection:
        event_cursors.add_cursors(connection, deps.providers, deps.clock())
    found, pages_left = 0, PAGES_PER_ROUND
    while pages_left > 0 and (cursor := _take(deps)) is not None:
        while cursor is not None and pages_left > 0:
            pages_left -= 1
            cursor, stored = _read_page(deps, cursor)
            found += stored
    return found


def _take(deps: Container) -> EventCursor | None:
    now, idle = deps.clock(), timedelta(seconds=deps.settings.event_poll_idle_interval)
    with unit_of_work(deps.engine) as connection:
        return event_cursors.take_cursor(
            connection,
            deps.providers,
            now=now,
            until=_lease(deps, now),
            idle_since=now - idle,
        )


def _read_page(deps: Container, cursor: EventCursor) -> tuple[EventCursor | None, int]:
    """Store one page; the cursor where the list goes on, None where it is at its end."""
    since = cursor.read_until - timedelta(seconds=deps.settings.event_overlap)
    page = deps.provider(cursor.provider).list_events(cursor.account, since, cursor.page)
    if not isinstance(page, EventPage):
        _put_off(deps, cursor, page)
        return None, 0
    now = deps.clock()
    pause = timedelta(seconds=deps.settings.event_poll_interval)
    due = _lease(deps, now) if page.next_page else now + pause
    told = [min(listed.event.created_at, now) for listed in page.events]
    newest = max(told, default=cursor.newest_at)
    with unit_of_work(deps.engine) as connection:
        advanced = event_cursors.advance_cursor(
            connection, cursor, newest=newest, page=page.next_page, now=now, due=due
        )
        new = [
            listed.event
            for listed in page.events
            if advanced
            and inbox.store_event(
                connection, cursor.provider, listed.event, listed.body, now, FoundBy.EVENT_LIST
            )
        ]
    for event in new:
        log.warning("event.found", provider=cursor.provider, event_id=event.event_id)
    return (advanced if page.next_page else None), len(new)


def _put_off(deps: Container, cursor: EventCursor, why: Unread) -> None:
    failures = cursor.failures + 1
    asked_for = PARKED_DELAY if isinstance(why, Misconfigured) else why.retry_after
    due = deps.clock() + retry_delay(failures, deps.jitter(), asked_for)
    with unit_of_work(deps.engine) as connection:
        event_cursors.put_off_cursor(
            connection, cursor, why.reason, due, begin_anew=failures >= STALE_PAGE
        )
    tell = log.error if failures >= ALARMING else log.warning
    tell("event_list.unread", provider=cursor.provider, failures=failures, reason=why.reason)


def _lease(deps: Container, now: datetime) -> datetime:
    return now + timedelta(seconds=deps.settings.claim_lease)
