"""Refund intake: the charge that is to be refunded, its new refund, refunds as those see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import Provider, Status
from shared.domain.money import Money
from shared.domain.refund import Origin, RefundStatus


@dataclass(frozen=True, slots=True)
class Refundable:
    """A locked charge, as far as it decides on a refund."""

    id: int
    user_id: str
    organizer_ids: frozenset[str]
    provider: Provider
    status: Status
    captured: Money
    """Zero where no money was captured."""


_LOCK: Final = text("""
    SELECT c.id, o.user_id, e.organizer_ids, c.provider, c.status, c.amount_captured_minor,
           c.currency
    FROM orders o JOIN charges c ON c.order_id = o.id JOIN events e ON e.id = o.event_id
    WHERE c.id = :id OR c.identifier = :identifier FOR NO KEY UPDATE OF o, c
""")


def lock_refundable(
    connection: Connection, row_id: int | None, identifier: UUID | None
) -> Refundable | None:
    """Lock a charge named by primary key or identifier, its order first; None without one."""
    row = connection.execute(_LOCK, {"id": row_id, "identifier": identifier}).one_or_none()
    if row is None:
        return None
    return Refundable(
        id=row.id,
        user_id=row.user_id,
        organizer_ids=frozenset(row.organizer_ids),
        provider=Provider(row.provider),
        status=Status(row.status),
        captured=Money(row.amount_captured_minor, row.currency),
    )


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund that somebody asks us for."""

    identifier: UUID
    charge_id: int
    money: Money | None
    """None: all that is left."""
    reason: str | None
    requested_by: str


@dataclass(frozen=True, slots=True)
class RefundView:
    """What may be told of a refund, with who may be told."""

    id: int
    identifier: UUID
    charge_id: int
    order_id: int
    user_id: str
    organizer_ids: frozenset[str]
    origin: Origin
    status: RefundStatus
    money: Money
    reason: str | None
    stray_capture: str | None
    """The capture that it gives back, where that is not the charge's payment."""
    provider_reference: str | None
    failure_code: str | None
    failure_message: str | None
    created_at: datetime
    updated_at: datetime


# The charge is locked by an earlier statement: only what begins after that sees every refund.
_STORE: Final = text("""
    WITH remaining AS (
        SELECT c.amount_captured_minor - coalesce(
            (SELECT sum(amount_minor) FROM refunds
             WHERE charge_id = c.id AND stray_capture_id IS NULL
             AND status IN ('pending', 'succeeded', 'needs_review')), 0) AS minor
        FROM charges c WHERE c.id = :charge
    ), r AS (
        INSERT INTO refunds (identifier, charge_id, provider, origin, amount_minor, currency,
                             status, reason, requested_by, next_attempt_at, dispatch_at,
                             created_at, updated_at)
        SELECT :identifier, c.id, c.provider, 'ours', coalesce(:amount, remaining.minor),
               c.currency, 'pending', :reason, :requested_by, :now, :now, :now, :now
        FROM charges c, remaining WHERE c.id = :charge
          AND coalesce(:amount, remaining.minor) BETWEEN 1 AND remaining.minor
        RETURNING *
    )
    SELECT remaining.minor AS remaining, r.*, NULL AS stray_capture, c.order_id, o.user_id,
           e.organizer_ids
    FROM remaining LEFT JOIN r ON true LEFT JOIN charges c ON c.id = r.charge_id
    LEFT JOIN orders o ON o.id = c.order_id LEFT JOIN events e ON e.id = o.event_id
""")


def store_refund(connection: Connection, new: NewRefund, now: datetime) -> RefundView | int:
    """Store the refund, due at once; where less is left than asked for, how much that is."""
    arguments = {
        "identifier": new.identifier,
        "charge": new.charge_id,
        "amount": None if new.money is None else new.money.amount_minor,
        "reason": new.reason,
        "requested_by": new.requested_by,
        "now": now,
    }
    row = connection.execute(_STORE, arguments).mappings().one()
    return int(row["remaining"]) if row["id"] is None else _view(row)


_COLUMNS: Final = (
    "r.*, s.capture_reference AS stray_capture, c.order_id, o.user_id, e.organizer_ids"
)
_JOINED: Final = """
    FROM refunds r JOIN charges c ON c.id = r.charge_id
    JOIN orders o ON o.id = c.order_id JOIN events e ON e.id = o.event_id
    LEFT JOIN stray_captures s ON s.id = r.stray_capture_id
"""
_READ: Final = f"SELECT {_COLUMNS} {_JOINED}"
_READ_ONE: Final = text(f"{_READ} WHERE r.id = :id OR r.identifier = :identifier")
_PAGE: Final = "r.id < :before ORDER BY r.id DESC LIMIT :most"
_LIST: Final = text(f"{_READ} WHERE {_PAGE}")
_WITH_STATUS: Final = text(f"{_READ} WHERE r.status = :status AND {_PAGE}")
_READ_OF_CHARGE: Final = text(f"{_READ} WHERE r.charge_id = :charge ORDER BY r.id DESC LIMIT 100")


def read_refund(
    connection: Connection, row_id: int | None, identifier: UUID | None
) -> RefundView | None:
    """A refund named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_READ_ONE, arguments).mappings().one_or_none()
    return None if row is None else _view(row)


def read_refunds_of(connection: Connection, charge_id: int) -> list[RefundView]:
    """A charge's refunds, whoever asked for them, the newest first, a hundred at most."""
    rows = connection.execute(_READ_OF_CHARGE, {"charge": charge_id}).mappings()
    return [_view(row) for row in rows]


def list_refunds(
    connection: Connection, before: int, most: int, status: RefundStatus | None = None
) -> list[RefundView]:
    """The newest refunds before that id, of all charges, of one status or of any."""
    arguments = {"before": before, "most": most, "status": status}
    rows = connection.execute(_WITH_STATUS if status else _LIST, arguments).mappings()
    return [_view(row) for row in rows]


@dataclass(frozen=True, slots=True)
class RefundReview:
    """A refund that waits for a person, with why, since when, and by whose word."""

    refund: RefundView
    since: datetime
    why: str
    evidence: dict[str, Any]


_REVIEWS: Final = text(f"""
    SELECT {_COLUMNS}, t.at AS since, t.reason AS why, t.evidence {_JOINED}
    CROSS JOIN LATERAL (
        SELECT at, reason, evidence FROM refund_transitions
        WHERE refund_id = r.id ORDER BY id DESC LIMIT 1
    ) t
    WHERE r.status = 'needs_review' ORDER BY r.id LIMIT :most
""")  # noqa: S608 - the columns and joins are constants of this module


def list_refund_reviews(connection: Connection, *, most: int = 50) -> list[RefundReview]:
    """The refunds that wait for a person, the oldest first."""
    rows = connection.execute(_REVIEWS, {"most": most}).mappings()
    return [
        RefundReview(_view(row), row["since"], row["why"], row["evidence"] or {}) for row in rows
    ]


_SAME: Final = (
    "id identifier charge_id order_id user_id reason stray_capture provider_reference failure_code"
    " failure_message created_at updated_at"
).split()


def _view(row: RowMapping) -> RefundView:
    return RefundView(
        **{name: row[name] for name in _SAME},
        organizer_ids=frozenset(row["organizer_ids"]),
        origin=Origin(row["origin"]),
        status=RefundStatus(row["status"]),
        money=Money(row["amount_minor"], row["currency"]),
    )
