"""Which certificates are PayPal's, fetched as seldom as can be."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep

import pytest

from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.paypal.certificates import FETCHES
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
    YEAR,
    CertificateHost,
    Clock,
    Issuer,
    authority,
    leaf,
    pem,
    signed,
    verifier,
)

FORGER = authority("Root", OTHER_KEY)


FORGED = leaf(FORGER)


AS_AUTHORITY = leaf(ROOT, ca=True)


@pytest.fixture
def host() -> Iterator[CertificateHost]:
    with CertificateHost() as opened:
        yield opened


def test_a_chain_through_two_intermediates_is_accepted(host: CertificateHost) -> None:
    lower = authority("Lower", CA_KEY, INTERMEDIATE)
    host.answer = pem(leaf(lower), lower.certificate, INTERMEDIATE.certificate)

    verifier().verify(signed(host.url()), BODY)

    assert host.asked


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
        pytest.param(
            pem(GENUINE, INTERMEDIATE.certificate) + b"\n" * 65536, id="larger than any chain"
        ),
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


def _until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not holds():
        assert monotonic() < deadline
        sleep(0.01)
