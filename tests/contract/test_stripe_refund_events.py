"""What Stripe's events say of refunds and disputes."""

import pytest

from shared.domain.money import Money
from shared.domain.refund import RefundFact, RefundStatus
from shared.providers.base import DisputeFact
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

    assert told.fact == RefundFact("re_1", "ch_1", Money(500, "USD"), RefundStatus(read_as))
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
    ("kind", "withdrawn", "reinstated"),
    [
        ("created", 0, 0),
        ("updated", 0, 0),
        ("closed", 0, 0),
        ("funds_withdrawn", 1999, 0),
        ("funds_reinstated", 1999, 1999),
    ],
)
@pytest.mark.parametrize(("status", "read_as"), DISPUTE_STATUSES)
def test_a_dispute_is_told_with_its_charge(
    kind: str, withdrawn: int, reinstated: int, status: str, read_as: str
) -> None:
    told = translated(event(f"charge.dispute.{kind}", DISPUTE | {"status": status}))

    assert told.fact == DisputeFact(
        "dp_1", "ch_1", PRICE, read_as, "fraudulent", withdrawn, reinstated
    )
    assert told.references >= BOTH_IDS


@pytest.mark.parametrize(
    ("amounts", "withdrawn", "reinstated"), [([], 0, 0), ([-1850], 1999, 0), ([-9, 9], 1999, 1999)]
)
def test_a_disputes_balance_transactions_tell_which_way_its_money_went(
    amounts: list[int], withdrawn: int, reinstated: int
) -> None:
    moved = {"balance_transactions": [{"amount": amount, "currency": "eur"} for amount in amounts]}

    told = translated(event("charge.dispute.updated", DISPUTE | moved))

    assert isinstance(told.fact, DisputeFact)
    assert told.fact.withdrawn_minor == withdrawn
    assert told.fact.reinstated_minor == reinstated
