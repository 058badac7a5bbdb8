"""The tables of reconciliation, beside `shared/tables.py`."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Identity, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from shared.tables import METADATA

__all__ = [
    "METADATA",
    "event_cursors",
    "ledger_movements",
    "reconciliation_differences",
    "reconciliation_runs",
    "webhook_event_redrives",
]

_INSTANT: Final = TIMESTAMP(timezone=True)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _held() -> list[Column[object]]:
    """What a row has that is taken by one worker at a time."""
    return [
        Column("claim_number", BigInteger, nullable=False, server_default="0"),
        Column("failures", BigInteger, nullable=False, server_default="0"),
        Column("last_error", String),
    ]


event_cursors = Table(
    "event_cursors",
    METADATA,
    _id(),
    Column("provider", String, nullable=False),
    Column("account", String),
    Column("read_until", _INSTANT, nullable=False),
    Column("newest_at", _INSTANT, nullable=False),
    Column("page", String),
    Column("asked_at", _INSTANT, nullable=False),
    Column("due_at", _INSTANT, nullable=False),
    *_held(),
)

reconciliation_runs = Table(
    "reconciliation_runs",
    METADATA,
    _id(),
    Column("provider", String, nullable=False),
    Column("account", String),
    Column("day", Date, nullable=False),
    Column("page", String),
    Column("checks", BigInteger, nullable=False, server_default="0"),
    Column("open_differences", BigInteger, nullable=False, server_default="0"),
    Column("unexplained", BigInteger, nullable=False, server_default="0"),
    Column("totals", JSONB),
    Column("due_at", _INSTANT),
    Column("created_at", _INSTANT, nullable=False),
    Column("finished_at", _INSTANT),
    *_held(),
)

ledger_movements = Table(
    "ledger_movements",
    METADATA,
    _id(),
    Column("provider", String, nullable=False),
    Column("account", String),
    Column("day", Date, nullable=False),
    Column("reference", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("object_reference", String, nullable=False),
    Column("parent_reference", String),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("fee_currency", String, nullable=False),
    Column("our_references", ARRAY(String), nullable=False),
    Column("moved_at", _INSTANT, nullable=False),
)

reconciliation_differences = Table(
    "reconciliation_differences",
    METADATA,
    _id(),
    Column("run_id", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("object_reference", String, nullable=False),
    Column("charge_id", BigInteger),
    Column("ours", String),
    Column("theirs", String),
    Column("explanation", String),
    Column("found_at", _INSTANT, nullable=False),
    Column("resolved_at", _INSTANT),
)

webhook_event_redrives = Table(
    "webhook_event_redrives",
    METADATA,
    _id(),
    Column("event_id", BigInteger, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("former_result", String),
    Column("former_handled_at", _INSTANT, nullable=False),
)
