"""Dispatch: which rows are due to be told to the workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.domain.outbound import MOST_AT_ONCE, MOST_WHILE_FAILING
from shared.repository.circuits import HELD_UNTIL, IS_HELD, JOIN_CIRCUIT
from shared.task_names import (
    CHARGE_CANCEL,
    CHARGE_EXECUTE,
    OUTBOUND,
    OUTBOUND_EVENT_DELIVER,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
    queue_of,
)


class Due(NamedTuple):
    """A message to send: a task's name, the id of the row it is about, the queue it goes to."""

    task: str
    row_id: int
    queue: str


# Each provider's rows are taken apart from the other's: the backlog of one that hangs fills neither
# a round nor the other's queue.
#
# A round takes few rows by their ids: as an array they are looked up one by one, whatever Postgres
# expects of a LIMIT that it does not know. Joined, a backlog's table is read whole in every round.
#
# A charge that its buyer called off is not to be charged, whatever else is due for it, and can
# be cancelled even while it is parked.
#
# What its circuit holds is not told but put off, by about its rest; the circuit's closing lets go
# of it. What was never sent is cancelled without a call, so nothing holds that.
_TAKE_CHARGES: Final = text(f"""
    WITH due AS MATERIALIZED (
        SELECT d.* FROM unnest(CAST(:providers AS text[]), CAST(:most_charges AS bigint[]))
            AS room (provider, most) CROSS JOIN LATERAL (
            SELECT c.id, CASE WHEN {IS_HELD} AND (c.cancel_requested_at IS NULL
                OR c.provider_reference IS NOT NULL) THEN {HELD_UNTIL} END AS held_until
            FROM charges c {JOIN_CIRCUIT}
            WHERE c.provider = room.provider AND c.dispatch_at <= :now
              AND (c.parked_reason IS NULL OR c.cancel_requested_at IS NOT NULL)
            ORDER BY c.dispatch_at LIMIT room.most FOR NO KEY UPDATE OF c SKIP LOCKED
        ) d
    ), taken AS (
        UPDATE charges SET dispatch_at = coalesce(due.held_until, :again) FROM due
        WHERE charges.id = ANY(ARRAY(SELECT id FROM due)) AND charges.id = due.id
        RETURNING charges.id, provider, due.held_until, cancel_requested_at IS NOT NULL
                  AND status IN ('accepted', 'requires_action') AS is_called_off
    )
    SELECT CASE WHEN is_called_off THEN :charge_cancel ELSE :charge_execute END AS task, id,
        provider
    FROM taken WHERE held_until IS NULL
""")  # noqa: S608 - the fragments are constants

_TAKE_REFUNDS: Final = text(f"""
    WITH due AS MATERIALIZED (
        SELECT d.* FROM unnest(CAST(:providers AS text[]), CAST(:most_charges AS bigint[]))
            AS room (provider, most) CROSS JOIN LATERAL (
            SELECT r.id, CASE WHEN {IS_HELD} THEN {HELD_UNTIL} END AS held_until
            FROM refunds r JOIN charges c ON c.id = r.charge_id {JOIN_CIRCUIT}
            WHERE c.provider = room.provider AND r.dispatch_at <= :now
            ORDER BY r.dispatch_at LIMIT room.most FOR NO KEY UPDATE OF r SKIP LOCKED
        ) d
    ), taken AS (
        UPDATE refunds SET dispatch_at = coalesce(due.held_until, :again) FROM due
        WHERE refunds.id = ANY(ARRAY(SELECT id FROM due)) AND refunds.id = due.id
        RETURNING refunds.id, provider, due.held_until
    )
    SELECT :refund_execute AS task, id, provider FROM taken WHERE held_until IS NULL
""")  # noqa: S608 - the fragments are constants

_TAKE_EVENTS: Final = text("""
    UPDATE webhook_events SET dispatch_at = :again WHERE id = ANY(ARRAY(
        SELECT d.id FROM unnest(CAST(:providers AS text[]), CAST(:most_events AS bigint[]))
            AS room (provider, most) CROSS JOIN LATERAL (
            SELECT id FROM webhook_events WHERE provider = room.provider AND dispatch_at <= :now
            ORDER BY dispatch_at LIMIT room.most FOR NO KEY UPDATE SKIP LOCKED
        ) d
    )) RETURNING :webhook_event_handle AS task, id, provider
""")

# An endpoint's rows are told as far as it may have them in flight: what is owed to one that hangs
# fills no queue.
_TAKE_DELIVERIES: Final = text("""
    UPDATE outbound_deliveries SET dispatch_at = :again WHERE id = ANY(ARRAY(
        SELECT d.id FROM outbound_endpoints e CROSS JOIN LATERAL (
            SELECT id FROM outbound_deliveries
            WHERE endpoint_id = e.id AND dispatch_at <= :now
            ORDER BY dispatch_at LIMIT greatest(0,
                CASE WHEN e.failures > 0 THEN :while_failing ELSE :at_once END - (
                    SELECT count(*) FROM outbound_deliveries
                    WHERE endpoint_id = e.id AND claimed_until > :now))
            FOR NO KEY UPDATE SKIP LOCKED
        ) d WHERE e.status = 'enabled' LIMIT :most_deliveries
    )) RETURNING :outbound_event_deliver AS task, id, NULL AS provider
""")

