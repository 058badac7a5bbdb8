"""A merchant who speaks to the sandbox through the real paypalrestsdk."""

import uuid
from dataclasses import dataclass
from typing import Any

from paypalrestsdk import Api, Payment

from sandbox.client import SandboxControl

Json = dict[str, Any]
WHOLE = {"Prefer": "return=representation"}


@dataclass(frozen=True)
class Shop:
    """One merchant: the SDK's `api`, besides `control` over payers and time."""

    url: str
    client_id: str
    api: Any
    control: SandboxControl

    def create(self, value: str = "10.00", currency: str = "USD", **unit: Any) -> Json:
        """Create an order of one purchase unit; answers the SDK's dictionary."""
        amount = {"currency_code": currency, "value": value}
        body = {"intent": "CAPTURE", "purchase_units": [{"amount": amount, **unit}]}
        return dict(self.api.post("v2/checkout/orders", body, WHOLE))

    def approved(self, value: str = "10.00", payer: str = "pays", **unit: Any) -> str:
        """Create an order, let a persona approve it, give its id."""
        order_id = str(self.create(value, **unit)["id"])
        self.control.approve_paypal(order_id, payer=payer)
        return order_id

    def capture(self, order_id: str, **headers: str) -> Json:
        """Capture an order; `headers` with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"v2/checkout/orders/{order_id}/capture"
        return dict(self.api.post(path, {}, {**WHOLE, **named}))

    def captured(self, value: str = "10.00", payer: str = "pays", **unit: Any) -> Json:
        """Create, approve, capture; give the capture."""
        return capture_in(self.capture(self.approved(value, payer, **unit)))

    def get_capture(self, capture_id: str) -> Json:
        """Read a capture."""
        return dict(self.api.get(f"v2/payments/captures/{capture_id}"))

    def refund(self, capture_id: str, value: str | None = None, **headers: str) -> Json:
        """Refund a capture of USD, wholly or in part."""
        body = {} if value is None else {"amount": {"value": value, "currency_code": "USD"}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"v2/payments/captures/{capture_id}/refund"
        return dict(self.api.post(path, body, {**WHOLE, **named}))

    def payment(self, total: str = "10.00", currency: str = "EUR", **transaction: Any) -> Any:
        """Create a v1 payment with the SDK's own class."""
        payment = Payment(
            {
                "intent": "sale",
                "payer": {"payment_method": "paypal"},
                "redirect_urls": {
                    "return_url": "http://127.0.0.1:1/return",
                    "cancel_url": "http://127.0.0.1:1/cancel",
                },
                "transactions": [{"amount": {"total": total, "currency": currency}, **transaction}],
            },
            api=self.api,
        )
        assert payment.create(), payment.error
        return payment

    def executed(self, payer: str = "pays", **transaction: Any) -> Any:
        """Create, approve, execute a v1 payment."""
        payment = self.payment(**transaction)
        payer_id = self.control.approve_paypal(payment.id, payer=payer)["payer_id"]
        assert payment.execute({"payer_id": payer_id}), payment.error
        return payment

    def events(self, event_type: str | None = None) -> list[Json]:
        """List the events the sandbox told of, newest first."""
        query = f"&event_type={event_type}" if event_type else ""
        path = f"v1/notifications/webhooks-events?page_size=100{query}"
        return list(self.api.get(path)["events"])


def open_shop(url: str) -> Shop:
    """Open a shop nobody else has."""
    client_id = f"client-{uuid.uuid4().hex}"
    api = Api(mode="sandbox", client_id=client_id, client_secret="secret", endpoint=url)
    return Shop(url, client_id, api, SandboxControl(url, client_id))


def capture_in(order: Json) -> Json:
    """Give the one capture of an order."""
    captures = order["purchase_units"][0]["payments"]["captures"]
    assert len(captures) == 1
    return dict(captures[0])


def issue_of(refused: Any) -> str:
    """Give `details[0].issue` of an SDK exception, or of a 400 the SDK returns as `error`."""
    body = refused["error"] if isinstance(refused, dict) else _json(refused)
    return str(body["details"][0]["issue"])


def _json(error: Any) -> Json:
    return dict(error.response.json())
