"""The inbox: stored webhook events are read, matched to their charge, applied once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared import metrics
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.refund import RefundFact
from shared.domain.retry_policy import retry_delay
from shared.failures import named
from shared.observability import about
from shared.providers.base import Disconnected, DisputeFact, Translation
from shared.repository import charges, inbox
from shared.repository.traces import link_charge
from shared.settlement import Source, settle
from worker import aftermath
from worker.disconnection import disconnect
from worker.report import Report

log = structlog.get_logger()

UNMATCHED_TRIES: Final = 6
"""An event may overtake what it speaks of; after about two minutes it is not ours."""

Applied = tuple[str, int | None]
"""What came of an event, with the charge that it was applied to."""

_NO_ANSWER: Final = (o.NotSent, o.Indeterminate, o.Misconfigured)


def handle(deps: Container, event_id: int) -> Report | None:
    """Translate the event and apply it, with the proof, in one transaction. Safe to run twice.

    One that raises is put off, further each time, so that it holds up no other.
    """
    with unit_of_work(deps.engine) as connection:
        event = inbox.unhandled_event(connection, event_id)
    if event is None:
        return None
    try:
        return _handle(deps, event)
    except OperationalError:
        raise  # the database's trouble, not the event's
    except Exception as error:
        _put_off(deps, event, error)
        raise


def _put_off(deps: Container, event: inbox.StoredEvent, error: Exception) -> None:
    until = deps.clock() + retry_delay(event.tries, deps.jitter())
    with unit_of_work(deps.engine) as connection:
        inbox.fail_event(connection, event, named(error), until)
    metrics.WEBHOOK_EVENTS_HANDLED.labels(event.provider, "failed").inc()


def _handle(deps: Container, event: inbox.StoredEvent) -> Report | None:
    seen_at = deps.clock()
    translation = deps.provider(event.provider).translate(event.body, event.account)
    reached(CrashPoint.EVENT_READ)
    with unit_of_work(deps.engine) as connection:
        if not inbox.lock_unhandled(connection, event.id):
            return None
        result, charge_id = _apply(connection, deps, event, translation, seen_at)
        if charge_id is not None:
            about(charge_id=charge_id)
            link_charge(connection, charge_id)
    reached(CrashPoint.EVENT_APPLIED)
    _count(event, result, deps.clock())
    log.info(
        "webhook_event.handled", kind=event.event_type, webhook_event_id=event.id, result=result
    )
    return {"charge": charge_id, "kind": event.event_type, "result": result}


def _count(event: inbox.StoredEvent, result: str, now: datetime) -> None:
    metrics.WEBHOOK_EVENTS_HANDLED.labels(event.provider, result).inc()
    if result != "postponed":
        lag = (now - event.created_at).total_seconds()
        metrics.WEBHOOK_LAG_SECONDS.labels(event.provider).observe(lag)


def _apply(
    connection: Connection,
    deps: Container,
    event: inbox.StoredEvent,
    translation: Translation,
    seen_at: datetime,
) -> Applied:
    now, fact = deps.clock(), translation.fact
    if fact is None:
        return _finish(connection, event, "ignored", None, now)
    if isinstance(fact, _NO_ANSWER):
        asked_for = None if isinstance(fact, o.Misconfigured) else fact.retry_after
        return _postpone(connection, deps, event, now, asked_for)
    if isinstance(fact, Disconnected):
        disconnect(connection, fact, seen_at=seen_at, now=now)
        return _finish(connection, event, "applied", None, now)
    charge_id = charges.find_charge(
        connection,
        event.provider,
        event.account,
        references=translation.references,
        ours=translation.our_references,
    )
    if charge_id is None:
        return _unmatched(connection, deps, event, translation, now)
    result = _apply_fact(connection, deps, event, charge_id, fact)
    if result == aftermath.EARLY:
        return _postpone(connection, deps, event, now)
    return _finish(connection, event, result, charge_id, now)


def _apply_fact(
    connection: Connection,
    deps: Container,
    event: inbox.StoredEvent,
    charge_id: int,
    fact: o.Outcome | RefundFact | DisputeFact,
) -> str:
    source = Source("webhook", evidence={"webhook_event": event.id})
    if isinstance(fact, RefundFact | DisputeFact):
        return aftermath.apply(connection, deps, charge_id, fact, source)
    settle(connection, deps, charge_id, fact, source)
    return aftermath.APPLIED


def _unmatched(
    connection: Connection,
    deps: Container,
    event: inbox.StoredEvent,
    translation: Translation,
    now: datetime,
) -> Applied:
    if event.tries < UNMATCHED_TRIES and _may_be_ours(event, translation):
        return _postpone(connection, deps, event, now)
    return _finish(connection, event, "unmatched", None, now)


def _may_be_ours(event: inbox.StoredEvent, translation: Translation) -> bool:
    """An organizer's account sells elsewhere too, but a payment of ours names its charge."""
    is_payment = not isinstance(translation.fact, RefundFact | DisputeFact)
    return event.account is None or bool(translation.our_references) or not is_payment


def _postpone(
    connection: Connection,
    deps: Container,
    event: inbox.StoredEvent,
    now: datetime,
    at_least: timedelta | None = None,
) -> Applied:
    until = now + retry_delay(event.tries, deps.jitter(), at_least)
    inbox.postpone_event(connection, event.id, event.tries + 1, until)
    return "postponed", None


def _finish(
    connection: Connection,
    event: inbox.StoredEvent,
    result: str,
    charge_id: int | None,
    now: datetime,
) -> Applied:
    inbox.finish_event(connection, event.id, result, charge_id, now)
    return result, charge_id
