"""The certificates PayPal's webhook signatures are checked against.

The shape is the one PayPal uses [R]: a root in the verifier's configuration, an intermediate,
and one-year leaves whose name is `messageverificationcerts.paypal.com`, fetched by URL.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNER_NAME = "messageverificationcerts.paypal.com"
_LEAF_LIFE = timedelta(days=365)
_AUTHORITY_LIFE = timedelta(days=3650)
_BACKDATED = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with the key that speaks for it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate alone; the key never leaves the process."""
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Leaf:
    """A signing certificate as the certificate endpoint serves it: leaf first, then its issuers."""

    cert_id: str
    identity: Identity
    issuers: tuple[Identity, ...]

    @property
    def chain_pem(self) -> bytes:
        """What `GET /v1/notifications/certs/CERT-…` answers."""
        return b"".join(identity.pem for identity in (self.identity, *self.issuers))


@dataclass(frozen=True)
class Authority:
    """A root with the one intermediate that issues leaves."""

    root: Identity
    intermediate: Identity

    def issue(self, *, until: datetime | None = None, name: str = SIGNER_NAME) -> Leaf:
        """Give a leaf that ends at `until` (a year from now), begun the day before that year."""
        end = until or _now() + _LEAF_LIFE
        begin = min(_now(), end) - _BACKDATED
        identity = _certify(_leaf_builder(name), name, issuer=self.intermediate, life=(begin, end))
        return _leaf(identity, [self.intermediate])


def new_authority() -> Authority:
    """Make a root with its intermediate; two RSA keys, so tens to hundreds of milliseconds."""
    life = (_now() - _BACKDATED, _now() + _AUTHORITY_LIFE)
    root = _certify(_authority_builder(), "Sandbox Payments Root CA", issuer=None, life=life)
    intermediate = _certify(
        _authority_builder(), "Sandbox Message Verification CA", issuer=root, life=life
    )
    return Authority(root, intermediate)


def self_signed_leaf() -> Leaf:
    """Give a leaf with PayPal's name that nobody vouches for."""
    life = (_now() - _BACKDATED, _now() + _LEAF_LIFE)
    return _leaf(_certify(_leaf_builder(SIGNER_NAME), SIGNER_NAME, issuer=None, life=life), [])


def _leaf(identity: Identity, issuers: Sequence[Identity]) -> Leaf:
    parts = uuid.uuid4().hex
    cert_id = f"CERT-{parts[:8]}-{parts[8:16]}-{parts[16:24]}"
    return Leaf(cert_id, identity, tuple(issuers))


def _now() -> datetime:
    """The machine's time: verifiers judge certificates by it, not by the virtual clock."""
    return datetime.now(UTC).replace(microsecond=0)


def _authority_builder() -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )


def _leaf_builder(name: str) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _certify(
    builder: x509.CertificateBuilder,
    name: str,
    *,
    issuer: Identity | None,
    life: tuple[datetime, datetime],
) -> Identity:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = _named(name)
    signer = issuer.key if issuer else key
    certificate = (
        builder.subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, SHA256())
    )
    return Identity(certificate, key)


def _named(name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Chargehand sandbox")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])
