"""The Charge calls, the legacy way of charging a source among them."""

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe import objects
from sandbox.stripe.aftermath import follow_up
from sandbox.stripe.books import account_of
from sandbox.stripe.charge_outcomes import card_error, fail_charge, pay_charge
from sandbox.stripe.charging import imposed
from sandbox.stripe.instruments import UNAUTHENTICATED
from sandbox.stripe.listing import list_reply
from sandbox.stripe.money import checked_amount, checked_currency
from sandbox.stripe.payment_methods import method_of_data
from sandbox.stripe.schema import expand, integer, metadata, read_params, required, text, unsettable
from sandbox.stripe.search import search_reply
from sandbox.stripe.showing import shown

CREATE = {
    "amount": required(integer),
    "currency": required(text),
    "source": required(text),
    "description": unsettable(text),
    "metadata": metadata,
    "receipt_email": text,
    "statement_descriptor_suffix": text,
    "expand": expand,
}


def create_charge(call: Call) -> Reply:
    """POST /v1/charges: no authentication, no statuses, as in the old days."""
    params = read_params(CREATE, call.params)
    currency = checked_currency(params["currency"])
    amount = checked_amount(params["amount"], currency)
    method = method_of_data(call, {"type": "card", "card": {"token": params["source"]}})
    given: Json = {
        name: params[name] for name in ("description", "receipt_email") if name in params
    }
    given |= {"amount": amount, "currency": currency, "payment_method": method["id"]}
    given["metadata"] = params.get("metadata") or {}
    instrument = imposed(call, account_of(call.tenant, call.account).instruments[method["id"]])
    charge = objects.charge(given, instrument, call.now)
    refusal = UNAUTHENTICATED if instrument.authentication else instrument.refusal
    if refusal:
        raise card_error(fail_charge(call, charge, refusal))
    pay_charge(call, charge, amount)
    follow_up(call, charge, instrument.aftermath)
    return json_reply(shown(call, charge, params))


def retrieve_charge(call: Call) -> Reply:
    """GET /v1/charges/{id}."""
    params = read_params({"expand": expand}, call.params)
    charge = account_of(call.tenant, call.account).get("charge", call.route["id"])
    return json_reply(shown(call, charge, params))


def list_charges(call: Call) -> Reply:
    """GET /v1/charges."""
    return list_reply(call, "charge", {"customer": text, "payment_intent": text})


def search_charges(call: Call) -> Reply:
    """GET /v1/charges/search."""
    return search_reply(call, "charge")
