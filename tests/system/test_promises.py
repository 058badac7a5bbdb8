"""What the service promises to those who call it at the same moment, twice, or with bad intent."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests

from shared.container import Container, build
from shared.domain.errors import ClaimLost
from shared.domain.outcomes import NotSent
from shared.settings import Settings
from shared.settlement import Source, settle
from tests.system.system import System
from worker import charging

CREATE = "POST /v1/payment_intents$"


@pytest.fixture
def container(system: System) -> Iterator[Container]:
    """The worker's own container, in this process, while the worker process rests."""
    system.processes["worker"].stop()
    names = {name: system.environment.get(name.upper()) for name in Settings.model_fields}
    settings = Settings.model_validate({name: value for name, value in names.items() if value})
    deps = build(settings, name="test")
    yield deps
    deps.engine.dispose()
    system.processes["worker"].start()


def test_twenty_simultaneous_requests_make_one_charge(system: System) -> None:
    order = system.order()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: system.charge(order, stripe="tok_visa"), range(20)))
    links = {answer.json()["data"]["links"]["self"] for answer in answers}

    assert {answer.status_code for answer in answers} == {202}
    assert len(links) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 19
    assert system.settled(links.pop()) == "succeeded"
    assert system.captures()[order] == 1


def test_bursts_never_meet_the_worker_in_a_deadlock(system: System) -> None:
    orders = [order for order in (system.order() for _ in range(12)) for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda order: system.charge(order, stripe="tok_visa"), orders))
    links = {answer.json()["data"]["links"]["self"] for answer in answers}

    assert {answer.status_code for answer in answers} == {202}
    assert len(links) == 12
    assert {system.settled(link) for link in links} == {"succeeded"}


def test_another_instrument_cannot_join_a_live_charge(system: System) -> None:
    system.control.fault("delay", CREATE, ms=1500, provider="stripe")
    order = system.order()
    first = system.charge(order, stripe="tok_visa")

    second = system.charge(order, stripe="tok_mastercard")

    assert second.status_code == 409
    link = first.json()["data"]["links"]["self"]
    assert second.json()["errors"][0]["links"]["about"] == link
    assert system.settled(link) == "succeeded"


def test_a_declined_order_stays_payable(system: System) -> None:
    order = system.order()
    declined = system.charge(order, stripe="tok_chargeDeclined").json()["data"]["links"]["self"]
    assert system.settled(declined) == "failed"

    paid = system.charge(order, stripe="tok_visa").json()["data"]["links"]["self"]

    assert system.settled(paid) == "succeeded"
    assert system.captures()[order] == 1


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("19.99", "USD", 1999), ("0.57", "USD", 57), ("64.10", "EUR", 6410), ("1000", "JPY", 1000)],
)
@pytest.mark.parametrize("mode", ["stripe", "paypal"])
def test_the_provider_takes_the_exact_amount(
    system: System, mode: str, amount: str, currency: str, minor: int
) -> None:
    order = system.order(mode, amount, currency)
    pays = {"stripe": "tok_visa"} if mode == "stripe" else {}
    link = system.charge(order, **pays).json()["data"]["links"]["self"]
    if mode == "paypal":
        system.until(lambda: system.status(link) == "requires-action", "the link to approve")
        system.control.approve_paypal(system.attributes(link)["provider-reference"])

    assert system.settled(link) == "succeeded"
    row = next(row for row in system.control.ledger() if order in json.dumps(row))
    assert (row["amount_minor"], row["currency"]) == (minor, currency)
    assert Decimal(system.attributes(link)["amount"]) == Decimal(amount)


@pytest.mark.parametrize(
    ("mode", "amount", "currency"), [("stripe", "10.005", "KWD"), ("paypal", "10.000", "KWD")]
)
def test_an_amount_the_provider_cannot_carry_is_refused(
    system: System, mode: str, amount: str, currency: str
) -> None:
    answer = system.charge(system.order(mode, amount, currency), stripe="tok_visa", paypal="X1")

    assert answer.status_code == 409
    assert "cannot charge" in answer.json()["errors"][0]["detail"]


def test_below_the_providers_minimum_is_a_decline_not_a_mystery(system: System) -> None:
    order = system.order(amount="0.29")
    link = system.charge(order, stripe="tok_visa").json()["data"]["links"]["self"]

    assert system.settled(link) == "failed"
    assert system.attributes(link)["failure-code"] == "amount_too_small"