_TAKE: Final = {
    "charges": _TAKE_CHARGES,
    "refunds": _TAKE_REFUNDS,
    "events": _TAKE_EVENTS,
    "deliveries": _TAKE_DELIVERIES,
}


# Nothing is due nearly every time that the relay looks, seldom more than one kind, and Postgres
# plans what takes them for longer than it takes to find that out. So it is asked first which kinds
# are due in queues that have room: each by its index, from the longest due on, since a backlog's
# table that is read row by row begins with what is done.
#
# Whoever takes rows does not wait for the disk: where Postgres crashes and forgets that, they are
# due again, and told once more.
_WHAT_IS_DUE: Final = text("""
    SELECT set_config('synchronous_commit', 'off', true), EXISTS (
        SELECT FROM unnest(CAST(:charging AS text[])) AS r (provider) CROSS JOIN LATERAL (
            SELECT FROM charges WHERE provider = r.provider AND dispatch_at <= :now
            AND (parked_reason IS NULL OR cancel_requested_at IS NOT NULL)
            ORDER BY dispatch_at LIMIT 1
        ) d
    ) AS charges, EXISTS (
        SELECT FROM refunds WHERE provider = ANY(:charging) AND dispatch_at <= :now
    ) AS refunds, EXISTS (
        SELECT FROM unnest(CAST(:telling AS text[])) AS r (provider) CROSS JOIN LATERAL (
            SELECT FROM webhook_events WHERE provider = r.provider AND dispatch_at <= :now
            ORDER BY dispatch_at LIMIT 1
        ) d
    ) AS events, EXISTS (
        SELECT FROM outbound_endpoints e CROSS JOIN LATERAL (
            SELECT FROM outbound_deliveries
            WHERE endpoint_id = e.id AND dispatch_at <= :now LIMIT 1
        ) d WHERE e.status = 'enabled' AND :delivers
    ) AS deliveries
""")


def take_due(
    connection: Connection, *, now: datetime, again: datetime, most: Mapping[str, int]
) -> list[Due]:
    """What is due, put off to `again` in case its message is lost.

    `most` says how many by queue, of each kind of row. Two callers at once never get the same row.
    """
    charges = {provider: most[queue_of(CHARGE_EXECUTE, provider)] for provider in Provider}
    events = {provider: most[queue_of(WEBHOOK_EVENT_HANDLE, provider)] for provider in Provider}
    looking = {
        "now": now,
        "charging": [provider for provider, room in charges.items() if room],
        "telling": [provider for provider, room in events.items() if room],
        "delivers": most[OUTBOUND] > 0,
    }
    is_due = connection.execute(_WHAT_IS_DUE, looking).mappings().one()
    arguments = _TASKS | {
        "now": now,
        "again": again,
        "providers": list(Provider),
        "most_charges": list(charges.values()),
        "most_events": list(events.values()),
        "most_deliveries": most[OUTBOUND],
        "at_once": MOST_AT_ONCE,
        "while_failing": MOST_WHILE_FAILING,
    }
    return [
        Due(row.task, row.id, queue_of(row.task, row.provider))
        for kind, take in _TAKE.items()
        if is_due[kind]
        for row in connection.execute(take, arguments)
    ]


_TASKS: Final = {
    "charge_execute": CHARGE_EXECUTE,
    "charge_cancel": CHARGE_CANCEL,
    "refund_execute": REFUND_EXECUTE,
    "webhook_event_handle": WEBHOOK_EVENT_HANDLE,
    "outbound_event_deliver": OUTBOUND_EVENT_DELIVER,
}


_GIVE_BACK: Final = text("""
    WITH given_charges AS (
        UPDATE charges SET dispatch_at = :now
        WHERE id = ANY(:charges) AND dispatch_at = :again RETURNING id
    ), given_deliveries AS (
        UPDATE outbound_deliveries SET dispatch_at = :now
        WHERE id = ANY(:deliveries) AND dispatch_at = :again RETURNING id
    ), given_refunds AS (
        UPDATE refunds SET dispatch_at = :now
        WHERE id = ANY(:refunds) AND dispatch_at = :again RETURNING id
    )
    UPDATE webhook_events SET dispatch_at = :now WHERE id = ANY(:events) AND dispatch_at = :again
""")


def give_back(connection: Connection, due: list[Due], *, again: datetime, now: datetime) -> None:
    """Make rows due at once whose messages could not be published, unless they moved since."""
    arguments = {
        "now": now,
        "again": again,
        "charges": _ids(due, CHARGE_EXECUTE) + _ids(due, CHARGE_CANCEL),
        "refunds": _ids(due, REFUND_EXECUTE),
        "events": _ids(due, WEBHOOK_EVENT_HANDLE),
        "deliveries": _ids(due, OUTBOUND_EVENT_DELIVER),
    }
    connection.execute(_GIVE_BACK, arguments)


def _ids(due: list[Due], wanted: str) -> list[int]:
    return [row_id for task, row_id, _ in due if task == wanted]
