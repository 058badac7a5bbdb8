"""Pacing: whose token a row needs, and putting it off where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, TextClause, text

from shared.domain.charge import Provider


@dataclass(frozen=True, slots=True)
class Paced:
    """The statements about one kind of row."""

    provider: TextClause
    put_off: TextClause


CHARGE: Final = Paced(
    provider=text("""
        SELECT provider FROM charges
        WHERE id = :id AND dispatch_at IS NOT NULL
          AND (claimed_until IS NULL OR claimed_until <= :now)
    """),
    put_off=text("""
        UPDATE charges SET dispatch_at = :until
        WHERE id = :id AND dispatch_at IS NOT NULL
          AND (claimed_until IS NULL OR claimed_until <= :now)
    """),
)

REFUND: Final = Paced(
    provider=text("""
        SELECT c.provider FROM refunds r JOIN charges c ON c.id = r.charge_id
        WHERE r.id = :id AND r.dispatch_at IS NOT NULL
          AND (r.claimed_until IS NULL OR r.claimed_until <= :now)
    """),
    put_off=text("""
        UPDATE refunds SET dispatch_at = :until
        WHERE id = :id AND dispatch_at IS NOT NULL
          AND (claimed_until IS NULL OR claimed_until <= :now)
    """),
)


def provider_of(
    connection: Connection, paced: Paced, row_id: int, now: datetime
) -> Provider | None:
    """The provider that would be asked about the row; None where nothing is due or it is taken."""
    found = connection.execute(paced.provider, {"id": row_id, "now": now}).scalar_one_or_none()
    return None if found is None else Provider(found)


def put_off(
    connection: Connection, paced: Paced, row_id: int, *, now: datetime, until: datetime
) -> None:
    """Tell of the row again then, unless somebody has taken it meanwhile."""
    connection.execute(paced.put_off, {"id": row_id, "now": now, "until": until})
