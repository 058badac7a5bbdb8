"""The page that plays paypal.com for a browser."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.paypal.shop import Json, Shop

BACK = "http://127.0.0.1:1/back?order=7"


def approve_link(order: Json) -> str:
    return str(next(link["href"] for link in order["links"] if link["rel"] == "approve"))


def order_with_redirects(shop: Shop) -> Json:
    body = {
        "intent": "CAPTURE",
        "purchase_units": [{"amount": {"currency_code": "EUR", "value": "12.50"}}],
        "application_context": {"return_url": BACK, "cancel_url": BACK + "&cancelled=1"},
    }
    return dict(shop.api.post("v2/checkout/orders", body, {"Prefer": "return=representation"}))


def choose(url: str, **choice: str) -> requests.Response:
    return requests.post(url, data=choice, allow_redirects=False, timeout=20)


def test_the_page_shows_the_amount_and_ways_to_pay_to_be_declined_to_cancel(shop: Shop) -> None:
    order = order_with_redirects(shop)

    page = requests.get(approve_link(order), timeout=20)

    assert "12.50 EUR" in page.text
    assert [f'id="{way}"' in page.text for way in ("pay", "decline", "cancel")] == [True] * 3


def test_approving_leads_back_with_the_order_and_the_payer(shop: Shop) -> None:
    order = order_with_redirects(shop)

    answer = choose(approve_link(order), choice="approve", payer="pays")

    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 303
    assert (query["order"], query["token"]) == (["7"], [order["id"]])
    assert query["PayerID"] == ["PAYSPAYERSAND"]
    assert shop.capture(order["id"])["status"] == "COMPLETED"


def test_cancelling_leads_back_and_leaves_the_order_open(shop: Shop) -> None:
    order = order_with_redirects(shop)

    answer = choose(approve_link(order), choice="cancel")

    assert "cancelled=1" in answer.headers["Location"]
    assert shop.api.get(f"v2/checkout/orders/{order['id']}")["status"] == "CREATED"


def test_a_v1_payment_comes_back_with_what_its_execution_needs(shop: Shop) -> None:
    payment = shop.payment()
    link = next(link.href for link in payment.links if link.rel == "approval_url")

    answer = choose(link, choice="approve")

    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["paymentId"] == [payment.id]
    assert payment.execute({"payer_id": query["PayerID"][0]})


def test_a_captured_order_cannot_be_approved_again(shop: Shop) -> None:
    order = order_with_redirects(shop)
    shop.control.approve_paypal(order["id"])
    shop.capture(order["id"])

    answer = choose(approve_link(order), choice="approve")

    assert (answer.status_code, answer.text) == (409, "ORDER_ALREADY_CAPTURED")


@pytest.mark.parametrize("token", ["NOBODYSORDER", ""])
def test_a_page_for_no_order_is_not_found(shop: Shop, token: str) -> None:
    answer = requests.get(f"{shop.url}/checkoutnow?token={token}", timeout=20)

    assert answer.status_code == 404


def test_a_window_of_the_javascript_sdk_hands_the_choice_over_instead(shop: Shop) -> None:
    order = order_with_redirects(shop)

    answer = choose(approve_link(order) + "&sdk=1", choice="approve", payer="pays")

    assert answer.status_code == 200
    assert f'"orderID": "{order["id"]}", "payerID": "PAYSPAYERSAND"' in answer.text
