"""Stripe as the contract suite sees it."""

import itertools
import json
import uuid

from sandbox.client import SandboxControl
from shared.domain.charge import StripeToken
from shared.domain.money import Money
from shared.domain.outcomes import Approved
from shared.providers.base import ChargeRequest
from shared.providers.http import CallLimits
from shared.providers.stripe import StripeConfig, StripeProvider
from tests.contract.mailbox import Mailbox
from tests.contract.rig import PRICE, Delivery, Story

SECRET = "whsec_contract"
PAYING = "^POST /v1/payment_intents$"
LISTING = "^GET /v1/(events|balance_transactions)$"
TOKENS = {
    Story.PAYS: "tok_visa",
    Story.IS_DECLINED: "tok_visa_chargeDeclined",
    Story.MUST_ACT: "tok_threeDSecure2Required",
    Story.SETTLES_LATER: "pm_card_sandbox_processing",
}
PATIENT = CallLimits(connect_timeout=10, read_timeout=30, total_deadline=60)
HASTY = CallLimits(connect_timeout=10, read_timeout=1, total_deadline=60)

_numbers = itertools.count(1)


class StripeRig:
    """Stripe under an API key of its own, and so in a world of its own."""

    def __init__(self, sandbox_url: str, mailbox: Mailbox) -> None:
        self.key = f"sk_test_contract{uuid.uuid4().hex}"
        self.control = SandboxControl(sandbox_url, self.key)
        self.control.stripe_webhook_endpoint(mailbox.url, SECRET)
        self.mailbox = mailbox
        self.url = sandbox_url
        self.adapter = self.provider(PATIENT)
        self.hasty = self.provider(HASTY)
        self.stranded = self.provider(PATIENT, url="http://127.0.0.1:1")
        self.stranger = self.provider(PATIENT, key="nobody")
        self.secrets = frozenset({self.key, SECRET, *TOKENS.values()})

    def provider(
        self, limits: CallLimits, *, url: str | None = None, key: str | None = None
    ) -> StripeProvider:
        """An adapter for this world."""
        config = StripeConfig(
            api_key=key or self.key,
            webhook_secrets=("whsec_older", SECRET),
            livemode=False,
            api_base=url or self.url,
            limits=limits,
        )
        return StripeProvider(config)

    def request(self, story: Story = Story.PAYS, money: Money = PRICE) -> ChargeRequest:
        """A new charge by a test token."""
        return ChargeRequest(uuid.uuid4(), uuid.uuid4(), money, StripeToken(TOKENS[story]))

    def strike(self, fault: str, **arguments: object) -> None:
        """Strike the creation of the next PaymentIntent."""
        self.control.fault(fault, PAYING, provider="stripe", **arguments)

    def strike_lists(self, fault: str, **arguments: object) -> None:
        """Strike every reading of events or movements."""
        self.control.fault(fault, LISTING, provider="stripe", times=None, **arguments)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self.control.advance(seconds)

    def refund(self, approved: Approved, cents: int) -> None:
        """Refund in the dashboard."""
        self.control.dashboard_refund(approved.reference, cents)

    def captured(self, request: ChargeRequest) -> list[Money]:
        """The ledger's charges by the charge in their metadata."""
        return [
            Money(row["amount_minor"], row["currency"])
            for row in self.control.ledger()
            if row["kind"] == "charge" and row["metadata"].get("charge") == str(request.charge)
        ]

    def payment_event(self, request: ChargeRequest) -> Delivery:
        """`payment_intent.succeeded` with the charge in its metadata."""

        def fits(delivery: Delivery) -> bool:
            event = json.loads(delivery.body)
            named = event["data"]["object"].get("metadata", {}).get("charge")
            return bool(
                event["type"] == "payment_intent.succeeded" and named == str(request.charge)
            )

        return self.mailbox.wait_for(fits)

    def told(self) -> list[Delivery]:
        self.control.flush_webhooks()
        return list(self.mailbox.deliveries)
