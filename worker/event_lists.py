"""The providers' lists of events, read from where the last reading ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.providers.base import EventPage, ListedEvent, ProviderEvent, Unread
from shared.repository import event_cursors, inbox
from shared.repository.event_cursors import EventCursor
from shared.repository.holding import put_off
from shared.repository.inbox import FoundBy
from worker.lists import ALARMING, PAGES_PER_ROUND, STALE_PAGE, lease, next_try

log = structlog.get_logger()


def read(deps: Container, pages: int = PAGES_PER_ROUND) -> int:
    """Store what is new in each list that is due, that many pages at most; how many events.

    Safe to run twice at once: each list is held by one. A page is stored together with the place
    where the list goes on, so that whatever dies, nothing is skipped.
    """
    with unit_of_work(deps.engine) as connection:
        event_cursors.add_cursors(connection, deps.providers, deps.clock())
    found, pages_left = 0, pages
    while pages_left > 0 and (cursor := _take(deps)) is not None:
        while cursor is not None and pages_left > 0:
            pages_left -= 1
            cursor, stored = _read_page(deps, cursor, pages_left)
            found += stored
    return found


def _take(deps: Container) -> EventCursor | None:
    now, idle = deps.clock(), timedelta(seconds=deps.settings.event_poll_idle_interval)
    with unit_of_work(deps.engine) as connection:
        return event_cursors.take_cursor(
            connection,
            deps.providers,
            now=now,
            until=lease(deps),
            idle_since=now - idle,
        )


def _read_page(
    deps: Container, cursor: EventCursor, pages_left: int
) -> tuple[EventCursor | None, int]:
    """Store one page; the cursor where the list goes on, None where it is at its end."""
    since = cursor.read_until - timedelta(seconds=deps.settings.event_overlap)
    reached(CrashPoint.LIST_TAKEN)
    page = deps.provider(cursor.provider).list_events(cursor.account, since, cursor.page)
    if not isinstance(page, EventPage):
        _put_off(deps, cursor, page)
        return None, 0
    reached(CrashPoint.LIST_READ)
    now = deps.clock()
    pause = timedelta(seconds=deps.settings.event_poll_interval)
    due = lease(deps, pages_left) if page.next_page else now + pause
    told = [min(listed.event.created_at, now) for listed in page.events]
    newest = max(told, default=cursor.newest_at)
    with unit_of_work(deps.engine) as connection:
        advanced = event_cursors.advance_cursor(
            connection, cursor, newest=newest, page=page.next_page, now=now, due=due
        )
        new = _store_new(connection, cursor.provider, page.events, now) if advanced else []
    reached(CrashPoint.LIST_STORED)
    for event in new:
        log.warning("event.found", provider=cursor.provider, event_id=event.event_id)
    return (advanced if page.next_page else None), len(new)


def _store_new(
    connection: Connection, provider: Provider, page: Sequence[ListedEvent], now: datetime
) -> list[ProviderEvent]:
    # Most of a page is known, and asking event by event takes as many round trips.
    known = inbox.known_events(connection, provider, (one.event.event_id for one in page))
    return [
        one.event
        for one in page
        if one.event.event_id not in known
        and inbox.store_event(connection, provider, one.event, one.body, now, FoundBy.EVENT_LIST)
    ]


def _put_off(deps: Container, cursor: EventCursor, why: Unread) -> None:
    failures = cursor.failures + 1
    due = next_try(deps, failures, why)
    with unit_of_work(deps.engine) as connection:
        put_off(
            connection,
            event_cursors.PUT_OFF,
            cursor,
            why.reason,
            due,
            begin_anew=failures >= STALE_PAGE,
        )
    tell = log.error if failures >= ALARMING else log.warning
    tell("event_list.unread", provider=cursor.provider, failures=failures, reason=why.reason)
