"""The PaymentIntent calls."""

from copy import deepcopy

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe import intent_params as shapes
from sandbox.stripe import objects
from sandbox.stripe.bookkeeping import post_charge
from sandbox.stripe.books import account_of
from sandbox.stripe.charging import Terms, charge_intent, imposed
from sandbox.stripe.errors import StripeError, invalid, malformed
from sandbox.stripe.instruments import Instrument
from sandbox.stripe.listing import list_reply
from sandbox.stripe.money import checked_amount, checked_currency
from sandbox.stripe.payment_methods import method_of_data, named_method
from sandbox.stripe.schema import read_params
from sandbox.stripe.search import search_reply
from sandbox.stripe.showing import shown
from sandbox.stripe.telling import tell

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CANCELABLE = CONFIRMABLE | {"requires_capture"}
UPDATABLE = CONFIRMABLE


def create_intent(call: Call) -> Reply:
    """POST /v1/payment_intents."""
    params = read_params(shapes.CREATE, call.params)
    shapes.check_together(params)
    currency = checked_currency(params["currency"])
    amount = checked_amount(params["amount"], currency)
    _check_customer(call, params)
    given = shapes.stored(params) | {"amount": amount, "currency": currency}
    given["metadata"] = params.get("metadata") or {}
    intent = objects.payment_intent(given | _method_types(params), call.now)
    _take_method(call, intent, params)
    if params.get("confirm"):
        shapes.check_redirects(intent, params)
        _check_method(intent)
    account_of(call.tenant, call.account).keep(intent, call.now)
    tell(call, "payment_intent.created", about=intent)
    if params.get("confirm"):
        _confirm(call, intent, params)
    return json_reply(shown(call, intent, params))


def update_intent(call: Call) -> Reply:
    """POST /v1/payment_intents/{id}."""
    params = read_params(shapes.UPDATE, call.params)
    intent = _named(call)
    _check_status(intent, UPDATABLE, "updated")
    _check_customer(call, params)
    asked = {"currency": intent["currency"], "amount": intent["amount"]} | params
    currency = checked_currency(asked["currency"])
    amount = checked_amount(asked["amount"], currency)
    _take_method(call, intent, params)
    intent |= shapes.stored(params) | {"amount": amount, "currency": currency}
    _merge_metadata(intent, params)
    account_of(call.tenant, call.account).keep(intent, call.now)
    return json_reply(shown(call, intent, params))


def confirm_intent(call: Call) -> Reply:
    """POST /v1/payment_intents/{id}/confirm."""
    params = read_params(shapes.CONFIRM, call.params)
    intent = _named(call)
    _check_status(intent, CONFIRMABLE, "confirmed")
    shapes.check_redirects(intent, params)
    intent |= shapes.stored(params)
    _take_method(call, intent, params)
    _confirm(call, intent, params)
    return json_reply(shown(call, intent, params))


def capture_intent(call: Call) -> Reply:
    """POST /v1/payment_intents/{id}/capture."""
    params = read_params(shapes.CAPTURE, call.params)
    intent = _named(call)
    _check_status(intent, {"requires_capture"}, "captured")
    amount: int = params.get("amount_to_capture") or intent["amount_capturable"]
    if not 0 < amount <= intent["amount_capturable"]:
        text = "The amount to capture is greater than the amount you can capture for this charge."
        raise invalid(text, "amount_too_large", "amount_to_capture")
    _merge_metadata(intent, params)
    _capture(call, intent, amount)
    return json_reply(shown(call, intent, params))


def cancel_intent(call: Call) -> Reply:
    """POST /v1/payment_intents/{id}/cancel."""
    params = read_params(shapes.CANCEL, call.params)
    intent = _named(call)
    _check_status(intent, CANCELABLE, "canceled")
    was_held = intent["status"] == "requires_capture"
    intent |= {
        "status": "canceled",
        "canceled_at": int(call.now),
        "cancellation_reason": params.get("cancellation_reason"),
        "amount_capturable": 0,
        "next_action": None,
    }
    account_of(call.tenant, call.account).keep(intent, call.now)
    if was_held:
        _release(call, intent)
    tell(call, "payment_intent.canceled", about=intent)
    return json_reply(shown(call, intent, params))


