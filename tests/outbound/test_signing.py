"""What is sent is signed as Standard Webhooks has it, by vectors and by its own library."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.outbound.signing import SECRET_BYTES, Envelope, new_secret, signed_headers


@pytest.fixture
def now() -> datetime:
    """The instant of this test: a verifier refuses what was signed minutes ago."""
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("secret", "message", "timestamp", "body", "signature"),
    [
        (  # the example of the specification's libraries
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ],
)
def test_the_signature_is_the_specifications(
    secret: str, message: str, timestamp: int, body: bytes, signature: str
) -> None:
    at = datetime.fromtimestamp(timestamp, UTC)

    headers = signed_headers(message, body, [secret], at)

    assert headers["webhook-id"] == message
    assert headers["webhook-timestamp"] == str(timestamp)
    assert headers["webhook-signature"] == signature


def test_each_secret_verifies_and_another_does_not(now: datetime) -> None:
    old, new, foreign = new_secret(), new_secret(), new_secret()
    body = Envelope("order.completed", now, {"order": "ä"}).body
    headers = signed_headers("id", body, [new, old], now)

    told = [Webhook(secret).verify(body, headers) for secret in (new, old)]

    assert told[0] == told[1] == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(body, headers)


def test_a_changed_byte_is_noticed(now: datetime) -> None:
    secret, body = new_secret(), Envelope("order.completed", now, {"amount": "19.99"}).body
    headers = signed_headers("id", body, [secret], now)

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"19.99", b"11.99"), headers)


def test_secrets_are_long_and_new() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert 24 <= SECRET_BYTES <= 64


def test_the_same_event_is_the_same_bytes(now: datetime) -> None:
    bodies = {
        Envelope("order.completed", now, data).body for data in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    }

    assert len(bodies) == 1
