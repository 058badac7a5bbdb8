"""Faults around a capture: what the merchant sees is one thing, what happened another."""

import contextlib
from typing import Any

import pytest
import requests
from paypalrestsdk.exceptions import ClientError, ServerError

from sandbox.paypal.magic import MAGIC_FAULTS
from tests.sandbox.paypal.shop import Shop, capture_in, issue_of

CAPTURE = "/capture$"
SLOW = {"hang_before", "hang_after", "slow_body"}
QUICK = sorted(cents for cents, fault in MAGIC_FAULTS.items() if fault.name not in SLOW)
RECOVERABLE = [cents for cents in QUICK if MAGIC_FAULTS[cents].name != "500_stored"]


def movement_of(shop: Shop) -> list[tuple[str, bool]]:
    rows = shop.control.ledger()
    return [(row["kind"], row["response_delivered"]) for row in rows if row["kind"] == "capture"]


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("hang_after", {"seconds": 0.1}),
        ("reset_after", {}),
        ("close_after", {}),
        ("truncate_after", {}),
        ("chunked_truncation", {}),
    ],
)
def test_a_capture_whose_answer_was_lost_is_found_by_its_request_id(
    shop: Shop, fault: str, arguments: dict[str, Any]
) -> None:
    order_id = shop.approved()
    shop.control.fault(fault, op=CAPTURE, **arguments)
    with pytest.raises(requests.RequestException):
        shop.capture(order_id, PayPal_Request_Id="cap:1")
    shop.control.wait_for(lambda control: all(line["finished"] for line in control.requests()))
    after_the_loss = movement_of(shop)

    order = shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert after_the_loss == [("capture", False)]
    assert capture_in(order)["status"] == "COMPLETED"
    assert len(movement_of(shop)) == 1


@pytest.mark.parametrize("fault", ["reset_before", "close_before"])
def test_a_capture_lost_on_the_way_in_never_happened(shop: Shop, fault: str) -> None:
    order_id = shop.approved()
    shop.control.fault(fault, op=CAPTURE)

    with pytest.raises(requests.RequestException):
        shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert movement_of(shop) == []
    assert shop.api.get(f"v2/checkout/orders/{order_id}")["status"] == "APPROVED"


@pytest.mark.parametrize(("arguments", "captures"), [({}, 1), ({"committed": False}, 0)])
def test_a_stored_500_stays_a_500_whatever_was_done(
    shop: Shop, arguments: dict[str, bool], captures: int
) -> None:
    order_id = shop.approved()
    shop.control.fault("500_stored", op=CAPTURE, **arguments)

    for _ in range(2):
        with pytest.raises(ServerError) as failed:
            shop.capture(order_id, PayPal_Request_Id="cap:1")
        assert failed.value.response.json()["name"] == "INTERNAL_SERVER_ERROR"

    assert len(movement_of(shop)) == captures


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("500_before", 500, "INTERNAL_SERVER_ERROR"),
        ("429", 429, "RATE_LIMIT_REACHED"),
        ("409_in_use", 409, "RESOURCE_CONFLICT"),
        ("lock_timeout", 422, "UNPROCESSABLE_ENTITY"),
        ("403", 403, "NOT_AUTHORIZED"),
    ],
)
def test_a_refusal_at_the_gate_is_worded_by_paypal_and_does_nothing(
    shop: Shop, fault: str, status: int, name: str
) -> None:
    order_id = shop.approved()
    shop.control.fault(fault, op=CAPTURE)

    with pytest.raises((ClientError, ServerError)) as refused:
        shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert refused.value.response.status_code == status
    assert refused.value.response.json()["name"] == name
    assert movement_of(shop) == []
    assert shop.capture(order_id, PayPal_Request_Id="cap:1")["status"] == "COMPLETED"


def test_a_rate_limit_may_say_when_to_come_back(shop: Shop) -> None:
    order_id = shop.approved()
    shop.control.fault("429", op=CAPTURE, retry_after=7)

    with pytest.raises(ClientError) as refused:
        shop.capture(order_id)

    assert refused.value.response.headers["Retry-After"] == "7"


def test_an_expired_token_is_refreshed_by_the_sdk(shop: Shop) -> None:
    order_id = shop.approved()
    shop.control.fault("401", op=CAPTURE)

    order = shop.capture(order_id)

    assert order["status"] == "COMPLETED"
    calls = [line["path"] for line in shop.control.requests()]
    assert calls.count("/v1/oauth2/token") == 2


def test_a_v1_failure_is_worded_in_v1(shop: Shop) -> None:
    payment = shop.payment()
    payer_id = shop.control.approve_paypal(payment.id)["payer_id"]
    shop.control.fault("500_before", op="/execute$")

    with pytest.raises(ServerError) as failed:
        payment.execute({"payer_id": payer_id})

    assert failed.value.response.json()["name"] == "INTERNAL_SERVICE_ERROR"


def test_an_answer_may_be_about_a_strangers_order(shop: Shop) -> None:
    order_id = shop.approved(custom_id="ch_1")
    shop.control.fault("id_mixup", op=CAPTURE)

    order = shop.capture(order_id)

    capture = capture_in(order)
    assert order["id"] != order_id
    assert capture["custom_id"] != "ch_1"
    assert shop.control.charged() == {"ch_1": 1}


def test_an_issue_of_choice_strikes_the_chosen_reference_only(shop: Shop) -> None:
    chosen = {"custom_id": "ch_2"}
    shop.control.fault("decline", op=CAPTURE, match=chosen, issue="TRANSACTION_REFUSED")

    spared = shop.capture(shop.approved(custom_id="ch_1"))
    with pytest.raises(ClientError) as refused:
        shop.capture(shop.approved(custom_id="ch_2"))

    assert spared["status"] == "COMPLETED"
    assert issue_of(refused.value) == "TRANSACTION_REFUSED"


@pytest.mark.parametrize("cents", QUICK)
def test_a_magic_amount_strikes_the_first_capture_of_its_order(shop: Shop, cents: int) -> None:
    order_id = shop.approved(f"9002.{cents:02}")

    for _ in range(2):
        with contextlib.suppress(requests.RequestException, ValueError, ClientError, ServerError):
            shop.capture(order_id, PayPal_Request_Id="cap:1")

    struck = [line["fault"] for line in shop.control.requests() if line["fault"]]
    assert struck == [MAGIC_FAULTS[cents].name]


@pytest.mark.parametrize("cents", RECOVERABLE)
def test_after_a_magic_amount_the_same_request_id_gets_through(shop: Shop, cents: int) -> None:
    order_id = shop.approved(f"9002.{cents:02}", custom_id="ch_1")
    with contextlib.suppress(requests.RequestException, ValueError, ClientError, ServerError):
        shop.capture(order_id, PayPal_Request_Id="cap:1")

    order = shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert capture_in(order)["status"] == "COMPLETED"
    assert shop.control.charged() == {"ch_1": 1}


def test_a_key_forgotten_early_finds_the_order_captured(shop: Shop) -> None:
    order_id = shop.approved()
    shop.capture(order_id, PayPal_Request_Id="cap:1")
    shop.control.fault("expire_key", op=CAPTURE)

    with pytest.raises(ClientError) as refused:
        shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert issue_of(refused.value) == "ORDER_ALREADY_CAPTURED"
