"""What the PayPal adapter must be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from shared.providers.http import CallLimits

Mode = Literal["live", "sandbox"]

API_BASES: Final[dict[Mode, str]] = {
    "live": "https://api-m.paypal.com",
    "sandbox": "https://api-m.sandbox.paypal.com",
}
"""Where PayPal's API answers (developer.paypal.com/api/rest, API requests)."""

CERT_HOSTS: Final[dict[Mode, frozenset[str]]] = {
    "live": frozenset({"api.paypal.com", "api-m.paypal.com"}),
    "sandbox": frozenset({"api.sandbox.paypal.com", "api-m.sandbox.paypal.com"}),
}
"""Who may serve the certificates of webhooks: exact names, for a suffix would be too wide."""

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

SIMULATOR_WEBHOOK_ID: Final = "WEBHOOK_ID"
"""What PayPal's simulator signs for: anybody can have that signature made."""


@dataclass(frozen=True, slots=True)
class PayPalConfig:
    """One PayPal app, and where it is reached. Raises ValueError where it could not work safely.

    `cert_roots_pem` are the authorities that webhook certificates must chain to. `payee` is the
    e-mail address or merchant id that must be paid; None leaves that to the app's own account.
    `allow_plain_http_certs` is for development: certificates by http from a loopback host.
    """

    client_id: str
    client_secret: str = field(repr=False)
    mode: Mode
    webhook_id: str
    cert_roots_pem: bytes = field(repr=False)
    return_url: str
    cancel_url: str
    api_base: str = ""
    cert_hosts: frozenset[str] = frozenset()
    allow_plain_http_certs: bool = False
    payee: str | None = None
    limits: CallLimits = field(default_factory=CallLimits)

    def __post_init__(self) -> None:
        """Refuse what would fail, or be forged, only later."""
        for name in ("client_id", "client_secret", "webhook_id", "cert_roots_pem"):
            if not getattr(self, name):
                raise ValueError(f"PayPal needs a {name}")
        if self.webhook_id == SIMULATOR_WEBHOOK_ID:
            raise ValueError("WEBHOOK_ID is what PayPal's simulator signs for, not a webhook's id")
        if self.mode not in API_BASES:
            raise ValueError(f'PayPal has the modes live and sandbox, not "{self.mode}"')
        base = urlsplit(self.base)
        if base.scheme != "https" and base.hostname not in LOOPBACK | {"::1"}:
            raise ValueError("PayPal is spoken to by https")

    @property
    def base(self) -> str:
        """The API's address without a slash at its end, which the SDK would double."""
        return (self.api_base or API_BASES[self.mode]).rstrip("/")

    @property
    def signing_hosts(self) -> frozenset[str]:
        """The hosts that may serve certificates: those of the mode unless others are named."""
        return self.cert_hosts or CERT_HOSTS[self.mode]

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return self.mode == "live"
