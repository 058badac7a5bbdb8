"""Which webhooks pass for Stripe's: signed here by hand, by nobody's library."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.errors import ForgedWebhook
from shared.providers.base import ProviderEvent
from shared.providers.stripe import StripeConfig, StripeProvider

SECRET, OLDER = "whsec_of_today", "whsec_of_yesterday"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
T = int(NOW.timestamp())

EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": T - 5,
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
BODY = json.dumps(EVENT).encode()


def signature(body: bytes = BODY, secret: str = SECRET, at: int = T) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def header(body: bytes = BODY, secret: str = SECRET, at: int = T) -> dict[str, str]:
    return {"Stripe-Signature": f"t={at},v1={signature(body, secret, at)}"}


def verify(
    headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET, OLDER)
) -> ProviderEvent:
    config = StripeConfig("sk_test_1", secrets, livemode=False)
    return StripeProvider(config, clock=lambda: NOW).verify(headers, body)


def changed(**changes: object) -> bytes:
    return json.dumps(EVENT | changes).encode()


def test_a_genuine_event_is_named_before_anybody_reads_it() -> None:
    event = verify(header(changed(account="acct_1")), changed(account="acct_1"))

    assert event == ProviderEvent(
        event_id="evt_1",
        event_type="payment_intent.succeeded",
        account="acct_1",
        livemode=False,
        created_at=NOW - timedelta(seconds=5),
    )


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(header(secret=OLDER), id="by the secret that is rotated out"),
        pytest.param({"stripe-signature": header()["Stripe-Signature"]}, id="lower case"),
        pytest.param(header(at=T - 299), id="almost too old"),
        pytest.param(header(at=T + 299), id="almost too early"),
        pytest.param(
            {"Stripe-Signature": f"t={T},v1={'0' * 64},v1={signature()}"}, id="the second of two"
        ),
        pytest.param({"Stripe-Signature": f"t={T},v1={signature()},v0=x"}, id="with a v0"),
        pytest.param({"Stripe-Signature": f"t={T}, v1={signature()}"}, id="with a space"),
    ],
)
def test_a_genuine_signature_passes(headers: dict[str, str]) -> None:
    assert verify(headers).event_id == "evt_1"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"Stripe-Signature": ""}, id="empty"),
        pytest.param({"Stripe-Signature": "é" * 40}, id="not ASCII"),
        pytest.param({"Stripe-Signature": f"t={T},v1={'é' * 64}"}, id="a signature not ASCII"),
        pytest.param({"Stripe-Signature": f"t={T},v1=\ud800"}, id="a lone surrogate"),
        pytest.param({"Stripe-Signature": f"t=²,v1={signature()}"}, id="a digit not ASCII"),
        pytest.param({"Stripe-Signature": f"v1={signature()}"}, id="no time"),
        pytest.param({"Stripe-Signature": f"t=,v1={signature()}"}, id="an empty time"),
        pytest.param({"Stripe-Signature": f"t=-1,v1={signature(at=-1)}"}, id="a negative time"),
        pytest.param({"Stripe-Signature": f"t={'9' * 99},v1={signature()}"}, id="an endless time"),
        pytest.param({"Stripe-Signature": f"t={T},t={T},v1={signature()}"}, id="two times"),
        pytest.param({"Stripe-Signature": f"t={T}"}, id="no signature"),
        pytest.param({"Stripe-Signature": f"t={T},v0={signature()}"}, id="only a v0"),
        pytest.param({"Stripe-Signature": f"t={T},v1="}, id="an empty signature"),
        pytest.param({"Stripe-Signature": f"t={T},v1={signature()[:-1]}"}, id="a short one"),
        pytest.param({"Stripe-Signature": f"t={T + 1},v1={signature()}"}, id="a shifted time"),
        pytest.param({"Stripe-Signature": "t=1," * 5000 + "v1=a"}, id="an endless header"),
        pytest.param(header(secret="whsec_of_a_thief"), id="another secret"),
        pytest.param(header(at=T - 301), id="too old"),
        pytest.param(header(at=T + 301), id="from the future"),
        pytest.param(header(at=T + 86_400), id="from tomorrow"),
        pytest.param(header(body=BODY + b" "), id="of another body"),
    ],
)
def test_whatever_is_wrong_with_a_signature_is_a_forgery(headers: dict[str, str]) -> None:
    with pytest.raises(ForgedWebhook):
        verify(headers)


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
def test_without_a_secret_nobody_can_sign(secrets: tuple[str, ...]) -> None:
    for guessed in ("", "  "):
        with pytest.raises(ForgedWebhook):
            verify(header(secret=guessed), secrets=secrets)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="endless nesting"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="an endless number"),
        pytest.param(changed(object="v2.core.event"), id="a thin event"),
        pytest.param(changed(id=None), id="no id"),
        pytest.param(changed(id=""), id="an empty id"),
        pytest.param(changed(type=7), id="a type that is no text"),
        pytest.param(changed(created="now"), id="created at no time"),
        pytest.param(changed(created=10**18), id="created after all time"),
        pytest.param(changed(data=None), id="no data"),
        pytest.param(changed(data={"object": []}), id="an object that is a list"),
        pytest.param(changed(livemode=True), id="of the other mode"),
        pytest.param(changed(livemode=None), id="of no mode"),
        pytest.param(changed(livemode=0), id="of a mode that is a number"),
        pytest.param(changed(ballast="x" * 1024 * 1024), id="huge"),
    ],
)
def test_a_well_signed_body_that_is_no_event_of_ours_is_a_forgery(body: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        verify(header(body), body)


def test_a_forgery_is_told_without_its_secret_or_body() -> None:
    with pytest.raises(ForgedWebhook) as caught:
        verify(header(secret="whsec_of_a_thief"))

    assert not any(secret in str(caught.value) for secret in (SECRET, OLDER, "evt_1"))


MUTATIONS: list[Callable[[bytes], bytes]] = [
    lambda body: json.dumps(json.loads(body), separators=(",", ":")).encode(),
    lambda body: body.replace(b"evt_1", b"evt_2"),
    lambda body: body + b"\n",
    lambda body: b"\xef\xbb\xbf" + body,
]


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_the_signature_holds_for_the_raw_bytes_alone(mutate: Callable[[bytes], bytes]) -> None:
    assert mutate(BODY) != BODY

    with pytest.raises(ForgedWebhook):
        verify(header(), mutate(BODY))
