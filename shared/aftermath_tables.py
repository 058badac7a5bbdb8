"""The tables of what happens to captured money, beside `shared/tables.py`."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Identity, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

from shared.tables import METADATA

_INSTANT: Final = TIMESTAMP(timezone=True)

refunds = Table(
    "refunds",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("identifier", UUID(as_uuid=True), nullable=False),
    Column("charge_id", BigInteger, nullable=False),
    Column("stray_capture_id", BigInteger),
    Column("provider", String, nullable=False),
    Column("provider_reference", String),
    Column("origin", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("requested_by", String),
    Column("operation", String),
    Column("request", JSONB),
    Column("key_number", BigInteger, nullable=False, server_default="1"),
    Column("key_expires_at", _INSTANT),
    Column("started_at", _INSTANT),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("maybe_executed", Boolean, nullable=False, server_default="false"),
    Column("replayable", Boolean, nullable=False, server_default="true"),
    Column("claim_number", BigInteger, nullable=False, server_default="0"),
    Column("claimed_until", _INSTANT),
    Column("next_attempt_at", _INSTANT),
    Column("dispatch_at", _INSTANT),
    Column("failure_code", String),
    Column("failure_message", String),
    Column("created_at", _INSTANT, nullable=False),
    Column("updated_at", _INSTANT, nullable=False),
    Column("traceparent", String),
)

refund_transitions = Table(
    "refund_transitions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("refund_id", BigInteger, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", String, nullable=False),
    Column("event", String, nullable=False),
    Column("from_status", String, nullable=False),
    Column("to_status", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("evidence", JSONB),
)

stray_captures = Table(
    "stray_captures",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("charge_id", BigInteger, nullable=False),
    Column("provider", String, nullable=False),
    Column("account", String),
    Column("provider_reference", String, nullable=False),
    Column("capture_reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("misfit", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("found_at", _INSTANT, nullable=False),
)

disputes = Table(
    "disputes",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("charge_id", BigInteger, nullable=False),
    Column("provider", String, nullable=False),
    Column("provider_reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("withdrawn_minor", BigInteger, nullable=False, server_default="0"),
    Column("reinstated_minor", BigInteger, nullable=False, server_default="0"),
    Column("created_at", _INSTANT, nullable=False),
    Column("updated_at", _INSTANT, nullable=False),
)
