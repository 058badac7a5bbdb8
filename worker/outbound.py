"""One delivery: claim it, send it, settle what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import structlog
from sqlalchemy import Connection

from shared import metrics
from shared.batch import Writer, together
from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain import outbound as o
from shared.outbound.signing import Envelope, signed_headers
from shared.repository import deliveries, endpoints
from worker.report import Report

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery in hand: what goes where, under which fencing number."""

    delivery_id: int
    claim_number: int
    until: datetime
    event: UUID
    kind: str
    happened_at: datetime
    url: str
    headers: Mapping[str, str]
    body: bytes


def deliver(deps: Container, delivery_id: int) -> Report | None:
    """Send the event, if it is due and its turn, and nobody else has it. Safe to run twice."""
    parcel = _claim(deps, delivery_id)
    if parcel is None:
        return None
    if deps.clock() >= parcel.until:  # stopped meanwhile: a later event may have gone out
        log.warning("claim.expired", delivery_id=delivery_id)
        return None
    reached(CrashPoint.DELIVERY_CLAIMED)
    answer = deps.courier.post(parcel.url, parcel.headers, parcel.body)
    reached(CrashPoint.DELIVERY_ANSWERED)
    with unit_of_work(deps.engine) as connection:
        _settle(connection, deps, parcel, answer)
    reached(CrashPoint.DELIVERY_SETTLED)
    return _report(parcel, answer)


def _report(parcel: Parcel, answer: o.Answer) -> Report:
    told = {"delivery": parcel.delivery_id, "event": str(parcel.event), "kind": parcel.kind}
    return told | {"status_code": answer.status_code, "error": answer.error}


def _claim(deps: Container, delivery_id: int) -> Parcel | None:
    now = deps.clock()
    until = now + timedelta(seconds=deps.settings.outbound_lease)
    with unit_of_work(deps.engine) as connection:
        waiting = deliveries.lock_waiting(connection, delivery_id, now)
        if waiting is None or not waiting.is_due:
            return None
        held_up = _held_up(deps, waiting, now)
        if held_up:
            deliveries.put_off(connection, delivery_id, held_up)
            return None
        deliveries.claim(connection, delivery_id, now=now, until=until)
    secrets = [deps.vault.open(sealed) for sealed in waiting.sealed_secrets]
    body = Envelope(waiting.kind, waiting.happened_at, waiting.data).body
    return Parcel(
        delivery_id=delivery_id,
        claim_number=waiting.claim_number + 1,
        until=until,
        event=waiting.event,
        kind=waiting.kind,
        happened_at=waiting.happened_at,
        url=waiting.url,
        headers=signed_headers(str(waiting.event), body, secrets, now),
        body=body,
    )


def _held_up(deps: Container, waiting: deliveries.Waiting, now: datetime) -> datetime | None:
    """When to ask again; None where the delivery may go out."""
    if waiting.blocked_until:
        return max(waiting.blocked_until, now + timedelta(seconds=deps.settings.republish_after))
    is_failing = waiting.failing_since is not None
    pause = o.pause_at(waiting.in_flight, deps.jitter(), is_failing=is_failing)
    return now + pause if pause else None


def _settle(connection: Connection, deps: Container, parcel: Parcel, answer: o.Answer) -> None:
    delivery_id, now = parcel.delivery_id, deps.clock()
    claim = deliveries.record_answer(connection, delivery_id, parcel.claim_number, answer, now)
    if claim is None:
        metrics.CLAIMS_LOST.labels("delivery").inc()
        log.warning("claim.lost", delivery_id=delivery_id)
        return
    tried = o.Tried(now, claim.tries, claim.failing_since, deps.jitter())
    verdict = o.judge_answer(answer, tried)
    with together(connection) as writer:
        _write(writer, delivery_id, claim.endpoint_id, verdict, now)
    if isinstance(verdict, o.EndpointLost) and claim.endpoint_status is o.EndpointStatus.ENABLED:
        _disable(connection, claim.endpoint_id, verdict.reason, now)
    _count(parcel, verdict, now)
    log.info(
        "outbound_event.tried",
        delivery_id=delivery_id,
        endpoint_id=claim.endpoint_id,
        verdict=type(verdict).__name__,
        status_code=answer.status_code,
        error=answer.error,
    )


def _count(parcel: Parcel, verdict: o.Verdict, now: datetime) -> None:
    metrics.OUTBOUND_DELIVERIES.labels(metrics.snake_case(type(verdict).__name__)).inc()
    if isinstance(verdict, o.Delivered):
        metrics.OUTBOUND_LAG_SECONDS.observe((now - parcel.happened_at).total_seconds())


def _write(
    writer: Writer, delivery_id: int, endpoint_id: int, verdict: o.Verdict, now: datetime
) -> None:
    if isinstance(verdict, o.Delivered):
        endpoints.note_success(writer, endpoint_id)
    else:
        endpoints.note_failure(writer, endpoint_id, now)
    match verdict:
        case o.Delivered():
            deliveries.finish(writer, delivery_id, o.DeliveryStatus.DELIVERED, now)
        case o.GivenUp():
            deliveries.finish(writer, delivery_id, o.DeliveryStatus.GIVEN_UP, now)
        case o.Postponed(until):
            deliveries.postpone(writer, delivery_id, until)
        case o.EndpointLost():
            deliveries.postpone(writer, delivery_id, now)
        case _:
            assert_never(verdict)


def _disable(connection: Connection, endpoint_id: int, reason: str, now: datetime) -> None:
    endpoints.disable(connection, endpoint_id, reason, now)
    log.error("endpoint.disabled", endpoint_id=endpoint_id, reason=reason)
