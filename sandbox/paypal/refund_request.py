"""The strict reading of capture, refund, settlement bodies in both dialects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.paypal.members import Members, Text, demand, members
from sandbox.paypal.money import Money, parse_money
from sandbox.paypal.order_request import MONEY
from sandbox.paypal.payment_request import AMOUNT

_REFUND = members(
    amount=MONEY,
    custom_id=Text(127),
    invoice_id=Text(127),
    note_to_payer=Text(255),
)
_SALE_REFUND = members(
    amount=AMOUNT, description=Text(255), reason=Text(30), invoice_number=Text(127)
)
_CAPTURE = members()


@dataclass(frozen=True)
class RefundWish:
    """What the merchant asks back; no amount means all that is left."""

    amount: Money | None = None
    note: str | None = None
    custom_id: str | None = None
    invoice_id: str | None = None


def read_capture(body: object) -> None:
    """Check the body of a capture: nothing, `null` or `{}`."""
    demand(_CAPTURE, body or {})


def read_refund(body: object) -> RefundWish:
    """Read the body of `POST /v2/payments/captures/{id}/refund`."""
    wire = _checked(_REFUND, body)
    amount = wire.get("amount")
    return RefundWish(
        amount=amount and parse_money(amount["value"], amount["currency_code"], "/amount/value"),
        note=wire.get("note_to_payer"),
        custom_id=wire.get("custom_id"),
        invoice_id=wire.get("invoice_id"),
    )


def read_sale_refund(body: object) -> RefundWish:
    """Read the body of `POST /v1/payments/sale/{id}/refund`."""
    wire = _checked(_SALE_REFUND, body)
    amount = wire.get("amount")
    return RefundWish(
        amount=amount and parse_money(amount["total"], amount["currency"], "/amount/total"),
        note=wire.get("description") or wire.get("reason"),
        invoice_id=wire.get("invoice_number"),
    )


def _checked(form: Members, body: object) -> Mapping[str, Any]:
    demand(form, body or {})
    assert body is None or isinstance(body, dict)
    return body or {}
