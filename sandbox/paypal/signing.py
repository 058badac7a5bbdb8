"""The signature on a PayPal webhook delivery."""

import base64
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from sandbox.paypal.instants import zulu
from sandbox.paypal.pki import Leaf

USER_AGENT = "PayPal/AUHD-214.0-58827517"


@dataclass(frozen=True)
class Stamp:
    """Everything about a signature that is not the body; a fault is a stamp with a wrong part."""

    webhook_id: str
    at: datetime
    leaf: Leaf
    cert_url: str
    algorithm: str = "SHA256withRSA"
    transmission_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def signed_text(transmission_id: str, written_at: str, webhook_id: str, body: bytes) -> bytes:
    """Give the text that is signed: the crc32 is unsigned decimal, the id is the listener's [V]."""
    return f"{transmission_id}|{written_at}|{webhook_id}|{zlib.crc32(body)}".encode()


def signature_headers(stamp: Stamp, body: bytes) -> dict[str, str]:
    """Sign a body: RSA PKCS#1 v1.5 under the headers of a genuine delivery [R]."""
    written_at = zulu(stamp.at)
    text = signed_text(stamp.transmission_id, written_at, stamp.webhook_id, body)
    digest: HashAlgorithm = SHA1() if stamp.algorithm == "SHA1withRSA" else SHA256()  # noqa: S303
    signature = stamp.leaf.identity.key.sign(text, padding.PKCS1v15(), digest)
    return {
        "PAYPAL-TRANSMISSION-ID": stamp.transmission_id,
        "PAYPAL-TRANSMISSION-TIME": written_at,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
        "PAYPAL-CERT-URL": stamp.cert_url,
        "PAYPAL-AUTH-ALGO": stamp.algorithm,
        "PAYPAL-AUTH-VERSION": "v2",
        "Correlation-Id": uuid.uuid4().hex[:13],
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
    }
