"""Lists of charges, as operators go through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import Provider, Status
from shared.domain.money import Money
from shared.domain.resolutions import Resolution, possible
from shared.repository.ages import OVERDUE


@dataclass(frozen=True, slots=True)
class ChargeSummary:
    """A charge in a line."""

    id: int
    identifier: UUID
    order_id: int
    account: str | None
    """The organizer's, where it is not the platform's own that is charged."""
    provider: Provider
    status: Status
    money: Money
    provider_reference: str | None
    capture_reference: str | None
    failure_code: str | None
    attempts: int
    next_attempt_at: datetime | None
    deadline_at: datetime | None
    parked_reason: str | None
    cancel_requested_at: datetime | None
    created_at: datetime
    updated_at: datetime


_SAME: Final = (
    "id identifier order_id account provider_reference capture_reference failure_code attempts"
    " next_attempt_at deadline_at parked_reason cancel_requested_at created_at updated_at"
).split()

_ALL: Final = text("SELECT * FROM charges WHERE id < :before ORDER BY id DESC LIMIT :most")
_WITH_STATUS: Final = text("""
    SELECT * FROM charges WHERE status = :status AND id < :before ORDER BY id DESC LIMIT :most
""")
_ONE: Final = text("SELECT * FROM charges WHERE id = :id OR identifier = :identifier")

NEWEST: Final = 2**63 - 1


def list_charges(
    connection: Connection, status: Status | None = None, *, before: int = NEWEST, most: int = 50
) -> list[ChargeSummary]:
    """The newest charges before that id, of one status or of any."""
    arguments = {"status": status, "before": before, "most": most}
    rows = connection.execute(_WITH_STATUS if status else _ALL, arguments).mappings()
    return [_summary(row) for row in rows]


_OVERDUE: Final = text(f"SELECT c.* {OVERDUE} ORDER BY entered.at LIMIT :most")


def list_overdue(
    connection: Connection, oldest: Mapping[Status, datetime], *, most: int = 50
) -> list[ChargeSummary]:
    """The charges that stand too long in their state, the longest first."""
    arguments = {"statuses": list(oldest), "oldest": list(oldest.values()), "most": most}
    return [_summary(row) for row in connection.execute(_OVERDUE, arguments).mappings()]


_OF_ORDER: Final = text("""
    SELECT * FROM charges WHERE order_id = :order ORDER BY id DESC LIMIT 100
""")


def list_charges_of(connection: Connection, order_id: int) -> list[ChargeSummary]:
    """An order's charges, the newest first, a hundred at most."""
    rows = connection.execute(_OF_ORDER, {"order": order_id}).mappings()
    return [_summary(row) for row in rows]


def summarize(
    connection: Connection, row_id: int | None, identifier: UUID | None = None
) -> ChargeSummary | None:
    """A charge named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_ONE, arguments).mappings().one_or_none()
    return None if row is None else _summary(row)


@dataclass(frozen=True, slots=True)
class Review:
    """A charge that waits for a person, with why, since when, and what was gathered then."""

    charge: ChargeSummary
    since: datetime
    why: str
    evidence: dict[str, Any]
    is_captured: bool
    """The payment is known."""
    has_stray: bool
    """Money of it stands apart, and does not go back yet."""

    @property
    def possible(self) -> tuple[Resolution, ...]:
        """The decisions worth offering."""
        return possible(is_captured=self.is_captured, has_stray=self.has_stray)

    @property
    def suggestion(self) -> dict[str, Any] | None:
        """What Chargehand would do, `action` and `because`; None where nothing was suggested."""
        found = self.evidence.get("suggestion")
        return found if isinstance(found, dict) else None


_REVIEWS: Final = text("""
    SELECT c.*, t.at AS since, t.reason AS why, t.evidence,
           c.amount_captured_minor > 0 AS is_captured,
           EXISTS (SELECT FROM stray_captures s WHERE s.charge_id = c.id AND NOT EXISTS (
               SELECT FROM refunds r WHERE r.stray_capture_id = s.id
               AND r.status IN ('pending', 'succeeded', 'needs_review'))) AS has_stray
    FROM charges c CROSS JOIN LATERAL (
        SELECT at, reason, evidence FROM transitions
        WHERE charge_id = c.id AND at >= c.created_at - interval '1 day'
        ORDER BY id DESC LIMIT 1
    ) t
    WHERE c.status = 'needs_review' AND c.id > :after ORDER BY c.id LIMIT :most
""")


def list_reviews(connection: Connection, *, after: int = 0, most: int = 50) -> list[Review]:
    """What waits for a person, the oldest charge first."""
    rows = connection.execute(_REVIEWS, {"after": after, "most": most}).mappings()
    return [
        Review(
            charge=_summary(row),
            since=row["since"],
            why=row["why"],
            evidence=row["evidence"] or {},
            is_captured=row["is_captured"],
            has_stray=row["has_stray"],
        )
        for row in rows
    ]


def _summary(row: RowMapping) -> ChargeSummary:
    return ChargeSummary(
        **{name: row[name] for name in _SAME},
        provider=Provider(row["provider"]),
        status=Status(row["status"]),
        money=Money(row["amount_minor"], row["currency"]),
    )
