"""Idempotency keys as Stripe keeps them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop, error_of, headers_of, options

DAY = 24 * 3600


def test_the_same_key_with_the_same_parameters_replays_the_first_answer(shop: Shop) -> None:
    first = shop.pay(key="k")
    second = shop.pay(key="k")

    assert second.to_dict() == first.to_dict()
    assert shop.movements("charge") == [1999]


def test_a_replay_says_so_and_names_the_original_request(shop: Shop) -> None:
    first = headers_of(shop.pay(key="k"))
    second = headers_of(shop.pay(key="k"))

    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["Original-Request"] == first["Request-Id"]
    assert second["Request-Id"] != first["Request-Id"]
    assert second["Idempotency-Key"] == "k"


def test_the_same_key_with_other_parameters_is_refused(shop: Shop) -> None:
    shop.pay(key="k", amount=1999)

    with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
        shop.pay(key="k", amount=2000)

    assert refused.value.http_status == 400
    assert shop.movements("charge") == [1999]


def test_the_same_key_at_another_endpoint_is_refused(shop: Shop) -> None:
    shop.pay(key="k")

    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        shop.api.customers.create({}, options("k"))


def test_a_decline_is_kept_under_its_key(shop: Shop) -> None:
    messages = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            shop.pay("pm_card_visa_chargeDeclined", key="k")
        messages.append(error_of(declined.value).payment_intent.id)

    assert messages[0] == messages[1]
    assert len(shop.told("charge.failed")) == 1


def test_a_refusal_of_parameters_is_not_kept(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.pay(key="k", colour="red")

    assert shop.pay(key="k").status == "succeeded"


def test_an_unknown_object_is_kept_because_execution_had_begun(shop: Shop) -> None:
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod"):
            shop.pay("pm_1unknown", key="k")

    with pytest.raises(stripe.IdempotencyError):
        shop.pay(key="k")


@pytest.mark.parametrize("fault", ["429", "lock_timeout", "401", "403", "409_in_use", "500_before"])
def test_what_happens_before_execution_is_not_kept(shop: Shop, fault: str) -> None:
    shop.control.fault(fault, op="POST /v1/payment_intents$")
    with pytest.raises(stripe.StripeError):
        shop.pay(key="k")

    paid = shop.pay(key="k")

    assert paid.status == "succeeded"
    assert "Idempotent-Replayed" not in headers_of(paid)


@pytest.mark.parametrize(("committed", "charges"), [(True, [1999]), (False, [])])
def test_a_stored_500_is_replayed_whatever_was_done(
    shop: Shop, *, committed: bool, charges: list[int]
) -> None:
    shop.control.fault("500_stored", op="POST /v1/payment_intents$", committed=committed)

    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            shop.pay(key="k")
        assert broken.value.http_status == 500
        assert headers_of(broken.value)["Stripe-Should-Retry"] == "false"

    assert shop.movements("charge") == charges


def test_a_key_in_flight_is_a_conflict_that_may_be_retried(shop: Shop) -> None:
    shop.control.fault("delay", op="POST /v1/payment_intents$", ms=1500)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shop.pay, key="k")
        shop.control.wait_for(lambda control: len(control.requests()) == 1)

        with pytest.raises(stripe.APIError) as conflict:
            shop.pay(key="k")
        paid = slow.result()

    assert conflict.value.http_status == 409
    assert error_of(conflict.value).code == "idempotency_key_in_use"
    assert headers_of(conflict.value)["Stripe-Should-Retry"] == "true"
    assert shop.pay(key="k").id == paid.id


def test_twenty_callers_with_one_key_make_one_charge(shop: Shop) -> None:
    gate = threading.Barrier(20)

    def pay() -> str:
        gate.wait()
        try:
            return str(shop.pay(key="k").id)
        except stripe.APIError as conflict:
            return str(error_of(conflict).code)

    with ThreadPoolExecutor(20) as pool:
        outcomes = {future.result() for future in [pool.submit(pay) for _ in range(20)]}

    assert len(outcomes - {"idempotency_key_in_use"}) == 1
    assert shop.movements("charge") == [1999]


def test_a_key_lives_twenty_four_hours(shop: Shop) -> None:
    first = shop.pay(key="k")
    shop.control.advance(DAY - 60)
    within = shop.pay(key="k")
    shop.control.advance(120)
    after = shop.pay(key="k")

    assert within.id == first.id
    assert after.id != first.id
    assert shop.movements("charge") == [1999, 1999]


def test_an_expired_key_can_be_had_by_a_fault(shop: Shop) -> None:
    first = shop.pay(key="k")
    shop.control.fault("expire_key", op="POST /v1/payment_intents$")

    second = shop.pay(key="k")

    assert second.id != first.id
    assert shop.movements("charge") == [1999, 1999]


def test_a_key_belongs_to_one_account(shop: Shop) -> None:
    ours = shop.pay(key="k")
    connected = {"idempotency_key": "k", "stripe_account": shop.control.connect_account()}

    theirs = shop.api.payment_intents.create(shop.params(), connected)

    assert theirs.id != ours.id


def test_a_key_of_256_characters_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="too long"):
        shop.pay(key="k" * 256)


def test_a_reading_call_ignores_keys(shop: Shop) -> None:
    paid = shop.pay()

    answers = [
        shop.api.payment_intents.retrieve(paid.id, None, options("k")),
        shop.api.payment_intents.retrieve(shop.pay().id, None, options("k")),
    ]

    assert answers[0].id != answers[1].id
