"""What Stripe's events say of refunds and disputes."""

import pytest

from shared.domain.money import Money
from shared.providers.base import DisputeFact, RefundFact
from tests.contract.stripe_telling import BOTH_IDS, DISPUTE, OURS, REFUND, event, translated
from tests.contract.stripe_wire import PRICE, STRIPE_CHARGE, adapter, answer
from tests.contract.wire import serving

REFUND_EVENTS = ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
REFUND_STATUSES = [
    ("pending", "pending"),
    ("requires_action", "pending"),
    ("succeeded", "succeeded"),
    ("failed", "failed"),
    ("canceled", "canceled"),
]


@pytest.mark.parametrize("kind", REFUND_EVENTS)
@pytest.mark.parametrize(("status", "read_as"), REFUND_STATUSES)
def test_a_refund_is_told_with_its_charge(kind: str, status: str, read_as: str) -> None:
    told = translated(event(kind, REFUND | {"status": status}))

    assert told.fact == RefundFact("re_1", "ch_1", Money(500, "USD"), read_as)
    assert told.references >= BOTH_IDS


def test_a_refunded_charge_shows_its_newest_refund() -> None:
    refunded = STRIPE_CHARGE | {"refunds": {"data": [REFUND, REFUND | {"id": "re_0"}]}}

    told = translated(event("charge.refunded", refunded))

    assert isinstance(told.fact, RefundFact)
    assert told.fact.refund_reference == "re_1"
    assert told.our_references == OURS


def test_a_refunded_charge_without_its_refunds_is_asked_for_them() -> None:
    listed = answer({"object": "list", "data": [REFUND], "has_more": True})

    with serving(listed) as (url, seen):
        told = adapter(url).translate(event("charge.refunded", STRIPE_CHARGE), "acct_1")

    assert isinstance(told.fact, RefundFact)
    assert b"charge=ch_1" in seen[0]
    assert b"Stripe-Account: acct_1" in seen[0]


DISPUTE_STATUSES = [
    ("warning_needs_response", "open"),
    ("needs_response", "open"),
    ("under_review", "open"),
    ("a_status_of_next_year", "open"),
    ("won", "won"),
    ("lost", "lost"),
    ("warning_closed", "closed"),
    ("prevented", "closed"),
]


@pytest.mark.parametrize(
    "kind", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"]
)
@pytest.mark.parametrize(("status", "read_as"), DISPUTE_STATUSES)
def test_a_dispute_is_told_with_its_charge(kind: str, status: str, read_as: str) -> None:
    told = translated(event(f"charge.dispute.{kind}", DISPUTE | {"status": status}))

    assert told.fact == DisputeFact("dp_1", "ch_1", PRICE, read_as, "fraudulent")
    assert told.references >= BOTH_IDS
