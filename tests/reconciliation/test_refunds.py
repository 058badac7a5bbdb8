"""A refund goes out once, whatever dies, and what is told of it finds its one row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.db import unit_of_work
from shared.domain.charge import Operation, Provider
from shared.domain.retry_policy import KEY_LIVES, KEY_MARGIN
from shared.repository.refund_claims import claim_refund
from tests.reconciliation.refunding import (
    WAYS,
    Died,
    announced,
    ask,
    die,
    given_back,
    interrupted,
    paid,
    refund,
    statuses,
    told,
)
from tests.reconciliation.workshop import Workshop
from worker import refunding

OPERATIONS = {
    "stripe": Operation.STRIPE_REFUND,
    "paypal": Operation.PAYPAL_CAPTURE_REFUND,
    "paypal v1": Operation.PAYPAL_SALE_REFUND,
}
each_way = pytest.mark.parametrize("way", sorted(WAYS))


@each_way
def test_a_refund_goes_to_the_provider_and_back(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)

    made = ask(workshop, charge)
    workshop.run()

    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]
    assert workshop.row(charge).amount_refunded_minor == 500
    assert workshop.status(charge) == "succeeded"
    assert announced(workshop, "refund") == ["refund.succeeded"]


@each_way
def test_a_refund_we_made_and_the_event_about_it_are_one_row(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    ask(workshop, charge)
    workshop.run()

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"]
    assert workshop.row(charge).amount_refunded_minor == 500
    assert announced(workshop, "refund") == ["refund.succeeded"]


@each_way
def test_an_event_before_the_answer_settles_the_one_row(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    workshop.sql("UPDATE refunds SET next_attempt_at = :later RETURNING id", later=_later(workshop))

    told(workshop)

    assert statuses(workshop, charge) == ["succeeded"]
    assert refund(workshop, made).provider_reference
    assert given_back(workshop) == [500]


@each_way
def test_two_equal_partial_refunds_are_two_refunds(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)

    ask(workshop, charge)
    ask(workshop, charge)
    workshop.run()
    told(workshop)

    assert given_back(workshop) == [500, 500]
    assert statuses(workshop, charge) == ["succeeded", "succeeded"]
    assert workshop.row(charge).amount_refunded_minor == 1000


@each_way
def test_a_refund_redelivered_to_many_workers_is_one_refund(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)

    for _ in range(4):
        refunding.execute(workshop.deps, made)

    assert given_back(workshop) == [500]
    assert workshop.posts(WAYS[way].path) == 1


@each_way
@pytest.mark.parametrize("fault", ["reset_after", "truncate_after", "500_before", "503", "429"])
def test_no_answer_is_no_failure_and_no_second_refund(
    workshop: Workshop, way: str, fault: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault(fault, WAYS[way].op)

    refunding.execute(workshop.deps, made)
    doubtful = refund(workshop, made).status
    _until_settled(workshop)

    assert doubtful == "pending"
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


@each_way
def test_a_worker_that_died_with_the_answer_leaves_one_refund(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)

    with pytest.raises(Died):
        refunding.execute(interrupted(workshop, charge, die), made)
    _until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert refund(workshop, made).maybe_executed
    assert given_back(workshop) == [500]


@each_way
def test_a_worker_that_slept_past_its_claim_does_not_let_go_of_its_successors(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after", WAYS[way].op)
    taken: list[Any] = []

    def sleep() -> None:
        workshop.advance(minutes=1)
        now = workshop.clock()
        with unit_of_work(workshop.deps.engine) as connection:
            claim_refund(connection, made, now=now, until=now + timedelta(minutes=1))
        taken.append(refund(workshop, made))

    refunding.execute(interrupted(workshop, charge, sleep), made)

    assert [refund(workshop, made)] == taken
    assert taken[0].claimed_until > workshop.clock()
    assert given_back(workshop) == [500]


@each_way
@pytest.mark.parametrize("committed", [True, False])
def test_no_refund_leaves_with_an_expired_key(
    workshop: Workshop, way: str, *, committed: bool
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_after" if committed else "reset_before", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    first = refund(workshop, made)
    workshop.deps = _patient(workshop)

    workshop.advance(seconds=KEY_LIVES[OPERATIONS[way]].total_seconds())
    _until_settled(workshop)

    settled = refund(workshop, made)
    assert settled.status == "succeeded"
    assert given_back(workshop) == [500]
    assert settled.request == first.request
    assert settled.key_number == (1 if committed else 2)


@each_way
def test_an_absence_in_the_keys_last_minutes_is_not_believed(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("reset_before", WAYS[way].op)
    refunding.execute(workshop.deps, made)
    workshop.deps = _patient(workshop)

    workshop.advance(seconds=(KEY_LIVES[OPERATIONS[way]] - KEY_MARGIN).total_seconds())
    workshop.run()
    doubted = refund(workshop, made)
    workshop.advance(seconds=KEY_MARGIN.total_seconds())
    _until_settled(workshop)

    assert (doubted.status, doubted.key_number) == ("pending", 1)
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


def test_a_stored_500_is_looked_up_and_only_then_asked_anew(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = ask(workshop, charge)
    workshop.control.fault("500_stored", WAYS["stripe"].op, committed=False)

    refunding.execute(workshop.deps, made)
    workshop.advance(minutes=3)
    _until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert refund(workshop, made).key_number == 2
    assert given_back(workshop) == [500]


def test_a_stored_500_that_was_a_refund_is_found(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    made = ask(workshop, charge)
    workshop.control.fault("500_stored", WAYS["stripe"].op, committed=True)

    refunding.execute(workshop.deps, made)
    _until_settled(workshop)

    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]
    assert workshop.posts("/v1/refunds") == 1


@each_way
def test_refused_credentials_park_a_refund_and_fail_nothing(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge)
    workshop.control.fault("403", WAYS[way].op, times=1)

    refunding.execute(workshop.deps, made)
    parked = refund(workshop, made)
    workshop.advance(minutes=2)
    workshop.run()

    assert (parked.status, parked.failure_code) == ("pending", None)
    assert refund(workshop, made).status == "succeeded"
    assert given_back(workshop) == [500]


@each_way
def test_a_refusal_is_told_and_leaves_the_money_to_another_refund(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge, None)
    _refund_at_the_provider(workshop, charge, 1999)
    workshop.run()

    assert refund(workshop, made).status == "failed"
    assert refund(workshop, made).failure_code
    assert announced(workshop, "refund") == ["refund.failed"]
    assert given_back(workshop) == [1999]
    told(workshop)
    assert statuses(workshop, charge) == ["failed", "succeeded"]


@each_way
def test_a_refund_made_at_the_providers_dashboard_gets_a_row_of_its_own(
    workshop: Workshop, way: str
) -> None:
    charge = paid(workshop, way)
    _refund_at_the_provider(workshop, charge, 700)

    told(workshop)

    rows = workshop.sql("SELECT origin, status, amount_minor FROM refunds")
    assert rows == [("provider", "succeeded", 700)]
    assert workshop.row(charge).amount_refunded_minor == 700


@each_way
def test_a_nameless_refund_waits_while_ours_may_be_the_same(workshop: Workshop, way: str) -> None:
    charge = paid(workshop, way)
    made = ask(workshop, charge, 700)
    workshop.sql("UPDATE refunds SET next_attempt_at = :later RETURNING id", later=_later(workshop))
    _refund_at_the_provider(workshop, charge, 700)

    told(workshop)
    waiting = statuses(workshop, charge)
    workshop.sql("UPDATE refunds SET next_attempt_at = :now RETURNING id", now=workshop.clock())
    _until_settled(workshop)
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
    _refund_at_the_provider(workshop, charge, 1499)

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
    twin = workshop.ask_stripe("/v1/payment_intents", body)
    told(workshop)
    workshop.control.dashboard_refund(twin["id"])

    told(workshop)

    assert workshop.row(charge).amount_refunded_minor == 0
    assert workshop.sql("SELECT count(*) FROM refunds") == [(0,)]
    assert workshop.sql("SELECT status FROM orders") == [("completed",)]


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


def _refund_at_the_provider(workshop: Workshop, charge: int, minor: int) -> None:
    row = workshop.row(charge)
    if row.provider == Provider.STRIPE:
        workshop.control.dashboard_refund(row.provider_reference, minor)
        return
    amount = {"amount": f"{minor / 100:.2f}"}
    workshop.control.post(f"/paypal/captures/{row.capture_reference}/refund", amount)


def _until_settled(workshop: Workshop) -> None:
    for _ in range(8):
        workshop.advance(minutes=1)
        workshop.run()


def _later(workshop: Workshop) -> Any:
    return workshop.clock() + timedelta(days=1)


def _patient(workshop: Workshop) -> Any:
    years = {"indeterminate_patience": 10.0**8}
    return replace(workshop.deps, settings=workshop.deps.settings.model_copy(update=years))
