"""What the providers tell of refunds finds its one row, whoever asked for them."""

from dataclasses import replace

import pytest

from tests.reconciliation.elsewhere import pay_elsewhere
from tests.reconciliation.refunding import (
    POLL,
    WAYS,
    announced,
    ask,
    given_back,
    later,
    paid,
    refund,
    refund_at_the_provider,
    statuses,
    told,
    until_settled,
)
from tests.reconciliation.workshop import Workshop
from worker import event_lists

each_way = pytest.mark.parametrize("way", sorted(WAYS))


@each_way
def test_a_refund_made_at_the_providers_dashboard_gets_a_row_of_its_own(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    refund_at_the_provider(workshop, charge, 700)

    told(workshop)

    rows = workshop.sql("SELECT origin, status, amount_minor FROM refunds")
    assert rows == [("provider", "succeeded", 700)]
    assert workshop.row(charge).amount_refunded_minor == 700


@each_way
def test_a_nameless_refund_waits_while_ours_may_be_the_same(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge, 700)
    workshop.sql("UPDATE refunds SET next_attempt_at = :later RETURNING id", later=later(workshop))
    refund_at_the_provider(workshop, charge, 700)

    told(workshop)
    waiting = statuses(workshop, charge)
    workshop.sql("UPDATE refunds SET next_attempt_at = :now RETURNING id", now=workshop.clock())
    until_settled(workshop)
    told(workshop)

    assert waiting == ["pending"]
    assert statuses(workshop, charge) == ["succeeded", "succeeded"]
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [700, 700]


def test_the_whole_amount_back_is_told_of_the_order_which_stays_completed(
    workshop: Workshop,
) -> None:
    charge = paid(workshop, "stripe")
    ask(workshop, charge, 1000)
    workshop.run()
    early = announced(workshop, "order.refunded")

    ask(workshop, charge, None)
    workshop.run()
    told(workshop)

    assert early == []
    assert announced(workshop, "order") == ["order.completed", "order.refunded"]
    assert workshop.sql("SELECT status FROM orders") == [("completed",)]


def test_a_pending_refund_counts_once_it_is_done(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe("tok_pendingRefund")
    workshop.run()
    made = ask(workshop, charge)
    workshop.run()
    waiting, counted = refund(workshop, made), workshop.row(charge).amount_refunded_minor

    workshop.advance(minutes=1)
    workshop.run()

    assert (waiting.status, counted) == ("pending", 0)
    assert refund(workshop, made).status == "succeeded"
    assert workshop.row(charge).amount_refunded_minor == 500


def test_a_refund_that_fails_after_success_gives_the_money_back_to_us(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe("tok_refundFail")
    workshop.run()
    made = ask(workshop, charge)
    workshop.run()
    first = refund(workshop, made).status

    told(workshop)

    assert first == "succeeded"
    assert refund(workshop, made).status == "failed"
    assert workshop.row(charge).amount_refunded_minor == 0
    assert announced(workshop, "refund") == ["refund.succeeded", "refund.failed"]
    assert sum(given_back(workshop)) == 0


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
def test_a_pending_paypal_refund_is_looked_up_without_any_event(
    workshop: Workshop, outcome: str
) -> None:
    charge = workshop.charge_by_paypal()
    workshop.run()
    workshop.approve(charge, payer="refund-pending")
    told(workshop)
    made = ask(workshop, charge)
    workshop.run()
    reference = refund(workshop, made).provider_reference
    workshop.control.post(f"/paypal/refunds/{reference}/settle", {"outcome": outcome})

    workshop.advance(hours=2)
    workshop.run()

    expected = {"completed": "succeeded", "failed": "failed", "cancelled": "canceled"}
    assert refund(workshop, made).status == expected[outcome]
    assert workshop.row(charge).amount_refunded_minor == (500 if outcome == "completed" else 0)


def test_more_back_than_was_captured_is_recorded_and_put_before_a_person(
    workshop: Workshop,
) -> None:
    charge = paid(workshop, "paypal")
    ask(workshop, charge, 500)
    workshop.run()
    workshop.sql(
        "INSERT INTO refunds (identifier, charge_id, provider, provider_reference, origin,"
        " amount_minor, currency, status, created_at, updated_at) VALUES (gen_random_uuid(),"
        " :charge, 'paypal', 'R1', 'provider', 1000, 'USD', 'succeeded', :now, :now) RETURNING id",
        charge=charge,
        now=workshop.clock(),
    )
    refund_at_the_provider(workshop, charge, 1499)

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"] * 3
    assert workshop.status(charge) == "needs_review"
    assert workshop.row(charge).amount_refunded_minor == 1999
    assert "refunded 29.99 USD of 19.99 USD" in str(workshop.evidence(charge))
    waiting = workshop.sql("SELECT count(*) FROM webhook_events WHERE handled_at IS NULL")
    assert waiting == [(0,)]


def test_a_reversal_by_paypal_is_a_refund_that_nobody_asked_for(workshop: Workshop) -> None:
    charge = paid(workshop, "paypal")
    capture = workshop.row(charge).capture_reference
    workshop.control.post(f"/paypal/captures/{capture}/reverse")

    told(workshop)

    assert workshop.sql("SELECT origin, status FROM refunds") == [("provider", "succeeded")]
    assert workshop.row(charge).amount_refunded_minor == 1999
    assert announced(workshop, "order.refunded") == ["order.refunded"]


def test_refunding_a_duplicate_capture_leaves_the_paid_order_alone(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    order = workshop.sql("SELECT identifier FROM orders")[0][0]
    body = {
        "amount": "1999",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "metadata[order]": str(order),
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }
    workshop.ask_stripe("/v1/payment_intents", body)

    told(workshop)

    assert given_back(workshop) == [1999]
    assert workshop.row(charge).amount_refunded_minor == 0
    assert statuses(workshop, charge) == ["succeeded"]
    assert workshop.sql("SELECT status FROM orders") == [("completed",)]


def test_a_stray_capture_refunded_by_hand_takes_nothing_from_the_payment(
    workshop: Workshop,
) -> None:
    charge = paid(workshop, "stripe")
    wishes = workshop.deps.settings.model_copy(update={"late_money": "review"})
    twin = pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))
    workshop.advance(seconds=POLL)
    event_lists.read(workshop.deps)
    workshop.run(replace(workshop.deps, settings=wishes))
    workshop.control.dashboard_refund(twin)

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"]
    assert workshop.sql("SELECT stray_capture_id IS NOT NULL FROM refunds") == [(True,)]
    assert workshop.row(charge).amount_refunded_minor == 0


def test_somebody_elses_metadata_stops_no_event(workshop: Workshop) -> None:
    body = {
        "amount": "1999",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "metadata[order]": "7",
        "metadata[charge]": "not one of ours",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }
    workshop.ask_stripe("/v1/payment_intents", body)

    told(workshop)

    results = workshop.sql("SELECT DISTINCT result FROM webhook_events WHERE result <> 'ignored'")
    assert ("applied",) not in results
