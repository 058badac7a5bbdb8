"""Keys and secrets for development, made once and kept in the data folder."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class DevelopmentKeys:
    """Values that open nothing but the sandbox; the names are the settings' own."""

    JWT_SECRET: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    ENCRYPTION_KEYS: str = field(default_factory=_fernet_key)
    FLOWER_BASIC_AUTH: str = field(default_factory=lambda: f"operator:{secrets.token_urlsafe(9)}")
    SHOP_SECRET_KEY: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    STRIPE_API_KEY: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(12)}")
    STRIPE_WEBHOOK_SECRETS: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    STRIPE_CLIENT_ID: str = field(default_factory=lambda: f"ca_{secrets.token_hex(12)}")
    STRIPE_CONNECT_WEBHOOK_SECRETS: str = field(
        default_factory=lambda: f"whsec_{secrets.token_hex(16)}"
    )
    PAYPAL_CLIENT_ID: str = field(default_factory=lambda: f"AY{secrets.token_hex(20)}")
    PAYPAL_CLIENT_SECRET: str = field(default_factory=lambda: f"EP{secrets.token_hex(20)}")
    PAYPAL_WEBHOOK_ID: str = field(default_factory=lambda: f"WH-{secrets.token_hex(8).upper()}")

    def of_chargehand(self) -> Mapping[str, str]:
        """The values that have nothing to do with a provider."""
        everything = asdict(self)
        return {
            name: everything[name]
            for name in ("JWT_SECRET", "ENCRYPTION_KEYS", "FLOWER_BASIC_AUTH")
        }

    def of_providers(self) -> Mapping[str, str]:
        """The values that the sandbox knows too."""
        everything = asdict(self)
        return {
            name: value
            for name, value in everything.items()
            if "STRIPE" in name or "PAYPAL" in name
        }


def kept_keys(folder: Path) -> DevelopmentKeys:
    """The folder's keys: the ones of an earlier run, so that its rows stay readable."""
    path = folder / "keys.json"
    if path.exists():
        return DevelopmentKeys(**json.loads(path.read_text()))
    keys = DevelopmentKeys()
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(keys), file, indent=1)
    fresh.replace(path)
    return keys
