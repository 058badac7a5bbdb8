"""What is done with captured money that does not pay: kept apart, told of, given back."""

from __future__ import annotations

from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from shared.domain.charge import Charge
from shared.domain.late_money import Remedy, Verdict
from shared.domain.outbound import OutboundType
from shared.domain.outcomes import Approved
from shared.repository import outbox, strays

log = structlog.get_logger()


def keep(
    connection: Connection, charge: Charge, fact: Approved, verdict: Verdict, found: strays.Finding
) -> None:
    """Put the capture on record once, and its refund with it where it is to go back.

    The charge is locked, and the capture not on record yet: so there is one refund, however many
    tell of the capture at once. The refund's key is its row, as any other's.
    """
    if not verdict.is_stray:
        return
    stray_id = strays.store_stray(connection, charge, fact, verdict, found)
    refund = uuid4() if verdict.remedy is Remedy.REFUND else None
    if refund is not None:
        strays.refund_stray(connection, stray_id, refund, found.at)
    told = outbox.Announcement(
        charge.order_id, OutboundType.STRAY_CAPTURE_FOUND, _payload(charge, fact, verdict, refund)
    )
    outbox.announce(connection, [told], found.at)
    log.warning(
        "stray_capture.found",
        charge_id=charge.id,
        capture=fact.capture_reference,
        misfit=verdict.misfit,
        remedy=verdict.remedy,
    )


def _payload(
    charge: Charge, fact: Approved, verdict: Verdict, refund: UUID | None
) -> dict[str, str | None]:
    return {
        "charge": str(charge.identifier),
        "order": str(charge.order_identifier),
        "capture": fact.capture_reference,
        "amount": fact.money.major,
        "currency": fact.money.currency,
        "misfit": verdict.misfit,
        "reason": verdict.complaint,
        "remedy": verdict.remedy,
        "refund": None if refund is None else str(refund),
    }
