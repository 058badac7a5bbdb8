"""Tokens, payment methods: how an instrument is named, stored, spent."""

import re
from typing import Any

from sandbox.call import Call, Deed
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe import objects
from sandbox.stripe.books import Account, account_of
from sandbox.stripe.errors import StripeError, invalid, malformed, missing
from sandbox.stripe.instruments import (
    BY_NAME,
    IBANS,
    NUMBERS,
    PAYMENT_METHODS,
    TOKENS,
    Instrument,
)
from sandbox.stripe.schema import (
    Shape,
    anything,
    expand,
    metadata,
    nested,
    one_of,
    read_params,
    required,
    text,
    unsettable,
)
from sandbox.stripe.showing import shown
from sandbox.tenants import new_id

CARD: Shape = {
    "token": text,
    "number": text,
    "exp_month": text,
    "exp_year": text,
    "cvc": text,
    "name": text,
    "address_zip": text,
}
BILLING = nested({"address": anything, "email": unsettable(text), "name": text, "phone": text})
METHOD: Shape = {
    "type": required(one_of("card", "sepa_debit")),
    "card": nested(CARD),
    "sepa_debit": nested({"iban": required(text)}),
    "billing_details": BILLING,
    "metadata": metadata,
    "allow_redisplay": one_of("always", "limited", "unspecified"),
}
CREATE: Shape = {**METHOD, "expand": expand}
TOKEN: Shape = {"card": required(nested(CARD)), "expand": expand}
REUSED = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
    "attachment, shared with a connected account without Customer attachment, or was detached "
    "from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must "
    "attach it to a Customer first."
)


def create_token(call: Call) -> Reply:
    """POST /v1/tokens: a single-use token for card data, as Stripe.js makes one."""
    params = read_params(TOKEN, call.params)
    account, instrument = account_of(call.tenant, call.account), _of_number(params["card"])
    token: Json = {
        "id": new_id("tok_1"),
        "object": "token",
        "card": {"id": new_id("card_1"), "object": "card"} | objects.method_details(instrument),
        "client_ip": "127.0.0.1",
        "created": int(call.now),
        "livemode": False,
        "type": "card",
        "used": False,
    }
    account.instruments[token["id"]] = instrument
    return json_reply(account.keep(token, call.now))


def retrieve_token(call: Call) -> Reply:
    """GET /v1/tokens/{id}."""
    read_params({"expand": expand}, call.params)
    return json_reply(account_of(call.tenant, call.account).get("token", call.route["id"]))


def create_payment_method(call: Call) -> Reply:
    """POST /v1/payment_methods."""
    params = read_params(CREATE, call.params)
    return json_reply(shown(call, method_of_data(call, params), params))


def retrieve_payment_method(call: Call) -> Reply:
    """GET /v1/payment_methods/{id}; the static test methods exist as well."""
    params = read_params({"expand": expand}, call.params)
    account, method_id = account_of(call.tenant, call.account), call.route["id"]
    static = PAYMENT_METHODS.get(method_id)
    if static is not None:
        return json_reply(objects.payment_method(static, {"id": method_id}, call.now))
    return json_reply(shown(call, account.get("payment_method", method_id), params))


def attach(call: Call) -> Reply:
    """POST /v1/payment_methods/{id}/attach."""
    params = read_params({"customer": required(text), "expand": expand}, call.params)
    account = account_of(call.tenant, call.account)
    account.get("customer", params["customer"], "customer")
    method = named_method(call, call.route["id"], "payment_method")
    method["customer"] = params["customer"]
    return json_reply(shown(call, account.keep(method, call.now), params))


def method_of_data(deed: Deed, data: Json, param: str = "") -> Json:
    """Make a payment method of {type, card | sepa_debit, …}."""
    kind = data["type"]
    if kind not in data:
        path = f"{param}[{kind}]" if param else kind
        raise malformed(f"Missing required param: {path}.", "parameter_missing", path)
    given = {"metadata": data.get("metadata") or {}}
    given["billing_details"] = objects.NOBODY | data.get("billing_details", {})
    source = data[kind]
    instrument = _of_iban(source["iban"]) if kind == "sepa_debit" else _of_card(deed, source)
    return _keep_method(deed, instrument, given)


def named_method(deed: Deed, method_id: str, param: str) -> Json:
    """Return the payment method of an id; a static test id becomes a method of its own."""
    static = PAYMENT_METHODS.get(method_id)
    if static is not None:
        return _keep_method(deed, static, {})
    account = account_of(deed.tenant, deed.account)
    method = account.get("payment_method", method_id, param)
    if method_id in account.spent and method["customer"] is None:
        raise invalid(REUSED, "payment_method_unexpected_state", param)
    return method


def token_instrument(deed: Deed, token: str, param: str) -> Instrument:
    """Return what a token stands for, spending it if it is single-use."""
    if token in TOKENS:
        return TOKENS[token]
    account = account_of(deed.tenant, deed.account)
    if token not in account.instruments or not token.startswith("tok_"):
        raise missing("token", token, param)
    if token in account.spent:
        text = f"You cannot use a Stripe token more than once: {token}."
        raise invalid(text, "token_already_used", param)
    account.spent.add(token)
    account.get("token", token)["used"] = True
    return account.instruments[token]


def peek(account: Account, params: Json) -> Instrument | None:
    """Return the instrument that charging parameters name, spending nothing."""
    data = params.get("payment_method_data")
    card = data.get("card") if isinstance(data, dict) else None
    token = card.get("token") if isinstance(card, dict) else None
    names: list[Any] = [params.get("payment_method"), token, params.get("source")]
    known = {**TOKENS, **PAYMENT_METHODS, **account.instruments}
    return next((known[name] for name in names if isinstance(name, str) and name in known), None)


def _keep_method(deed: Deed, instrument: Instrument, given: Json) -> Json:
    account = account_of(deed.tenant, deed.account)
    method = objects.payment_method(instrument, given, deed.now)
    account.instruments[method["id"]] = instrument
    return account.keep(method, deed.now)


def _of_card(deed: Deed, card: Json) -> Instrument:
    if "token" in card:
        return token_instrument(deed, card["token"], "card[token]")
    return _of_number(card)


def _of_number(card: Json) -> Instrument:
    for name in ("number", "exp_month", "exp_year"):
        if name not in card:
            path = f"card[{name}]"
            raise malformed(f"Missing required param: {path}.", "parameter_missing", path)
    digits = re.sub(r"\s", "", card["number"])
    if digits not in NUMBERS:
        raise StripeError(
            402,
            "card_error",
            "Your card number is incorrect; the sandbox takes Stripe's test numbers only.",
            "incorrect_number",
            "number",
        )
    return BY_NAME[NUMBERS[digits]]


def _of_iban(iban: str) -> Instrument:
    compact = iban.replace(" ", "").upper()
    if compact not in IBANS:
        raise invalid(f"The IBAN you provided is invalid: {iban}", "invalid_bank_account_iban")
    return IBANS[compact]
