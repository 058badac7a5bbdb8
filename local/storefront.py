"""The shop of examples/checkout beside a local system, so that a person can buy something.

`python -m local.storefront` waits for Chargehand, then becomes the shop.
"""

import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import jwt

from local.development_keys import DevelopmentKeys
from local.environment import is_sandboxed, web_url
from local.ports import LOOPBACK, free_port
from local.ready import LOOK_SECONDS, is_ready
from local.subscription import Subscription

PREFERRED_PORT = 8080
NEEDED = ("STRIPE_PUBLISHABLE_KEY", "PAYPAL_CLIENT_ID")


def is_possible(system: Mapping[str, str]) -> bool:
    """Whether a browser could pay: with real keys only if the publishable one is given too."""
    return all(system.get(name) for name in NEEDED)


def shop_url(system: Mapping[str, str]) -> str:
    """Where the shop is, or will be."""
    return f"http://{LOOPBACK}:{system['SHOP_PORT']}"


def beside(system: Mapping[str, str], keys: DevelopmentKeys, folder: Path) -> dict[str, str]:
    """The settings of a system with the shop beside it; unchanged where nobody could pay there."""
    if not is_possible(system):
        return dict(system)
    placed = {"SHOP_PORT": str(free_port(PREFERRED_PORT)), **system}
    page = f"{shop_url(placed)}/orders/{{order}}"
    return {
        "CHARGEHAND_URL": web_url(system),
        "SHOP_DATABASE": str(folder / "shop.sqlite"),
        "SHOP_SECRET_KEY": keys.SHOP_SECRET_KEY,
        "CORS_ORIGINS": shop_url(placed),
        "OUTBOUND_ALLOWED_NETWORKS": f"{LOOPBACK}/32",
        "OUTBOUND_ALLOWED_PORTS": placed["SHOP_PORT"],
        "PAYPAL_RETURN_URL": page,
        "PAYPAL_CANCEL_URL": page,
        **(_stand_ins(system) if is_sandboxed(system) else {}),
        **placed,
    }


def _stand_ins(system: Mapping[str, str]) -> dict[str, str]:
    return {
        "STRIPE_JS_BASE": system["STRIPE_API_BASE"],
        "PAYPAL_JS_BASE": system["PAYPAL_API_BASE"],
    }


def command() -> str:
    """What runs it, as the Procfile would say."""
    return f"{sys.executable} -m local.storefront"


def main() -> None:
    """Take the port, wait, subscribe, then become the shop."""
    system = os.environ
    # At once: until Chargehand is ready another program might take what is free now.
    listener = socket.create_server((LOOPBACK, int(system["SHOP_PORT"])))
    listener.set_inheritable(True)
    while not is_ready(web_url(system)):
        time.sleep(LOOK_SECONDS)
    with Subscription(web_url(system), _token(system["JWT_SECRET"])) as subscription:
        system["WEBHOOK_SECRET"] = subscription.renew(f"{shop_url(system)}/chargehand")
    words = ["gunicorn", "examples.checkout.shop:app", "--bind", f"fd://{listener.fileno()}"]
    os.execvp(words[0], [*words, "--threads", "8", "--no-control-socket"])  # noqa: S606 a list of words needs no shell


def _token(secret: str) -> str:
    claims = {"sub": "shop", "scope": "orders:write", "exp": int(time.time()) + 600}
    return jwt.encode(claims, secret, "HS256")


if __name__ == "__main__":
    main()
