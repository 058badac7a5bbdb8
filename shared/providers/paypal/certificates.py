"""The certificates that PayPal's webhook signatures are checked against."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from requests.exceptions import RequestException

from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.http import BoundedSession, CallLimits
from shared.providers.paypal.config import LOOPBACK, PayPalConfig

SIGNER: Final = x509.DNSName("messageverificationcerts.paypal.com")
LEAST_KEY_BITS: Final = 2048
LARGEST_FILE: Final = 64 * 1024
MOST_KEPT: Final = 64
FORGED_FOR: Final = timedelta(minutes=5)
AWAY_FOR: Final = timedelta(seconds=2)
FETCHES: Final = 10
"""In a row; after that one more each `FETCH_INTERVAL`. PayPal changes its certificate yearly."""
FETCH_INTERVAL: Final = timedelta(seconds=6)
FETCH_LIMITS: Final = CallLimits(connect_timeout=3, read_timeout=5, total_deadline=5)

_PATH: Final = r"/v1/notifications/certs/CERT-[A-Za-z0-9-]{1,80}"
_GIVEN_UP: Final = frozenset(range(300, 500)) - {408, 425, 429}
"""Statuses that say that PayPal has no such certificate; the others pass."""

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a URL came to, and until when that holds."""

    found: RSAPublicKey | Exception
    until: datetime


class CertificateStore:
    """The signing keys by certificate URL: checked once, then kept until the chain's end.

    Cheap checks come first, one thread fetches at a time, failures are remembered, and fetches
    are rationed: whoever sends us URLs must not make us hammer PayPal, nor wait for it.
    """

    def __init__(self, config: PayPalConfig, now: Now) -> None:
        self._urls = _allowed_urls(config)
        self._roots = Store(x509.load_pem_x509_certificates(config.cert_roots_pem))
        self._now = now
        self._session = BoundedSession(FETCH_LIMITS)
        self._fetching = Lock()
        self._keys = _Memory()
        self._failures = _Memory()
        self._ration = _Ration(now)

    def key(self, url: str) -> RSAPublicKey:
        """The public key of a genuine certificate of PayPal's.

        Raises ForgedWebhook, and SignatureUnverifiable where it cannot be fetched now.
        """
        if not self._urls.fullmatch(url):
            raise ForgedWebhook("the certificate is not on PayPal's host")
        if (known := self._known(url)) is not None:
            return _given(known)
        if not self._fetching.acquire(timeout=FETCH_LIMITS.total_deadline):
            raise SignatureUnverifiable("another certificate is being fetched")
        try:
            return _given(self._known(url) or self._learn(url))
        finally:
            self._fetching.release()

    def _known(self, url: str) -> _Entry | None:
        now = self._now()
        return self._keys.recall(url, now) or self._failures.recall(url, now)

    def _learn(self, url: str) -> _Entry:
        now = self._now()
        try:
            entry = self._verified(self._fetched(url), now)
        except ForgedWebhook as forged:
            return self._failures.keep(url, _Entry(forged, now + FORGED_FOR))
        except SignatureUnverifiable as away:
            return self._failures.keep(url, _Entry(away, now + AWAY_FOR))
        return self._keys.keep(url, entry)

    def _fetched(self, url: str) -> bytes:
        if not self._ration.allows():
            raise SignatureUnverifiable("too many certificates were asked for")
        try:
            response = self._session.get(url)
        except RequestException as error:
            raise SignatureUnverifiable(f"no certificate: {type(error).__name__}") from None
        if response.status_code in _GIVEN_UP:
            raise ForgedWebhook(f"PayPal has no such certificate: HTTP {response.status_code}")
        if not response.ok:
            raise SignatureUnverifiable(f"no certificate: HTTP {response.status_code}")
        if len(response.content) > LARGEST_FILE:
            raise ForgedWebhook("the certificate file is too large")
        return response.content

    def _verified(self, pem: bytes, now: datetime) -> _Entry:
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            policy = PolicyBuilder().store(self._roots).time(now)
            chain = policy.build_server_verifier(SIGNER).verify(leaf, others)
            key = leaf.public_key()
        except (ValueError, VerificationError, UnsupportedAlgorithm) as error:
            raise ForgedWebhook(f"no certificate of PayPal's: {type(error).__name__}") from None
        if SIGNER.value not in _names(leaf):
            raise ForgedWebhook("the certificate is for all of a domain, not for signing webhooks")
        if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_KEY_BITS:
            raise ForgedWebhook("the certificate's key is too weak")
        return _Entry(key, min(link.not_valid_after_utc for link in chain))


class _Memory:
    """The entries used last, no more than so many."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def keep(self, url: str, entry: _Entry) -> _Entry:
        with self._lock:
            self._entries[url] = entry
            self._entries.move_to_end(url)
            while len(self._entries) > MOST_KEPT:
                self._entries.popitem(last=False)
        return entry

    def recall(self, url: str, now: datetime) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(url)
            if entry is None or entry.until <= now:
                return None
            self._entries.move_to_end(url)
            return entry


class _Ration:
    """A token bucket; its caller holds the lock."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._left = float(FETCHES)
        self._counted_at = now()

    def allows(self) -> bool:
        now = self._now()
        gained = max(now - self._counted_at, timedelta(0)) / FETCH_INTERVAL
        self._left = min(float(FETCHES), self._left + gained)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _names(leaf: x509.Certificate) -> list[str]:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return names.value.get_values_for_type(x509.DNSName)


def _given(entry: _Entry) -> RSAPublicKey:
    if isinstance(entry.found, Exception):
        raise type(entry.found)(*entry.found.args)
    return entry.found


def _allowed_urls(config: PayPalConfig) -> re.Pattern[str]:
    """One pattern for the whole URL: no userinfo, query, fragment, backslash or control fits it."""
    hosts = sorted(config.signing_hosts)
    choices = [rf"https://(?:{'|'.join(map(re.escape, hosts))})(?::443)?"]
    if config.allow_plain_http_certs:
        local = "|".join(re.escape(host) for host in hosts if host in LOOPBACK)
        choices += [rf"http://(?:{local})(?::[0-9]{{1,5}})?"] if local else []
    return re.compile(f"(?:{'|'.join(choices)}){_PATH}")


def utc_now() -> datetime:
    """The time that certificates are judged by."""
    return datetime.now(UTC)
