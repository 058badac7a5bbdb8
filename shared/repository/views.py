"""Views: charges as those see them who may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import Provider, Status
from shared.domain.money import Money
from shared.repository.intake import NewCharge, Target


@dataclass(frozen=True, slots=True)
class ChargeView:
    """What may be told of a charge, with who may be told."""

    id: int
    identifier: UUID
    order_id: int
    user_id: str
    organizer_ids: frozenset[str]
    provider: Provider
    status: Status
    money: Money
    failure_code: str | None
    failure_message: str | None
    provider_reference: str | None
    attempts: int
    next_action: dict[str, Any] | None
    paid_via: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    refunded: Money
    pending_reason: str | None
    """Why the provider settles later, in its word; only while it does."""
    cancel_requested_at: datetime | None
    created_at: datetime
    updated_at: datetime


_SAME: Final = (
    "id identifier order_id user_id failure_code failure_message provider_reference attempts"
    " next_action paid_via brand last4 exp_month exp_year pending_reason cancel_requested_at"
    " created_at updated_at"
).split()

_UNKNOWN_OF_NEW: Final = (
    "failure_code failure_message provider_reference next_action paid_via brand last4 exp_month"
    " exp_year pending_reason cancel_requested_at"
).split()

_READ: Final = """
    SELECT c.*, o.user_id, e.organizer_ids,
           CASE c.status WHEN 'processing' THEN (
               SELECT t.reason FROM transitions t WHERE t.charge_id = c.id
               AND t.at >= c.created_at - interval '1 day'
               AND t.to_status = 'processing' ORDER BY t.id DESC LIMIT 1) END AS pending_reason
    FROM charges c JOIN orders o ON o.id = c.order_id JOIN events e ON e.id = o.event_id
"""
_READ_ONE: Final = text(f"{_READ} WHERE c.id = :id OR c.identifier = :identifier")
_READ_OF_ORDER: Final = text(f"{_READ} WHERE c.order_id = :order_id ORDER BY c.id DESC LIMIT 100")


def read_charge(
    connection: Connection, row_id: int | None, identifier: UUID | None = None
) -> ChargeView | None:
    """A charge named by primary key or identifier."""
    arguments = {"id": row_id, "identifier": identifier}
    row = connection.execute(_READ_ONE, arguments).mappings().one_or_none()
    return None if row is None else charge_view(row)


def read_charges_of(connection: Connection, order_id: int) -> list[ChargeView]:
    """An order's charges, the newest first, a hundred at most."""
    rows = connection.execute(_READ_OF_ORDER, {"order_id": order_id}).mappings()
    return [charge_view(row) for row in rows]


def view_of_new(target: Target, new: NewCharge, charge_id: int, now: datetime) -> ChargeView:
    """A charge that has just been stored, as a view: what its row says, without reading it."""
    return ChargeView(
        id=charge_id,
        identifier=new.identifier,
        order_id=new.order_id,
        user_id=target.user_id,
        organizer_ids=target.organizer_ids,
        provider=new.provider,
        status=Status.ACCEPTED,
        money=new.money,
        refunded=Money(0, new.money.currency),
        attempts=0,
        created_at=now,
        updated_at=now,
        **dict.fromkeys(_UNKNOWN_OF_NEW),
    )


def charge_view(row: RowMapping) -> ChargeView:
    """A charge's row, joined with its order's buyer and its event's organizers, as a view."""
    return ChargeView(
        **{name: row[name] for name in _SAME},
        organizer_ids=frozenset(row["organizer_ids"]),
        provider=Provider(row["provider"]),
        status=Status(row["status"]),
        money=Money(row["amount_minor"], row["currency"]),
        refunded=Money(row["amount_refunded_minor"], row["currency"]),
    )
