"""The doctor says where webhooks are not sent, or not all, and what to do."""

import re
from dataclasses import replace
from typing import Any

import pytest

from cli.registrations import webhooks
from shared.domain.charge import Provider
from tests.cli.conftest import Hand

STRIPE = "https://shop.example/webhooks/stripe"
CONNECT = "https://shop.example/webhooks/stripe/connect"
PAYPAL = "https://shop.example/webhooks/paypal"
DOOR = re.compile(r"(?P<mark>\S+) +webhooks to /webhooks/(?P<path>\S+) +(?P<says>.*?) *")


def told(hand: Hand) -> dict[str, str]:
    """What the doctor says of each door of webhooks, after its mark."""
    lines = hand.run("doctor").stdout.splitlines()
    doors = [DOOR.fullmatch(line) for line in lines]
    return {door["path"]: f"{door['mark']}: {door['says']}" for door in doors if door}


def stripe(hand: Hand, url: str = STRIPE, **options: Any) -> str:
    """Register an endpoint at Stripe; its id."""
    return str(hand.workshop.control.stripe_webhook_endpoint(url, "whsec_x", **options)["id"])


def paypal(hand: Hand, url: str = PAYPAL, **wish: Any) -> None:
    """Register the webhook that PAYPAL_WEBHOOK_ID names."""
    webhook = {"url": url, "id": hand.workshop.keys.PAYPAL_WEBHOOK_ID, **wish}
    hand.workshop.control.post("/paypal/webhooks", webhook)


def test_nothing_is_registered(hand: Hand) -> None:
    says = told(hand)

    assert says["stripe"] == (
        "WRONG: No endpoint ends with /webhooks/stripe: add one, set STRIPE_WEBHOOK_SECRETS."
    )
    assert "STRIPE_CONNECT_WEBHOOK_SECRETS" in says["stripe/connect"]
    assert says["paypal"] == (
        "WRONG: No webhook has the id that PAYPAL_WEBHOOK_ID names: add one, set its id."
    )


def test_all_is_registered(hand: Hand) -> None:
    stripe(hand)
    stripe(hand, CONNECT, connect=True)
    paypal(hand)

    assert told(hand) == {
        "stripe": f"ok: {STRIPE} is told of all.",
        "stripe/connect": f"ok: {CONNECT} is told of all.",
        "paypal": f"ok: {PAYPAL} is told of all.",
    }


def test_what_an_endpoint_is_not_told_of_is_named_whole(hand: Hand) -> None:
    stripe(hand, enabled_events=["payment_intent.succeeded"])
    stripe(hand, CONNECT, enabled_events=["account.application.deauthorized"])
    paypal(hand, event_types=["PAYMENT.CAPTURE.COMPLETED"])

    says = told(hand)
    at_stripe, of_accounts, at_paypal = says["stripe"], says["stripe/connect"], says["paypal"]

    assert at_stripe.startswith(f"WRONG: {STRIPE} lacks charge.dispute.closed, ")
    assert at_stripe.endswith("refund.updated: add them.")
    assert "payment_intent.succeeded" not in at_stripe
    assert "deauthorized" not in at_stripe + of_accounts
    assert "PAYMENT.CAPTURE.COMPLETED" not in at_paypal
    assert "PAYMENT.CAPTURE.DENIED" in at_paypal


def test_only_an_endpoint_of_accounts_hears_of_their_leaving(hand: Hand) -> None:
    stripe(hand, CONNECT, enabled_events=["charge.succeeded"])

    assert "account.application.deauthorized" in told(hand)["stripe/connect"]


def test_an_endpoint_that_is_disabled_is_to_be_enabled(hand: Hand) -> None:
    endpoint = stripe(hand)
    hand.workshop.ask_stripe(f"/v1/webhook_endpoints/{endpoint}", {"disabled": "true"})

    assert told(hand)["stripe"] == f"WRONG: {STRIPE} is disabled at stripe: enable it."


def test_of_several_endpoints_the_best_counts(hand: Hand) -> None:
    stripe(hand, "https://staging.example/webhooks/stripe", enabled_events=["charge.succeeded"])
    stripe(hand)

    assert told(hand)["stripe"].startswith("ok")


def test_a_webhook_that_goes_elsewhere_is_to_be_corrected(hand: Hand) -> None:
    paypal(hand, "https://shop.example/paypal")

    assert told(hand)["paypal"] == (
        "WRONG: https://shop.example/paypal does not end with /webhooks/paypal: correct it."
    )


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("401", "The credentials are refused"),
        ("403", "The credentials are refused, or may not read them"),
        ("500_before", "They could not be read"),
        ("wrong_shape", "They could not be read"),
    ],
)
@pytest.mark.parametrize("provider", Provider)
def test_what_cannot_be_read_is_said(hand: Hand, provider: Provider, fault: str, says: str) -> None:
    hand.workshop.control.fault(fault, "GET .*/webhook", provider=provider, times=None)

    assert says in told(hand)[provider]


def test_a_door_without_its_secret_refuses_all(hand: Hand) -> None:
    settings = {"stripe_webhook_secrets": [], "paypal_webhook_id": ""}
    bare = hand.workshop.deps.settings.model_copy(update=settings)
    stripe(hand)

    found = [finding.says for finding in webhooks(replace(hand.workshop.deps, settings=bare))]

    assert found[0] == "STRIPE_WEBHOOK_SECRETS is not set: all are refused."
    assert found[2] == "PAYPAL_WEBHOOK_ID is not set: all are refused."
