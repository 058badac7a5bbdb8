"""PayPal as a shop's own checkout page uses it, before Chargehand is asked."""

import requests

from local.demo.shop import PlacedOrder
from local.demo.stories import Story
from sandbox.client import SandboxControl

PATIENCE_SECONDS = 60
PAGES = {"return_url": "https://example.com/return", "cancel_url": "https://example.com/cancel"}


class Checkout:
    """The shop's PayPal account, and the payer in front of its page."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url = url
        self._credentials = (client_id, client_secret)

    def approved_order(
        self, control: SandboxControl, order: PlacedOrder, story: Story
    ) -> dict[str, str]:
        """An Orders v2 order that its payer has approved, as the charge request names it."""
        money = {"currency_code": story.currency, "value": story.amount}
        unit = {"amount": money, "custom_id": order.identifier}
        body = {"intent": "CAPTURE", "purchase_units": [unit]}
        paypal_order = self._post("/v2/checkout/orders", body)
        control.approve_paypal(paypal_order, payer=story.payer)
        return {"paypal": paypal_order}

    def approved_payment(
        self, control: SandboxControl, order: PlacedOrder, story: Story
    ) -> dict[str, str]:
        """A Payments v1 payment that its payer has approved, as the charge request names it."""
        money = {"currency": story.currency, "total": story.amount}
        body = {
            "intent": "sale",
            "payer": {"payment_method": "paypal"},
            "transactions": [{"amount": money, "custom": order.identifier}],
            "redirect_urls": PAGES,
        }
        payment = self._post("/v1/payments/payment", body)
        payer = control.approve_paypal(payment, payer=story.payer)["payer_id"]
        return {"paypal-payment-id": payment, "paypal-payer-id": payer}

    def _post(self, path: str, body: object) -> str:
        with requests.Session() as session:
            session.trust_env = False
            token = session.post(
                f"{self._url}/v1/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=self._credentials,
                timeout=PATIENCE_SECONDS,
            )
            token.raise_for_status()
            bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
            made = session.post(
                f"{self._url}{path}", json=body, headers=bearer, timeout=PATIENCE_SECONDS
            )
            made.raise_for_status()
            return str(made.json()["id"])
