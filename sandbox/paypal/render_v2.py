"""Orders, captures, refunds as the v2 APIs show them."""

from collections.abc import Iterable, Sequence

from sandbox.paypal.instants import pacific, zulu
from sandbox.paypal.links import capture_links, order_links, refund_links
from sandbox.paypal.money import Money
from sandbox.paypal.objects import Capture, CaptureStatus, Json, Order, Refund, Unit

MERCHANT: Json = {"email_address": "merchant@business.example.com", "merchant_id": "SANDBOXMERCH1"}
_UNSETTLED = (CaptureStatus.PENDING, CaptureStatus.DECLINED)


def amount_body(amount: Money) -> Json:
    """Give `{currency_code, value}`."""
    return {"currency_code": amount.currency, "value": amount.value}


def minimal_order(order: Order, base: str) -> Json:
    """Give what `Prefer: return=minimal`, the default, answers."""
    return {"id": order.id, "status": order.status, "links": order_links(order, base)}


def order_body(
    order: Order, captures: Sequence[Capture], refunds: Sequence[Refund], base: str
) -> Json:
    """Give the whole representation; captures are listed under the unit they paid for."""
    by_unit = captures_by_unit(order, captures)
    body: Json = {
        "id": order.id,
        "intent": order.intent,
        "status": order.status,
        **({"payment_source": _payment_source(order)} if order.payer else {}),
        "purchase_units": [
            _unit_body(unit, paid, refunds, base)
            for unit, paid in zip(order.units, by_unit, strict=True)
        ],
        **({"payer": payer_body(order)} if order.payer else {}),
        "create_time": zulu(order.created_at),
        "update_time": zulu(order.updated_at),
        "links": order_links(order, base),
    }
    return body


def captures_by_unit(order: Order, captures: Sequence[Capture]) -> list[Sequence[Capture]]:
    """Group captures: they are made one per unit, in the order of the units."""
    size = len(order.units)
    return [captures[index::size] for index in range(size)]


def capture_body(capture: Capture, base: str, *, in_event: bool = False) -> Json:
    """Give a capture; a PENDING one in an event has no `supplementary_data` [R]."""
    shows_order = not (in_event and capture.status is CaptureStatus.PENDING)
    related: Json = {"related_ids": {"order_id": capture.order_id}}
    return {
        "id": capture.id,
        "status": capture.status,
        **({"status_details": {"reason": capture.reason}} if capture.reason else {}),
        "amount": amount_body(capture.amount),
        "final_capture": True,
        "seller_protection": {"status": "ELIGIBLE"},
        **(
            {} if capture.status in _UNSETTLED else {"seller_receivable_breakdown": _split(capture)}
        ),
        **named("custom_id", capture.custom_id),
        **named("invoice_id", capture.invoice_id),
        **({"supplementary_data": related} if shows_order else {}),
        "create_time": zulu(capture.created_at),
        "update_time": zulu(capture.updated_at),
        "links": capture_links(capture, base),
    }


def refund_body(refund: Refund, base: str, *, in_event: bool = False) -> Json:
    """Give a refund; a reversal in an event names neither custom_id nor invoice_id [R]."""
    anonymous = in_event and refund.is_reversal
    return {
        "id": refund.id,
        "status": refund.status,
        "amount": amount_body(refund.amount),
        **named("note_to_payer", refund.note),
        **({} if anonymous else named("custom_id", refund.custom_id)),
        **({} if anonymous else named("invoice_id", refund.invoice_id)),
        "seller_payable_breakdown": {
            "gross_amount": amount_body(refund.amount),
            "paypal_fee": amount_body(Money(0, refund.amount.currency)),
            "net_amount": amount_body(refund.amount),
            "total_refunded_amount": amount_body(refund.total_refunded),
        },
        "create_time": pacific(refund.created_at),
        "update_time": pacific(refund.updated_at),
        "links": refund_links(refund, base),
    }


def minimal(body: Json) -> Json:
    """Cut a capture or refund down to what `Prefer: return=minimal` answers."""
    return {name: body[name] for name in ("id", "status", "links")}


def payer_body(order: Order) -> Json:
    """Give the payer of an approved order."""
    return {
        "name": {"given_name": "John", "surname": "Doe"},
        "email_address": f"{order.payer}@personal.example.com",
        "payer_id": order.payer_id,
        "address": {"country_code": "US"},
    }


def named(name: str, value: str | None) -> Json:
    """Give a member, or nothing where there is no value."""
    return {} if value is None else {name: value}


def _payment_source(order: Order) -> Json:
    account: Json = {
        "email_address": f"{order.payer}@personal.example.com",
        "account_id": order.payer_id,
        "account_status": "VERIFIED",
    }
    return {"paypal": account}


def _unit_body(
    unit: Unit, captures: Sequence[Capture], refunds: Iterable[Refund], base: str
) -> Json:
    own = {capture.id for capture in captures}
    refunded = [refund_body(refund, base) for refund in refunds if refund.capture_id in own]
    payments: Json = {"captures": [capture_body(capture, base) for capture in captures]}
    wire_amount = unit.wire.get("amount")
    breakdown = wire_amount if isinstance(wire_amount, dict) else {}
    return {
        **unit.wire,
        "reference_id": unit.reference_id,
        "amount": {**breakdown, **amount_body(unit.amount)},
        "payee": unit.wire.get("payee", MERCHANT),
        **({"payments": payments | ({"refunds": refunded} if refunded else {})} if own else {}),
    }


def _split(capture: Capture) -> Json:
    return {
        "gross_amount": amount_body(capture.amount),
        "paypal_fee": amount_body(capture.fee),
        "net_amount": amount_body(capture.amount - capture.fee),
    }
