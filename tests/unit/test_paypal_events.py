"""How PayPal's events are read when they are not what they should be."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.errors import ForgedWebhook
from shared.domain.money import Money
from shared.domain.outcomes import Approved, Indeterminate, Outcome
from shared.domain.refund import RefundFact, RefundStatus
from shared.providers.base import DisputeFact, JsonObject, Translation
from shared.providers.paypal import events
from shared.providers.paypal.failures import CallFailed, Kind, Problem

ORDER_UUID = str(uuid.uuid4())
USD = {"currency_code": "USD", "value": "19.99"}
BASE = "https://api.paypal.com"
CAPTURE = {"id": "C1", "status": "COMPLETED", "amount": USD, "custom_id": ORDER_UUID}
REFUND = {"id": "R1", "status": "COMPLETED", "amount": USD}


class Asking:
    """PayPal's API, with one answer; keeps what it was asked for."""

    def __init__(self, answer: JsonObject | Problem) -> None:
        self.answer = answer
        self.paths: list[str] = []

    def __call__(self, path: str) -> JsonObject:
        self.paths.append(path)
        if isinstance(self.answer, Problem):
            raise CallFailed(self.answer)
        return self.answer


NOTHING: JsonObject = {}


def translate(
    event_type: str, resource: object, answer: JsonObject | Problem = NOTHING
) -> tuple[Translation, list[str]]:
    body = json.dumps({"id": "WH-1", "event_type": event_type, "resource": resource}).encode()
    asking = Asking(answer)
    return events.translate(body, asking, livemode=True), asking.paths


def up(href: str) -> dict[str, Any]:
    return {"links": [{"rel": "self", "href": f"{BASE}/self"}, {"rel": "up", "href": href}]}


def related(order_id: object) -> dict[str, Any]:
    return {"supplementary_data": {"related_ids": {"order_id": order_id}}}


def test_a_capture_is_about_the_order_it_names() -> None:
    translation, asked = translate("PAYMENT.CAPTURE.COMPLETED", CAPTURE | related("O1"))

    assert isinstance(translation.fact, Approved)
    assert (translation.fact.reference, translation.fact.livemode) == ("O1", True)
    assert translation.references == {"O1", "C1"}
    assert asked == []


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({}, id="no link at all"),
        pytest.param(related("../../v1/oauth2/token"), id="a path for an id"),
        pytest.param(related(7), id="a number for an id"),
        pytest.param(up(f"{BASE}/v2/checkout/orders/..%2f..%2fevil"), id="a path in a link"),
        pytest.param(up(f"{BASE}/v2/payments/authorizations/A1"), id="another kind of parent"),
        pytest.param(up("not a link"), id="no link"),
        pytest.param({"links": {"rel": "up"}}, id="links that are no list"),
        pytest.param({"links": ["up", {"rel": "up"}]}, id="links without an address"),
    ],
)
def test_a_capture_that_does_not_name_its_order_is_asked_about(members: dict[str, Any]) -> None:
    whole = CAPTURE | up(f"{BASE}/v2/checkout/orders/O7")

    translation, asked = translate("PAYMENT.CAPTURE.COMPLETED", CAPTURE | members, whole)

    assert isinstance(translation.fact, Approved)
    assert translation.fact.reference == "O7"
    assert asked == ["v2/payments/captures/C1"]


SALE = {
    "id": "S1",
    "state": "completed",
    "amount": {"total": "19.99", "currency": "USD"},
    "custom": ORDER_UUID,
    "parent_payment": "PAYID-1",
}


@pytest.mark.parametrize(
    ("event_type", "now", "before", "path"),
    [
        (
            "PAYMENT.CAPTURE.COMPLETED",
            CAPTURE | related("O1"),
            {"status": "PENDING"},
            "v2/payments/captures/C1",
        ),
        ("PAYMENT.SALE.COMPLETED", SALE, {"state": "pending"}, "v1/payments/sale/S1"),
    ],
)
def test_a_snapshot_from_before_the_event_is_read_anew(
    event_type: str, now: dict[str, Any], before: dict[str, str], path: str
) -> None:
    translation, asked = translate(event_type, now | before, now)

    assert isinstance(translation.fact, Approved)
    assert asked == [path]


def test_only_the_id_is_taken_from_a_link_never_its_host() -> None:
    linked = CAPTURE | up("https://evil.example/v2/checkout/orders/O1?x=1#y")

    translation, asked = translate("PAYMENT.CAPTURE.COMPLETED", linked)

    assert "O1" in translation.references
    assert asked == []


@pytest.mark.parametrize("written", ["anything", "'; DROP TABLE charges; --", "42", ""])
def test_what_others_wrote_into_our_members_is_left_out(written: str) -> None:
    resource = CAPTURE | related("O1") | {"custom_id": written, "invoice_id": ORDER_UUID.upper()}

    translation, _ = translate("PAYMENT.CAPTURE.COMPLETED", resource)

    assert translation.our_references == {ORDER_UUID}


