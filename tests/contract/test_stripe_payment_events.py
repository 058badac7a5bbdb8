"""What Stripe's events say of a payment, whatever their version, order or age."""

from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.domain.outcomes import Refusal
from shared.providers.base import Translation
from tests.contract.stripe_telling import (
    BOTH_IDS,
    DISPUTE,
    OURS,
    REFUND,
    event,
    translated,
    unasked,
)
from tests.contract.stripe_wire import INTENT, PRICE, STRIPE_CHARGE, adapter, answer, refusal
from tests.contract.wire import Script

CARD = o.Card("card", "visa", "4242", 8, 2031)
APPROVED = o.Approved("pi_1", "ch_1", PRICE, OURS, livemode=False, card=CARD)
ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
DECLINED = o.Declined(
    "insufficient_funds", "Your card was declined.", Refusal.TEMPORARY, reference="pi_1"
)
PAYMENTS: list[tuple[str, dict[str, Any], o.Outcome]] = [
    ("payment_intent.succeeded", INTENT, APPROVED),
    (
        "payment_intent.succeeded",
        INTENT | {"latest_charge": "ch_1"},
        o.Approved("pi_1", "ch_1", PRICE, OURS, livemode=False),
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"status": "requires_payment_method", "last_payment_error": ERROR},
        DECLINED,
    ),
    (
        "payment_intent.processing",
        INTENT | {"status": "processing"},
        o.Submitted("pi_1", "processing", "ch_1"),
    ),
    (
        "payment_intent.requires_action",
        INTENT | {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}},
        o.RequiresAction("pi_1", o.NextAction("use_stripe_sdk", None, "pi_1_secret_1")),
    ),
    ("payment_intent.canceled", INTENT | {"status": "canceled"}, o.Canceled("pi_1")),
    ("charge.succeeded", STRIPE_CHARGE, APPROVED),
    (
        "charge.failed",
        STRIPE_CHARGE
        | {
            "status": "failed",
            "failure_code": "card_declined",
            "outcome": {"reason": "insufficient_funds"},
        },
        DECLINED,
    ),
    (
        "charge.pending",
        STRIPE_CHARGE | {"status": "pending"},
        o.Submitted("pi_1", "pending", "ch_1"),
    ),
]


@pytest.mark.parametrize(("kind", "thing", "fact"), PAYMENTS)
def test_an_event_of_a_payment_is_its_outcome(
    kind: str, thing: dict[str, Any], fact: o.Outcome
) -> None:
    with unasked() as url:
        told = adapter(url).translate(event(kind, thing), None)

    assert told == Translation(fact, BOTH_IDS, OURS)


def test_an_event_of_a_connected_account_approves_on_that_account() -> None:
    told = translated(event("charge.succeeded", STRIPE_CHARGE), account="acct_1")

    assert isinstance(told.fact, o.Approved)
    assert told.fact.account == "acct_1"


OF_2019 = {name: value for name, value in INTENT.items() if name != "latest_charge"} | {
    "charges": {"object": "list", "data": [STRIPE_CHARGE]}
}


CHARGE_OF_2016 = {name: value for name, value in STRIPE_CHARGE.items() if name != "amount_captured"}


@pytest.mark.parametrize(
    ("kind", "thing"),
    [("payment_intent.succeeded", OF_2019), ("charge.succeeded", CHARGE_OF_2016)],
)
def test_an_older_api_version_tells_the_same(kind: str, thing: dict[str, Any]) -> None:
    with unasked() as url:
        told = adapter(url).translate(event(kind, thing), None)

    assert told == Translation(APPROVED, BOTH_IDS, OURS)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("payment_intent.succeeded", INTENT | {"status": "processing"}),
        ("payment_intent.succeeded", INTENT | {"latest_charge": None}),
        ("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"}),
        ("payment_intent.payment_failed", INTENT | {"status": "requires_confirmation"}),
        ("charge.succeeded", STRIPE_CHARGE | {"captured": False}),
        ("charge.succeeded", STRIPE_CHARGE | {"currency": "xyz"}),
    ],
)
def test_what_the_snapshot_does_not_show_is_asked_for(kind: str, thing: dict[str, Any]) -> None:
    told = translated(event(kind, thing), answer(INTENT))

    assert told.fact == APPROVED


@pytest.mark.parametrize(
    "script",
    [
        answer({}),
        answer(INTENT | {"id": "pi_2"}),
        refusal("500 No", type="api_error"),
        refusal("404 No", type="invalid_request_error"),
    ],
)
def test_a_question_without_an_answer_is_no_fact_of_the_payment(script: Script) -> None:
    told = translated(event("payment_intent.succeeded", INTENT | {"status": "new"}), script)

    assert isinstance(told.fact, o.Indeterminate)
    assert "pi_1" in told.references


def test_a_payment_that_stands_nowhere_definite_is_no_fact() -> None:
    waiting = INTENT | {"status": "requires_payment_method", "last_payment_error": None}

    told = translated(event("payment_intent.payment_failed", waiting), answer(waiting))

    assert told.fact is None


def test_a_duplicate_transaction_is_no_decline() -> None:
    failed = INTENT | {
        "status": "requires_payment_method",
        "last_payment_error": ERROR | {"decline_code": "duplicate_transaction"},
    }

    told = translated(event("payment_intent.payment_failed", failed), answer(failed))

    assert told.fact is None


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("a.type.of.next.year", INTENT),
        ("payment_intent.created", INTENT),
        ("charge.updated", STRIPE_CHARGE),
        ("customer.created", {"id": "cus_1", "object": "customer"}),
        ("charge.succeeded", STRIPE_CHARGE | {"payment_intent": None}),
        ("refund.created", REFUND | {"charge": None}),
        ("refund.created", REFUND | {"amount": "500"}),
        ("refund.created", REFUND | {"status": "a_status_of_next_year"}),
        ("charge.dispute.created", DISPUTE | {"charge": None}),
        ("charge.dispute.created", DISPUTE | {"currency": "xyz"}),
        ("payment_intent.succeeded", []),
        ("payment_intent.succeeded", "pi_1"),
    ],
)
def test_what_concerns_nobody_is_no_fact(kind: str, thing: object) -> None:
    with unasked() as url:
        told = adapter(url).translate(event(kind, thing), None)

    assert told.fact is None


def test_metadata_of_others_is_no_reference_of_ours() -> None:
    foreign = INTENT | {"metadata": {"charge": 7, "cart": "9", "order": ""}}

    told = translated(event("payment_intent.succeeded", foreign))

    assert told.our_references == frozenset()
