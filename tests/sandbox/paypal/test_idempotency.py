"""PayPal-Request-Id: a replay shows the latest status, for as long as the id is kept."""

import contextlib
import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from paypalrestsdk.exceptions import ResourceConflict, ResourceInvalid

from tests.sandbox.paypal.shop import Shop, capture_in, issue_of

HOUR, DAY = 3600.0, 86400.0


def post(shop: Shop, path: str, body: Any, request_id: str) -> requests.Response:
    """Call without the SDK, which hides the status of a success; always with a fresh token."""
    shop.api.token_hash = None
    headers = {
        "Authorization": f"Bearer {shop.api.get_access_token()}",
        "PayPal-Request-Id": request_id,
        "Prefer": "return=representation",
    }
    return requests.post(f"{shop.url}/{path}", json=body, headers=headers, timeout=20)


def captured_in_ledger(shop: Shop) -> int:
    return sum(row["kind"] == "capture" for row in shop.control.ledger())


def test_a_replayed_capture_answers_200_instead_of_201_and_takes_no_money(shop: Shop) -> None:
    path = f"v2/checkout/orders/{shop.approved()}/capture"

    first, second = (post(shop, path, {}, "cap:1") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert captured_in_ledger(shop) == 1
    assert [line["replayed"] for line in shop.control.requests()][-2:] == [False, True]


def test_a_replay_shows_what_became_of_the_capture_meanwhile(shop: Shop) -> None:
    order_id = shop.approved(payer="echeck-pending")
    pending = capture_in(shop.capture(order_id, PayPal_Request_Id="cap:1"))
    shop.control.settle_paypal(pending["id"])

    replay = capture_in(shop.capture(order_id, PayPal_Request_Id="cap:1"))

    assert (pending["status"], replay["status"]) == ("PENDING", "COMPLETED")


def test_an_order_id_is_forgotten_after_six_hours(shop: Shop) -> None:
    body = {"intent": "CAPTURE", "purchase_units": [{"amount": usd("3.00")}]}
    first = post(shop, "v2/checkout/orders", body, "ord:1").json()["id"]
    shop.control.advance(6 * HOUR - 60)
    same = post(shop, "v2/checkout/orders", body, "ord:1").json()["id"]

    shop.control.advance(120)
    other = post(shop, "v2/checkout/orders", body, "ord:1").json()["id"]

    assert first == same != other


def test_a_refund_id_is_kept_for_45_days(shop: Shop) -> None:
    path = f"v2/payments/captures/{shop.captured('10.00')['id']}/refund"
    body = {"amount": usd("2.00")}
    first = post(shop, path, body, "ref:1")
    shop.control.advance(44 * DAY)
    same = post(shop, path, body, "ref:1")

    shop.control.advance(2 * DAY)
    other = post(shop, path, body, "ref:1")

    assert [r.status_code for r in (first, same, other)] == [201, 200, 201]
    assert first.json()["id"] == same.json()["id"] != other.json()["id"]


def test_an_execution_id_is_kept_for_30_days(shop: Shop) -> None:
    payment = shop.payment()
    payer_id = shop.control.approve_paypal(payment.id)["payer_id"]
    path, body = f"v1/payments/payment/{payment.id}/execute", {"payer_id": payer_id}
    post(shop, path, body, "exe:1")
    shop.control.advance(29 * DAY)
    same = post(shop, path, body, "exe:1")

    shop.control.advance(2 * DAY)
    other = post(shop, path, body, "exe:1")

    assert same.json()["state"] == "approved"
    assert (other.status_code, other.json()["name"]) == (400, "PAYMENT_ALREADY_DONE")


def test_without_a_request_id_a_refund_is_made_twice(shop: Shop) -> None:
    capture = shop.captured("10.00")

    first, second = (shop.refund(capture["id"], "2.00") for _ in range(2))

    assert first["id"] != second["id"]


def test_a_request_id_with_another_body_is_refused(shop: Shop) -> None:
    capture = shop.captured("10.00")
    shop.refund(capture["id"], "2.00", PayPal_Request_Id="ref:1")

    with pytest.raises(ResourceInvalid) as refused:
        shop.refund(capture["id"], "3.00", PayPal_Request_Id="ref:1")

    assert issue_of(refused.value) == "DUPLICATE_REQUEST_ID"


def test_a_refused_request_leaves_its_id_free(shop: Shop) -> None:
    order_id = shop.create()["id"]
    with pytest.raises(ResourceInvalid):
        shop.capture(order_id, PayPal_Request_Id="cap:1")
    shop.control.approve_paypal(order_id)

    order = shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert order["status"] == "COMPLETED"


def test_a_second_call_meets_the_first_one_in_flight(shop: Shop) -> None:
    order_id = shop.approved()

    with capture_in_flight(shop, order_id, "cap:1"):
        with pytest.raises(ResourceConflict) as same_id:
            shop.capture(order_id, PayPal_Request_Id="cap:1")
        with pytest.raises(ResourceInvalid) as other_id:
            shop.capture(order_id, PayPal_Request_Id="cap:2")
    afterwards = shop.capture(order_id, PayPal_Request_Id="cap:1")

    assert issue_of(same_id.value) == "PREVIOUS_REQUEST_IN_PROGRESS"
    assert issue_of(other_id.value) == "ORDER_COMPLETION_IN_PROGRESS"
    assert afterwards["status"] == "COMPLETED"
    assert captured_in_ledger(shop) == 1


def test_the_longest_request_id_of_an_order_has_108_letters(shop: Shop) -> None:
    order_id = shop.approved()

    refused = shop.capture(order_id, PayPal_Request_Id="x" * 109)
    taken = shop.capture(order_id, PayPal_Request_Id="x" * 108)

    assert issue_of(refused) == "INVALID_STRING_MAX_LENGTH"
    assert taken["status"] == "COMPLETED"


def test_creating_with_a_payment_source_needs_a_request_id(shop: Shop) -> None:
    body = {
        "intent": "CAPTURE",
        "purchase_units": [{"amount": usd("3.00")}],
        "payment_source": {"paypal": {"experience_context": {"user_action": "PAY_NOW"}}},
    }

    refused = shop.api.post("v2/checkout/orders", body, {})
    made = shop.api.post("v2/checkout/orders", body, {"PayPal-Request-Id": "ord:1"})

    assert issue_of(refused) == "PAYPAL_REQUEST_ID_REQUIRED"
    assert made["status"] == "PAYER_ACTION_REQUIRED"
    assert "payer-action" in {link["rel"] for link in made["links"]}


def usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}


@contextlib.contextmanager
def capture_in_flight(shop: Shop, order_id: str, request_id: str) -> Iterator[None]:
    """Keep a capture in flight, having taken its id, until the block ends."""
    shop.control.fault("hang_before", op="/capture$")
    headers = {
        "Authorization": f"Bearer {shop.api.get_access_token()}",
        "PayPal-Request-Id": request_id,
    }
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=20)
    connection.request("POST", f"/v2/checkout/orders/{order_id}/capture", b"{}", headers)
    shop.control.wait_for(lambda control: any(line["fault"] for line in control.requests()))
    yield
    connection.close()
    shop.control.wait_for(lambda control: all(line["finished"] for line in control.requests()))
