"""The scenes of the shim with a request in its hands; whoever had no answer asks again."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from shared.crash_points import CrashPoint as P
from shared.domain.charge import Provider
from tests.api.factories import authorization_document, charge_document, refund_document
from tests.contract.mailbox import Mailbox
from tests.crashes.hands import ASK, HANDS
from tests.crashes.invariants import assert_connected, assert_let_go, assert_refunded
from tests.crashes.of_charges import acted_at, payer_approves, waiting_for
from tests.crashes.scenes import NOBODY_ASKED, Scene
from tests.crashes.site import Site
from tests.reconciliation.refunding import paid

Request = tuple[str, str, str | None, dict[str, str]]
COLLECTION = "/v1/stripe-authorization"
ACCOUNT = "acct_1OfTheOrganizer"


def _asking(point: P, provider: Provider, prepare: Callable[[Site], Request], **more: Any) -> Scene:
    return Scene(
        points=(point,), provider=provider, prepare=prepare, hand=ASK, spared=NOBODY_ASKED, **more
    )


def _to_charge(provider: Provider) -> Callable[[Site], Request]:
    def prepare(site: Site) -> Request:
        gave = {"stripe": "tok_visa"} if provider is Provider.STRIPE else {}
        path = f"/v1/orders/{site.order(provider).identifier}/charge"
        headers = site.headers("buyer") | {"Idempotency-Key": "first"}
        return "POST", path, json.dumps(charge_document(**gave)), headers

    return prepare


def _to_cancel(provider: Provider) -> Callable[[Site], Request]:
    def prepare(site: Site) -> Request:
        (charge,) = waiting_for(provider)(site)
        return "POST", f"/v1/charges/{charge}/cancel", None, site.headers("buyer")

    return prepare


def _to_refund(way: str) -> Callable[[Site], Request]:
    def prepare(site: Site) -> Request:
        path = f"/v1/charges/{paid(site, way)}/refunds"
        headers = site.headers("organizer") | {"Idempotency-Key": "first"}
        return "POST", path, json.dumps(refund_document(amount="5.00")), headers

    return prepare


def _webhook_of_stripe(site: Site) -> Request:
    acted_at(Provider.STRIPE)(site)
    answer = requests.get(
        f"{site.deps.settings.stripe_api_base}/v1/events?type=payment_intent.succeeded",
        headers={"Authorization": f"Bearer {site.keys.STRIPE_API_KEY}"},
        timeout=30,
    )
    body, at = json.dumps(answer.json()["data"][0]), int(time.time())
    secret = site.keys.STRIPE_WEBHOOK_SECRETS.encode()
    mark = hmac.new(secret, f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return "POST", "/webhooks/stripe", body, {"Stripe-Signature": f"t={at},v1={mark}"}


def _webhook_of_paypal(site: Site) -> Request:
    with Mailbox() as mailbox:
        site.control.paypal_webhook(mailbox.url, site.keys.PAYPAL_WEBHOOK_ID)
        acted_at(Provider.PAYPAL)(site)
        told = mailbox.wait_for(lambda it: b'"CHECKOUT.ORDER.APPROVED"' in it.body)
    return "POST", "/webhooks/paypal", told.body.decode(), dict(told.headers)


def _to_connect(site: Site) -> Request:
    code = site.control.authorization_code(ACCOUNT)["code"]
    document = json.dumps(authorization_document("concert", code))
    return "POST", COLLECTION, document, site.headers("organizer")


def _connect_again(site: Site) -> None:
    HANDS[ASK](site.deps, *_to_connect(site))


def _to_let_go(site: Site) -> Request:
    _connect_again(site)
    key = site.sql("SELECT id FROM stripe_authorizations")[0][0]
    return "DELETE", f"{COLLECTION}/{key}", None, site.headers("organizer")


_LET_GO = partial(assert_let_go, account=ACCOUNT)
SCENES = {
    "asked to charge a card": _asking(
        P.CHARGE_ACCEPTED, Provider.STRIPE, _to_charge(Provider.STRIPE)
    ),
    "asked to charge by PayPal": _asking(
        P.CHARGE_ACCEPTED,
        Provider.PAYPAL,
        _to_charge(Provider.PAYPAL),
        afterwards=payer_approves,
    ),
    "asked to cancel at Stripe": _asking(
        P.CHARGE_CALLED_OFF, Provider.STRIPE, _to_cancel(Provider.STRIPE), ends="canceled"
    ),
    "asked to cancel at PayPal": _asking(
        P.CHARGE_CALLED_OFF, Provider.PAYPAL, _to_cancel(Provider.PAYPAL), ends="canceled"
    ),
    "asked to refund a card": _asking(
        P.REFUND_ACCEPTED, Provider.STRIPE, _to_refund("stripe"), check=assert_refunded
    ),
    "asked to refund by PayPal": _asking(
        P.REFUND_ACCEPTED, Provider.PAYPAL, _to_refund("paypal"), check=assert_refunded
    ),
    "a webhook of Stripe's": _asking(P.EVENT_STORED, Provider.STRIPE, _webhook_of_stripe),
    "a webhook of PayPal's": _asking(P.EVENT_STORED, Provider.PAYPAL, _webhook_of_paypal),
    "an organizer who agrees": _asking(
        P.CODE_EXCHANGED,
        Provider.STRIPE,
        _to_connect,
        afterwards=_connect_again,
        check=partial(assert_connected, account=ACCOUNT),
    ),
    "an organizer who is let go": _asking(
        P.AUTHORIZATION_REVOKED, Provider.STRIPE, _to_let_go, check=_LET_GO
    ),
    "an organizer who was let go": _asking(
        P.ACCOUNT_LET_GO, Provider.STRIPE, _to_let_go, check=_LET_GO
    ),
}
