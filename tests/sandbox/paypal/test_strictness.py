"""What the sandbox refuses that a yes-sayer would let pass."""

from typing import Any

import pytest
import requests
from paypalrestsdk import Api
from paypalrestsdk.exceptions import ResourceInvalid, UnauthorizedAccess

from tests.sandbox.paypal.shop import Shop, issue_of

HOUR = 3600.0


def order_body(**unit: Any) -> dict[str, Any]:
    amount = {"currency_code": "USD", "value": "10.00"}
    return {"intent": "CAPTURE", "purchase_units": [{"amount": amount, **unit}]}


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (order_body(custm_id="x"), "UNSUPPORTED_PARAMETER"),
        (order_body() | {"intnt": "CAPTURE"}, "UNSUPPORTED_PARAMETER"),
        ({"purchase_units": order_body()["purchase_units"]}, "MISSING_REQUIRED_PARAMETER"),
        (order_body() | {"intent": "SALE"}, "INVALID_PARAMETER_VALUE"),
        (order_body() | {"purchase_units": []}, "INVALID_ARRAY_MIN_ITEMS"),
        (order_body(custom_id="x" * 256), "INVALID_STRING_LENGTH"),
        (order_body(amount={"currency_code": "USD", "value": 10}), "INVALID_PARAMETER_SYNTAX"),
        (order_body(amount={"currency_code": "usd", "value": "10"}), "INVALID_PARAMETER_SYNTAX"),
    ],
)
def test_a_body_out_of_form_is_a_400(shop: Shop, body: dict[str, Any], issue: str) -> None:
    refused = shop.api.post("v2/checkout/orders", body)

    assert refused["error"]["name"] == "INVALID_REQUEST"
    assert issue_of(refused) == issue


