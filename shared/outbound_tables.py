"""The tables of outbound deliveries, beside `shared/tables.py`."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Integer, LargeBinary, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, UUID

from shared.tables import METADATA

__all__ = [
    "METADATA",
    "outbound_attempts",
    "outbound_deliveries",
    "outbound_endpoints",
    "outbound_secrets",
]

_INSTANT: Final = TIMESTAMP(timezone=True)

outbound_endpoints = Table(
    "outbound_endpoints",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("identifier", UUID(as_uuid=True), nullable=False),
    Column("url", String, nullable=False),
    Column("event_types", ARRAY(String), nullable=False),
    Column("status", String, nullable=False),
    Column("disabled_reason", String),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    Column("failing_since", _INSTANT),
    Column("created_at", _INSTANT, nullable=False),
    Column("updated_at", _INSTANT, nullable=False),
)

outbound_secrets = Table(
    "outbound_secrets",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("endpoint_id", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT),
)

outbound_deliveries = Table(
    "outbound_deliveries",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    Column("endpoint_id", BigInteger, nullable=False),
    Column("order_id", BigInteger),
    Column("status", String, nullable=False),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("claim_number", BigInteger, nullable=False, server_default="0"),
    Column("claimed_until", _INSTANT),
    Column("next_attempt_at", _INSTANT),
    Column("dispatch_at", _INSTANT),
    Column("created_at", _INSTANT, nullable=False),
    Column("finished_at", _INSTANT),
)

outbound_attempts = Table(
    "outbound_attempts",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("delivery_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("started_at", _INSTANT, nullable=False),
    Column("finished_at", _INSTANT),
    Column("status_code", Integer),
    Column("latency_ms", Integer),
    Column("error", String),
)
