"""A small synchronous client of the control API."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from requests import Response, Session

Json = dict[str, Any]

MONEY_IN = frozenset({"charge", "capture"})


class ControlError(Exception):
    """The sandbox refused a control request; `status`, `text` say how."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class SandboxControl:
    """The control API of one tenant.

    `tenant` is a Stripe key or a PayPal client id. Every method raises ControlError when the
    sandbox refuses. Not meant to be shared between threads.
    """

    def __init__(self, base_url: str, tenant: str, patience: float = 30.0) -> None:
        self.base_url = base_url.rstrip("/")
        self.tenant = tenant
        self._patience = patience
        self._session = Session()
        self._session.trust_env = False
        self._session.headers["Sandbox-Tenant"] = tenant

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def __enter__(self) -> "SandboxControl":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The world

    def link(self, stripe_key: str, paypal_client_id: str, paypal_client_secret: str) -> Json:
        """Make one tenant of both halves; tells Stripe's publishable key."""
        wish = {"stripe_key": stripe_key, "paypal_client_id": paypal_client_id}
        return self._post("/tenants", wish | {"paypal_client_secret": paypal_client_secret})

    def reset(self, seed: int | None = None) -> None:
        """Begin a new world under the same key."""
        self._post("/reset", {"seed": seed})

    def settings(self, **knobs: float) -> Json:
        """Turn knobs, return all of them."""
        return self._post("/settings", knobs)

    def now(self) -> float:
        """Return virtual seconds since the epoch."""
        return float(self._get("/clock")["now"])

    def advance(self, seconds: float) -> float:
        """Move virtual time forward, return it."""
        return float(self._post("/clock", {"advance_seconds": seconds})["now"])

    # Faults

    def fault(self, fault: str, op: str = "", **rule: Any) -> str:  # noqa: ANN401 — a rule is JSON
        """Make a rule, return its id.

        `rule`: provider, match, times (1 unless nth or probability is given; None: always), nth,
        probability, the fault's own arguments.
        """
        return str(self._post("/faults", {"fault": fault, "op": op, **rule})["id"])

    def faults(self) -> list[Json]:
        """Return the rules with their counters."""
        return list(self._get("/faults")["faults"])

    def remove_fault(self, rule_id: str | None = None) -> None:
        """Drop one rule, or all."""
        self._send("DELETE", f"/faults/{rule_id}" if rule_id else "/faults")

    # What happened

    def ledger(self, since: int = 0, *, all_pages: bool = False) -> list[Json]:
        """Return movements of money, oldest first; `all_pages` includes those before a reset."""
        return self._lines(f"/ledger?since={since}&all={int(all_pages)}")

    def charged(self) -> dict[str, int]:
        """Return how many times money was taken, by reference: no value may ever exceed 1."""
        counts: dict[str, int] = {}
        for row in self.ledger():
            if row["kind"] in MONEY_IN:
                counts[row["reference"]] = counts.get(row["reference"], 0) + 1
        return counts

    def requests(self, since: int = 0, *, strangers: bool = False) -> list[Json]:
        """Return the tenant's API calls; `strangers`: those whose credential was refused."""
        return self._lines(f"/requests?since={since}&strangers={int(strangers)}")

    def deliveries(self, since: int = 0) -> list[Json]:
        """Return webhook deliveries with every attempt."""
        return list(self._get(f"/deliveries?since={since}")["deliveries"])

    def flush_webhooks(self) -> int:
        """Try every pending delivery once, now; return how many there were."""
        return int(self._post("/webhooks/flush")["attempted"])

    def wait_for(self, condition: Callable[["SandboxControl"], bool], patience: float = 20) -> None:
        """Poll until `condition(self)` holds; TimeoutError after `patience` seconds."""
        deadline = time.monotonic() + patience
        while not condition(self):
            if time.monotonic() > deadline:
                raise TimeoutError("The sandbox did not get there in time.")
            time.sleep(0.02)

    # The buyer and the dashboard at Stripe

    def stripe_webhook_endpoint(self, url: str, secret: str, **options: Any) -> Json:  # noqa: ANN401
        """Register an endpoint with a secret of your choice.

        `options`: enabled_events, connect, api_version, account.
        """
        wish = {"url": url, "secret": secret, **options}
        return self._post("/stripe/webhook_endpoints", wish)

    def authenticate(self, payment_intent: str, outcome: str = "succeed") -> Json:
        """Play the buyer in 3-D Secure: `succeed` or `fail`."""
        path = f"/stripe/payment_intents/{payment_intent}/authenticate"
        return self._post(path, {"outcome": outcome})

    def settle(self, payment_intent: str, outcome: str = "succeeded") -> Json:
        """Settle a processing PaymentIntent: `succeeded` or `failed`."""
        return self._post(f"/stripe/payment_intents/{payment_intent}/settle", {"outcome": outcome})

    def dashboard_refund(self, payment_intent: str, amount: int | None = None) -> Json:
        """Refund as a person would in the Stripe dashboard."""
        return self._post("/stripe/refunds", {"payment_intent": payment_intent, "amount": amount})

    def dispute(self, charge: str, reason: str = "fraudulent") -> Json:
        """Have the cardholder dispute a Stripe charge."""
        return self._post("/stripe/disputes", {"charge": charge, "reason": reason})

    def close_dispute(self, dispute: str, outcome: str) -> Json:
        """Have the bank decide a dispute: `won` or `lost`."""
        return self._post(f"/stripe/disputes/{dispute}/close", {"outcome": outcome})

    # The organizer at Stripe

    def authorization_code(self, account: str | None = None) -> Json:
        """Play an organizer who agrees on Stripe's page; the answer has `code`, `account`."""
        return self._post("/stripe/authorization_codes", {"account": account})

    def connect_account(self, account: str | None = None) -> str:
        """Connect an account without OAuth, return its id."""
        return str(self._post("/stripe/accounts", {"id": account})["id"])

    def leave_platform(self, account: str) -> None:
        """Play an organizer who throws the platform out in the dashboard."""
        self._post(f"/stripe/accounts/{account}/deauthorize")

    # The buyer and the account at PayPal

    def paypal_webhook(self, url: str, webhook_id: str | None = None) -> Json:
        """Register a PayPal webhook, with an id of your choice."""
        wish = {"url": url} | ({"id": webhook_id} if webhook_id else {})
        return self._post("/paypal/webhooks", wish)

    def approve_paypal(self, order_id: str, **wish: Any) -> Json:  # noqa: ANN401 — passed on as JSON
        """Play the payer who approves an order (v2) or payment (v1)."""
        return self._post(f"/paypal/orders/{order_id}/approve", wish)

    def decline_paypal(self, order_id: str, **wish: Any) -> Json:  # noqa: ANN401 — passed on as JSON
        """Play the payer who walks away."""
        return self._post(f"/paypal/orders/{order_id}/decline", wish)

    def settle_paypal(self, capture_id: str, outcome: str = "completed") -> Json:
        """Settle a pending capture or sale."""
        return self._post(f"/paypal/captures/{capture_id}/settle", {"outcome": outcome})

    def paypal_ca(self) -> str:
        """Return the root certificate that PayPal's webhook certificates chain to, as PEM."""
        return str(self._send("GET", "/paypal/ca.pem").text)

    def post(self, path: str, wish: Mapping[str, Any] | None = None) -> Json:
        """Reach a control endpoint that has no method here; `path` follows `/_sandbox`."""
        return self._post(path, wish)

    def _get(self, path: str) -> Json:
        return dict(self._send("GET", path).json())

    def _post(self, path: str, wish: Mapping[str, Any] | None = None) -> Json:
        return dict(self._send("POST", path, wish).json())

    def _lines(self, path: str) -> list[Json]:
        return [json.loads(line) for line in self._send("GET", path).text.splitlines()]

    def _send(self, method: str, path: str, wish: Mapping[str, Any] | None = None) -> Response:
        answer = self._session.request(
            method, f"{self.base_url}/_sandbox{path}", json=wish, timeout=self._patience
        )
        if not answer.ok:
            raise ControlError(answer.status_code, answer.text)
        return answer
