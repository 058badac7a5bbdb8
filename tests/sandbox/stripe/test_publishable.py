"""What a publishable key opens to a browser, and what it does not."""

import pytest
import requests

from tests.sandbox.stripe.shop import Json, Shop

CARD = {
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2034",
    "card[cvc]": "123",
}
SHOP_PAGE = "https://shop.example"


def publishable_key(shop: Shop) -> str:
    told = shop.control.post("/tenants", {"stripe_key": shop.key})
    return str(told["stripe_publishable_key"])


def call(shop: Shop, method: str, path: str, data: Json | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {publishable_key(shop)}", "Origin": SHOP_PAGE}
    return requests.request(method, shop.url + path, data=data, headers=headers, timeout=20)


def waiting_intent(shop: Shop) -> Json:
    params = shop.params("pm_card_threeDSecure2Required", off_session=False, use_stripe_sdk=True)
    return dict(shop.api.payment_intents.create(params).to_dict())


def read(shop: Shop, intent: Json) -> requests.Response:
    secret = intent["client_secret"]
    return call(shop, "GET", f"/v1/payment_intents/{intent['id']}?client_secret={secret}")


def test_a_token_made_with_it_is_charged_with_the_secret_key(shop: Shop) -> None:
    token = call(shop, "POST", "/v1/tokens", CARD).json()["id"]
    method = shop.api.payment_methods.create({"type": "card", "card": {"token": token}})

    assert shop.pay(method.id).status == "succeeded"


def test_a_payment_method_made_with_it_is_charged_with_the_secret_key(shop: Shop) -> None:
    method = call(shop, "POST", "/v1/payment_methods", {"type": "card", **CARD}).json()["id"]

    assert shop.pay(method).status == "succeeded"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/payment_intents"),
        ("GET", "/v1/payment_intents"),
        ("GET", "/v1/payment_intents/search"),
        ("POST", "/v1/payment_intents/pi_1/cancel"),
        ("POST", "/v1/refunds"),
        ("GET", "/v1/charges"),
        ("GET", "/v1/events"),
    ],
)
def test_all_else_needs_the_secret_key(shop: Shop, method: str, path: str) -> None:
    answer = call(shop, method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "secret_key_required")


def test_a_key_that_goes_with_none_is_refused(shop: Shop) -> None:
    headers = {"Authorization": "Bearer pk_test_nobody"}

    answer = requests.post(f"{shop.url}/v1/tokens", data=CARD, headers=headers, timeout=20)

    assert answer.status_code == 401


def test_an_intent_is_shown_for_its_client_secret_only(shop: Shop) -> None:
    intent = waiting_intent(shop)
    path = f"/v1/payment_intents/{intent['id']}"

    without = call(shop, "GET", path)
    wrong = call(shop, "GET", f"{path}?client_secret={intent['id']}_secret_guess")

    assert read(shop, intent).json()["status"] == "requires_action"
    assert (without.status_code, wrong.status_code) == (400, 400)


def test_an_intent_hides_from_the_browser_what_is_the_merchants(shop: Shop) -> None:
    intent = waiting_intent(shop)

    seen = read(shop, intent).json()

    assert {"metadata", "latest_charge", "amount_received"}.isdisjoint(seen)
    assert seen["client_secret"] == intent["client_secret"]


def test_an_error_hides_it_as_well(shop: Shop) -> None:
    intent = waiting_intent(shop)
    path = f"/v1/payment_intents/{intent['id']}/confirm"
    params = {
        "client_secret": intent["client_secret"],
        "payment_method": "pm_card_visa_chargeDeclined",
    }

    answer = call(shop, "POST", path, params)

    assert answer.status_code == 402
    assert "metadata" not in answer.json()["error"]["payment_intent"]


def test_any_page_may_read_what_a_publishable_key_opens_and_nothing_else(shop: Shop) -> None:
    headers = {"Origin": SHOP_PAGE, "Access-Control-Request-Method": "POST"}

    asked = requests.options(f"{shop.url}/v1/tokens", headers=headers, timeout=20)
    made = call(shop, "POST", "/v1/tokens", CARD)
    refused = call(shop, "POST", "/v1/refunds")

    assert asked.headers["Access-Control-Allow-Headers"].startswith("Authorization, Content-Type")
    assert made.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_the_publishable_key_of_a_connected_account_makes_its_tokens(shop: Shop) -> None:
    code = shop.control.authorization_code()["code"]
    connected = shop.client.oauth.token({"grant_type": "authorization_code", "code": code})
    headers = {"Authorization": f"Bearer {connected.stripe_publishable_key}"}
    made = requests.post(f"{shop.url}/v1/tokens", data=CARD, headers=headers, timeout=20)

    account = {"stripe_account": connected.stripe_user_id}

    assert shop.api.tokens.retrieve(made.json()["id"], None, account).id == made.json()["id"]
