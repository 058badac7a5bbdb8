"""Which webhooks are PayPal's: headers, bytes, signatures."""

import json
from collections.abc import Iterator

import pytest

from shared.domain.errors import ForgedWebhook
from tests.unit.paypal_signing import (
    BODY,
    OTHER_KEY,
    CertificateHost,
    signed,
    verifier,
)

HOST = "https://api.paypal.com/v1/notifications/certs/CERT-1"


@pytest.fixture
def host() -> Iterator[CertificateHost]:
    with CertificateHost() as opened:
        yield opened


def test_a_genuine_delivery_is_accepted(host: CertificateHost) -> None:
    verifier().verify(signed(host.url()), BODY)

    assert len(host.asked) == 1


def test_header_names_have_no_case(host: CertificateHost) -> None:
    shouted = {name.upper(): value for name, value in signed(host.url()).items()}

    verifier().verify(shouted, BODY)

    assert host.asked


def test_a_body_of_any_bytes_is_signed_as_it_came(host: CertificateHost) -> None:
    body = b"\xff\xfe\x00|" * 1000

    verifier().verify(signed(host.url(), body), body)

    assert host.asked


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BODY.replace(b"10.00", b"10.01"), id="one byte is another"),
        pytest.param(BODY + b" ", id="one byte more"),
        pytest.param(json.dumps(json.loads(BODY)).encode(), id="the same JSON, written anew"),
        pytest.param(b"", id="nothing at all"),
    ],
)
def test_other_bytes_than_the_signed_ones_are_forged(host: CertificateHost, body: bytes) -> None:
    headers = signed(host.url())

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, body)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Paypal-Transmission-Time", "2026-03-01T11:59:59Z"),
        ("Paypal-Transmission-Time", "2026-03-01T11:59:58Z|x"),
        ("Paypal-Transmission-Id", "69cd13f0-d67a-11e5-baa3-778b53f4ae56"),
        ("Paypal-Transmission-Sig", "AAAA"),
        ("Paypal-Transmission-Sig", "not base64!"),
        ("Paypal-Transmission-Sig", "gültig"),
        ("Paypal-Transmission-Sig", "A" * 5000),
        ("Paypal-Auth-Algo", "SHA1withRSA"),
        ("Paypal-Auth-Algo", "sha256withrsa"),
        ("Paypal-Auth-Algo", "SHA256withRSA\n"),
    ],
)
def test_a_changed_header_is_forged(host: CertificateHost, header: str, value: str) -> None:
    headers = signed(host.url()) | {header: value}

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)


@pytest.mark.parametrize("header", list(signed("https://x")))
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_forged_before_anything_is_fetched(
    host: CertificateHost, header: str, value: str | None
) -> None:
    given = signed(host.url()) | {header: value}
    headers = {name: text for name, text in given.items() if text is not None}

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)

    assert not host.asked


@pytest.mark.parametrize("webhook_id", ["WEBHOOK_ID", "6LX83904LK182640V", ""])
def test_a_signature_for_another_webhook_is_forged(host: CertificateHost, webhook_id: str) -> None:
    headers = signed(host.url(), webhook_id=webhook_id)

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)


def test_a_genuine_sha1_signature_is_forged(host: CertificateHost) -> None:
    headers = signed(host.url(), algorithm="SHA1withRSA")

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)
    with pytest.raises(ForgedWebhook):
        verifier().verify(headers | {"Paypal-Auth-Algo": "SHA256withRSA"}, BODY)


def test_a_signature_by_another_key_is_forged(host: CertificateHost) -> None:
    headers = signed(host.url(), key=OTHER_KEY)

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)


@pytest.mark.parametrize(
    "url",
    [
        HOST.replace("https", "http"),
        HOST.replace("api.paypal.com", "api.paypal.com.evil.example"),
        HOST.replace("api.paypal.com", "evil.paypal.com"),
        HOST.replace("api.paypal.com", "evilapi.paypal.com"),
        HOST.replace("api.paypal.com", "api-paypal.com"),
        HOST.replace("api.paypal.com", "evil.example#api.paypal.com"),
        HOST.replace("//", "//api.paypal.com@evil.example/"),
        HOST.replace("//", "//user:secret@"),
        HOST.replace("//", "/\\"),
        HOST.replace(".com/", ".com:8443/"),
        HOST.replace(".com/", ".com\\@evil.example/"),
        HOST + "?redirect=evil",
        HOST + "#fragment",
        HOST + "\n",
        HOST + "\x00",
        HOST.replace("CERT-1", "CERT-1/../../evil"),
        HOST.replace("CERT-1", "CERT-1%2e%2e"),
        HOST.replace("CERT-1", "CERT-" + "1" * 81),
        HOST.replace("/certs/", "/webhooks/"),
        HOST.replace("CERT-1", "CERT-é"),
        "file:///etc/passwd",
        "http://169.254.169.254/v1/notifications/certs/CERT-1",
        "http://localhost/v1/notifications/certs/CERT-1",
    ],
)
def test_a_certificate_from_anywhere_else_is_forged(url: str) -> None:
    headers = signed(url)

    # One that was tried to fetch would be SignatureUnverifiable: there is no network here.
    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_plain_http_is_for_development_only(host: CertificateHost, name: str) -> None:
    url = host.url().replace("127.0.0.1", name)

    with pytest.raises(ForgedWebhook):
        verifier(plain=False).verify(signed(url), BODY)

    assert not host.asked
