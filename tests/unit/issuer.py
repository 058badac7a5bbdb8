"""An issuer of tokens, honest or not."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SECRET = "an HS256 secret of forty characters, made up"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ALGORITHMS = {"RS256": RSA_KEY, "ES256": EC_KEY}


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token; None leaves one out."""
    told = {"sub": "buyer-1", "exp": int(time.time()) + 600, "scope": "orders:write"} | changed
    return {name: value for name, value in told.items() if value is not None}


def signed(
    algorithm: str = "HS256", *, kid: str | None = None, key: Any = None, **told: Any
) -> str:
    """A token signed as its header says."""
    signer: Any = key or ALGORITHMS.get(algorithm, SECRET)
    return jwt.encode(claims(**told), signer, algorithm, headers={"kid": kid} if kid else None)


def segment(content: bytes | object) -> str:
    """A part of a token: bytes as they are, all else as JSON."""
    plain = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def forged(header: bytes | object, payload: bytes | object, key: bytes = SECRET.encode()) -> str:
    """A token of any two parts, with a true HMAC over them."""
    told = f"{segment(header)}.{segment(payload)}"
    return f"{told}.{segment(hmac.digest(key, told.encode(), hashlib.sha256))}"


def rsa_pem() -> bytes:
    """What everybody knows of the RSA key, as an attacker would feed it to HMAC."""
    return RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, **told: Any) -> dict[str, Any]:
    """A key as a member of a JWK Set."""
    if isinstance(key, rsa.RSAPublicKey):
        return RSAAlgorithm.to_jwk(key, as_dict=True) | told
    return ECAlgorithm.to_jwk(key, as_dict=True) | told


def key_set(*keys: dict[str, Any]) -> bytes:
    """A JWK Set."""
    return json.dumps({"keys": list(keys)}).encode()


def both_keys() -> bytes:
    """The set of this issuer's RSA key `r` and EC key `e`."""
    return key_set(jwk(RSA_KEY.public_key(), kid="r"), jwk(EC_KEY.public_key(), kid="e"))
