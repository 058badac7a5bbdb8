"""Differences: on what our rows and a provider's ledger do not agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.domain.comparison import Difference
from shared.repository.ledger_runs import LedgerRun

_RECORD: Final = text("""
    INSERT INTO reconciliation_differences (run_id, type, kind, object_reference, charge_id, ours,
                                            theirs, explanation, found_at)
    VALUES (:run, :type, :kind, :object, :charge, :ours, :theirs, :explanation, :now)
    ON CONFLICT (run_id, type, kind, object_reference) WHERE resolved_at IS NULL
    DO UPDATE SET explanation = coalesce(excluded.explanation,
                                         reconciliation_differences.explanation)
""")

_RESOLVE: Final = text("""
    UPDATE reconciliation_differences SET resolved_at = :now
    WHERE run_id = :run AND resolved_at IS NULL
      AND NOT (type || ' ' || kind || ' ' || object_reference = ANY(:still))
""")

_OPEN: Final = text("""
    SELECT count(*) AS open, count(*) FILTER (WHERE explanation IS NULL) AS unexplained
    FROM reconciliation_differences WHERE run_id = :run AND resolved_at IS NULL
""")


def record_differences(
    connection: Connection, run: LedgerRun, found: list[Difference], now: datetime
) -> tuple[int, int]:
    """Open what is new, resolve what is no more; how many are open, how many unexplained."""
    rows = [_difference(run, difference, now) for difference in found]
    if rows:
        connection.execute(_RECORD, rows)
    still = [f"{each.type} {each.kind} {each.object_reference}" for each in found]
    connection.execute(_RESOLVE, {"run": run.id, "now": now, "still": still})
    row = connection.execute(_OPEN, {"run": run.id}).one()
    return row.open, row.unexplained


_EXPLAIN: Final = text("""
    WITH explained AS (
        UPDATE reconciliation_differences SET explanation = :explanation
        WHERE id = :id AND resolved_at IS NULL RETURNING run_id
    )
    UPDATE reconciliation_runs r SET unexplained = (
        SELECT count(*) FROM reconciliation_differences d
        WHERE d.run_id = r.id AND d.id <> :id AND d.resolved_at IS NULL AND d.explanation IS NULL)
    FROM explained WHERE r.id = explained.run_id RETURNING r.id
""")


def explain_difference(connection: Connection, difference_id: int, explanation: str) -> bool:
    """Keep what a person found out about an open difference; False where there is none.

    It stays open until it is gone, but nobody is alarmed of it any more.
    """
    arguments = {"id": difference_id, "explanation": explanation}
    return connection.execute(_EXPLAIN, arguments).one_or_none() is not None


def _difference(run: LedgerRun, difference: Difference, now: datetime) -> dict[str, Any]:
    return {
        "run": run.id,
        "type": difference.type,
        "kind": difference.kind,
        "object": difference.object_reference,
        "charge": difference.charge_id,
        "ours": difference.ours,
        "theirs": difference.theirs,
        "explanation": difference.explanation,
        "now": now,
    }


@dataclass(frozen=True, slots=True)
class OpenDifference:
    """A difference that stands, with whose day it is of."""

    id: int
    provider: Provider
    account: str | None
    day: date
    type: str
    kind: str
    object_reference: str
    charge_id: int | None
    ours: str | None
    theirs: str | None
    explanation: str | None
    found_at: datetime


_LIST: Final = text("""
    SELECT d.id, r.provider, r.account, r.day, d.type, d.kind, d.object_reference, d.charge_id,
           d.ours, d.theirs, d.explanation, d.found_at
    FROM reconciliation_differences d JOIN reconciliation_runs r ON r.id = d.run_id
    WHERE d.resolved_at IS NULL AND d.id < :before ORDER BY d.id DESC LIMIT :most
""")


def open_differences(connection: Connection, before: int, most: int) -> list[OpenDifference]:
    """What our rows and a provider's ledger do not agree on, the newest before that id first."""
    rows = connection.execute(_LIST, {"before": before, "most": most}).mappings()
    return [OpenDifference(**{**row, "provider": Provider(row["provider"])}) for row in rows]
