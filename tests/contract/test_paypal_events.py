"""What PayPal's webhook events come to, as the sandbox sends them."""

import json
import uuid

import pytest

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.refund import RefundFact, RefundStatus
from shared.providers.base import (
    ChargeRequest,
    DisputeFact,
    PaymentProvider,
    Translation,
)
from tests.contract.mailbox import Mailbox
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import PRICE, Story


@pytest.fixture
def paypal(sandbox_url: str, mailbox: Mailbox) -> PayPalRig:
    return PayPalRig(sandbox_url, mailbox)


def told(paypal: PayPalRig, event_type: str, by: PaymentProvider | None = None) -> Translation:
    """Receive an event, verify and translate it."""
    delivery = paypal.event(event_type)
    event = paypal.adapter.verify(delivery.headers, delivery.body)
    assert (event.event_type, event.livemode, event.account) == (event_type, False, None)
    return (by or paypal.adapter).translate(delivery.body, None)


def perform(paypal: PayPalRig, request: ChargeRequest) -> o.Outcome:
    call = paypal.adapter.freeze(request)
    return paypal.adapter.perform(call, request.instrument, str(uuid.uuid4()))


def approved(paypal: PayPalRig, request: ChargeRequest) -> o.Approved:
    outcome = perform(paypal, request)
    assert isinstance(outcome, o.Approved)
    return outcome


def pending(paypal: PayPalRig, request: ChargeRequest) -> o.Submitted:
    outcome = perform(paypal, request)
    assert isinstance(outcome, o.Submitted)
    assert outcome.capture_reference
    return outcome


def ours(request: ChargeRequest) -> frozenset[str]:
    return frozenset({str(request.charge), str(request.order)})


def test_an_approval_is_the_payers_doing(paypal: PayPalRig) -> None:
    request = paypal.request()

    translation = told(paypal, "CHECKOUT.ORDER.APPROVED")

    assert isinstance(translation.fact, o.PayerActed)
    assert translation.references == {translation.fact.reference}
    assert translation.our_references == ours(request)


def test_a_completed_order_is_no_money(paypal: PayPalRig) -> None:
    request = paypal.request()
    paypal.strike("declined_capture")
    perform(paypal, request)

    translation = told(paypal, "CHECKOUT.ORDER.COMPLETED")

    assert translation.fact is None


def test_an_approval_that_ran_out_is_a_decline(paypal: PayPalRig) -> None:
    request = paypal.request()
    paypal.control.advance(4 * 3600)

    translation = told(paypal, "CHECKOUT.PAYMENT-APPROVAL.REVERSED")

    assert isinstance(translation.fact, o.Declined)
    assert translation.references == {translation.fact.reference}
    assert translation.our_references == ours(request)


def test_a_pending_capture_names_its_order_in_a_link_only(paypal: PayPalRig) -> None:
    request = paypal.request(Story.SETTLES_LATER)
    submitted = pending(paypal, request)

    delivery = paypal.event("PAYMENT.CAPTURE.PENDING")
    translation = told(paypal, "PAYMENT.CAPTURE.PENDING")

    assert "supplementary_data" not in json.loads(delivery.body)["resource"]
    assert translation.fact == submitted
    assert translation.references == {submitted.reference, submitted.capture_reference}
    assert translation.our_references == ours(request)


@pytest.mark.parametrize(
    ("outcome", "event_type"),
    [("completed", "PAYMENT.CAPTURE.COMPLETED"), ("declined", "PAYMENT.CAPTURE.DENIED")],
)
def test_a_pending_capture_ends_by_event(paypal: PayPalRig, outcome: str, event_type: str) -> None:
    submitted = pending(paypal, paypal.request(Story.SETTLES_LATER))
    assert submitted.capture_reference
    paypal.control.settle_paypal(submitted.capture_reference, outcome)

    translation = told(paypal, event_type)

    assert isinstance(translation.fact, o.Approved | o.Declined)
    assert isinstance(translation.fact, o.Approved) == (outcome == "completed")
    assert translation.fact.reference == submitted.reference
    assert submitted.capture_reference in translation.references


def test_a_declined_capture_is_a_decline(paypal: PayPalRig) -> None:
    paypal.strike("declined_capture")
    perform(paypal, paypal.request())

    translation = told(paypal, "PAYMENT.CAPTURE.DECLINED")

    assert isinstance(translation.fact, o.Declined)


