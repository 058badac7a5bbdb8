"""Movements: the providers' ledger lines, with what our rows expect of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, text

from shared.domain.comparison import Entry, Named
from shared.domain.money import Money
from shared.domain.movements import Kind, Movement
from shared.repository.ledger_runs import LedgerRun

SKEW: Final = timedelta(minutes=10)
"""What we put on record so short before a day's end may stand in the next day's ledger."""

_STORE: Final = text("""
    INSERT INTO ledger_movements (provider, account, day, reference, kind, object_reference,
        parent_reference, amount_minor, currency, fee_minor, fee_currency, our_references, moved_at)
    VALUES (:provider, :account, :day, :reference, :kind, :object, :parent, :amount, :currency,
            :fee, :fee_currency, :ours, :moved_at)
    ON CONFLICT DO NOTHING
""")


def store_movements(connection: Connection, run: LedgerRun, lines: Iterable[Movement]) -> None:
    """Keep lines as they were read; a line is kept once, however often it is read."""
    rows = [
        {
            "provider": run.provider,
            "account": run.account,
            "day": run.day,
            "reference": line.reference,
            "kind": line.kind,
            "object": line.object_reference,
            "parent": line.parent_reference,
            "amount": line.money.amount_minor,
            "currency": line.money.currency,
            "fee": line.fee.amount_minor,
            "fee_currency": line.fee.currency,
            "ours": sorted(line.our_references),
            "moved_at": line.moved_at,
        }
        for line in lines
    ]
    if rows:
        connection.execute(_STORE, rows)


# A day is little of all there is, yet so much that a planner would read whole tables for it, until
# they have grown to many times its size. What is joined laterally is looked up, row by row.
_THEIRS: Final = text("""
    SELECT line.* FROM (
        SELECT DISTINCT object_reference FROM ledger_movements
        WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
          AND day = :day
    ) AS today CROSS JOIN LATERAL (
        SELECT * FROM ledger_movements
        WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
          AND object_reference = today.object_reference
        OFFSET 0
    ) AS line
    ORDER BY line.id
""")


def movements_of(connection: Connection, run: LedgerRun) -> list[Movement]:
    """The day's lines, with all others of the same objects."""
    rows = connection.execute(_THEIRS, _scope(run)).mappings()
    return [_movement(row) for row in rows]


_OURS: Final = text("""
    WITH moved AS (
        SELECT DISTINCT kind, object_reference FROM ledger_movements
        WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
          AND day = :day
    ), here AS NOT MATERIALIZED (
        SELECT * FROM charges
        WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
    ), charged AS NOT MATERIALIZED (
        SELECT * FROM here WHERE amount_captured_minor > 0
    ), due AS (
        SELECT 'capture' AS kind, c.capture_reference AS object_reference, c.id AS charge_id
        FROM transitions t
        CROSS JOIN LATERAL (SELECT * FROM charged WHERE id = t.charge_id LIMIT 1) c
        WHERE t.to_status = 'succeeded' AND t.at >= :begin AND t.at < :end
        UNION
        SELECT 'refund', r.provider_reference, c.id FROM refunds r
        CROSS JOIN LATERAL (SELECT * FROM here WHERE id = r.charge_id LIMIT 1) c
        WHERE r.status = 'succeeded' AND r.provider_reference IS NOT NULL
          AND r.updated_at >= :begin AND r.updated_at < :end
    ), late AS (
        SELECT * FROM due WHERE NOT EXISTS (
            SELECT FROM ledger_movements m
            WHERE m.provider = :provider AND coalesce(m.account, '') = coalesce(:account, '')
              AND m.kind = due.kind AND m.object_reference = due.object_reference
            OFFSET 0)
    ), wanted AS (
        SELECT kind, object_reference, true AS is_due FROM late
        UNION SELECT kind, object_reference, false FROM moved
    )
    SELECT w.kind, w.object_reference, w.is_due, c.id AS charge_id, c.currency,
           'succeeded' AS status, ARRAY[c.amount_captured_minor] AS amounts
    FROM wanted w CROSS JOIN LATERAL (
        SELECT * FROM charged WHERE capture_reference = w.object_reference LIMIT 1) c
    WHERE w.kind = 'capture'
    UNION ALL
    SELECT w.kind, w.object_reference, w.is_due, s.charge_id, s.currency, 'succeeded',
           ARRAY[s.amount_minor]
    FROM wanted w JOIN stray_captures s ON s.capture_reference = w.object_reference
        AND s.provider = :provider AND coalesce(s.account, '') = coalesce(:account, '')
    WHERE w.kind = 'capture'
    UNION ALL
    SELECT w.kind, w.object_reference, w.is_due, r.charge_id, r.currency, r.status,
           ARRAY[-r.amount_minor]
    FROM wanted w CROSS JOIN LATERAL (
        SELECT * FROM refunds
        WHERE provider = :provider AND provider_reference = w.object_reference LIMIT 1) r
    WHERE w.kind = 'refund'
    UNION ALL
    SELECT w.kind, w.object_reference, w.is_due, c.id, min(d.currency), 'disputed',
           array_agg(-d.amount_minor)
    FROM wanted w JOIN charged c ON c.capture_reference = w.object_reference
    JOIN disputes d ON d.charge_id = c.id
    WHERE w.kind = 'dispute' GROUP BY w.kind, w.object_reference, w.is_due, c.id
""")


