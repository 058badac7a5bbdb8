"""The append-only record of every movement of money, kept apart from the API objects."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS movement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT NULL, tenant TEXT NOT NULL,
    provider TEXT NOT NULL, account TEXT, kind TEXT NOT NULL, object_id TEXT NOT NULL,
    parent_id TEXT, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, reference TEXT,
    metadata TEXT NOT NULL, custom_id TEXT, invoice_id TEXT, idempotency_key TEXT,
    request_id TEXT);
CREATE INDEX IF NOT EXISTS movement_by_tenant ON movement (tenant, seq);
CREATE TABLE IF NOT EXISTS response (
    tenant TEXT NOT NULL, request_id TEXT NOT NULL, delivered INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS response_by_request ON response (request_id);
CREATE TABLE IF NOT EXISTS page (tenant TEXT NOT NULL, begins_after INTEGER NOT NULL);
"""

GUARD = """
CREATE TRIGGER IF NOT EXISTS {table}_keeps_its_rows_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""

INSERT = f"INSERT INTO movement VALUES (NULL{', ?' * 15})"  # noqa: S608 — no foreign text

READ = """
SELECT m.*, r.delivered AS response_delivered FROM movement m
LEFT JOIN response r ON r.request_id = m.request_id AND r.tenant = m.tenant
WHERE m.tenant = ? AND m.seq > ? ORDER BY m.seq
"""

KINDS = frozenset({"charge", "capture", "refund", "dispute_hold", "dispute_release", "fee"})


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of money, signed as the merchant sees it.

    Positive: `charge`, `capture`, `dispute_release`, a `refund` row that gives a failed refund
    back. Negative: `refund`, `dispute_hold`, `fee`. `amount_minor` is in the currency's minor
    unit, `currency` upper case. `reference` is the caller's own id of the payment.
    """

    provider: str
    kind: str
    object_id: str
    amount_minor: int
    currency: str
    parent_id: str | None = None
    account: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    custom_id: str | None = None
    invoice_id: str | None = None
    idempotency_key: str | None = None
    request_id: str | None = None


class Ledger:
    """Movements of all tenants in one SQLite database, in memory unless given a file.

    Triggers refuse UPDATE, DELETE. Whether the caller got its answer is known only after the
    movement was written, hence a second append-only table, joined on reading.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        if path != ":memory:":
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)
        for table in ("movement", "response", "page"):
            for verb in ("UPDATE", "DELETE"):
                self._database.executescript(GUARD.format(table=table, verb=verb))

    def append(self, tenant: str, movement: Movement, at: float) -> None:
        """Write one movement; ValueError for a kind the ledger does not know."""
        if movement.kind not in KINDS:
            raise ValueError(f"The ledger knows no {movement.kind!r}.")
        m = movement
        what = (at, tenant, m.provider, m.account, m.kind, m.object_id, m.parent_id)
        money = (m.amount_minor, m.currency.upper())
        marks_of_caller = (m.reference, json.dumps(dict(m.metadata)), m.custom_id, m.invoice_id)
        values = (*what, *money, *marks_of_caller, m.idempotency_key, m.request_id)
        self._database.execute(INSERT, values)

    def note_response(self, tenant: str, request_id: str, *, delivered: bool) -> None:
        """Say whether the whole, true answer to a request was written to an open connection."""
        values = (tenant, request_id, int(delivered))
        self._database.execute("INSERT INTO response VALUES (?, ?, ?)", values)

    def turn_page(self, tenant: str) -> None:
        """Begin a new page after a tenant's reset; older rows stay readable on demand."""
        self._database.execute(
            "INSERT INTO page SELECT ?, COALESCE(MAX(seq), 0) FROM movement", (tenant,)
        )

    def rows(
        self, tenant: str, since: int = 0, *, all_pages: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield a tenant's rows with `seq` above `since`, as JSON-ready dicts, oldest first."""
        begin = 0 if all_pages else self._page(tenant)
        for row in self._database.execute(READ, (tenant, max(since, begin))):
            yield _as_json(row)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _page(self, tenant: str) -> int:
        row = self._database.execute(
            "SELECT MAX(begins_after) FROM page WHERE tenant = ?", (tenant,)
        ).fetchone()
        return int(row[0] or 0)


def _as_json(row: sqlite3.Row) -> dict[str, Any]:
    answer = dict(row)
    answer["metadata"] = json.loads(answer["metadata"])
    delivered = answer["response_delivered"]
    answer["response_delivered"] = None if delivered is None else bool(delivered)
    answer["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(answer["ts"]))
    return answer
