"""The sandbox as the providers of a local system."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from local.child import Child
from local.development_keys import DevelopmentKeys
from local.errors import EngineError
from local.ports import LOOPBACK, free_port
from sandbox.client import SandboxControl

PROJECT = Path(__file__).resolve().parent.parent
PREFERRED_PORT = 4010
READY_SECONDS = 60.0


class Sandbox:
    """A local Stripe and PayPal. `root_certificate` is what PayPal's webhooks are signed under."""

    def __init__(self, folder: Path, keys: DevelopmentKeys, environment: Mapping[str, str]) -> None:
        self._keys = keys
        self._port = free_port(PREFERRED_PORT)
        self._ready_file = folder / "sandbox.url"
        self.root_certificate = folder / "paypal-root.pem"
        self.url = f"http://{LOOPBACK}:{self._port}"
        command = [sys.executable, "-m", "sandbox", "--port", str(self._port)]
        command += ["--ready-file", str(self._ready_file)]
        self.child = Child(command, folder / "sandbox.log", PROJECT, environment)

    def __enter__(self) -> "Sandbox":
        self._ready_file.unlink(missing_ok=True)
        self.child.start()
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready_file.exists():
            if not self.child.is_running or time.monotonic() > deadline:
                self.child.kill()
                raise EngineError(f"The sandbox did not start. Its log ends:\n{self.child.tail()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.child.stop()

    def control(self) -> SandboxControl:
        """Its control API, in the world that our keys open."""
        return SandboxControl(self.url, self._keys.STRIPE_API_KEY)

    def introduce(self, web_url: str) -> None:
        """Make our keys known there, with the addresses that webhooks go to."""
        keys = self._keys
        with self.control() as control:
            control.link(keys.STRIPE_API_KEY, keys.PAYPAL_CLIENT_ID, keys.PAYPAL_CLIENT_SECRET)
            control.stripe_webhook_endpoint(
                f"{web_url}/webhooks/stripe", keys.STRIPE_WEBHOOK_SECRETS
            )
            control.stripe_webhook_endpoint(
                f"{web_url}/webhooks/stripe/connect",
                keys.STRIPE_CONNECT_WEBHOOK_SECRETS,
                connect=True,
            )
            control.paypal_webhook(f"{web_url}/webhooks/paypal", keys.PAYPAL_WEBHOOK_ID)
            self.root_certificate.write_text(control.paypal_ca())
