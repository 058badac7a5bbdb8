"""PayPal's Transaction Search (developer.paypal.com/docs/api/transaction-search/v1).

It lags by up to three hours: a day is read once the report says that it has come past its end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from shared.domain.money import Money
from shared.domain.movements import Kind, Movement
from shared.domain.outcomes import Indeterminate
from shared.providers.base import JsonObject, MovementPage, Unread
from shared.providers.paypal import reading
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.failures import CallFailed
from shared.providers.paypal.lists import zulu
from shared.providers.paypal.lookup import unread
from shared.providers.paypal.reading import Unreadable

PAGE: Final = 100
LAG: Final = timedelta(hours=1)
"""When to ask again for a day that the report has not covered yet."""

_RECEIVED: Final = "T00"
_KINDS: Final = {
    "T1106": Kind.REFUND,  # reversed by PayPal
    "T1107": Kind.REFUND,
    "T1110": Kind.DISPUTE,  # held
    "T1111": Kind.DISPUTE,  # released
    "T1201": Kind.REFUND,  # charged back
}
"""By event code (developer.paypal.com/reports/reference/t-codes); payments received are T00nn."""

_MOVED: Final = frozenset({"S", "V"})
"""S moved; V moved and was taken back by a line of its own."""


def list_movements(api: PayPalApi, day: date, page: str | None) -> MovementPage | Unread:
    """Read a page of a day's transactions that moved money."""
    begin = datetime.combine(day, time.min, UTC)
    end, number = begin + timedelta(days=1), int(page or "1")
    query = {
        "start_date": zulu(begin),
        "end_date": zulu(end - timedelta(seconds=1)),
        "fields": "transaction_info",
        "page_size": str(PAGE),
        "page": str(number),
    }
    try:
        found = api.read(f"v1/reporting/transactions?{urlencode(query)}")
        if _covered_until(found) < end:
            return Indeterminate("the report has not come so far yet", retry_after=LAG)
        lines = [_info(line) for line in reading.all_of(found, "transaction_details")]
        movements = tuple(_movement(line) for line in lines if _has_moved(line))
        return MovementPage(movements, str(number + 1) if number < _pages(found) else None)
    except (CallFailed, Unreadable) as failed:
        return unread(failed)


def _covered_until(found: JsonObject) -> datetime:
    moment = reading.instant(reading.text(found, "last_refreshed_datetime"))
    if moment is None:
        raise Unreadable("no last_refreshed_datetime")
    return moment


def _pages(found: JsonObject) -> int:
    pages = found.get("total_pages")
    if not isinstance(pages, int):
        raise Unreadable("no total_pages")
    return pages


def _info(line: JsonObject) -> JsonObject:
    info = line.get("transaction_info")
    if not isinstance(info, dict):
        raise Unreadable("no transaction_info")
    return info


def _has_moved(info: JsonObject) -> bool:
    status = reading.demand(info, "transaction_status")
    # A refund that was cancelled is V as well, and never moved.
    return status == "S" or (status in _MOVED and _kind(info) is Kind.CAPTURE)


def _kind(info: JsonObject) -> Kind:
    code = reading.demand(info, "transaction_event_code")
    is_received = code.startswith(_RECEIVED) and not _is_negative(info, "transaction_amount")
    return Kind.CAPTURE if is_received else _KINDS.get(code, Kind.OTHER)


def _movement(info: JsonObject) -> Movement:
    reference, kind = reading.demand_id(info, "transaction_id"), _kind(info)
    named = reading.text(info, "paypal_reference_id")
    moved_at = reading.instant(reading.text(info, "transaction_initiation_date"))
    if moved_at is None or (kind is Kind.DISPUTE and named is None):
        raise Unreadable("a transaction without its time or its capture")
    money = _signed(info, "transaction_amount")
    has_fee = reading.text(info, "fee_amount", "value") is not None
    return Movement(
        reference=reference,
        kind=kind,
        object_reference=(named or reference) if kind is Kind.DISPUTE else reference,
        parent_reference=named,
        money=money,
        fee=_signed(info, "fee_amount") if has_fee else Money(0, money.currency),
        our_references=reading.identifiers(info, "custom_field", "invoice_id"),
        moved_at=moved_at,
    )


def _signed(info: JsonObject, member: str) -> Money:
    money = reading.money(info, "value", "currency_code", member)
    sign = -1 if _is_negative(info, member) else 1
    return Money(sign * money.amount_minor, money.currency)


def _is_negative(info: JsonObject, member: str) -> bool:
    return (reading.text(info, member, "value") or "").startswith("-")
