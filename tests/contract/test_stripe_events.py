"""What Stripe's events say of our charges, whatever their version, order or age."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook
from shared.domain.money import Money
from shared.domain.outcomes import Refusal
from shared.providers.base import DisputeFact, RefundFact, Translation
from tests.contract.rig import Delivery
from tests.contract.stripe_rig import StripeRig
from tests.contract.stripe_wire import (
    CHARGE,
    INTENT,
    ORDER,
    PRICE,
    STRIPE_CHARGE,
    adapter,
    answer,
    refusal,
)
from tests.contract.wire import Script, serving

OURS = frozenset({str(CHARGE), str(ORDER)})
BOTH_IDS = frozenset({"pi_1", "ch_1"})
CARD = o.Card("card", "visa", "4242", 8, 2031)
APPROVED = o.Approved("pi_1", "ch_1", PRICE, OURS, livemode=False, card=CARD)
ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
DECLINED = o.Declined(
    "insufficient_funds", "Your card was declined.", Refusal.TEMPORARY, reference="pi_1"
)
REFUND: dict[str, Any] = {
    "id": "re_1",
    "object": "refund",
    "amount": 500,
    "charge": "ch_1",
    "currency": "usd",
    "metadata": {},
    "payment_intent": "pi_1",
    "status": "succeeded",
}
DISPUTE: dict[str, Any] = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1999,
    "charge": "ch_1",
    "currency": "usd",
    "payment_intent": "pi_1",
    "reason": "fraudulent",
    "status": "needs_response",
}
SHOUTED_OUT = answer({"unexpected": "question"}, "418 Nobody should ask")


def event(kind: str, thing: object) -> bytes:
    return json.dumps({"object": "event", "type": kind, "data": {"object": thing}}).encode()


def translated(
    body: bytes, script: Script = SHOUTED_OUT, account: str | None = None
) -> Translation:
    with serving(script) as (url, _):
        return adapter(url).translate(body, account)


@contextmanager
def unasked() -> Iterator[str]:
    """An address at which no question may arrive."""
    with serving(SHOUTED_OUT) as (url, seen):
        yield url
        assert seen == []


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


def paid(stripe: StripeRig) -> tuple[str, o.Approved]:
    request = stripe.request()
    call = stripe.adapter.freeze(request)
    outcome = stripe.adapter.perform(call, request.instrument, f"chg-{request.charge}-1")
    assert isinstance(outcome, o.Approved)
    return str(request.charge), outcome


def arrives(stripe: StripeRig, kind: str) -> Translation:
    def fits(delivery: Delivery) -> bool:
        return bool(json.loads(delivery.body)["type"] == kind)

    delivery = stripe.mailbox.wait_for(fits)
    told = stripe.adapter.verify(delivery.headers, delivery.body)
    return stripe.adapter.translate(delivery.body, told.account)


def test_a_refund_of_the_dashboard_arrives(stripe: StripeRig) -> None:
    _, approved = paid(stripe)

    stripe.control.dashboard_refund(approved.reference, 500)

    for kind in ("refund.created", "charge.refunded"):
        fact = arrives(stripe, kind).fact
        assert isinstance(fact, RefundFact)
        assert fact.capture_reference == approved.capture_reference
        assert (fact.money, fact.status) == (Money(500, "USD"), "succeeded")


def test_a_dispute_arrives_until_it_is_lost(stripe: StripeRig) -> None:
    _, approved = paid(stripe)

    dispute = stripe.control.dispute(approved.capture_reference)
    opened = arrives(stripe, "charge.dispute.created").fact
    stripe.control.close_dispute(dispute["id"], "lost")
    closed = arrives(stripe, "charge.dispute.closed").fact

    assert isinstance(opened, DisputeFact)
    assert isinstance(closed, DisputeFact)
    assert (opened.status, closed.status) == ("open", "lost")
    assert opened.dispute_reference == closed.dispute_reference == dispute["id"]


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("webhook_stale_snapshot", {}),
        ("webhook_old_api_version", {"api_version": "2019-02-11"}),
        ("webhook_two_v1", {}),
    ],
)
def test_a_strange_but_genuine_event_tells_of_the_money(
    stripe: StripeRig, fault: str, arguments: dict[str, object]
) -> None:
    stripe.control.fault(fault, "payment_intent.succeeded", provider="stripe", **arguments)

    charge, approved = paid(stripe)
    told = arrives(stripe, "payment_intent.succeeded")

    assert isinstance(told.fact, o.Approved)
    assert (told.fact.money, told.fact.reference) == (PRICE, approved.reference)
    assert charge in told.fact.our_references


FORGERIES = [
    "webhook_wrong_secret",
    "webhook_old_timestamp",
    "webhook_future_timestamp",
    "webhook_v0_only",
    "webhook_non_ascii_header",
    "webhook_oversized_body",
    "webhook_invalid_utf8",
    "webhook_thin_event",
    "webhook_wrong_livemode",
]


@pytest.mark.parametrize("fault", FORGERIES)
def test_no_forgery_that_the_sandbox_knows_passes(stripe: StripeRig, fault: str) -> None:
    stripe.control.fault(fault, provider="stripe", times=None)

    paid(stripe)
    delivery = stripe.mailbox.wait_for(lambda _: True)

    with pytest.raises(ForgedWebhook):
        stripe.adapter.verify(delivery.headers, delivery.body)
