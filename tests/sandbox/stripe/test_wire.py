"""The rules of Stripe's wire: keys, encodings, parameters, headers."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.stripe.shop import Shop, client_for, error_of, headers_of

JSON = dict[str, Any]


def post(shop: Shop, path: str, body: str, **headers: str) -> requests.Response:
    sent = {
        "Authorization": f"Bearer {shop.key}",
        "Content-Type": "application/x-www-form-urlencoded",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return requests.post(shop.url + path, data=body, headers=sent, timeout=20)


def error_in(answer: requests.Response) -> JSON:
    return dict(answer.json()["error"])


@pytest.mark.parametrize("key", ["sk_live_abc", "pk_test_abc", "nonsense"])
def test_a_key_that_is_no_test_key_is_refused_unshown(shop: Shop, key: str) -> None:
    stranger = client_for(shop.url, key)

    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as refused:
        stranger.v1.balance.retrieve()

    assert refused.value.http_status == 401
    assert key not in str(refused.value)


def test_a_missing_key_is_refused(shop: Shop) -> None:
    answer = requests.get(f"{shop.url}/v1/balance", timeout=20)

    assert answer.status_code == 401
    assert "did not provide an API key" in error_in(answer)["message"]


def test_a_key_may_come_by_basic_authentication(shop: Shop) -> None:
    paid = shop.pay()

    found = requests.get(
        f"{shop.url}/v1/payment_intents/{paid.id}", auth=(shop.key, ""), timeout=20
    )

    assert found.json()["id"] == paid.id


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"ammount": 5}, "ammount"),
        ({"automatic_payment_methods": {"enable": True}}, "automatic_payment_methods[enable]"),
        ({"payment_method_data": {"type": "card", "cart": {}}, "x": 1}, "x"),
    ],
)
def test_an_unknown_parameter_is_refused(shop: Shop, more: JSON, param: str) -> None:
    asked = {"amount": 1999, "currency": "usd", **more}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.payment_intents.create(asked)

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", param)


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 1999}, "parameter_missing", "currency"),
        ({"amount": "19.99", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "", "currency": "usd"}, "parameter_invalid_empty", "amount"),
        ({"amount": -1, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 29, "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": 49, "currency": "jpy"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 1999, "currency": "xxx"}, None, "currency"),
        ({"amount": 1005, "currency": "bhd"}, None, "amount"),
        ({"amount": 1050, "currency": "isk"}, None, "amount"),
        ({"amount": 1999, "currency": "usd", "off_session": True}, None, "off_session"),
        ({"amount": 1999, "currency": "usd", "customer": "cus_x"}, "resource_missing", "customer"),
    ],
)
def test_a_wrong_parameter_is_named(shop: Shop, asked: JSON, code: str | None, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.payment_intents.create(asked)

    assert (refused.value.http_status, refused.value.code) == (400, code)
    assert refused.value.param == param


def test_two_ways_of_choosing_methods_exclude_each_other(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        shop.pay(automatic_payment_methods={"enabled": True})


def test_a_confirmation_that_may_redirect_needs_somewhere_to_return_to(shop: Shop) -> None:
    asked = shop.params(off_session=False)
    del asked["payment_method_types"]

    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        shop.api.payment_intents.create(asked)
    never = {"enabled": True, "allow_redirects": "never"}
    paid = shop.api.payment_intents.create(asked | {"automatic_payment_methods": never})

    assert paid.status == "succeeded"


def test_a_confirmation_needs_a_payment_method(shop: Shop) -> None:
    asked = shop.params()
    del asked["payment_method"]

    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        shop.api.payment_intents.create(asked)

    assert shop.told() == []


@pytest.mark.parametrize(
    "expand", ["expand[0]=latest_charge", "expand[]=latest_charge", "expand%5B0%5D=latest_charge"]
)
def test_brackets_are_read_in_every_spelling(shop: Shop, expand: str) -> None:
    body = f"amount=1999&currency=usd&confirm=true&payment_method=pm_card_visa&{expand}"
    body += "&payment_method_types[]=card&metadata[payment_id]=p%207"

    paid = post(shop, "/v1/payment_intents", body).json()

    assert paid["latest_charge"]["object"] == "charge"
    assert paid["metadata"] == {"payment_id": "p 7"}


@pytest.mark.parametrize(
    "body", ["a[b=1", "a]b[=1", "[x]=1", "a[b][c][d][e][f][g]=1", "a=1&a[b]=2"]
)
def test_broken_brackets_are_a_400(shop: Shop, body: str) -> None:
    answer = post(shop, "/v1/payment_intents", body)

    assert answer.status_code == 400
    assert error_in(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"amount=\xff\xfe", b"\x00", b"%ff%fe=1"])
def test_bytes_that_are_no_text_are_a_400(shop: Shop, body: bytes) -> None:
    answer = post(shop, "/v1/payment_intents", body.decode("latin-1"))
    raw = requests.post(
        f"{shop.url}/v1/payment_intents",
        data=body,
        headers={"Authorization": f"Bearer {shop.key}"},
        timeout=20,
    )

    assert (answer.status_code, raw.status_code) == (400, 400)


def test_json_is_not_stripes_language(shop: Shop) -> None:
    answer = post(shop, "/v1/payment_intents", "{}", Content_Type="application/json")

    assert answer.status_code == 400
    assert "content type" in error_in(answer)["message"]


def test_an_unknown_address_is_a_404_in_stripes_words(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as refused:
        shop.client.raw_request("post", "/v1/payment_intentions")

    assert refused.value.http_status == 404


def test_an_id_that_climbs_the_path_finds_nothing(shop: Shop) -> None:
    charge = shop.pay().latest_charge

    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.payment_intents.retrieve(f"../charges/{charge}")

    assert refused.value.http_status == 404


def test_every_answer_has_the_headers_stripe_sends(shop: Shop) -> None:
    paid = headers_of(shop.pay(key="k"))
    read = headers_of(shop.api.balance.retrieve())

    assert paid["Stripe-Should-Retry"] == "false"
    assert paid["Original-Request"] == paid["Request-Id"]
    assert paid["Content-Type"] == "application/json"
    assert paid["Stripe-Version"] == stripe.api_version
    assert read["Request-Id"].startswith("req_")
    assert "Stripe-Should-Retry" not in read


def test_the_api_version_is_echoed_or_refused(shop: Shop) -> None:
    old = {"stripe_version": "2024-06-20"}

    echoed = shop.api.balance.retrieve({}, old)
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        shop.api.balance.retrieve({}, {"stripe_version": "yesterday"})

    assert headers_of(echoed)["Stripe-Version"] == "2024-06-20"


def test_a_connected_account_has_its_own_objects(shop: Shop) -> None:
    connected = {"stripe_account": shop.control.connect_account("acct_1Connected")}
    theirs = shop.api.payment_intents.create(shop.params(), connected)

    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        shop.api.payment_intents.retrieve(theirs.id)

    assert shop.api.payment_intents.retrieve(theirs.id, None, connected).status == "succeeded"
    assert [row["account"] for row in shop.control.ledger()] == ["acct_1Connected"] * 2


@pytest.mark.parametrize("account", ["nobody", "acct_1OfAnotherPlatform"])
def test_an_account_that_is_not_connected_is_forbidden(
    shop: Shop, other_shop: Shop, account: str
) -> None:
    other_shop.control.connect_account("acct_1OfAnotherPlatform")

    with pytest.raises(stripe.PermissionError) as refused:
        shop.api.balance.retrieve({}, {"stripe_account": account})

    assert error_of(refused.value).code == "account_invalid"


def test_two_keys_are_two_worlds(shop: Shop, other_shop: Shop) -> None:
    paid = shop.pay(key="k")
    other = other_shop.pay(key="k")

    with pytest.raises(stripe.InvalidRequestError):
        other_shop.api.payment_intents.retrieve(paid.id)

    assert other.id != paid.id
    assert [e["data"]["object"]["id"] for e in other_shop.told("payment_intent.created")] == [
        other.id
    ]
    assert shop.movements("charge") == other_shop.movements("charge") == [1999]


def test_what_cannot_be_expanded_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.pay(expand=["amount"])
