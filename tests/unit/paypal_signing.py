"""PayPal's side of a webhook signature, made from scratch: authorities, leaves, signed bodies."""

import base64
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.providers.paypal import PayPalConfig
from shared.providers.paypal.signature import SignatureVerifier

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "messageverificationcerts.paypal.com"
WEBHOOK_ID = "6LX83904LK182640U"
YEAR = timedelta(days=365)
BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","amount":10.00}'

_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
SIGNING_KEY, CA_KEY, OTHER_KEY = _KEYS
WEAK_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the forger's
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issuer:
    """An authority with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def authority(name: str, key: rsa.RSAPrivateKey, issuer: Issuer | None = None) -> Issuer:
    """A root, or an intermediate of an issuer."""
    builder = _builder(name, key, issuer, (NOW - 10 * YEAR, NOW + 10 * YEAR))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signer = issuer.key if issuer else key
    return Issuer(_issued(builder.add_extension(_CA_USAGE, critical=True), signer), key)


def leaf(
    issuer: Issuer | None,
    name: str = NAME,
    key: PrivateKey = SIGNING_KEY,
    life: tuple[datetime, datetime] = (NOW - YEAR / 2, NOW + YEAR / 2),
    ca: bool = False,  # noqa: FBT001, FBT002 - as the extension names it
) -> x509.Certificate:
    """A signing certificate; without an issuer it is self-signed."""
    signer = issuer.key if issuer else key
    builder = (
        _builder(name, key, issuer, life)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return _issued(builder.add_extension(_CA_USAGE, critical=True) if ca else builder, signer)


def pem(*certificates: x509.Certificate) -> bytes:
    """A file of certificates."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def signed(
    cert_url: str,
    body: bytes = BODY,
    webhook_id: str = WEBHOOK_ID,
    key: rsa.RSAPrivateKey = SIGNING_KEY,
    algorithm: str = "SHA256withRSA",
) -> dict[str, str]:
    """The headers of a delivery, as PayPal writes them."""
    transmission, sent_at = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-03-01T11:59:58Z"
    text = f"{transmission}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    digest = SHA1() if algorithm == "SHA1withRSA" else SHA256()  # noqa: S303 - the downgrade
    signature = key.sign(text, PKCS1v15(), digest)
    return {
        "Paypal-Transmission-Id": transmission,
        "Paypal-Transmission-Time": sent_at,
        "Paypal-Transmission-Sig": base64.b64encode(signature).decode(),
        "Paypal-Cert-Url": cert_url,
        "Paypal-Auth-Algo": algorithm,
    }


_CA_USAGE = x509.KeyUsage(
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


def _builder(
    name: str, key: PrivateKey, issuer: Issuer | None, life: Sequence[datetime]
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    signer = issuer.key.public_key() if issuer else public
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _issued(builder: x509.CertificateBuilder, signer: PrivateKey) -> x509.Certificate:
    return builder.sign(signer, SHA256())


ROOT = authority("Root", CA_KEY)
INTERMEDIATE = authority("Intermediate", OTHER_KEY, ROOT)
GENUINE = leaf(INTERMEDIATE)


@dataclass
class CertificateHost:
    """A web server with one answer; counts what it was asked for."""

    answer: bytes = pem(GENUINE, INTERMEDIATE.certificate)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> "CertificateHost":
        self.gate.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, name: str = "CERT-360caa42-fca2a594-1a5f47cb") -> str:
        """The address of a certificate."""
        port = self._server.server_port
        return f"http://127.0.0.1:{port}/v1/notifications/certs/{name}"


def _handler(host: CertificateHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            host.gate.wait(20)
            self.send_response(host.status)
            for name, value in host.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(host.answer)))
            self.end_headers()
            self.wfile.write(host.answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def verifier(clock: Clock | None = None, *, plain: bool = True) -> SignatureVerifier:
    """A verifier that trusts the root made here, and this machine as a host of certificates."""
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
