"""The tables as statements see them; what must hold of their rows stands in the migrations."""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer, LargeBinary, MetaData, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID

METADATA: Final = MetaData()


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, String, nullable=null)


def _number(name: str, *, null: bool = False, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=null, server_default=default)


def _instant(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, TIMESTAMP(timezone=True), nullable=null)


def _uuid(name: str) -> Column[Any]:
    return Column(name, UUID(as_uuid=True), nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, JSONB, nullable=null)


def _bytes(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


events = Table(
    "events",
    METADATA,
    _id(),
    _text("identifier"),
    _text("name"),
    _text("currency"),
    _flag("can_pay_by_stripe"),
    _flag("can_pay_by_paypal"),
    _text("paypal_email", null=True),
    Column("organizer_ids", ARRAY(String), nullable=False),
    _instant("created_at"),
    _instant("updated_at"),
)

orders = Table(
    "orders",
    METADATA,
    _id(),
    _uuid("identifier"),
    _number("event_id"),
    _text("user_id"),
    _number("amount_minor", null=True),
    _text("currency"),
    _text("payment_mode"),
    _text("status"),
    _instant("expires_at", null=True),
    _instant("completed_at", null=True),
    _instant("created_at"),
    _instant("updated_at"),
)

instruments = Table("instruments", METADATA, _bytes("fingerprint"), _number("order_id"))

charges = Table(
    "charges",
    METADATA,
    _id(),
    _uuid("identifier"),
    _number("order_id"),
    _text("provider"),
    _text("status"),
    _number("amount_minor"),
    _text("currency"),
    _text("account", null=True),
    _bytes("instrument", null=True),
    _bytes("instrument_fingerprint"),
    _text("provider_reference", null=True),
    _text("capture_reference", null=True),
    _number("amount_captured_minor", default="0"),
    _number("amount_refunded_minor", default="0"),
    _text("failure_code", null=True),
    _text("failure_message", null=True),
    _json("next_action", null=True),
    _text("paid_via", null=True),
    _text("brand", null=True),
    _text("last4", null=True),
    Column("exp_month", Integer),
    Column("exp_year", Integer),
    _number("attempts", default="0"),
    _number("claim_number", default="0"),
    _instant("claimed_until", null=True),
    _instant("next_attempt_at", null=True),
    _instant("dispatch_at", null=True),
    _instant("deadline_at", null=True),
    _text("parked_reason", null=True),
    _instant("cancel_requested_at", null=True),
    _instant("settled_at", null=True),
    _instant("created_at"),
    _instant("updated_at"),
    _text("traceparent", null=True),
)

stripe_authorizations = Table(
    "stripe_authorizations",
    METADATA,
    _id(),
    _number("event_id"),
    _text("stripe_user_id", null=True),
    _text("account"),
    _text("publishable_key", null=True),
    _bytes("access_token", null=True),
    _bytes("refresh_token", null=True),
    _flag("livemode"),
    _text("scope"),
    _instant("authorized_at"),
    _instant("revoked_at", null=True),
)

attempts = Table(
    "attempts",
    METADATA,
    _id(),
    _number("charge_id"),
    _number("number"),
    _text("operation"),
    _text("idempotency_key"),
    _json("request"),
    _instant("key_expires_at"),
    _number("tries", default="0"),
    _flag("maybe_executed"),
    _flag("replayable"),
    _instant("started_at"),
    _instant("finished_at", null=True),
    _text("outcome", null=True),
    _json("last_answer", null=True),
    _text("task_id", null=True),
)

transitions = Table(
    "transitions",
    METADATA,
    _id(),
    _number("charge_id"),
    _instant("at"),
    _text("actor"),
    _text("event"),
    _text("from_status"),
    _text("to_status"),
    _text("reason"),
    _json("evidence", null=True),
)

webhook_events = Table(
    "webhook_events",
    METADATA,
    _id(),
    _text("provider"),
    _text("event_id"),
    _text("event_type"),
    _text("account", null=True),
    _bytes("body"),
    _instant("created_at"),
    _instant("received_at"),
    _number("tries", default="0"),
    _instant("dispatch_at", null=True),
    _instant("handled_at", null=True),
    _text("result", null=True),
    _number("charge_id", null=True),
    _text("failure", null=True),
    _text("found_by"),
    _text("traceparent", null=True),
)

outbound_events = Table(
    "outbound_events",
    METADATA,
    _id(),
    _uuid("identifier"),
    _number("order_id", null=True),
    _text("event_type"),
    _json("payload"),
    _instant("created_at"),
    _text("traceparent", null=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    _text("user_id"),
    _text("route"),
    _text("key"),
    _bytes("fingerprint"),
    Column("status", Integer, nullable=False),
    _text("location"),
    _text("body"),
    _instant("created_at"),
)

charge_tallies = Table(
    "charge_tallies", METADATA, _instant("hour"), _instant("counted_at"), _json("counts")
)

rounds = Table("rounds", METADATA, _text("name"), _instant("done_at"))
