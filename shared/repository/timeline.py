"""The timeline: all that happened to one charge, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from shared.domain.money import Money
from shared.providers.redaction import redacted


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: datetime
    kind: str
    """`acceptance`, `transition`, `attempt`, `webhook event`, `outbound event`, `stray capture`,
    `refund`, `refund transition`, `dispute` or `operator`."""
    what: str
    """It, in a few words."""
    facts: dict[str, Any]
    """The rest of it, as JSON has it, without a secret."""


_SUBJECT: Final = "charge "

# What was written in the same instant stands in the order of the branches. No charge moves before
# it is there, by clocks that agree to a day: so the months before that are not looked at.
_TIMELINE: Final = text("""
    SELECT created_at AS at, 0 AS rank, id, 'acceptance' AS kind, 'accepted' AS what,
           jsonb_build_object('identifier', identifier, 'traceparent', traceparent) AS facts,
           amount_minor, currency
    FROM charges WHERE id = :charge
    UNION ALL
    SELECT at, 1, id, 'transition', from_status || ' to ' || to_status,
           jsonb_build_object('event', event, 'actor', actor, 'reason', reason,
                              'evidence', evidence), NULL, NULL
    FROM transitions WHERE charge_id = :charge
      AND at >= (SELECT created_at - interval '1 day' FROM charges WHERE id = :charge)
    UNION ALL
    SELECT started_at, 2, id, 'attempt', number || ' ' || coalesce(outcome, 'is open'),
           to_jsonb(attempts) - CAST('{id,charge_id,started_at}' AS text[]), NULL, NULL
    FROM attempts WHERE charge_id = :charge
    UNION ALL
    SELECT received_at, 3, id, 'webhook event',
           event_type || ' ' || coalesce(result, 'is not handled'),
           jsonb_build_object('id', id, 'event_id', event_id, 'found_by', found_by,
                              'created_at', created_at, 'handled_at', handled_at, 'tries', tries),
           NULL, NULL
    FROM webhook_events WHERE charge_id = :charge
    UNION ALL
    SELECT o.created_at, 4, o.id, 'outbound event',
           o.event_type || coalesce(' ' || (SELECT string_agg(d.status, ', ' ORDER BY d.id)
               FROM outbound_deliveries d WHERE d.event_id = o.id), ''),
           jsonb_build_object('id', o.id, 'identifier', o.identifier, 'payload', o.payload),
           NULL, NULL
    FROM charges c JOIN outbound_events o ON o.order_id = c.order_id
    WHERE c.id = :charge
      AND coalesce(o.payload ->> 'charge', CAST(c.identifier AS text)) = CAST(c.identifier AS text)
    UNION ALL
    SELECT created_at, 5, id, 'refund', status,
           jsonb_build_object(
               'id', id, 'identifier', identifier, 'origin', origin, 'reason', reason,
               'requested_by', requested_by, 'provider_reference', provider_reference,
               'request', request, 'tries', tries, 'failure_code', failure_code,
               'failure_message', failure_message, 'updated_at', updated_at), amount_minor, currency
    FROM refunds WHERE charge_id = :charge
    UNION ALL
    SELECT t.at, 6, t.id, 'refund transition', t.from_status || ' to ' || t.to_status,
           jsonb_build_object('refund_id', t.refund_id, 'event', t.event, 'actor', t.actor,
                              'reason', t.reason, 'evidence', t.evidence), NULL, NULL
    FROM refunds r JOIN refund_transitions t ON t.refund_id = r.id WHERE r.charge_id = :charge
    UNION ALL
    SELECT found_at, 7, id, 'stray capture', misfit || ': ' || remedy,
           to_jsonb(stray_captures) - CAST('{id,charge_id,found_at}' AS text[]),
           amount_minor, currency
    FROM stray_captures WHERE charge_id = :charge
    UNION ALL
    SELECT created_at, 8, id, 'dispute', status,
           to_jsonb(disputes) - CAST('{id,charge_id,created_at}' AS text[]),
           amount_minor, currency
    FROM disputes WHERE charge_id = :charge
    UNION ALL
    SELECT at, 9, id, 'operator', action || ': ' || outcome,
           jsonb_build_object('actor', actor, 'reason', reason, 'identifier', identifier),
           NULL, NULL
    FROM operator_actions WHERE subject = ANY(ARRAY(
        SELECT :subject UNION ALL SELECT 'refund ' || id FROM refunds WHERE charge_id = :charge))
    ORDER BY at, rank, id
""")


def timeline(connection: Connection, charge_id: int) -> list[Entry]:
    """What happened to the charge, the oldest first; empty where there is no such charge."""
    arguments = {"charge": charge_id, "subject": f"{_SUBJECT}{charge_id}"}
    rows = connection.execute(_TIMELINE, arguments)
    return [Entry(row.at, row.kind, _words(row), _without_secrets(row.facts)) for row in rows]


def _words(row: Row[*tuple[Any, ...]]) -> str:
    if row.currency is None:
        return str(row.what)
    return f"{Money(row.amount_minor, row.currency)} {row.what}"


def _without_secrets(facts: dict[str, Any]) -> dict[str, Any]:
    request = facts.get("request")
    return facts if request is None else {**facts, "request": redacted(request)}