def entries_of(connection: Connection, run: LedgerRun, begin: datetime) -> list[Entry]:
    """What our rows expect of the day's objects, and what we put on record on that day."""
    bounds = {"begin": begin - SKEW, "end": begin + timedelta(days=1) - SKEW}
    rows = connection.execute(_OURS, _scope(run) | bounds).mappings()
    return [_entry(row) for row in rows]


_PARENT: Final = text("""
    SELECT parent_reference FROM ledger_movements
    WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
      AND object_reference = :object AND kind = 'capture' ORDER BY id LIMIT 1
""")


def parent_of(connection: Connection, run: LedgerRun, capture: str) -> str | None:
    """What `fetch` reads of a capture, as its line told."""
    arguments = _scope(run) | {"object": capture}
    return connection.execute(_PARENT, arguments).scalar_one_or_none()


_NAMED: Final = text("""
    SELECT amount_captured_minor > 0 AS captured, status = 'needs_review' AS reviewed
    FROM charges WHERE id = :id
""")


def named(connection: Connection, charge_id: int) -> Named:
    """How the charge stands that a movement without an entry is about."""
    row = connection.execute(_NAMED, {"id": charge_id}).one()
    return Named(charge_id, is_captured=row.captured, is_under_review=row.reviewed)


_TOTALS: Final = text("""
    SELECT coalesce(jsonb_object_agg(kind || ' ' || currency, amount), '{}')
        || coalesce(jsonb_object_agg('fee ' || fee_currency, fee), '{}')
    FROM (SELECT kind, currency, sum(amount_minor) AS amount, fee_currency,
                 sum(sum(fee_minor)) OVER (PARTITION BY fee_currency) AS fee
          FROM ledger_movements
          WHERE provider = :provider AND coalesce(account, '') = coalesce(:account, '')
            AND day = :day
          GROUP BY kind, currency, fee_currency) AS sums
""")


def totals_of(connection: Connection, run: LedgerRun) -> dict[str, Any]:
    """The day's sums in minor units by kind and currency, with the fees."""
    return dict(connection.execute(_TOTALS, _scope(run)).scalar_one())


def _scope(run: LedgerRun) -> dict[str, Any]:
    return {"provider": run.provider, "account": run.account, "day": run.day}


def _movement(row: RowMapping) -> Movement:
    return Movement(
        reference=row["reference"],
        kind=Kind(row["kind"]),
        object_reference=row["object_reference"],
        parent_reference=row["parent_reference"],
        money=Money(row["amount_minor"], row["currency"]),
        fee=Money(row["fee_minor"], row["fee_currency"]),
        our_references=frozenset(row["our_references"]),
        moved_at=row["moved_at"],
    )


def _entry(row: RowMapping) -> Entry:
    return Entry(
        kind=Kind(row["kind"]),
        object_reference=row["object_reference"],
        charge_id=row["charge_id"],
        currency=row["currency"],
        allowed=_allowed(row["status"], row["amounts"]),
        is_due=row["is_due"],
    )


def _allowed(status: str, amounts: list[int]) -> frozenset[int]:
    """A refund that failed has come back; a dispute's money is held, or has come back."""
    whole = sum(amounts)
    match status:
        case "failed" | "canceled":
            return frozenset({0})
        case "pending" | "needs_review":
            return frozenset({0, whole})
        case "disputed":
            sizes = range(len(amounts) + 1)
            return frozenset(sum(held) for size in sizes for held in combinations(amounts, size))
        case _:
            return frozenset({whole})
