"""The few Customer calls that payments need."""

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.listing import list_reply
from sandbox.stripe.schema import expand, metadata, read_params, text, unsettable
from sandbox.stripe.showing import shown
from sandbox.tenants import new_id

CREATE = {
    "email": unsettable(text),
    "name": unsettable(text),
    "description": unsettable(text),
    "phone": unsettable(text),
    "metadata": metadata,
    "expand": expand,
}


def create_customer(call: Call) -> Reply:
    """POST /v1/customers."""
    params = read_params(CREATE, call.params)
    given = {name: params.get(name) for name in ("email", "name", "description", "phone")}
    customer: Json = {
        "id": new_id("cus_", 14),
        "object": "customer",
        **given,
        "balance": 0,
        "created": int(call.now),
        "delinquent": False,
        "livemode": False,
        "metadata": params.get("metadata") or {},
    }
    account_of(call.tenant, call.account).keep(customer, call.now)
    return json_reply(shown(call, customer, params))


def retrieve_customer(call: Call) -> Reply:
    """GET /v1/customers/{id}."""
    params = read_params({"expand": expand}, call.params)
    customer = account_of(call.tenant, call.account).get("customer", call.route["id"])
    return json_reply(shown(call, customer, params))


def list_customers(call: Call) -> Reply:
    """GET /v1/customers."""
    return list_reply(call, "customer", {"email": text})
