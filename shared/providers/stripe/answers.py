"""What a PaymentIntent or Stripe charge says of ours."""

from __future__ import annotations

from typing import Final

from shared.domain import outcomes as o
from shared.providers.base import JsonObject
from shared.providers.stripe.declines import refused
from shared.providers.stripe.documents import (
    at,
    id_of,
    items,
    money_of,
    our_references,
    text,
    whole,
)

UNREADABLE: Final = o.Indeterminate("Stripe's answer cannot be read")


def read_intent(intent: JsonObject, account: str | None) -> o.Outcome:
    """Read a PaymentIntent by its status (docs.stripe.com/payments/paymentintents/lifecycle)."""
    reference = text(intent, "id") or ""
    if not reference.startswith("pi_"):
        return UNREADABLE
    match text(intent, "status"):
        case "succeeded":
            return _captured(intent, reference, account)
        case "processing" | "requires_capture" as status:
            return o.Submitted(reference, status, id_of(charge_of(intent)))
        case "requires_action" | "requires_source_action":
            return o.RequiresAction(reference, _next_action(intent))
        case "canceled":
            return o.Canceled(reference)
        case "requires_payment_method" | "requires_source" if at(intent, "last_payment_error"):
            return refused(at(intent, "last_payment_error"), reference)
        case status:
            # The answer kept under the key stays what it is: only a read can show more.
            return o.Indeterminate(f"the PaymentIntent is {status}", replayable=False)


def read_charge(charge: JsonObject, account: str | None) -> o.Outcome:
    """Read a Stripe charge, as the part of a PaymentIntent that moved the money."""
    reference, capture = id_of(charge, "payment_intent"), text(charge, "id")
    if reference is None or capture is None:
        return UNREADABLE
    match text(charge, "status"), at(charge, "captured"):
        case "succeeded", True:
            return _captured_charge(charge, reference, capture, account)
        case "failed", _:
            return refused(_failure_of(charge), reference)
        case "pending", _:
            return o.Submitted(reference, "pending", capture)
        case _:
            return UNREADABLE


def charge_of(intent: object) -> object:
    """The latest charge of a PaymentIntent, or its id; before 2022-11-15 they came as a list."""
    earlier = items(intent, "charges", "data")
    return at(intent, "latest_charge") or (earlier[0] if earlier else None)


def _captured(intent: JsonObject, reference: str, account: str | None) -> o.Outcome:
    charge = charge_of(intent)
    capture, money = id_of(charge), money_of(intent, "amount_received")
    livemode = at(intent, "livemode")
    if capture is None or money is None or not isinstance(livemode, bool):
        return UNREADABLE
    ours, card = our_references(intent), _card(charge)
    return o.Approved(reference, capture, money, ours, livemode, account, card)


def _captured_charge(
    charge: JsonObject, reference: str, capture: str, account: str | None
) -> o.Outcome:
    captured = money_of(charge, "amount_captured")
    # API versions before 2020-08-27 have no `amount_captured`.
    money = captured or money_of(charge, "amount")
    livemode = at(charge, "livemode")
    if money is None or not isinstance(livemode, bool):
        return UNREADABLE
    ours, card = our_references(charge), _card(charge)
    return o.Approved(reference, capture, money, ours, livemode, account, card)


def _card(charge: object) -> o.Card | None:
    details = at(charge, "payment_method_details")
    kind = text(details, "type")
    if kind is None:
        return None
    return o.Card(
        paid_via=kind,
        brand=text(details, kind, "brand"),
        last4=text(details, kind, "last4"),
        exp_month=whole(details, kind, "exp_month"),
        exp_year=whole(details, kind, "exp_year"),
    )


def _next_action(intent: JsonObject) -> o.NextAction:
    return o.NextAction(
        kind=text(intent, "next_action", "type") or "use_stripe_sdk",
        url=text(intent, "next_action", "redirect_to_url", "url"),
        client_secret=text(intent, "client_secret"),
    )


def _failure_of(charge: JsonObject) -> JsonObject:
    """The charge's failure in the words of a card error."""
    return {
        "type": "card_error",
        "code": at(charge, "failure_code"),
        "decline_code": at(charge, "outcome", "reason"),
        "advice_code": at(charge, "outcome", "advice_code"),
        "message": at(charge, "failure_message"),
    }
