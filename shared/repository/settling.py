"""Settling: what is weighed of a charge, read under its locks in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from shared.db import reading
from shared.domain.charge import Charge
from shared.domain.errors import UnknownRecord
from shared.repository.attempts import Attempt, attempt_of
from shared.repository.charges import COLUMNS, charge_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """A locked charge with what a decision about it needs."""

    charge: Charge
    attempt: Attempt | None
    """The one that has no definite answer yet."""
    is_kept_apart: bool
    """Whether the capture that is told of does not pay the charge: it is a stray."""


_ATTEMPT: Final = """
    a.charge_id, a.number, a.operation, a.idempotency_key, a.request, a.key_expires_at, a.tries,
    a.maybe_executed, a.replayable, a.started_at
"""

# Two statements: in one, whoever waited for the locks would read the attempt as it stood before.
_LOCK: Final = reading(
    f"{COLUMNS}, {_ATTEMPT}, is_kept_apart",
    f"""
    SELECT FROM orders o JOIN charges c ON c.order_id = o.id WHERE c.id = :id
    FOR NO KEY UPDATE OF o, c;
    SELECT {COLUMNS}, {_ATTEMPT},
           EXISTS (SELECT FROM stray_captures s WHERE s.provider = c.provider
                   AND coalesce(s.account, '') = coalesce(c.account, '')
                   AND s.capture_reference = :capture) AS is_kept_apart
    FROM charges c JOIN orders o ON o.id = c.order_id
    LEFT JOIN attempts a ON a.charge_id = c.id AND a.finished_at IS NULL
    WHERE c.id = :id
    """,  # noqa: S608 - the columns are constants
)


def lock_to_settle(connection: Connection, charge_id: int, capture: str | None) -> Weighed:
    """The charge and its order, locked as everybody does; UnknownRecord without one."""
    arguments = {"id": charge_id, "capture": capture}
    row = connection.execute(_LOCK, arguments).mappings().one_or_none()
    if row is None:
        raise UnknownRecord(f"charge {charge_id}")
    attempt = None if row["number"] is None else attempt_of(row)
    return Weighed(charge_of(row), attempt, row["is_kept_apart"])