@pytest.mark.parametrize(
    ("event_type", "resource"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", {}),
        ("PAYMENT.CAPTURE.COMPLETED", CAPTURE | {"amount": None}),
        ("PAYMENT.CAPTURE.COMPLETED", CAPTURE | {"amount": {"value": "NaN", **USD}} | {"id": "/"}),
        ("PAYMENT.CAPTURE.COMPLETED", CAPTURE | {"status": "TELEPORTED"}),
        ("PAYMENT.CAPTURE.COMPLETED", CAPTURE),
        ("PAYMENT.CAPTURE.REFUNDED", REFUND),
        ("PAYMENT.CAPTURE.REFUNDED", REFUND | {"status": "TELEPORTED"} | up(f"{BASE}/captures/C1")),
        ("PAYMENT.SALE.COMPLETED", {"id": "S1", "state": "completed"}),
        ("PAYMENT.SALE.REVERSED", {"id": "R1", "state": "completed"}),
        ("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1"}),
        ("CHECKOUT.ORDER.APPROVED", {"id": ["O1"]}),
        ("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"order_id": None}),
    ],
)
def test_an_event_that_cannot_be_read_is_kept_for_later(event_type: str, resource: object) -> None:
    translation, _ = translate(event_type, resource)

    assert isinstance(translation.fact, Indeterminate)


@pytest.mark.parametrize("resource", [None, [], "text", 7])
def test_an_event_without_a_resource_says_nothing(resource: object) -> None:
    translation, _ = translate("PAYMENT.CAPTURE.COMPLETED", resource)

    assert translation == Translation(None)


def test_paypal_being_away_is_no_answer() -> None:
    away = Problem(Kind.UNSENT, "no connection")

    translation, _ = translate("PAYMENT.CAPTURE.COMPLETED", CAPTURE, away)

    assert isinstance(translation.fact, Indeterminate)


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("COMPLETED", "succeeded"),
        ("PENDING", "pending"),
        ("FAILED", "failed"),
        ("CANCELLED", "canceled"),
    ],
)
def test_every_status_of_a_refund_is_one_of_ours(status: str, ours: str) -> None:
    resource = REFUND | {"status": status} | up(f"{BASE}/v2/payments/captures/C1")

    translation, _ = translate("PAYMENT.REFUND.PENDING", resource)

    assert translation.fact == RefundFact("R1", "C1", Money(1999, "USD"), RefundStatus(ours))


@pytest.mark.parametrize(
    ("outcome", "ours"),
    [
        ("RESOLVED_BUYER_FAVOUR", "lost"),
        ("RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED_WITH_PAYOUT", "closed"),
        ("CANCELED_BY_BUYER", "won"),
        ("ACCEPTED", "lost"),
        ("DENIED", "won"),
        ("NONE", "closed"),
    ],
)
def test_every_end_of_a_dispute_is_one_of_ours(outcome: str, ours: str) -> None:
    resource = {
        "dispute_id": "PP-D-4012",
        "status": "RESOLVED",
        "dispute_outcome": {"outcome_code": outcome},
        "dispute_amount": USD,
        "disputed_transactions": [{"seller_transaction_id": "C1", "custom": ORDER_UUID}],
    }

    translation, _ = translate("CUSTOMER.DISPUTE.RESOLVED", resource)

    assert isinstance(translation.fact, DisputeFact)
    assert (translation.fact.status, translation.fact.reason) == (ours, "OTHER")
    assert translation.our_references == {ORDER_UUID}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.939Z", datetime(2026, 3, 1, 12, 0, 0, 939000, tzinfo=UTC)),
        ("2026-03-01T05:00:00-07:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_every_spelling_of_an_instant_is_read(written: str, read: datetime) -> None:
    event = {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "create_time": written}

    envelope = events.read_envelope(json.dumps(event).encode(), livemode=True)

    assert (envelope.created_at, envelope.livemode) == (read, True)


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"id": 1, "event_type": "A", "create_time": "2026-03-01T12:00:00Z"}',
        b'{"id": "WH 1", "event_type": "A", "create_time": "2026-03-01T12:00:00Z"}',
        b'{"id": "WH-1", "event_type": "", "create_time": "2026-03-01T12:00:00Z"}',
        b'{"id": "WH-1", "event_type": "A", "create_time": "2026-03-01T12:00:00"}',
        b'{"id": "WH-1", "event_type": "A"}',
    ],
)
def test_a_signed_body_that_is_no_event_is_forged(event: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        events.read_envelope(event, livemode=False)


def test_every_fact_is_one_that_callers_know() -> None:
    translation, _ = translate("PAYMENT.CAPTURE.COMPLETED", CAPTURE | related("O1"))

    assert isinstance(translation.fact, Outcome)
