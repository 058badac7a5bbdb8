"""PayPal as the contract suite sees it."""

import json
import uuid

from sandbox.client import SandboxControl
from shared.domain.charge import PayPalCheckout, PayPalOrder, PayPalPayment
from shared.domain.money import Money
from shared.domain.outcomes import Approved, RequiresAction
from shared.domain.wire_amount import to_paypal
from shared.providers.base import ChargeRequest
from shared.providers.http import CallLimits
from shared.providers.paypal import PayPalConfig, PayPalProvider
from shared.providers.paypal.api import PayPalApi
from tests.contract.mailbox import Mailbox
from tests.contract.rig import PRICE, Delivery, Story

WEBHOOK_ID = "WH-CONTRACT-1"
CAPTURING = "^POST /v2/checkout/orders/[^/]+/capture$"
LISTING = "^GET /v1/(notifications/webhooks-events|reporting/transactions)$"
EXECUTING = "^POST /v1/payments/payment/[^/]+/execute$"
PAYERS = {
    Story.PAYS: "pays",
    Story.IS_DECLINED: "declines",
    Story.SETTLES_LATER: "echeck-pending",
}
PATIENT = CallLimits(connect_timeout=10, read_timeout=30, total_deadline=60)
HASTY = CallLimits(connect_timeout=10, read_timeout=1, total_deadline=60)


class PayPalRig:
    """PayPal under a client id of its own, and so in a world of its own."""

    def __init__(self, sandbox_url: str, mailbox: Mailbox | None = None) -> None:
        self.client_id = f"contract-{uuid.uuid4().hex}"
        self.secret = f"secret-{uuid.uuid4().hex}"
        self.control = SandboxControl(sandbox_url, self.client_id)
        self.mailbox = mailbox
        self.url = sandbox_url
        self._roots = self.control.paypal_ca().encode()
        if mailbox:
            self.control.paypal_webhook(mailbox.url, WEBHOOK_ID)
        self.adapter = self.provider(PATIENT)
        # Fixes the client's secret: whoever comes with another is a stranger.
        self.api = PayPalApi(self.config(PATIENT))
        self.api.get_token_hash()
        self.hasty = self.provider(HASTY)
        self.stranded = self.provider(PATIENT, url="http://127.0.0.1:1")
        self.stranger = self.provider(PATIENT, secret="wrong")
        self.secrets = frozenset({self.secret})

    def config(
        self,
        limits: CallLimits = PATIENT,
        *,
        url: str | None = None,
        secret: str | None = None,
        payee: str | None = None,
    ) -> PayPalConfig:
        """What an adapter for this world is told."""
        return PayPalConfig(
            client_id=self.client_id,
            client_secret=secret or self.secret,
            mode="sandbox",
            webhook_id=WEBHOOK_ID,
            cert_roots_pem=self._roots,
            return_url="https://shop.example.com/orders/{order}?paid=1",
            cancel_url="https://shop.example.com/orders/{order}",
            api_base=url or self.url,
            cert_hosts=frozenset({"127.0.0.1"}),
            allow_plain_http_certs=True,
            payee=payee,
            limits=limits,
        )

    def provider(
        self,
        limits: CallLimits = PATIENT,
        *,
        url: str | None = None,
        secret: str | None = None,
        payee: str | None = None,
    ) -> PayPalProvider:
        """An adapter for this world."""
        return PayPalProvider(self.config(limits, url=url, secret=secret, payee=payee))

    def request(self, story: Story = Story.PAYS, money: Money = PRICE) -> ChargeRequest:
        """A new charge by an order that the payer approved, or did not."""
        charge, order = uuid.uuid4(), uuid.uuid4()
        request = ChargeRequest(charge, order, money, PayPalCheckout())
        order_id = self.created(request)
        if story in PAYERS:
            self.control.approve_paypal(order_id, payer=PAYERS[story])
        return ChargeRequest(charge, order, money, PayPalOrder(order_id))

    def created(self, request: ChargeRequest) -> str:
        """The id of the PayPal order that the adapter creates for a checkout."""
        call = self.adapter.freeze(request)
        outcome = self.adapter.perform(call, request.instrument, str(uuid.uuid4()))
        assert isinstance(outcome, RequiresAction), outcome
        return outcome.reference

    def payment(
        self, payer: str | None = "pays", money: Money = PRICE, **transaction: object
    ) -> ChargeRequest:
        """A new charge by a v1 payment that a payer approved."""
        charge, order = uuid.uuid4(), uuid.uuid4()
        amount = {"total": to_paypal(money), "currency": money.currency}
        urls = {
            "return_url": "https://shop.example.com/r",
            "cancel_url": "https://shop.example.com",
        }
        body = {
            "intent": "sale",
            "payer": {"payment_method": "paypal"},
            "redirect_urls": urls,
            "transactions": [{"amount": amount, "custom": str(order), **transaction}],
        }
        payment_id = str(self.api.send("v1/payments/payment", body, str(uuid.uuid4()))["id"])
        payer_id = "PAYERSANDBOX1"
        if payer:
            payer_id = str(self.control.approve_paypal(payment_id, payer=payer)["payer_id"])
        return ChargeRequest(charge, order, money, PayPalPayment(payment_id, payer_id))

    def strike(self, fault: str, **arguments: object) -> None:
        """Strike the next capture of an order."""
        self.control.fault(fault, CAPTURING, provider="paypal", **arguments)

    def strike_lists(self, fault: str, **arguments: object) -> None:
        """Strike every reading of events or movements."""
        self.control.fault(fault, LISTING, provider="paypal", times=None, **arguments)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self.control.advance(seconds)

    def refund(self, approved: Approved, cents: int) -> None:
        """Refund in the dashboard."""
        path = f"/paypal/captures/{approved.capture_reference}/refund"
        self.control.post(path, {"amount": f"{cents / 100:.2f}"})

    def captured(self, request: ChargeRequest) -> list[Money]:
        """The ledger's captures by the references of the charge."""
        ours = {str(request.charge), str(request.order)}
        return [
            Money(row["amount_minor"], row["currency"])
            for row in self.control.ledger()
            if row["kind"] == "capture" and row["reference"] in ours
        ]

    def posts(self, path_end: str) -> int:
        """How many POSTs came in on paths that end so."""
        lines = self.control.requests()
        return sum(line["method"] == "POST" and line["path"].endswith(path_end) for line in lines)

    def event(self, event_type: str) -> Delivery:
        """Wait for the first webhook of a type."""
        assert self.mailbox
        return self.mailbox.wait_for(
            lambda delivery: json.loads(delivery.body)["event_type"] == event_type
        )

    def payment_event(self, request: ChargeRequest) -> Delivery:
        """`PAYMENT.CAPTURE.COMPLETED` with the charge as its invoice."""

        def fits(delivery: Delivery) -> bool:
            event = json.loads(delivery.body)
            named = event["resource"].get("invoice_id")
            return bool(
                event["event_type"] == "PAYMENT.CAPTURE.COMPLETED" and named == str(request.charge)
            )

        assert self.mailbox
        return self.mailbox.wait_for(fits)

    def told(self) -> list[Delivery]:
        assert self.mailbox
        self.control.flush_webhooks()
        return list(self.mailbox.deliveries)


make_rig = PayPalRig
