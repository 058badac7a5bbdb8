"""The tables of circuits, beside `shared/tables.py`."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from shared.tables import METADATA

_INSTANT: Final = TIMESTAMP(timezone=True)

circuits = Table(
    "circuits",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("provider", String, nullable=False),
    Column("account", String, nullable=False),
    Column("state", String, nullable=False),
    Column("cause", String),
    Column("reason", String),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    Column("probe_number", BigInteger, nullable=False, server_default="0"),
    Column("probe_at", _INSTANT),
    Column("changed_at", _INSTANT, nullable=False),
)

circuit_changes = Table(
    "circuit_changes",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("circuit_id", BigInteger, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", String, nullable=False),
    Column("from_state", String, nullable=False),
    Column("to_state", String, nullable=False),
    Column("cause", String),
    Column("reason", String, nullable=False),
    Column("evidence", JSONB),
)