@pytest.mark.parametrize(
    ("currency", "value", "issue"),
    [
        ("USD", "10.001", "DECIMAL_PRECISION"),
        ("JPY", "10.50", "DECIMALS_NOT_SUPPORTED"),
        ("HUF", "10.5", "DECIMALS_NOT_SUPPORTED"),
        ("TWD", "10.01", "DECIMALS_NOT_SUPPORTED"),
        ("KRW", "1000", "CURRENCY_NOT_SUPPORTED"),
        ("USD", "0.00", "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ("USD", "-1.00", "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ],
)
def test_an_amount_against_the_rules_is_a_422(
    shop: Shop, currency: str, value: str, issue: str
) -> None:
    with pytest.raises(ResourceInvalid) as refused:
        shop.create(value, currency)

    assert issue_of(refused.value) == issue


@pytest.mark.parametrize(
    ("currency", "value", "written", "minor"),
    [
        ("USD", "10", "10.00", 1000),
        ("USD", "10.5", "10.50", 1050),
        ("JPY", "1000", "1000", 1000),
        ("HUF", "1000", "1000", 100000),
        ("TWD", "30", "30", 3000),
    ],
)
def test_an_amount_is_written_in_paypals_form_and_booked_in_iso_minor_units(
    shop: Shop, currency: str, value: str, written: str, minor: int
) -> None:
    order = shop.create(value, currency)
    shop.control.approve_paypal(order["id"])

    shop.capture(order["id"])

    assert order["purchase_units"][0]["amount"]["value"] == written
    assert shop.control.ledger()[0]["amount_minor"] == minor


@pytest.mark.parametrize(
    ("breakdown", "items", "issue"),
    [
        ({"item_total": "9.00", "shipping": "2.00"}, None, "AMOUNT_MISMATCH"),
        ({"item_total": "10.00"}, [("4.00", "2")], "ITEM_TOTAL_MISMATCH"),
    ],
)
def test_sums_that_do_not_add_up_are_a_422(
    shop: Shop, breakdown: dict[str, str], items: list[tuple[str, str]] | None, issue: str
) -> None:
    parts = {name: {"currency_code": "USD", "value": value} for name, value in breakdown.items()}
    amount = {"currency_code": "USD", "value": "10.00", "breakdown": parts}
    named = [
        {"name": "seat", "quantity": count, "unit_amount": {"currency_code": "USD", "value": price}}
        for price, count in items or []
    ]

    with pytest.raises(ResourceInvalid) as refused:
        shop.api.post(
            "v2/checkout/orders", order_body(amount=amount, **({"items": named} if named else {}))
        )

    assert issue_of(refused.value) == issue


@pytest.mark.parametrize("value", ["INSTRUMENT_DECLINED", "DUPLICATE_INVOICE_ID"])
def test_negative_testing_mocks_an_issue_without_effect(shop: Shop, value: str) -> None:
    order_id = shop.approved()

    with pytest.raises(ResourceInvalid) as refused:
        shop.capture(order_id, PayPal_Mock_Response=f'{{"mock_application_codes":"{value}"}}')

    assert issue_of(refused.value) == value
    assert shop.capture(order_id)["status"] == "COMPLETED"


def test_a_token_lasts_nine_virtual_hours(shop: Shop) -> None:
    token = shop.api.get_token_hash()
    order_id = shop.create()["id"]
    raw = {"Authorization": f"Bearer {token['access_token']}"}
    shop.control.advance(9 * HOUR - 60)
    in_time = requests.get(f"{shop.url}/v2/checkout/orders/{order_id}", headers=raw, timeout=20)

    shop.control.advance(120)
    too_late = requests.get(f"{shop.url}/v2/checkout/orders/{order_id}", headers=raw, timeout=20)

    assert (token["token_type"], token["expires_in"]) == ("Bearer", 32400)
    assert (in_time.status_code, too_late.status_code) == (200, 401)
    assert too_late.json()["error"] == "invalid_token"


def test_the_secret_of_a_client_is_fixed_by_its_first_use(shop: Shop) -> None:
    shop.create()
    thief = Api(mode="sandbox", client_id=shop.client_id, client_secret="guess", endpoint=shop.url)

    with pytest.raises(UnauthorizedAccess) as refused:
        thief.post("v2/checkout/orders", order_body())

    assert refused.value.response.json()["error"] == "invalid_client"


def test_a_leaked_request_id_does_not_disturb_the_token_call(shop: Shop) -> None:
    leaked = {"PayPal-Request-Id": "ord:1"}

    first = shop.api.post("v2/checkout/orders", order_body(), leaked)
    shop.api.token_hash = None
    second = shop.api.post("v2/checkout/orders", order_body(), leaked)

    assert first["id"] == second["id"]


def test_a_get_may_carry_the_body_null(shop: Shop) -> None:
    order_id = shop.create()["id"]
    token = {"Authorization": f"Bearer {shop.api.get_access_token()}"}

    answer = requests.request(
        "GET",
        f"{shop.url}/v2/checkout/orders/{order_id}",
        data="null",
        headers=token | {"Content-Type": "application/json"},
        timeout=20,
    )

    assert answer.status_code == 200
    assert answer.headers["Paypal-Debug-Id"]


@pytest.mark.parametrize(
    ("path", "shape"),
    [("v2/checkout/nothing", {"details", "name"}), ("v1/payments/nothing", {"name", "debug_id"})],
)
def test_an_address_paypal_does_not_have_is_refused_in_its_words(
    shop: Shop, path: str, shape: set[str]
) -> None:
    token = {"Authorization": f"Bearer {shop.api.get_access_token()}"}

    answer = requests.get(f"{shop.url}/{path}", headers=token, timeout=20)

    assert answer.status_code == 404
    assert shape <= set(answer.json())
    assert answer.json()["name"] == "RESOURCE_NOT_FOUND"


def test_broken_json_is_said_to_be_so(shop: Shop) -> None:
    token = {"Authorization": f"Bearer {shop.api.get_access_token()}"}

    answer = requests.post(
        f"{shop.url}/v2/checkout/orders", data=b'{"intent":', headers=token, timeout=20
    )

    assert answer.status_code == 400
    assert answer.json()["details"][0]["issue"] == "MALFORMED_REQUEST_JSON"