def test_workers_count_what_they_did_and_name_nobody(system: System) -> None:
    order = system.order()
    link = system.charge(order, stripe="tok_visa").json()["data"]["links"]["self"]
    assert system.settled(link) == "succeeded"
    counted = (
        'chargehand_charge_moves_total{provider="stripe",status="succeeded"}',
        'chargehand_provider_answers_total{answer="approved",operation="charge",provider="stripe"}',
        'chargehand_messages_published_total{process="relay",queue="stripe"}',
        'chargehand_tasks_taken_total{queue="stripe"}',
        'chargehand_broker_messages{queue="stripe"}',
        'chargehand_webhook_events_handled_total{provider="stripe",result="applied"}',
        'chargehand_rounds_total{round="sweep"}',
    )

    system.until(lambda: all(series in system.counts() for series in counted), "all is counted")

    told = system.counts()
    for never in (order, "tok_visa", "sk_test", "pi_", "whsec_", system.event):
        assert never not in told


def test_no_connection_is_held_while_a_provider_hangs(system: System, container: Container) -> None:
    system.control.fault("hang_after", CREATE, seconds=20, provider="stripe")
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(charging.execute, container, charge_id)
        system.until(lambda: system.status(link) == "submitting", "the call is on the wire")
        time.sleep(0.3)
        held = container.engine.pool.checkedout()  # type: ignore[attr-defined]  # a QueuePool
        assert not call.done()
        call.result()

    assert held == 0


def test_a_zombies_late_answer_is_refused(system: System, container: Container) -> None:
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])
    charging.execute(container, charge_id)

    with pytest.raises(ClaimLost), container.engine.begin() as connection:
        settle(connection, container, charge_id, NotSent("late"), Source("worker", claim_number=0))

    assert system.status(link) == "succeeded"


def stripe_event(system: System, kind: str, thing: dict[str, Any], **wrong: Any) -> dict[str, Any]:
    """Send an event signed as Stripe signs (docs.stripe.com/webhooks, Verify manually)."""
    event = {
        "id": wrong.get("id", f"evt_{uuid.uuid4().hex}"),
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": thing},
    }
    body = wrong.get("body", json.dumps(event).encode())
    at = int(wrong.get("at", time.time()))
    secret = wrong.get("secret", system.keys.STRIPE_WEBHOOK_SECRETS)
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    answer = requests.post(
        f"{system.base}/webhooks/stripe",
        data=body[: wrong.get("cut")],
        headers={"Stripe-Signature": f"t={at},v1={mark}"},
        timeout=20,
    )
    return {"status": answer.status_code, "id": event["id"]}


def intent_of(system: System, link: str, **changed: Any) -> dict[str, Any]:
    """The PaymentIntent of a settled charge as an event would show it."""
    reference = system.attributes(link)["provider-reference"]
    return {"id": reference, "object": "payment_intent", "currency": "usd"} | changed


def test_an_event_delivered_three_times_is_stored_once(system: System) -> None:
    link = system.charge_new()
    system.settled(link)
    thing, event_id = intent_of(system, link, status="requires_payment_method"), uuid.uuid4().hex

    answers = [
        stripe_event(system, "payment_intent.payment_failed", thing, id=event_id)["status"]
        for _ in range(3)
    ]

    query = f"SELECT handled_at IS NOT NULL FROM webhook_events WHERE event_id = '{event_id}'"  # noqa: S608
    system.until(lambda: system.sql(query) == [(True,)], "it is handled")
    assert answers == [200, 200, 200]
    assert system.status(link) == "succeeded"  # and out of order it changes nothing


def test_an_event_before_the_answer_settles_the_charge_once(system: System) -> None:
    system.control.fault("webhook_before_response", CREATE, provider="stripe")
    order = system.order()

    link = system.charge(order, stripe="tok_visa").json()["data"]["links"]["self"]

    assert system.settled(link) == "succeeded"
    assert system.captures()[order] == 1
    moves = system.sql(
        "SELECT count(*), charge_id FROM transitions WHERE to_status = 'succeeded'"
        " GROUP BY charge_id HAVING count(*) > 1"
    )
    assert moves == []


def test_an_event_about_nobodys_charge_is_taken(system: System) -> None:
    thing = {"id": "pi_unknown", "object": "payment_intent", "status": "canceled"}

    assert stripe_event(system, "payment_intent.canceled", thing)["status"] == 200


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"secret": "whsec_of_somebody_else"}, 400),
        ({"at": 1_600_000_000}, 400),
        ({"cut": 40}, 400),
        ({"body": b"\xff\xfe{}"}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b""}, 400),
        ({"body": b"x" * (2 * 1024 * 1024)}, 413),
    ],
    ids=["bad signature", "stale", "truncated", "no UTF-8", "a list", "empty", "2 MB"],
)
def test_a_bad_event_is_refused_and_stored_nowhere(
    system: System, wrong: dict[str, Any], status: int
) -> None:
    before = system.sql("SELECT count(*) FROM webhook_events")

    answer = stripe_event(system, "payment_intent.succeeded", {}, **wrong)

    assert answer["status"] == status
    assert system.sql("SELECT count(*) FROM webhook_events") == before
