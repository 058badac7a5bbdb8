"""The strict reading of `POST /v2/checkout/orders`."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.paypal.members import Flag, Several, Text, choice, demand, members
from sandbox.paypal.money import parse_money
from sandbox.paypal.objects import Unit
from sandbox.paypal.problems import Detail, invalid, unprocessable

CURRENCY = Text(longest=3, form="[A-Z]{3}")
VALUE = Text(longest=32, form=r"-?\d+(\.\d+)?")
MONEY = members("currency_code value", currency_code=CURRENCY, value=VALUE)
URL = Text(longest=2000, form=r"https?://\S+")
_ADDRESS = members(
    "country_code",
    address_line_1=Text(300),
    address_line_2=Text(300),
    admin_area_1=Text(300),
    admin_area_2=Text(120),
    postal_code=Text(60),
    country_code=Text(2, "[A-Z]{2}|C2"),
)
_SHIPPING = members(
    type=choice("SHIPPING", "PICKUP_IN_PERSON", "PICKUP_IN_STORE", "PICKUP_FROM_PERSON"),
    name=members(full_name=Text(300)),
    email_address=Text(254),
    address=_ADDRESS,
)
_ITEM = members(
    "name unit_amount quantity",
    name=Text(127),
    unit_amount=MONEY,
    quantity=Text(10, r"[1-9]\d{0,9}"),
    tax=MONEY,
    description=Text(2048),
    sku=Text(127),
    url=URL,
    category=choice("DIGITAL_GOODS", "PHYSICAL_GOODS", "DONATION"),
)
_BREAKDOWN = members(
    item_total=MONEY,
    shipping=MONEY,
    handling=MONEY,
    tax_total=MONEY,
    insurance=MONEY,
    shipping_discount=MONEY,
    discount=MONEY,
)
_UNIT = members(
    "amount",
    reference_id=Text(256),
    amount=members(
        "currency_code value", currency_code=CURRENCY, value=VALUE, breakdown=_BREAKDOWN
    ),
    payee=members(email_address=Text(254), merchant_id=Text(13, "[2-9A-HJ-NP-Z]{13}")),
    description=Text(127),
    custom_id=Text(255),
    invoice_id=Text(127),
    soft_descriptor=Text(22),
    items=Several(_ITEM),
    shipping=_SHIPPING,
)
_EXPERIENCE = {
    "brand_name": Text(127),
    "locale": Text(10, "[a-z]{2}(-[A-Za-z0-9]+)*"),
    "landing_page": choice("LOGIN", "GUEST_CHECKOUT", "NO_PREFERENCE", "BILLING"),
    "shipping_preference": choice("GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"),
    "user_action": choice("CONTINUE", "PAY_NOW"),
    "return_url": URL,
    "cancel_url": URL,
}
_PREFERENCE = choice("UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED")
_PAYPAL_SOURCE = members(
    email_address=Text(254),
    name=members(given_name=Text(140), surname=Text(140)),
    address=_ADDRESS,
    experience_context=members(
        payment_method_preference=_PREFERENCE,
        contact_preference=choice("NO_CONTACT_INFO", "UPDATE_CONTACT_INFO", "RETAIN_CONTACT_INFO"),
        **_EXPERIENCE,
    ),
)
ORDER = members(
    "intent purchase_units",
    intent=choice("CAPTURE", "AUTHORIZE"),
    purchase_units=Several(_UNIT, most=10),
    payer=members(
        name=members(given_name=Text(140), surname=Text(140)),
        email_address=Text(254),
        payer_id=Text(13),
        address=_ADDRESS,
    ),
    payment_source=members("paypal", paypal=_PAYPAL_SOURCE),
    application_context=members(
        payment_method=members(
            payee_preferred=_PREFERENCE, standard_entry_class_code=choice("TEL", "WEB")
        ),
        vault=Flag(),
        **_EXPERIENCE,
    ),
    processing_instruction=choice("NO_INSTRUCTION", "ORDER_COMPLETE_ON_PAYMENT_APPROVAL"),
)
_SUBTRACTED = frozenset({"shipping_discount", "discount"})


def read_order(body: object) -> dict[str, Any]:
    """Check a whole order, give it back as a dictionary of known members."""
    demand(ORDER, body)
    assert isinstance(body, dict)
    if body["intent"] != "CAPTURE":
        raise invalid(Detail("INVALID_PARAMETER_VALUE", "/intent", body["intent"]))
    return body


def read_units(body: Mapping[str, Any]) -> tuple[Unit, ...]:
    """Read the purchase units; several need distinct reference ids."""
    units = tuple(
        read_unit(wire, f"/purchase_units/{index}")
        for index, wire in enumerate(body["purchase_units"])
    )
    if len({unit.reference_id for unit in units}) < len(units):
        raise unprocessable("DUPLICATE_REFERENCE_ID", field="/purchase_units")
    return units


def read_unit(wire: Mapping[str, Any], at: str) -> Unit:
    """Read one purchase unit whose members are known to be in form."""
    amount = wire["amount"]
    money = parse_money(amount["value"], amount["currency_code"], f"{at}/amount/value")
    _check_breakdown(wire, at)
    return Unit(
        reference_id=wire.get("reference_id", "default"),
        amount=money,
        custom_id=wire.get("custom_id"),
        invoice_id=wire.get("invoice_id"),
        wire=wire,
    )


def redirects(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give (return_url, cancel_url) from whichever context the merchant used."""
    source = body.get("payment_source", {}).get("paypal", {}).get("experience_context", {})
    context = {**body.get("application_context", {}), **source}
    return context.get("return_url"), context.get("cancel_url")


def _check_breakdown(wire: Mapping[str, Any], at: str) -> None:
    breakdown = wire["amount"].get("breakdown")
    if breakdown is not None:
        parts = ((name, _decimal(part)) for name, part in breakdown.items())
        total = sum(-value if name in _SUBTRACTED else value for name, value in parts)
        if total != _decimal(wire["amount"]):
            raise unprocessable("AMOUNT_MISMATCH", field=f"{at}/amount/value")
    if "items" in wire:
        _check_items(wire, breakdown or {}, at)


def _check_items(wire: Mapping[str, Any], breakdown: Mapping[str, Any], at: str) -> None:
    field = f"{at}/amount/breakdown/item_total"
    if "item_total" not in breakdown:
        raise invalid(Detail("MISSING_REQUIRED_PARAMETER", field))
    total = sum(_decimal(item["unit_amount"]) * int(item["quantity"]) for item in wire["items"])
    if total != _decimal(breakdown["item_total"]):
        raise unprocessable("ITEM_TOTAL_MISMATCH", field=field)


def _decimal(amount: Mapping[str, Any]) -> Decimal:
    try:
        return Decimal(amount["value"])
    except InvalidOperation:
        raise invalid(Detail("INVALID_PARAMETER_SYNTAX", value=amount["value"])) from None
