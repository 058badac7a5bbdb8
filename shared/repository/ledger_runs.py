"""Ledger runs: which day of which account's ledger is to be read and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.domain.charge import Provider
from shared.repository.circuits import MAY_BE_READ
from shared.repository.holding import put_off_in


@dataclass(frozen=True, slots=True)
class LedgerRun:
    """A day of an account's ledger in hand, under a fencing number."""

    id: int
    provider: Provider
    account: str | None
    day: date
    page: str | None
    checks: int
    claim_number: int
    failures: int


_COLUMNS: Final = "id, provider, account, day, page, checks, claim_number, failures"

_ADD: Final = text("""
    INSERT INTO reconciliation_runs (provider, account, day, due_at, created_at)
    SELECT e.provider, e.account, each.day, :now, :now
    FROM event_cursors e CROSS JOIN LATERAL (
        SELECT coalesce(max(r.day) + 1, CAST(:closed AS date)) AS first FROM reconciliation_runs r
        WHERE r.provider = e.provider AND coalesce(r.account, '') = coalesce(e.account, '')
          AND r.day >= CAST(r.created_at AT TIME ZONE 'UTC' AS date) - 2
    ) AS open CROSS JOIN LATERAL (
        SELECT CAST(generate_series(open.first, CAST(:closed AS date), interval '1 day') AS date)
            AS day
    ) AS each
    WHERE e.provider = :provider AND (e.account IS NULL OR EXISTS (
        SELECT FROM stripe_authorizations a WHERE a.account = e.account AND a.revoked_at IS NULL))
    ON CONFLICT DO NOTHING
""")


def add_runs(connection: Connection, provider: Provider, closed: date, now: datetime) -> None:
    """Open a run for each day up to the closed one that each account of the provider lacks.

    Days that were asked for long after they had ended say nothing of where to go on.
    """
    connection.execute(_ADD, {"provider": provider, "closed": closed, "now": now})


_TAKE: Final = text(f"""
    UPDATE reconciliation_runs SET claim_number = claim_number + 1, due_at = :until
    WHERE id = (
        SELECT id FROM reconciliation_runs AS asked
        WHERE due_at <= :now AND provider = ANY(:providers) AND {MAY_BE_READ}
          AND (account IS NULL OR EXISTS (SELECT FROM stripe_authorizations a
               WHERE a.account = asked.account AND a.revoked_at IS NULL))
        ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are a constant of this module


def take_run(
    connection: Connection, providers: Iterable[Provider], *, now: datetime, until: datetime
) -> LedgerRun | None:
    """Take a run that is due, until then; nobody else gets it meanwhile."""
    arguments = {"providers": list(providers), "now": now, "until": until}
    return _run(connection.execute(_TAKE, arguments).mappings().one_or_none())


_HOLD: Final = text(f"""
    UPDATE reconciliation_runs SET page = :page, due_at = :until
    WHERE id = :id AND claim_number = :claim RETURNING {_COLUMNS}
""")  # noqa: S608 - as above


def hold_run(
    connection: Connection, run: LedgerRun, page: str | None, until: datetime
) -> LedgerRun | None:
    """Put on record where the day's list goes on; None where somebody else has the run by now."""
    arguments = {"id": run.id, "claim": run.claim_number, "page": page, "until": until}
    return _run(connection.execute(_HOLD, arguments).mappings().one_or_none())


@dataclass(frozen=True, slots=True)
class Result:
    """What a comparison came to."""

    open: int
    unexplained: int
    totals: Mapping[str, Any]


_FINISH: Final = text("""
    UPDATE reconciliation_runs SET page = NULL, checks = checks + 1, totals = :totals,
        open_differences = :open, unexplained = :unexplained, failures = 0, last_error = NULL,
        finished_at = :now, due_at = :due
    WHERE id = :id AND claim_number = :claim
""").bindparams(bindparam("totals", type_=JSONB))


def finish_run(
    connection: Connection, run: LedgerRun, result: Result, now: datetime, due: datetime | None
) -> None:
    """Put on record what the comparison came to, and when it is to be made again, if ever."""
    arguments = {
        "id": run.id,
        "claim": run.claim_number,
        "open": result.open,
        "unexplained": result.unexplained,
        "totals": result.totals,
        "now": now,
        "due": due,
    }
    connection.execute(_FINISH, arguments)


PUT_OFF: Final = put_off_in("reconciliation_runs")


def _run(row: RowMapping | None) -> LedgerRun | None:
    return None if row is None else LedgerRun(**{**row, "provider": Provider(row["provider"])})
