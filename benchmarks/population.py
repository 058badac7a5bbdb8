"""A population: charges by the million, with all that hangs on them, made by SQL alone.

Skewed as life is: the newer the more; four of five by Stripe, a third of those on fifty accounts,
the first with the most; few in trouble, most of them new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg2.extensions import connection as Connection  # noqa: N812 a class


@dataclass(frozen=True)
class Size:
    """How many charges over how many days, and for how long a charge may not be over."""

    charges: int
    days: float
    live_minutes: int = 60
    ended_days: float = 0
    """How many days ago the newest of them was made."""


_MADE: Final[LiteralString] = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT *, base + i AS id,
       CASE WHEN provider = 'stripe' AND mod(i, 3) = 0
            THEN 'acct_' || floor(50 * power(mod(i * 6007, 1000) / 1000.0, 3)) END AS account,
       CASE WHEN provider = 'stripe' THEN 'pi_' ELSE 'PAYID-' END || base + i AS reference,
       at + CASE provider WHEN 'stripe' THEN 0.5 ELSE 20 END
            * power(1.004, mod(i * 6007, 1000)) * interval '1 second' AS settled_at,
       status IN ('succeeded', 'failed', 'canceled') AS is_over
FROM (
    SELECT *, now() - ago AS at,
           CASE WHEN mod(i, 5) = 0 THEN 'paypal' ELSE 'stripe' END AS provider,
           CASE WHEN mod(i * 7919, 100000) < 20 THEN 'needs_review'
                WHEN ago < make_interval(mins => %(live)s) AND mod(i, 50) < 4 THEN
                (ARRAY['accepted', 'indeterminate', 'requires_action', 'processing']
                )[1 + mod(i, 50)]
                WHEN mod(i * 7919, 1000) < 920 THEN 'succeeded'
                WHEN mod(i * 7919, 1000) < 990 THEN 'failed' ELSE 'canceled' END AS status
    FROM (SELECT i, (%(ended)s + %(days)s * power(1 - i / (%(count)s + 1.0), 1.5))
                    * interval '1 day' AS ago
          FROM generate_series(1, CAST(%(count)s AS bigint)) AS i) AS aged
) AS told, (
    SELECT greatest((SELECT max(id) FROM orders), (SELECT max(id) FROM charges),
                    (SELECT max(id) FROM outbound_events), 0) AS base
) AS before
"""