def test_a_refund_names_its_capture_in_a_link_only(paypal: PayPalRig) -> None:
    request = paypal.request()
    capture = approved(paypal, request)
    refund = paypal.control.post(
        f"/paypal/captures/{capture.capture_reference}/refund", {"amount": "5.00"}
    )

    translation = told(paypal, "PAYMENT.CAPTURE.REFUNDED")

    assert translation.fact == RefundFact(
        refund["id"],
        capture.capture_reference,
        Money(500, "USD"),
        RefundStatus.SUCCEEDED,
        frozenset({str(request.order)}),
    )
    assert translation.references == {capture.capture_reference}


def test_a_reversal_gives_all_back_and_names_none_of_us(paypal: PayPalRig) -> None:
    capture = approved(paypal, paypal.request())
    paypal.control.post(f"/paypal/captures/{capture.capture_reference}/reverse")

    translation = told(paypal, "PAYMENT.CAPTURE.REVERSED")

    assert isinstance(translation.fact, RefundFact)
    assert translation.fact.capture_reference == capture.capture_reference
    assert (translation.fact.money, translation.fact.status) == (PRICE, "succeeded")


def test_a_v1_sale_is_told_like_a_capture(paypal: PayPalRig) -> None:
    request = paypal.payment()
    sale = approved(paypal, request)

    translation = told(paypal, "PAYMENT.SALE.COMPLETED")

    assert translation.fact == sale
    assert translation.references == {sale.reference, sale.capture_reference}
    assert translation.our_references == {str(request.order)}


@pytest.mark.parametrize(
    ("payer", "event_type", "kind"),
    [
        ("echeck-pending", "PAYMENT.SALE.PENDING", o.Submitted),
        ("capture-declined", "PAYMENT.SALE.DENIED", o.Declined),
    ],
)
def test_a_v1_sale_without_money_is_told_so(
    paypal: PayPalRig, payer: str, event_type: str, kind: type[o.Outcome]
) -> None:
    perform(paypal, paypal.payment(payer))

    assert isinstance(told(paypal, event_type).fact, kind)


def test_a_v1_refund_is_written_negative_and_read_positive(paypal: PayPalRig) -> None:
    request = paypal.payment()
    sale = approved(paypal, request)
    refund = paypal.control.post(
        f"/paypal/captures/{sale.capture_reference}/refund", {"amount": "0.01"}
    )

    translation = told(paypal, "PAYMENT.SALE.REFUNDED")

    assert translation.fact == RefundFact(
        refund["id"],
        sale.capture_reference,
        Money(1, "USD"),
        RefundStatus.SUCCEEDED,
        frozenset({str(request.order)}),
    )
    assert translation.references == {sale.reference, sale.capture_reference}


def test_a_v1_reversal_says_so_little_that_paypal_is_asked(paypal: PayPalRig) -> None:
    sale = approved(paypal, paypal.payment())
    paypal.control.post(f"/paypal/captures/{sale.capture_reference}/reverse")

    translation = told(paypal, "PAYMENT.SALE.REVERSED")

    assert isinstance(translation.fact, RefundFact)
    assert translation.fact.capture_reference == sale.capture_reference
    assert translation.fact.money == PRICE


def test_an_event_that_takes_a_question_waits_while_paypal_is_away(paypal: PayPalRig) -> None:
    sale = approved(paypal, paypal.payment())
    paypal.control.post(f"/paypal/captures/{sale.capture_reference}/reverse")

    away = told(paypal, "PAYMENT.SALE.REVERSED", by=paypal.stranded)
    refused = told(paypal, "PAYMENT.SALE.REVERSED", by=paypal.stranger)

    assert isinstance(away.fact, o.Indeterminate)
    assert isinstance(refused.fact, o.Indeterminate)


@pytest.mark.parametrize(("winner", "status"), [("buyer", "lost"), ("seller", "won")])
def test_a_dispute_is_told_from_its_opening_to_its_end(
    paypal: PayPalRig, winner: str, status: str
) -> None:
    request = paypal.request()
    capture = approved(paypal, request)
    dispute = paypal.control.post(f"/paypal/captures/{capture.capture_reference}/dispute")
    paypal.control.post(f"/paypal/disputes/{dispute['id']}/review")
    paypal.control.post(f"/paypal/disputes/{dispute['id']}/resolve", {"winner": winner})

    facts = [
        told(paypal, f"CUSTOMER.DISPUTE.{verb}").fact for verb in ("CREATED", "UPDATED", "RESOLVED")
    ]

    assert all(isinstance(fact, DisputeFact) for fact in facts)
    opened, reviewed, resolved = (fact for fact in facts if isinstance(fact, DisputeFact))
    assert (opened.dispute_reference, opened.capture_reference, opened.money) == (
        dispute["id"],
        capture.capture_reference,
        PRICE,
    )
    assert (opened.status, reviewed.status, resolved.status) == ("open", "open", status)
