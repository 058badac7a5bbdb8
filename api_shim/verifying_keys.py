"""The keys that a token may be signed with, each bound to its one algorithm (RFC 8725 §3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

Key = bytes | RSAPublicKey | EllipticCurvePublicKey

SMALLEST_RSA: Final = 2048
"""Bits (RFC 7518 §3.3)."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A key, what it verifies and nothing else, and the name its issuer gave it."""

    algorithm: str
    key: Key = field(repr=False)
    kid: str | None = None


def shared_secret(secret: str) -> VerifyingKey:
    """A secret that the ticketing platform holds too."""
    return VerifyingKey("HS256", secret.encode())


def read_key_set(document: bytes) -> tuple[VerifyingKey, ...]:
    """The public signing keys of a JWK Set (RFC 7517 §5); ValueError where it has none.

    Keys of other kinds or uses are passed over, and so are private and symmetric ones: whatever is
    served to everybody is nobody's secret.
    """
    try:
        keys = PyJWKSet.from_json(document.decode()).keys
    except (PyJWTError, AttributeError, RecursionError) as unusable:
        raise ValueError(f"no JWK Set: {unusable}") from None
    usable = tuple(found for key in keys if (found := _verifying(key)))
    if not usable:
        raise ValueError("the JWK Set has no RS256 or ES256 key")
    return usable


def _verifying(jwk: PyJWK) -> VerifyingKey | None:
    if jwk.public_key_use not in {None, "sig"}:
        return None
    match jwk.algorithm_name, jwk.key:
        case "RS256", RSAPublicKey(key_size=bits) if bits >= SMALLEST_RSA:
            return VerifyingKey("RS256", jwk.key, jwk.key_id)
        case "ES256", EllipticCurvePublicKey(curve=SECP256R1()):
            return VerifyingKey("ES256", jwk.key, jwk.key_id)
        case _:
            return None
