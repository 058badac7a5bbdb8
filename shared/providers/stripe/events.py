"""What a Stripe event says (docs.stripe.com/api/events/types).

An event shows its object as it was, in the API version of the endpoint: what is not there, or is
not yet what the event's type announces, is asked for.
"""

from __future__ import annotations

import json
from typing import Final

from stripe import StripeError

from shared.domain import outcomes as o
from shared.domain.refund import RefundFact
from shared.providers.base import Disconnected, DisputeFact, JsonObject, Translation
from shared.providers.stripe.answers import charge_of, read_charge, read_intent
from shared.providers.stripe.client import StripeCalls, options_for
from shared.providers.stripe.documents import (
    at,
    id_of,
    items,
    money_of,
    our_references,
    text,
    whole,
)
from shared.providers.stripe.failures import after_read
from shared.providers.stripe.refunds import read_refund

Fact = o.Outcome | RefundFact | DisputeFact | Disconnected | None

_ANNOUNCED: Final[dict[str, type]] = {
    "payment_intent.succeeded": o.Approved,
    "payment_intent.payment_failed": o.Declined,
    "payment_intent.processing": o.Submitted,
    "payment_intent.requires_action": o.RequiresAction,
    "payment_intent.canceled": o.Canceled,
    "charge.succeeded": o.Approved,
    "charge.failed": o.Declined,
    "charge.pending": o.Submitted,
}

_REFUNDS: Final = frozenset(
    "refund.created refund.updated refund.failed charge.refund.updated".split()
)

_WITHDRAWN: Final = "charge.dispute.funds_withdrawn"
_REINSTATED: Final = "charge.dispute.funds_reinstated"

_DISPUTES: Final = frozenset(
    f"charge.dispute.{verb}"
    for verb in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
)

TYPES: Final = sorted({*_ANNOUNCED, *_REFUNDS, "charge.refunded", *_DISPUTES})
"""What is read here; Stripe lists by 20 types at most."""

DEAUTHORIZED: Final = "account.application.deauthorized"
"""An organizer let go of us; only an endpoint of connected accounts is told of it."""

_CLOSED_DISPUTES: Final = {
    "won": "won",
    "lost": "lost",
    "warning_closed": "closed",
    "prevented": "closed",
}
"""All other statuses, later inventions of Stripe's included, still want an answer."""


def translate(body: bytes, account: str | None, calls: StripeCalls) -> Translation:
    """Read an event; unknown types and shapes give a Translation without a fact."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return Translation(None)
    kind, thing = text(event, "type") or "", at(event, "data", "object")
    if not isinstance(thing, dict):
        return Translation(None)
    try:
        fact = _fact(kind, thing, account, calls)
    except StripeError as error:
        fact = after_read(error)
    return Translation(fact, _references(thing), our_references(thing))


def _fact(kind: str, thing: JsonObject, account: str | None, calls: StripeCalls) -> Fact:
    if kind in _ANNOUNCED:
        return _payment(_ANNOUNCED[kind], thing, account, calls)
    if kind in _REFUNDS:
        return read_refund(thing)
    if kind == "charge.refunded":
        return _newest_refund(thing, account, calls)
    if kind in _DISPUTES:
        return _dispute(thing, kind)
    if kind == DEAUTHORIZED and account is not None:
        # The event may be late, and the account back since.
        return calls.shut_out(account)
    return None


def _payment(
    announced: type[o.Outcome], thing: JsonObject, account: str | None, calls: StripeCalls
) -> o.Outcome | None:
    is_intent = at(thing, "object") == "payment_intent"
    shown = (read_intent if is_intent else read_charge)(thing, account)
    reference = id_of(thing) if is_intent else id_of(thing, "payment_intent")
    if isinstance(shown, announced) or reference is None:
        return shown if isinstance(shown, announced) else None
    intent = calls.read_payment_intent(reference, options_for(account))
    current = read_intent(intent, account)
    return None if isinstance(current, o.Indeterminate) else current


def _newest_refund(
    charge: JsonObject, account: str | None, calls: StripeCalls
) -> RefundFact | None:
    """API versions after 2022-11-15 show a refunded charge without its refunds."""
    shown, reference = items(charge, "refunds", "data"), text(charge, "id")
    if not shown and reference is not None:
        shown = items(calls.latest_refund(reference, options_for(account)), "data")
    return read_refund(shown[0]) if shown else None


def _dispute(dispute: JsonObject, kind: str) -> DisputeFact | None:
    reference, capture = text(dispute, "id"), id_of(dispute, "charge")
    money = money_of(dispute, "amount")
    if reference is None or capture is None or money is None:
        return None
    return DisputeFact(
        dispute_reference=reference,
        capture_reference=capture,
        money=money,
        status=_CLOSED_DISPUTES.get(text(dispute, "status") or "", "open"),
        reason=text(dispute, "reason") or "general",
        withdrawn_minor=money.amount_minor if _moved(dispute, kind, _WITHDRAWN) else 0,
        reinstated_minor=money.amount_minor if _moved(dispute, kind, _REINSTATED) else 0,
    )


def _moved(dispute: JsonObject, kind: str, told_by: str) -> bool:
    """Whether the disputed amount moved: an event says so, or a balance transaction of its sign.

    These may be in another currency, the account's own, so that their amounts are not taken.
    """
    amounts = [whole(each, "amount") or 0 for each in items(dispute, "balance_transactions")]
    sign = -1 if told_by == _WITHDRAWN else 1
    is_told = kind in (told_by, _REINSTATED)  # what comes back was gone
    return is_told or any(amount * sign > 0 for amount in amounts)


def _references(thing: JsonObject) -> frozenset[str]:
    named = (id_of(thing, "payment_intent"), id_of(thing, "charge"))
    found = (id_of(thing), id_of(charge_of(thing)), *named)
    return frozenset(reference for reference in found if reference)
