"""Stripe's balance transactions (docs.stripe.com/api/balance_transactions/list).

A line is in the currency of the balance; what was charged stands on its source.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from stripe import StripeError

from shared.domain.errors import InvalidMoney
from shared.domain.money import Money
from shared.domain.movements import Kind, Movement
from shared.domain.outcomes import Indeterminate
from shared.domain.wire_amount import from_stripe
from shared.providers.base import JsonObject, MovementPage, Unread
from shared.providers.stripe.client import StripeCalls, options_for
from shared.providers.stripe.documents import at, id_of, items, our_references, text, whole
from shared.providers.stripe.failures import after_read
from shared.providers.stripe.lists import PAGE, MalformedPage, next_page

_KINDS: Final = {
    "charge": Kind.CAPTURE,
    "partial_capture_reversal": Kind.CAPTURE,
    "refund": Kind.REFUND,
    "refund_failure": Kind.REFUND,
    "dispute": Kind.DISPUTE,
    "dispute_reversal": Kind.DISPUTE,
}
"""By reporting category (docs.stripe.com/reports/reporting-categories); all others are OTHER."""


def list_movements(
    calls: StripeCalls, account: str | None, day: date, page: str | None
) -> MovementPage | Unread:
    """Read a page of a day's balance transactions, with what moved each."""
    begin = datetime.combine(day, time.min, UTC)
    end = begin + timedelta(days=1)
    params: JsonObject = {
        "created": {"gte": int(begin.timestamp()), "lt": int(end.timestamp())},
        "limit": PAGE,
        "expand": ["data.source"],
        **({"starting_after": page} if page else {}),
    }
    try:
        found = calls.list_balance_transactions(params, options_for(account))
        movements = tuple(_movement(line) for line in items(found, "data"))
        return MovementPage(movements, next_page(found))
    except StripeError as error:
        return after_read(error)
    except (MalformedPage, InvalidMoney) as malformed:
        return Indeterminate(f"a page that cannot be read: {malformed}")


def _movement(line: object) -> Movement:
    reference, created = text(line, "id"), whole(line, "created")
    if reference is None or created is None:
        raise MalformedPage("a line without id or time")
    kind, source = (
        _KINDS.get(text(line, "reporting_category") or "", Kind.OTHER),
        at(line, "source"),
    )
    capture = id_of(source, "charge")
    moved_by = capture if kind is Kind.DISPUTE else id_of(line, "source")
    if kind is not Kind.OTHER and moved_by is None:
        raise MalformedPage("a line without its source")
    return Movement(
        reference=reference,
        kind=kind,
        object_reference=moved_by or reference,
        parent_reference=id_of(source, "payment_intent") if kind is Kind.CAPTURE else capture,
        money=_money(line, source),
        fee=_signed(-_units(line, "fee"), text(line, "currency")),
        our_references=our_references(source),
        moved_at=datetime.fromtimestamp(created, UTC),
    )


def _money(line: object, source: object) -> Money:
    units, currency = _units(line, "amount"), text(line, "currency")
    charged_in = text(source, "currency")
    if charged_in in (None, currency):
        return _signed(units, currency)
    asked = _units(source, "amount")
    return _signed(asked if units >= 0 else -asked, charged_in)


def _units(document: object, member: str) -> int:
    found = whole(document, member)
    if found is None:
        raise MalformedPage(f"a line without {member}")
    return found


def _signed(units: int, currency: str | None) -> Money:
    money = from_stripe(abs(units), currency or "")
    return money if units >= 0 else Money(-money.amount_minor, money.currency)
