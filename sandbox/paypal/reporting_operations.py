"""The Transaction Search API, which lags behind the truth."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sandbox.call import Call
from sandbox.paypal.books import books_of, moment
from sandbox.paypal.disputing import OUTCOMES
from sandbox.paypal.instants import zulu
from sandbox.paypal.members import Text, demand, members
from sandbox.paypal.money import Money
from sandbox.paypal.notification_request import read_moment
from sandbox.paypal.objects import Capture, CaptureStatus, Dispute, Json, Refund, RefundStatus
from sandbox.paypal.problems import Detail, invalid
from sandbox.paypal.render_v2 import amount_body, named
from sandbox.reply import Reply, json_reply

LONGEST_WINDOW = timedelta(days=31)
_QUERY = members(
    "start_date end_date",
    start_date=Text(64),
    end_date=Text(64),
    transaction_id=Text(19),
    transaction_status=Text(choices=frozenset("DPSV")),
    transaction_currency=Text(3),
    fields=Text(500),
    balance_affecting_records_only=Text(choices=frozenset("YN")),
    page_size=Text(3, r"\d+"),
    page=Text(10, r"[1-9]\d*"),
)
_CAPTURE_STATUSES = {CaptureStatus.PENDING: "P", CaptureStatus.DECLINED: "D"}
_REFUND_STATUSES = {
    RefundStatus.COMPLETED: "S",
    RefundStatus.PENDING: "P",
    RefundStatus.FAILED: "D",
    RefundStatus.CANCELLED: "V",
}


@dataclass(frozen=True)
class Line:
    """One transaction as the report has it."""

    transaction_id: str
    reference_id: str
    event_code: str
    status: str
    amount: Money
    fee: Money
    begun_at: datetime
    updated_at: datetime
    custom_id: str | None
    invoice_id: str | None


def list_transactions(call: Call) -> Reply:
    """GET /v1/reporting/transactions: at most 31 days, nothing younger than the lag."""
    demand(_QUERY, call.params)
    start, end = _window(call)
    fresh = moment(call) - timedelta(seconds=call.tenant.settings.reporting_lag_seconds)
    found = [
        line
        for line in _lines(call)
        if start <= line.begun_at <= end and line.updated_at <= fresh and _fits(line, call)
    ]
    size, page = int(call.params.get("page_size", 100)), int(call.params.get("page", 1))
    shown = found[(page - 1) * size :][:size]
    return json_reply(
        {
            "transaction_details": [{"transaction_info": _info(line)} for line in shown],
            "account_number": "SANDBOXMERCH1",
            "start_date": zulu(start),
            "end_date": zulu(min(end, fresh)),
            "last_refreshed_datetime": zulu(fresh),
            "page": page,
            "total_items": len(found),
            "total_pages": -(-len(found) // size) if size else 0,
        }
    )


def _window(call: Call) -> tuple[datetime, datetime]:
    start, end = (read_moment(call.params, name) for name in ("start_date", "end_date"))
    assert start is not None
    assert end is not None
    if not timedelta(0) <= end - start <= LONGEST_WINDOW:
        raise invalid(Detail("INVALID_PARAMETER_VALUE", "/end_date", call.params["end_date"]))
    return start, end


def _lines(call: Call) -> list[Line]:
    books = books_of(call)
    lines = [_of_capture(capture) for capture in books.captures.values()]
    lines += [_of_refund(refund) for refund in books.refunds.values()]
    lines += [line for dispute in books.disputes.values() for line in _of_dispute(dispute)]
    return sorted(lines, key=lambda line: line.begun_at)


def _fits(line: Line, call: Call) -> bool:
    wishes = (
        ("transaction_id", line.transaction_id),
        ("transaction_status", line.status),
        ("transaction_currency", line.amount.currency),
    )
    return all(call.params.get(name) in (None, actual) for name, actual in wishes)


def _of_capture(capture: Capture) -> Line:
    return Line(
        transaction_id=capture.id,
        reference_id=capture.order_id,
        event_code="T0006",
        status=_CAPTURE_STATUSES.get(capture.status, "S"),
        amount=capture.amount,
        fee=-capture.fee,
        begun_at=capture.created_at,
        updated_at=capture.updated_at,
        custom_id=capture.custom_id,
        invoice_id=capture.invoice_id,
    )


def _of_refund(refund: Refund) -> Line:
    return Line(
        transaction_id=refund.id,
        reference_id=refund.capture_id,
        event_code="T1201" if refund.is_reversal else "T1107",
        status=_REFUND_STATUSES[refund.status],
        amount=-refund.amount,
        fee=Money(0, refund.amount.currency),
        begun_at=refund.created_at,
        updated_at=refund.updated_at,
        custom_id=refund.custom_id,
        invoice_id=refund.invoice_id,
    )


def _of_dispute(dispute: Dispute) -> list[Line]:
    held = Line(
        transaction_id=_name(dispute, "hold"),
        reference_id=dispute.capture_id,
        event_code="T1110",
        status="S",
        amount=-dispute.amount,
        fee=Money(0, dispute.amount.currency),
        begun_at=dispute.created_at,
        updated_at=dispute.created_at,
        custom_id=dispute.custom_id,
        invoice_id=dispute.invoice_id,
    )
    if dispute.outcome != OUTCOMES["seller"]:
        return [held]
    released = replace(
        held,
        transaction_id=_name(dispute, "release"),
        event_code="T1111",
        amount=dispute.amount,
        begun_at=dispute.updated_at,
        updated_at=dispute.updated_at,
    )
    return [held, released]


def _name(dispute: Dispute, part: str) -> str:
    return sha256(f"{dispute.id} {part}".encode()).hexdigest()[:17].upper()


def _info(line: Line) -> Json:
    return {
        "transaction_id": line.transaction_id,
        "paypal_reference_id": line.reference_id,
        "paypal_reference_id_type": "ODR" if line.event_code == "T0006" else "TXN",
        "transaction_event_code": line.event_code,
        "transaction_initiation_date": zulu(line.begun_at),
        "transaction_updated_date": zulu(line.updated_at),
        "transaction_amount": amount_body(line.amount),
        "fee_amount": amount_body(line.fee),
        "transaction_status": line.status,
        **named("custom_field", line.custom_id),
        **named("invoice_id", line.invoice_id),
    }
