"""Which webhooks are PayPal's."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic, sleep

import pytest

from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.paypal import PayPalConfig
from shared.providers.paypal.certificates import FETCHES
from shared.providers.paypal.signature import SignatureVerifier
from tests.unit.paypal_signing import (
    BODY,
    CA_KEY,
    CURVE_KEY,
    GENUINE,
    INTERMEDIATE,
    NOW,
    OTHER_KEY,
    ROOT,
    SIGNING_KEY,
    WEAK_KEY,
    WEBHOOK_ID,
    YEAR,
    CertificateHost,
    Issuer,
    authority,
    leaf,
    pem,
    signed,
)

FORGER = authority("Root", OTHER_KEY)
FORGED = leaf(FORGER)
AS_AUTHORITY = leaf(ROOT, ca=True)
HOST = "https://api.paypal.com/v1/notifications/certs/CERT-1"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def verifier(clock: Clock | None = None, *, plain: bool = True) -> SignatureVerifier:
    config = PayPalConfig(
        client_id="client",
        client_secret="secret",
        mode="live",
        webhook_id=WEBHOOK_ID,
        cert_roots_pem=pem(ROOT.certificate),
        return_url="https://shop.example.com/return",
        cancel_url="https://shop.example.com/cancel",
        cert_hosts=frozenset({"127.0.0.1", "api.paypal.com", "api-m.paypal.com"}),
        allow_plain_http_certs=plain,
    )
    return SignatureVerifier(config, clock or Clock())


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


def test_a_chain_through_two_intermediates_is_accepted(host: CertificateHost) -> None:
    lower = authority("Lower", CA_KEY, INTERMEDIATE)
    host.answer = pem(leaf(lower), lower.certificate, INTERMEDIATE.certificate)

    verifier().verify(signed(host.url()), BODY)

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
    started = monotonic()

    with pytest.raises(ForgedWebhook):
        verifier().verify(headers, BODY)

    assert monotonic() - started < 1  # nobody was connected to


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_plain_http_is_for_development_only(host: CertificateHost, name: str) -> None:
    url = host.url().replace("127.0.0.1", name)

    with pytest.raises(ForgedWebhook):
        verifier(plain=False).verify(signed(url), BODY)

    assert not host.asked


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(pem(leaf(None)), id="self-signed, with PayPal's name"),
        pytest.param(pem(FORGED, FORGER.certificate), id="the forger's authority in the file"),
        pytest.param(
            pem(FORGED, FORGER.certificate, ROOT.certificate), id="with the real root besides"
        ),
        pytest.param(
            pem(leaf(INTERMEDIATE, "api.paypal.com.evil.example"), INTERMEDIATE.certificate),
            id="a trusted authority's, of another name",
        ),
        pytest.param(
            pem(leaf(INTERMEDIATE, "*.paypal.com"), INTERMEDIATE.certificate), id="a wildcard"
        ),
        pytest.param(
            pem(leaf(INTERMEDIATE, life=(NOW - YEAR, NOW - timedelta(days=1)))) + pem(GENUINE),
            id="expired",
        ),
        pytest.param(
            pem(
                leaf(INTERMEDIATE, life=(NOW + timedelta(days=1), NOW + YEAR)),
                INTERMEDIATE.certificate,
            ),
            id="not valid yet",
        ),
        pytest.param(pem(AS_AUTHORITY), id="an authority as the leaf"),
        pytest.param(pem(GENUINE), id="without its intermediate"),
        pytest.param(
            pem(leaf(INTERMEDIATE, key=WEAK_KEY), INTERMEDIATE.certificate), id="1024 bits"
        ),
        pytest.param(pem(leaf(INTERMEDIATE, key=CURVE_KEY), INTERMEDIATE.certificate), id="no RSA"),
        pytest.param(b"", id="an empty file"),
        pytest.param(b"<html>certificate</html>", id="no certificate"),
        pytest.param(pem(GENUINE)[:200], id="half a certificate"),
        pytest.param(pem(GENUINE) * 60, id="larger than any chain"),
    ],
)
def test_a_certificate_that_is_not_paypals_is_forged(host: CertificateHost, answer: bytes) -> None:
    host.answer = answer
    checked = verifier()

    for _ in range(3):
        with pytest.raises(ForgedWebhook):
            checked.verify(signed(host.url()), BODY)

    assert len(host.asked) == 1  # the failure is remembered


def test_a_signing_certificate_cannot_vouch_for_another(host: CertificateHost) -> None:
    stolen = Issuer(GENUINE, SIGNING_KEY)
    below = leaf(stolen, key=OTHER_KEY)
    host.answer = pem(below, GENUINE, INTERMEDIATE.certificate)

    with pytest.raises(ForgedWebhook):
        verifier().verify(signed(host.url(), key=OTHER_KEY), BODY)


@pytest.mark.parametrize("status", [301, 302, 307, 401, 404, 410])
def test_a_certificate_that_paypal_does_not_have_is_forged(
    host: CertificateHost, status: int
) -> None:
    host.status, host.headers = status, {"Location": host.url("CERT-2")}

    with pytest.raises(ForgedWebhook):
        verifier().verify(signed(host.url()), BODY)

    assert len(host.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_certificate_that_cannot_be_fetched_now_is_no_forgery(
    host: CertificateHost, status: int
) -> None:
    host.status = status
    clock = Clock()
    checked = verifier(clock)

    for _ in range(2):
        with pytest.raises(SignatureUnverifiable):
            checked.verify(signed(host.url()), BODY)
    host.status = 200
    clock.now += timedelta(seconds=5)
    checked.verify(signed(host.url()), BODY)

    assert len(host.asked) == 2


def test_a_host_that_is_down_is_no_forgery() -> None:
    with CertificateHost() as gone:
        url = gone.url()

    with pytest.raises(SignatureUnverifiable):
        verifier().verify(signed(url), BODY)


def test_a_certificate_is_fetched_once_until_its_end(host: CertificateHost) -> None:
    clock = Clock()
    checked = verifier(clock)

    for _ in range(5):
        checked.verify(signed(host.url()), BODY)
    fetched_at_first = len(host.asked)
    clock.now = GENUINE.not_valid_after_utc + timedelta(seconds=1)
    with pytest.raises(ForgedWebhook):
        checked.verify(signed(host.url()), BODY)

    assert (fetched_at_first, len(host.asked)) == (1, 2)


def test_many_threads_fetch_a_certificate_once(host: CertificateHost) -> None:
    checked = verifier()
    host.gate.clear()

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(checked.verify, signed(host.url()), BODY) for _ in range(8)]
        _until(lambda: bool(host.asked))
        host.gate.set()
        for each in running:
            each.result()

    assert len(host.asked) == 1


def test_a_flood_of_addresses_is_rationed_and_does_not_stop_the_known_one(
    host: CertificateHost,
) -> None:
    clock = Clock()
    checked = verifier(clock)
    checked.verify(signed(host.url()), BODY)
    host.status = 404

    for number in range(3 * FETCHES):
        with pytest.raises((ForgedWebhook, SignatureUnverifiable)):
            checked.verify(signed(host.url(f"CERT-{number}")), BODY)
    checked.verify(signed(host.url()), BODY)
    rationed = len(host.asked)
    clock.now += timedelta(minutes=1)
    with pytest.raises(ForgedWebhook):
        checked.verify(signed(host.url("CERT-later")), BODY)

    assert rationed == FETCHES
    assert len(host.asked) == FETCHES + 1


def test_a_rationed_certificate_is_no_forgery(host: CertificateHost) -> None:
    checked = verifier()
    host.status = 404
    for number in range(FETCHES):
        with pytest.raises(ForgedWebhook):
            checked.verify(signed(host.url(f"CERT-{number}")), BODY)
    host.status = 200

    with pytest.raises(SignatureUnverifiable):
        checked.verify(signed(host.url()), BODY)


@pytest.mark.parametrize("webhook_id", ["", "WEBHOOK_ID"])
def test_a_webhook_id_that_anybody_can_sign_for_is_refused_at_the_start(webhook_id: str) -> None:
    with pytest.raises(ValueError, match=r"webhook_id|WEBHOOK_ID"):
        PayPalConfig(
            client_id="client",
            client_secret="secret",
            mode="live",
            webhook_id=webhook_id,
            cert_roots_pem=pem(ROOT.certificate),
            return_url="https://shop.example.com/return",
            cancel_url="https://shop.example.com/cancel",
        )


def _until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not holds():
        assert monotonic() < deadline
        sleep(0.01)
