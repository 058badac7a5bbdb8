"""For whom Stripe is called: connected accounts, organizers' own keys, those who left."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook
from shared.providers.base import ChargeRequest, Disconnected, ProviderEvent
from shared.providers.http import CallLimits
from shared.providers.stripe import StripeConfig, StripeConnect, StripeProvider
from tests.contract.performing import key_of
from tests.contract.stripe_rig import PATIENT, StripeRig
from tests.contract.stripe_telling import event
from tests.contract.stripe_wire import (
    CHARGE,
    INTENT,
    KEY,
    LIMITS,
    METHOD,
    ORDER,
    PAGE,
    PRICE,
    answer,
)
from tests.contract.wire import Script, serving

OWN_KEY = "sk_test_organizers"
APPLICATION = {"id": "ca_1", "object": "application"}
LEFT = event("account.application.deauthorized", APPLICATION)
SHUT = {"type": "invalid_request_error", "code": "account_invalid", "message": "No access."}
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SIGNED: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "account": "acct_1",
    "created": int(NOW.timestamp()),
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def provider(url: str, limits: CallLimits = LIMITS, **keys: str) -> StripeProvider:
    """An adapter that knows organizers' own keys."""
    config = StripeConfig(
        "sk_test_1", (), livemode=False, api_base=url, limits=limits, key_of=keys.get
    )
    return StripeProvider(config)


def request_for(account: str | None) -> ChargeRequest:
    return ChargeRequest(CHARGE, ORDER, PRICE, METHOD, account)


def translated(script: Script, account: str | None = "acct_1") -> object:
    with serving(script) as (url, _):
        return provider(url).translate(LEFT, account).fact


def verified(secret: str, **changes: object) -> ProviderEvent:
    body = json.dumps(SIGNED | changes).encode()
    at = int(NOW.timestamp())
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    config = StripeConfig(
        "sk_test_1", ("whsec_platform",), livemode=False, connect_webhook_secrets=("whsec_connect",)
    )
    header = {"Stripe-Signature": f"t={at},v1={mark}"}
    return StripeConnect(config, clock=lambda: NOW).verify(header, body)


def test_a_charge_lands_on_the_account_it_names(stripe: StripeRig) -> None:
    account = stripe.control.connect_account()
    request = ChargeRequest(CHARGE, ORDER, PRICE, METHOD, account)

    outcome = stripe.adapter.perform(stripe.adapter.freeze(request), METHOD, key_of(request))

    assert isinstance(outcome, o.Approved)
    assert outcome.account == account
    assert {row["account"] for row in stripe.control.ledger()} == {account}
    assert stripe.adapter.fetch(outcome.reference, account) == outcome


def test_an_account_that_left_is_nobodys_decline(stripe: StripeRig) -> None:
    account = stripe.control.connect_account()
    stripe.control.leave_platform(account)
    request = ChargeRequest(CHARGE, ORDER, PRICE, METHOD, account)

    outcome = stripe.adapter.perform(stripe.adapter.freeze(request), METHOD, key_of(request))

    assert isinstance(outcome, o.Misconfigured)
    assert stripe.control.ledger() == []


def test_an_organizers_own_key_charges_without_an_account() -> None:
    with serving(answer(INTENT)) as (url, seen):
        adapter = provider(url, key_12=OWN_KEY)
        call = adapter.freeze(request_for("key_12"))
        outcome = adapter.perform(call, METHOD, KEY)
        adapter.fetch("pi_1", "key_12")

    assert isinstance(outcome, o.Approved)
    assert outcome.account == "key_12"
    for request in seen:
        assert f"Authorization: Bearer {OWN_KEY}".encode() in request
        assert b"Stripe-Account" not in request
    assert OWN_KEY not in repr(call) + repr(outcome)


def test_an_organizers_own_key_opens_the_organizers_books(stripe: StripeRig) -> None:
    code = stripe.control.authorization_code()
    config = StripeConfig(
        stripe.key, (), livemode=False, connect_base=stripe.url, client_id="ca_1", limits=PATIENT
    )
    grant = StripeConnect(config).exchange(code["code"])
    adapter = provider(stripe.url, PATIENT, key_12=getattr(grant, "access_token", ""))
    request = request_for("key_12")

    outcome = adapter.perform(adapter.freeze(request), METHOD, key_of(request))

    assert isinstance(outcome, o.Approved)
    assert {row["account"] for row in stripe.control.ledger()} == {code["account"]}


def test_without_its_key_nothing_is_sent_in_anothers_name() -> None:
    with serving(answer(INTENT)) as (url, seen):
        adapter = provider(url, key_12=OWN_KEY)
        request = request_for("key_13")
        outcomes = [
            adapter.perform(adapter.freeze(request), METHOD, KEY),
            adapter.fetch("pi_1", "key_13"),
            adapter.find(adapter.freeze(request), METHOD, KEY, NOW),
        ]

    assert {type(outcome) for outcome in outcomes} == {o.Misconfigured}
    assert seen == []


def test_who_left_is_believed_once_stripe_says_so() -> None:
    assert translated(answer({"error": SHUT}, "403 Forbidden")) == Disconnected("acct_1")


def test_who_left_and_came_back_has_not_left() -> None:
    assert translated(answer({"id": "acct_1", "object": "account"})) is None


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(PAGE, "502 Bad Gateway"), o.Indeterminate),
        (answer({"error": {"type": "api_error"}}, "403 Forbidden"), o.Misconfigured),
        (answer({"error": {"type": "api_error"}}, "401 Unauthorized"), o.Misconfigured),
    ],
)
def test_who_left_is_asked_again_while_stripe_does_not_say(script: Script, kind: type) -> None:
    assert isinstance(translated(script), kind)


def test_the_platforms_own_account_cannot_leave() -> None:
    assert translated(answer({"error": SHUT}, "403 Forbidden"), account=None) is None


@pytest.mark.parametrize("livemode", [True, False])
def test_an_event_of_either_mode_is_proven_by_connects_own_secret(livemode: object) -> None:
    told = verified("whsec_connect", livemode=livemode)

    assert (told.account, told.livemode) == ("acct_1", livemode)


def test_the_platforms_secret_does_not_speak_for_connected_accounts() -> None:
    with pytest.raises(ForgedWebhook):
        verified("whsec_platform")


def test_connects_secret_does_not_speak_for_the_platform() -> None:
    with pytest.raises(ForgedWebhook, match="no connected account"):
        verified("whsec_connect", account=None)
