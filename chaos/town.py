"""The town: where buyers find the shop, their bank, PayPal and a card to pay with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import requests
from requests.exceptions import InvalidJSONError

from chaos.stories import TYPED
from local.demo.checkout import Checkout
from local.demo.shop import PlacedOrder, Shop
from local.demo.stories import Brings, Story
from sandbox.client import SandboxControl

PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Town:
    """Where the buyers are: addresses, keys, an event on sale."""

    api_url: str
    sandbox_url: str
    jwt_secret: str
    stripe_key: str
    publishable_key: str
    paypal: tuple[str, str]
    event_id: str = ""

    def shop(self) -> Shop:
        """A client of the API."""
        return Shop(self.api_url, self.jwt_secret, PATIENCE_SECONDS)

    def control(self) -> SandboxControl:
        """The hands of payers at their bank and at PayPal."""
        return SandboxControl(self.sandbox_url, self.stripe_key)

    def bring(self, control: SandboxControl, order: PlacedOrder, story: Story) -> Mapping[str, str]:
        """What the buyer pays with, as the charge request names it; a RequestException if not."""
        try:
            return self._bring(control, order, story)
        except KeyError as missing:
            raise InvalidJSONError(f"an answer without {missing}") from missing

    def _bring(
        self, control: SandboxControl, order: PlacedOrder, story: Story
    ) -> Mapping[str, str]:
        checkout = Checkout(self.sandbox_url, *self.paypal)
        match story.brings:
            case Brings.TOKEN:
                return {"stripe": self.typed_card() if story.token == TYPED else story.token}
            case Brings.NOTHING:
                return {}
            case Brings.PAYPAL_ORDER:
                return checkout.approved_order(control, order, story)
            case Brings.PAYPAL_PAYMENT:
                return checkout.approved_payment(control, order, story)

    def typed_card(self) -> str:
        """A token that nobody else has, for a card typed into Stripe's own field."""
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}
        with requests.Session() as session:
            session.trust_env = False
            made = session.post(
                f"{self.sandbox_url}/v1/tokens",
                data={f"card[{name}]": value for name, value in card.items()},
                headers={"Authorization": f"Bearer {self.publishable_key}"},
                timeout=PATIENCE_SECONDS,
            )
        made.raise_for_status()
        return str(made.json()["id"])