_CHARGES: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO events (identifier, name, currency, can_pay_by_stripe, can_pay_by_paypal,
                        organizer_ids, created_at, updated_at)
    VALUES ('population', 'A concert', 'EUR', true, true, '{organizer}', now(), now())
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO orders (id, identifier, event_id, user_id, amount_minor, currency, payment_mode,
                        status, completed_at, created_at, updated_at) OVERRIDING SYSTEM VALUE
    SELECT id, CAST(md5('order' || id) AS uuid),
           (SELECT max(id) FROM events WHERE identifier = 'population'), 'buyer', 4200, 'EUR',
           provider, CASE status WHEN 'succeeded' THEN 'completed' ELSE 'pending' END,
           CASE status WHEN 'succeeded' THEN settled_at END, at, at
    FROM made ORDER BY id
    """,
    """
    INSERT INTO charges (id, identifier, order_id, provider, status, amount_minor, currency,
                         account, instrument_fingerprint, provider_reference, capture_reference,
                         amount_captured_minor, failure_code, attempts, claim_number,
                         next_attempt_at, dispatch_at, deadline_at, settled_at, created_at,
                         updated_at) OVERRIDING SYSTEM VALUE
    SELECT id, CAST(md5('charge' || id) AS uuid), id, provider, status, 4200, 'EUR', account,
           decode(md5('card' || id), 'hex'), reference,
           CASE status WHEN 'succeeded' THEN 'ch_' || id END,
           CASE status WHEN 'succeeded' THEN 4200 ELSE 0 END,
           CASE status WHEN 'failed' THEN 'card_declined' END, 1, 1,
           CASE WHEN status IN ('accepted', 'indeterminate') THEN now() END,
           CASE WHEN status IN ('accepted', 'indeterminate') THEN now() END,
           CASE WHEN status IN ('requires_action', 'processing') THEN now() + interval '1 hour' END,
           CASE WHEN is_over THEN settled_at END, at, settled_at
    FROM made ORDER BY id
    """,
    "SELECT setval(pg_get_serial_sequence('orders', 'id'), max(id)) FROM orders",
    "SELECT setval(pg_get_serial_sequence('charges', 'id'), max(id)) FROM charges",
)

_SURROUNDINGS: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO transitions (charge_id, at, actor, event, from_status, to_status, reason,
                             evidence)
    SELECT id, step.at, 'worker', step.event, step.was, step.became, 'as the provider says',
           evidence
    FROM made, LATERAL (VALUES
        (at, 'claimed', 'accepted', 'submitting', CAST(NULL AS jsonb)),
        (settled_at, 'answered', 'submitting', status, '{"answer": {"outcome": "Approved"}}')
    ) AS step (at, event, was, became, evidence)
    WHERE status <> 'accepted' ORDER BY id
    """,
    """
    INSERT INTO attempts (charge_id, number, operation, idempotency_key, request, key_expires_at,
                          tries, maybe_executed, replayable, started_at, finished_at, outcome)
    SELECT id, 1, 'stripe.payment_intents.create', 'chg-' || id || '-1',
           '{"payment_intent": {"amount": 4200, "currency": "eur", "payment_method": "pm_1"}}',
           at + interval '1 day', 1, true, true, at, CASE WHEN is_over THEN settled_at END,
           CASE WHEN is_over THEN 'Approved' END
    FROM made ORDER BY id
    """,
    """
    INSERT INTO webhook_events (provider, event_id, event_type, account, body, created_at,
                                received_at, tries, dispatch_at, handled_at, result, charge_id,
                                found_by)
    SELECT provider, 'evt_' || id || kind, 'payment_intent.' || kind, account,
           convert_to(repeat(reference, 40), 'UTF8'), settled_at, settled_at, 1,
           CASE WHEN NOT is_over THEN now() END, CASE WHEN is_over THEN settled_at END,
           CASE WHEN is_over THEN 'applied' END, id, 'webhook'
    FROM made, LATERAL (VALUES ('created'), ('succeeded')) AS kinds (kind)
    WHERE status <> 'needs_review' ORDER BY id
    """,
    """
    INSERT INTO outbound_endpoints (identifier, url, event_types, status, created_at, updated_at)
    VALUES (CAST(md5('endpoint') AS uuid), 'https://tickets.example/hook', '{}', 'enabled', now(),
            now())
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO outbound_events (id, identifier, order_id, event_type, payload, created_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, CAST(md5('told' || id) AS uuid), id, 'charge.' || status,
           jsonb_build_object('charge', CAST(md5('charge' || id) AS uuid), 'amount', '42.00'),
           settled_at
    FROM made ORDER BY id
    """,
    """
    INSERT INTO outbound_deliveries (event_id, endpoint_id, order_id, status, tries, claim_number,
                                     next_attempt_at, dispatch_at, created_at, finished_at)
    SELECT id, (SELECT max(id) FROM outbound_endpoints), id,
           CASE WHEN is_over THEN 'delivered' ELSE 'pending' END, 1, 1,
           CASE WHEN NOT is_over THEN now() END, CASE WHEN NOT is_over THEN now() END, settled_at,
           CASE WHEN is_over THEN settled_at END
    FROM made ORDER BY id
    """,
    """
    INSERT INTO outbound_attempts (delivery_id, number, started_at, finished_at, status_code,
                                   latency_ms)
    SELECT id, 1, created_at, created_at, 204, 31 FROM outbound_deliveries
    WHERE event_id IN (SELECT id FROM made) ORDER BY id
    """,
    """
    INSERT INTO refunds (identifier, charge_id, provider, provider_reference, origin, amount_minor,
                         currency, status, created_at, updated_at)
    SELECT CAST(md5('refund' || id) AS uuid), id, provider, 're_' || id, 'provider', 500, 'EUR',
           'succeeded', settled_at, settled_at
    FROM made WHERE status = 'succeeded' AND mod(id, 50) = 0 ORDER BY id
    """,
    """
    INSERT INTO ledger_movements (provider, account, day, reference, kind, object_reference,
                                  parent_reference, amount_minor, currency, fee_minor,
                                  fee_currency, our_references, moved_at)
    SELECT provider, account, CAST(settled_at AT TIME ZONE 'UTC' AS date), 'txn_' || id,
           'capture', 'ch_' || id, reference, 4200, 'EUR', 90, 'EUR', ARRAY[md5('charge' || id)],
           settled_at
    FROM made WHERE status = 'succeeded' ORDER BY settled_at
    """,
    """
    INSERT INTO operator_actions (identifier, at, actor, action, subject, reason, outcome)
    SELECT CAST(md5('action' || id) AS uuid), at, 'ada', 'charge.retry', 'charge ' || id,
           'the buyer called', 'due now'
    FROM made WHERE mod(id, 200) = 0 ORDER BY id
    """,
    "SELECT setval(pg_get_serial_sequence('outbound_events', 'id'), max(id)) FROM outbound_events",
)


def populate(connection: Connection, size: Size, *, is_whole: bool = True) -> None:
    """Add charges with their orders, and with all that hangs on them where it is to be whole.

    Needs a superuser: rows are written where they stand, past the triggers that guard moves.
    """
    given = {"count": size.charges, "days": size.days, "live": size.live_minutes}
    given["ended"] = size.ended_days
    with connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_MADE, given)
        for statement in _CHARGES + (_SURROUNDINGS if is_whole else ()):
            cursor.execute(statement)
