"""Dossiers: of a charge, whose money it is, why it waits, all that happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from shared.domain.charge import OrderStatus, Status
from shared.repository.charge_lists import ChargeSummary, list_charges_of, summarize
from shared.repository.circuit_views import Unclosed, unclosed_circuit, why_it_is_held
from shared.repository.timeline import Entry, timeline


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a charge pays, and for whom."""

    order: UUID
    """The order's identifier, as the platform knows it."""
    order_status: OrderStatus
    user_id: str
    event: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A charge with all that is asked about it."""

    charge: ChargeSummary
    purchase: Purchase
    others: list[ChargeSummary]
    """The order's other charges."""
    waits: str | None
    """Why it waits, a sentence; None where it is over."""
    timeline: list[Entry]


_PURCHASE: Final = text("""
    SELECT o.identifier, o.status, o.user_id, e.identifier AS event
    FROM orders o JOIN events e ON e.id = o.event_id WHERE o.id = :order
""")


def read_dossier(
    connection: Connection, row_id: int | None, identifier: UUID | None, now: datetime
) -> Dossier | None:
    """The dossier of a charge named by primary key or identifier."""
    charge = summarize(connection, row_id, identifier)
    if charge is None:
        return None
    row = connection.execute(_PURCHASE, {"order": charge.order_id}).one()
    circuit = unclosed_circuit(connection, charge.provider, charge.account)
    return Dossier(
        charge=charge,
        purchase=Purchase(row.identifier, OrderStatus(row.status), row.user_id, row.event),
        others=[each for each in list_charges_of(connection, charge.order_id) if each != charge],
        waits=why_it_waits(charge, circuit, now),
        timeline=timeline(connection, charge.id),
    )


_WAITS: Final = {
    Status.SUBMITTING: "A worker has it in hand, and waits for the provider's answer",
    Status.REQUIRES_ACTION: "It waits for its payer",
    Status.PROCESSING: "The provider has taken it, and settles it later",
    Status.NEEDS_REVIEW: "It waits for a person's decision",
}
_TRIES: Final = {
    Status.ACCEPTED: "The next attempt",
    Status.INDETERMINATE: "The answer was lost: the next look at the provider",
}


def why_it_waits(charge: ChargeSummary, circuit: Unclosed | None, now: datetime) -> str | None:
    """Why nothing happens to a charge at this moment, a sentence; None where it is over."""
    if charge.parked_reason:
        return f"It is parked until somebody mends this: {charge.parked_reason}."
    if charge.status in _TRIES:
        return why_it_is_held(circuit) if circuit else _tried(charge, now)
    if charge.status not in _WAITS:
        return None
    at = charge.deadline_at
    asked = f"; the provider is asked at {_moment(at)}" if at else ""
    return f"{_WAITS[charge.status]}{asked}."


def _tried(charge: ChargeSummary, now: datetime) -> str:
    at = charge.next_attempt_at
    is_later = at is not None and at > now
    when = f"is at {_moment(at)}" if is_later else "is due, and waits for a worker"
    return f"{_TRIES[charge.status]} {when}."


def _moment(at: datetime | None) -> str:
    return "an unknown time" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
