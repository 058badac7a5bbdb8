"""Charges that are called off: the buyer's wish, the claim to ask the provider for it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Charge
from shared.repository.charges import COLUMNS, charge_of
from shared.repository.circuits import IS_HELD, IS_LET_THROUGH, JOIN_CIRCUIT, PROBE, PROBED

_WISH: Final = text("""
    UPDATE charges SET cancel_requested_at = :now, dispatch_at = :now, updated_at = :now
    WHERE id = :id AND cancel_requested_at IS NULL
""")


def wish_to_cancel(connection: Connection, charge_id: int, now: datetime) -> None:
    """Keep the buyer's wish, due at once; the charge is locked, and waits for its payer."""
    connection.execute(_WISH, {"id": charge_id, "now": now})


_CLAIM_TO_CANCEL: Final = text(f"""
    WITH found AS MATERIALIZED (
        SELECT c.id, CASE WHEN provider_reference IS NOT NULL THEN {PROBED} END AS circuit_id
        FROM charges c {JOIN_CIRCUIT}
        WHERE c.id = :id AND cancel_requested_at IS NOT NULL
          AND status IN ('accepted', 'requires_action')
          AND (claimed_until IS NULL OR claimed_until <= :now)
          AND (provider_reference IS NULL OR NOT {IS_HELD})
        FOR NO KEY UPDATE OF c
    ), {PROBE}
    UPDATE charges c SET
        claim_number = c.claim_number + 1, claimed_until = :until, dispatch_at = :until,
        updated_at = :now
    FROM found LEFT JOIN probe ON true, orders o
    WHERE c.id = found.id AND o.id = c.order_id AND {IS_LET_THROUGH}
    RETURNING {COLUMNS}, probe.probe_number AS probe
""")  # noqa: S608 - as above


def claim_to_cancel(
    connection: Connection, charge_id: int, *, now: datetime, until: datetime
) -> tuple[Charge, int | None] | None:
    """Take a charge that is to be cancelled, of which no call is out, with its probe's number.

    None where that is not so, or its circuit holds it; what was never sent needs no call.
    """
    arguments = {"id": charge_id, "now": now, "until": until}
    row = connection.execute(_CLAIM_TO_CANCEL, arguments).mappings().one_or_none()
    return None if row is None else (charge_of(row), row["probe"])


_HOLD_TO_CANCEL: Final = text("""
    UPDATE charges SET claimed_until = :until, dispatch_at = :until
    WHERE id = :id AND claim_number = :claim AND claimed_until IS NOT NULL
      AND status = 'requires_action'
""")


def hold_to_cancel(
    connection: Connection, charge_id: int, claim_number: int, until: datetime
) -> None:
    """Keep a charge that could not be cancelled yet in hand until then, if it still is."""
    arguments = {"id": charge_id, "claim": claim_number, "until": until}
    connection.execute(_HOLD_TO_CANCEL, arguments)