def retrieve_intent(call: Call) -> Reply:
    """GET /v1/payment_intents/{id}."""
    params = read_params(shapes.RETRIEVE, call.params)
    return json_reply(shown(call, _named(call), params))


def list_intents(call: Call) -> Reply:
    """GET /v1/payment_intents."""
    return list_reply(call, "payment_intent", shapes.LIST)


def search_intents(call: Call) -> Reply:
    """GET /v1/payment_intents/search."""
    return search_reply(call, "payment_intent")


def _check_method(intent: Json) -> None:
    if intent["payment_method"] is None:
        text = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken."
        )
        raise _unexpected(intent, text)


def _confirm(call: Call, intent: Json, params: Json) -> None:
    _check_method(intent)
    method = account_of(call.tenant, call.account).get("payment_method", intent["payment_method"])
    if method["type"] not in intent["payment_method_types"]:
        text = (
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. "
            "Please attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}."
        )
        raise invalid(text, "payment_intent_incompatible_payment_method")
    asks = {n: bool(params.get(n)) for n in ("off_session", "error_on_requires_action")}
    charge_intent(call, intent, imposed(call, _instrument(call, method["id"])), Terms(**asks))


def _instrument(call: Call, method_id: str) -> Instrument:
    return account_of(call.tenant, call.account).instruments[method_id]


def _take_method(call: Call, intent: Json, params: Json) -> None:
    if "payment_method_data" in params:
        method = method_of_data(call, params["payment_method_data"], "payment_method_data")
    elif "payment_method" in params:
        method = named_method(call, params["payment_method"], "payment_method")
    else:
        return
    intent["payment_method"] = method["id"]
    if intent["status"] in ("requires_payment_method", "requires_action"):
        intent |= {"status": "requires_confirmation", "next_action": None}


def _capture(call: Call, intent: Json, amount: int) -> None:
    account = account_of(call.tenant, call.account)
    charge = account.get("charge", intent["latest_charge"])
    given_back = charge["amount"] - amount
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": given_back}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    post_charge(call, charge, amount, "capture")
    account.keep(charge, call.now)
    account.keep(intent, call.now)
    tell(call, "charge.captured", about=charge)
    tell(call, "payment_intent.succeeded", about=intent)


def _release(call: Call, intent: Json) -> None:
    account = account_of(call.tenant, call.account)
    charge = account.get("charge", intent["latest_charge"])
    charge |= {"refunded": True, "amount_refunded": charge["amount"]}
    account.keep(charge, call.now)
    tell(call, "charge.refunded", about=charge)


def _method_types(params: Json) -> Json:
    if "payment_method_types" in params:
        return {"payment_method_types": params["payment_method_types"]}
    automatic = params.get("automatic_payment_methods", {"enabled": True})
    if not automatic["enabled"]:
        return {"payment_method_types": ["card"]}
    types = ["card", "sepa_debit"] if params["currency"].lower() == "eur" else ["card"]
    settled = {"allow_redirects": "always"} | automatic
    return {"automatic_payment_methods": settled, "payment_method_types": types}


def _check_customer(call: Call, params: Json) -> None:
    if params.get("customer"):
        account_of(call.tenant, call.account).get("customer", params["customer"], "customer")


def _check_status(intent: Json, allowed: frozenset[str] | set[str], verb: str) -> None:
    if intent["status"] not in allowed:
        text = (
            f"This PaymentIntent could not be {verb} because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            f"{verb}: {', '.join(sorted(allowed))}."
        )
        raise _unexpected(intent, text)


def _unexpected(intent: Json, text: str) -> StripeError:
    code = "payment_intent_unexpected_state"
    return invalid(text, code, payment_intent=deepcopy(intent))


def _merge_metadata(thing: Json, params: Json) -> None:
    wished = params.get("metadata", {})
    merged = {} if wished is None else thing["metadata"] | wished
    thing["metadata"] = {name: value for name, value in merged.items() if value != ""}


def _named(call: Call) -> Json:
    account = account_of(call.tenant, call.account)
    intent = account.get("payment_intent", call.route["id"], "intent")
    if call.params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        raise malformed("The client_secret provided does not match.", param="client_secret")
    return intent
