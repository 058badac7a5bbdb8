"""An independent check of webhook signatures, on `cryptography` alone."""

import base64
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

SIGNER = x509.DNSName("messageverificationcerts.paypal.com")


class RefusedError(Exception):
    """The delivery is not what it says it is; the message names the first step that failed."""


def verify(headers: Mapping[str, str], body: bytes, webhook_id: str, root: str, home: str) -> None:
    """Go through the steps a careful receiver takes, or raise RefusedError."""
    known = {name.upper(): value for name, value in headers.items()}
    if known["PAYPAL-AUTH-ALGO"] != "SHA256withRSA":
        raise RefusedError("algorithm")
    leaf = _trusted_leaf(_chain(known["PAYPAL-CERT-URL"], home), root)
    key = leaf.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    identity, written_at = known["PAYPAL-TRANSMISSION-ID"], known["PAYPAL-TRANSMISSION-TIME"]
    text = f"{identity}|{written_at}|{webhook_id}|{zlib.crc32(body) & 0xFFFFFFFF}"
    try:
        signature = base64.b64decode(known["PAYPAL-TRANSMISSION-SIG"], validate=True)
        key.verify(signature, text.encode(), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as wrong:
        raise RefusedError("signature") from wrong


def _chain(url: str, home: str) -> list[x509.Certificate]:
    if not re.fullmatch(re.escape(home) + r"/v1/notifications/certs/CERT-[A-Za-z0-9-]{1,80}", url):
        raise RefusedError("url")
    try:
        answer = requests.get(url, timeout=20, allow_redirects=False)
    except requests.ConnectionError as lost:
        raise RefusedError("unreachable") from lost
    if answer.status_code != 200:
        raise RefusedError("status")
    return x509.load_pem_x509_certificates(answer.content)


def _trusted_leaf(chain: list[x509.Certificate], root: str) -> x509.Certificate:
    store = Store(x509.load_pem_x509_certificates(root.encode()))
    policy = PolicyBuilder().store(store).time(datetime.now(UTC)).build_server_verifier(SIGNER)
    try:
        policy.verify(chain[0], chain[1:])
    except VerificationError as wrong:
        raise RefusedError("chain") from wrong
    return chain[0]
