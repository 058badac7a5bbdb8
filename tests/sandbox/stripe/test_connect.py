"""Connect: organizers come by OAuth, are charged on their own accounts, leave."""

import json
from typing import Any

import pytest
import stripe

from tests.sandbox.listener import Listener
from tests.sandbox.stripe.shop import Shop, client_for, error_of

CLIENT = "ca_mine"


def api_of(shop: Shop, key: str) -> Any:
    """The SDK's v1 services under a key that OAuth gave out."""
    return client_for(shop.url, key).v1


def exchange(shop: Shop, code: str) -> Any:
    return shop.client.oauth.token({"grant_type": "authorization_code", "code": code})


def connected(shop: Shop, account: str | None = None) -> Any:
    return exchange(shop, shop.control.authorization_code(account)["code"])


def deauthorize(shop: Shop, account: str) -> Any:
    params: Any = {"client_id": CLIENT, "stripe_user_id": account}
    return shop.client.oauth.deauthorize(params)


def types_at(listener: Listener) -> list[str]:
    return [json.loads(delivery.body)["type"] for delivery in listener.deliveries]


def test_a_code_is_exchanged_for_the_account_that_agreed(shop: Shop) -> None:
    told = shop.control.authorization_code()

    token = exchange(shop, told["code"])

    assert token.stripe_user_id == told["account"]
    assert token.livemode is False
    assert token.access_token.startswith("sk_test_")
    assert token.stripe_publishable_key.startswith("pk_test_")


@pytest.mark.parametrize("key", ["platform's", "token"])
def test_a_connected_account_keeps_its_own_books(shop: Shop, key: str) -> None:
    token = connected(shop)
    api = api_of(shop, token.access_token) if key == "token" else shop.api
    scope: Any = {} if key == "token" else {"stripe_account": token.stripe_user_id}

    paid = api.payment_intents.create(shop.params(), scope)

    assert api.payment_intents.retrieve(paid.id, None, scope).status == "succeeded"
    assert {row["account"] for row in shop.control.ledger()} == {token.stripe_user_id}
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        shop.api.payment_intents.retrieve(paid.id)


@pytest.mark.parametrize("code", ["ac_invented", "nonsense"])
def test_a_code_that_nobody_was_given_is_refused(shop: Shop, code: str) -> None:
    with pytest.raises(stripe.oauth_error.InvalidGrantError, match="does not exist"):
        exchange(shop, code)


def test_a_code_of_another_platform_is_refused(shop: Shop, other_shop: Shop) -> None:
    code = other_shop.control.authorization_code()["code"]

    with pytest.raises(stripe.oauth_error.InvalidGrantError):
        exchange(shop, code)


def test_a_code_used_twice_is_refused_and_its_keys_stop_working(shop: Shop) -> None:
    code = shop.control.authorization_code()["code"]
    token = exchange(shop, code)

    with pytest.raises(stripe.oauth_error.InvalidGrantError, match="already been used"):
        exchange(shop, code)

    with pytest.raises(stripe.PermissionError):
        api_of(shop, token.access_token).balance.retrieve()


def test_a_code_lives_five_minutes(shop: Shop) -> None:
    code = shop.control.authorization_code()["code"]
    shop.control.advance(301)

    with pytest.raises(stripe.oauth_error.InvalidGrantError, match="expired"):
        exchange(shop, code)


def test_a_refresh_token_gives_another_key_to_the_same_account(shop: Shop) -> None:
    first = connected(shop)

    again: Any = {"grant_type": "refresh_token", "refresh_token": first.refresh_token}
    second = shop.client.oauth.token(again)

    assert second.stripe_user_id == first.stripe_user_id
    assert second.access_token != first.access_token


def test_another_grant_is_unsupported(shop: Shop) -> None:
    password: Any = {"grant_type": "password"}

    with pytest.raises(stripe.oauth_error.UnsupportedGrantTypeError):
        shop.client.oauth.token(password)


def test_a_deauthorized_account_is_forbidden_by_either_key(shop: Shop) -> None:
    token = connected(shop)

    gone = deauthorize(shop, token.stripe_user_id)

    assert gone.stripe_user_id == token.stripe_user_id
    for api, scope in (
        (shop.api, {"stripe_account": token.stripe_user_id}),
        (api_of(shop, token.access_token), {}),
    ):
        with pytest.raises(stripe.PermissionError) as refused:
            api.payment_intents.create(shop.params(), scope)
        assert error_of(refused.value).code == "account_invalid"
        assert shop.key not in str(refused.value)
    assert shop.control.ledger() == []


def test_an_account_that_comes_back_finds_its_books_and_gets_new_keys(shop: Shop) -> None:
    token = connected(shop)
    scope: Any = {"stripe_account": token.stripe_user_id}
    paid = shop.api.payment_intents.create(shop.params(), scope)
    deauthorize(shop, token.stripe_user_id)

    back = connected(shop, token.stripe_user_id)

    assert shop.api.payment_intents.retrieve(paid.id, None, scope).status == "succeeded"
    assert api_of(shop, back.access_token).balance.retrieve().object == "balance"
    with pytest.raises(stripe.PermissionError):
        api_of(shop, token.access_token).balance.retrieve()


def test_an_account_cannot_be_deauthorized_twice(shop: Shop) -> None:
    account = connected(shop).stripe_user_id
    deauthorize(shop, account)

    with pytest.raises(stripe.oauth_error.InvalidClientError, match="not connected"):
        deauthorize(shop, account)


def test_a_client_id_that_is_none_is_refused(shop: Shop) -> None:
    account = connected(shop).stripe_user_id

    with pytest.raises(stripe.oauth_error.InvalidClientError, match="No such application"):
        shop.client.oauth.deauthorize({"client_id": "mine", "stripe_user_id": account})

    assert shop.api.balance.retrieve({}, {"stripe_account": account}).object == "balance"


def test_connected_accounts_are_heard_at_connect_endpoints_alone(shop: Shop) -> None:
    with Listener() as ours, Listener() as theirs:
        shop.control.stripe_webhook_endpoint(ours.url, "whsec_ours")
        shop.control.stripe_webhook_endpoint(theirs.url, "whsec_theirs", connect=True)
        account = connected(shop).stripe_user_id

        shop.pay()
        shop.api.payment_intents.create(shop.params(), {"stripe_account": account})
        told = theirs.wait_for("payment_intent.succeeded")
        ours.wait_for("payment_intent.succeeded")

        assert json.loads(told.body)["account"] == account
        assert types_at(ours).count("payment_intent.succeeded") == 1
        assert {json.loads(d.body).get("account") for d in ours.deliveries} == {None}
        assert {json.loads(d.body).get("account") for d in theirs.deliveries} == {account}


@pytest.mark.parametrize("by", ["platform", "organizer"])
def test_connect_endpoints_hear_who_left_whoever_ended_it(
    shop: Shop, listener: Listener, by: str
) -> None:
    shop.control.stripe_webhook_endpoint(listener.url, "whsec_theirs", connect=True)
    account = connected(shop).stripe_user_id

    if by == "platform":
        deauthorize(shop, account)
    else:
        shop.control.leave_platform(account)

    told = listener.wait_for("account.application.deauthorized").event
    assert told["account"] == account
    assert told["data"]["object"]["object"] == "application"
