"""The orders of the demonstration: how each is paid, and what must become of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

Fault = Mapping[str, Any]


class Mode(Enum):
    """How an order is paid; the values are the API's payment modes."""

    STRIPE = "stripe"
    PAYPAL = "paypal"


class Brings(Enum):
    """What the buyer comes with to be charged."""

    TOKEN = auto()
    NOTHING = auto()  # a PayPal order is made for the buyer
    PAYPAL_ORDER = auto()  # made and approved in the shop (Orders v2)
    PAYPAL_PAYMENT = auto()  # the same with Payments v1


class Act(Enum):
    """What the buyer does when asked to act."""

    NOTHING = auto()
    AUTHENTICATE = auto()
    FAIL_AUTHENTICATION = auto()
    APPROVE = auto()


@dataclass(frozen=True)
class Story:
    """One order. `faults` strike at what concerns it, `capture_fault` at PayPal's capture.

    `refunds` are amounts that are given back of it at the end, all at once.
    """

    way: str
    mode: Mode
    amount: str = "19.99"
    currency: str = "EUR"
    token: str = "tok_visa"  # noqa: S105 # Stripe's own name for a test card
    brings: Brings = Brings.TOKEN
    act: Act = Act.NOTHING
    payer: str = "pays"
    clicks: int = 1
    faults: tuple[Fault, ...] = ()
    capture_fault: str | None = None
    ends: str = "succeeded"
    refunds: tuple[str, ...] = ()
    refunds_end: str = "succeeded"


NO_WEBHOOKS: Fault = {"fault": "webhook_drop", "times": None}
WEBHOOK_FIRST: Fault = {"fault": "webhook_before_response", "times": None}
WEBHOOK_TWICE: Fault = {"fault": "webhook_duplicate", "times": None}
THREE_D_SECURE = "pm_card_threeDSecure2Required"


def _card(way: str, token: str = "tok_visa", **more: Any) -> Story:  # noqa: ANN401, S107 # Story's own
    return Story(f"card, {way}", Mode.STRIPE, token=token, **more)


def _paypal(way: str, **more: Any) -> Story:  # noqa: ANN401 # Story's own fields
    return Story(f"PayPal, {way}", Mode.PAYPAL, brings=Brings.NOTHING, act=Act.APPROVE, **more)


def _shop(way: str, brings: Brings, **more: Any) -> Story:  # noqa: ANN401 # Story's own fields
    return Story(f"PayPal, {way}", Mode.PAYPAL, brings=brings, **more)


_PAYS = _card("pays")
_SECURE = _card("3-D Secure", THREE_D_SECURE, act=Act.AUTHENTICATE)
_APPROVES = _paypal("approves")
_BROUGHT = _shop("order approved in the shop", Brings.PAYPAL_ORDER)

# What takes longest comes first: all of them wait at the same time.
STORIES: tuple[Story, ...] = (
    replace(_SECURE, way=f"{_SECURE.way}, webhook never comes", faults=(NO_WEBHOOKS,)),
    _paypal("approves, webhook never comes", faults=(NO_WEBHOOKS,)),
    _card(
        "timeout after the commit, webhook never comes",
        "tok_sandbox_timeout_after_commit",
        faults=(NO_WEBHOOKS,),
    ),
    _card("timeout after the commit", "tok_sandbox_timeout_after_commit", amount="64.10"),
    _paypal("capture times out after the commit", capture_fault="timeout_after_commit"),
    _card("refund fails later", "tok_refundFail", refunds=("5.00",), refunds_end="failed"),
    _card("settles later", "tok_sandbox_processing"),
    _card("settles later", "tok_sandbox_processing", amount="250.00", currency="USD"),
    _card("settles later, is refused", "tok_sandbox_processing_fails", ends="failed"),
    _paypal("eCheck that clears later", payer="echeck-pending"),
    _paypal("eCheck that clears later", payer="echeck-pending", amount="70.00"),
    _paypal("under review, then paid", payer="risk-review"),
    _card("connection reset after the commit", "tok_sandbox_reset_after"),
    _card("answer cut off after the commit", "tok_sandbox_truncate_after"),
    _card("error 500 before the charge", "tok_sandbox_500_before"),
    _card("gateway answers 503", "tok_sandbox_503"),
    _card("rate limited", "tok_sandbox_429"),
    _paypal("capture reset after the commit", capture_fault="reset_after"),
    _SECURE,
    replace(_SECURE, amount="120.00", currency="USD"),
    _card("3-D Secure refused", THREE_D_SECURE, act=Act.FAIL_AUTHENTICATION, ends="failed"),
    _card("doubled click", clicks=2),
    _card("click, click, click", clicks=3, amount="33.33"),
    _paypal("doubled click", clicks=2),
    _card("webhook comes first", faults=(WEBHOOK_FIRST,)),
    _card("webhook comes twice", faults=(WEBHOOK_TWICE,)),
    _card("webhook never comes", faults=(NO_WEBHOOKS,)),
    _paypal("webhook comes twice", faults=(WEBHOOK_TWICE,)),
    _APPROVES,
    replace(_APPROVES, amount="1000", currency="JPY"),
    replace(_APPROVES, amount="0.50", currency="USD"),
    _paypal("instrument declined", payer="declines", ends="failed"),
    _BROUGHT,
    replace(_BROUGHT, amount="64.10", currency="GBP"),
    _shop("Payments v1, approved in the shop", Brings.PAYPAL_PAYMENT),
    _PAYS,
    replace(_PAYS, amount="1000", currency="JPY"),
    replace(_PAYS, amount="0.57", currency="GBP"),
    replace(_PAYS, amount="4.720", currency="KWD"),
    _card("a part goes back", refunds=("5.00",)),
    _card("two equal parts go back", refunds=("5.00", "5.00")),
    _paypal("two equal parts go back", refunds=("5.00", "5.00")),
    _card("all of it goes back", refunds=("19.99",)),
    _card("declined", "tok_chargeDeclined", ends="failed"),
    _card("no funds", "tok_visa_chargeDeclinedInsufficientFunds", ends="failed"),
    _card("expired", "tok_chargeDeclinedExpiredCard", ends="failed"),
)
