"""Event cursors: how far each account's list of events has been read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.repository.circuits import MAY_BE_READ
from shared.repository.holding import put_off_in

FIRST_READ: Final = timedelta(days=1)
"""How far back an account's list is read for the first time."""


@dataclass(frozen=True, slots=True)
class EventCursor:
    """A list in hand, under a fencing number.

    Instants are the provider's own, so that no clock of ours decides what is read. `newest_at` is
    the newest event of the reading under way, which goes on at `page`; where the reading ends, it
    becomes `read_until`.
    """

    id: int
    provider: Provider
    account: str | None
    read_until: datetime
    newest_at: datetime
    page: str | None
    claim_number: int
    failures: int


_ADD: Final = text("""
    INSERT INTO event_cursors (provider, account, read_until, newest_at, asked_at, due_at)
    SELECT known.provider, known.account, :since, :since, :since, :now FROM (
        SELECT unnest(CAST(:providers AS text[])) AS provider, NULL AS account
        UNION SELECT 'stripe', account FROM stripe_authorizations
        WHERE revoked_at IS NULL AND 'stripe' = ANY(:providers)
    ) AS known
    ON CONFLICT DO NOTHING
""")


def add_cursors(connection: Connection, providers: Iterable[Provider], now: datetime) -> None:
    """Begin a cursor for each provider's own account, and for each that organizers connected."""
    arguments = {"providers": list(providers), "since": now - FIRST_READ, "now": now}
    connection.execute(_ADD, arguments)


_TAKE: Final = text(f"""
    UPDATE event_cursors SET claim_number = claim_number + 1, due_at = :until
    WHERE id = (
        SELECT id FROM event_cursors AS asked
        WHERE due_at <= :now AND provider = ANY(:providers) AND {MAY_BE_READ}
          AND (account IS NULL OR EXISTS (
            SELECT FROM stripe_authorizations a
            WHERE a.account = asked.account AND a.revoked_at IS NULL)
        ) AND (
            asked_at <= :idle_since OR page IS NOT NULL
            OR EXISTS (SELECT FROM charges c WHERE c.deadline_at IS NOT NULL
                AND c.parked_reason IS NULL
                AND c.provider = asked.provider AND c.account IS NOT DISTINCT FROM asked.account)
            OR EXISTS (SELECT FROM charges c WHERE c.dispatch_at IS NOT NULL
                AND c.status IN ('submitting', 'indeterminate') AND c.parked_reason IS NULL
                AND c.provider = asked.provider AND c.account IS NOT DISTINCT FROM asked.account)
            OR EXISTS (SELECT FROM refunds r JOIN charges c ON c.id = r.charge_id
                WHERE r.dispatch_at IS NOT NULL
                AND c.provider = asked.provider AND c.account IS NOT DISTINCT FROM asked.account))
        ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id, provider, account, read_until, newest_at, page, claim_number, failures
""")  # noqa: S608 - a constant


def take_cursor(
    connection: Connection,
    providers: Iterable[Provider],
    *,
    now: datetime,
    until: datetime,
    idle_since: datetime,
) -> EventCursor | None:
    """Take a list that is due, until then; nobody else gets it meanwhile.

    A list is due where a charge or refund of its account waits, where a reading of it is not at its
    end, or where it was last asked for before `idle_since`; one that its owner disconnected never.
    """
    arguments = {
        "providers": list(providers),
        "now": now,
        "until": until,
        "idle_since": idle_since,
    }
    row = connection.execute(_TAKE, arguments).mappings().one_or_none()
    return None if row is None else EventCursor(**{**row, "provider": Provider(row["provider"])})


_ADVANCE: Final = text("""
    UPDATE event_cursors SET newest_at = greatest(newest_at, :newest), page = :page,
        read_until = CASE WHEN CAST(:page AS text) IS NULL
                     THEN greatest(newest_at, :newest) ELSE read_until END,
        asked_at = :now, due_at = :due, failures = 0, last_error = NULL
    WHERE id = :id AND claim_number = :claim
    RETURNING id, provider, account, read_until, newest_at, page, claim_number, failures
""")


def advance_cursor(
    connection: Connection,
    cursor: EventCursor,
    *,
    newest: datetime,
    page: str | None,
    now: datetime,
    due: datetime,
) -> EventCursor | None:
    """Put on record that a page is stored; None where somebody else has the list by now."""
    arguments = {
        "id": cursor.id,
        "claim": cursor.claim_number,
        "newest": newest,
        "page": page,
        "now": now,
        "due": due,
    }
    row = connection.execute(_ADVANCE, arguments).mappings().one_or_none()
    return None if row is None else EventCursor(**{**row, "provider": Provider(row["provider"])})


PUT_OFF: Final = put_off_in("event_cursors")
