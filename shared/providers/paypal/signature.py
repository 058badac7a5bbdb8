"""The signature on a PayPal webhook.

RSA PKCS#1 v1.5 with SHA-256 over `transmission id|transmission time|webhook id|crc32 of the body`
(developer.paypal.com/api/rest/webhooks, self verification). The SDK's own check is not used: it
fetches any URL that it is given, and accepts nothing since pyOpenSSL 24.3.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from shared.domain.errors import ForgedWebhook
from shared.providers.paypal.certificates import CertificateStore, Now, utc_now
from shared.providers.paypal.config import PayPalConfig

ALGORITHM: Final = "SHA256withRSA"

_FORMS: Final = {
    "paypal-transmission-id": re.compile(r"[A-Za-z0-9-]{1,64}"),
    "paypal-transmission-time": re.compile(r"[0-9TZ:.+-]{1,40}"),
    "paypal-transmission-sig": re.compile(r"[A-Za-z0-9+/]{1,2048}={0,2}"),
    "paypal-cert-url": re.compile(r"[\x21-\x7e]{1,300}"),
    "paypal-auth-algo": re.compile(re.escape(ALGORITHM)),
}
"""The five headers. None may hold the `|` that parts them in the signed text."""


@dataclass(frozen=True, slots=True)
class Transmission:
    """What the headers of a delivery say."""

    transmission_id: str
    sent_at: str
    signature: bytes
    cert_url: str

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Self:
        """Read them, in any case; ForgedWebhook where one is missing or cannot be genuine."""
        given = {name.lower(): value for name, value in headers.items()}
        for name, form in _FORMS.items():
            if not form.fullmatch(given.get(name, "")):
                raise ForgedWebhook(f"{name} is missing or malformed")
        signature = _decoded(given["paypal-transmission-sig"])
        return cls(
            given["paypal-transmission-id"],
            given["paypal-transmission-time"],
            signature,
            given["paypal-cert-url"],
        )

    def signed_text(self, webhook_id: str, body: bytes) -> bytes:
        """What was signed: the checksum is of the raw bytes, unsigned, in decimal."""
        parts = (self.transmission_id, self.sent_at, webhook_id, str(zlib.crc32(body)))
        return "|".join(parts).encode("ascii")


class SignatureVerifier:
    """Tells PayPal's webhooks from all others, for one webhook id.

    There is no tolerance of time: PayPal repeats a delivery for three days. A replay is known by
    its event id, once it is stored.
    """

    def __init__(self, config: PayPalConfig, now: Now = utc_now) -> None:
        self._webhook_id = config.webhook_id
        self._certificates = CertificateStore(config, now)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise ForgedWebhook, or SignatureUnverifiable where the certificate cannot be had now."""
        transmission = Transmission.read(headers)
        key = self._certificates.key(transmission.cert_url)
        text = transmission.signed_text(self._webhook_id, body)
        try:
            key.verify(transmission.signature, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise ForgedWebhook("the signature is not PayPal's, or not for these bytes") from None


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except ValueError:
        raise ForgedWebhook("the signature is not base64") from None
