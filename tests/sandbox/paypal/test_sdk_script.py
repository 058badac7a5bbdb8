"""The address of PayPal's JavaScript SDK, which is as strict as the real one."""

import pytest
import requests

from tests.sandbox.paypal.shop import Shop


def ask(shop: Shop, path: str, **query: str) -> requests.Response:
    return requests.get(f"{shop.url}{path}", params=query, timeout=20)


def test_a_known_client_is_given_the_script(shop: Shop) -> None:
    shop.create()

    answer = ask(shop, "/sdk/js", **{"client-id": shop.client_id, "currency": "EUR"})

    assert answer.status_code == 200
    assert "javascript" in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("colour", "gold"), ("currency", "euro"), ("intent", "authorize"), ("components", "hosted")],
)
def test_a_parameter_that_is_not_played_is_refused(shop: Shop, name: str, value: str) -> None:
    shop.create()

    answer = ask(shop, "/sdk/js", **{"client-id": shop.client_id, name: value})

    assert (answer.status_code, answer.text) == (400, f"Disallowed query param: {name}={value}")


def test_a_client_nobody_knows_is_refused(shop: Shop) -> None:
    answer = ask(shop, "/sdk/js", **{"client-id": "nobody"})

    assert answer.status_code == 400


def test_the_script_may_look_at_its_own_clients_orders_only(shop: Shop, other_shop: Shop) -> None:
    order = shop.create()["id"]
    other_shop.create()

    own = ask(shop, "/sdk/order", token=order, **{"client-id": shop.client_id})
    foreign = ask(shop, "/sdk/order", token=order, **{"client-id": other_shop.client_id})

    assert own.headers["Access-Control-Allow-Origin"] == "*"
    assert own.json() == {"status": "CREATED", "currency": "USD"}
    assert foreign.status_code == 404
