"""How an object is shown: with what the caller asked to expand."""

from typing import Any

from sandbox.call import Call
from sandbox.reply import Json
from sandbox.stripe.books import Account, account_of
from sandbox.stripe.errors import malformed

EXPANDABLE = {
    "payment_intent": {"latest_charge", "payment_method", "customer"},
    "charge": {
        "balance_transaction",
        "customer",
        "failure_balance_transaction",
        "payment_intent",
        "refunds",
    },
    "refund": {
        "balance_transaction",
        "charge",
        "failure_balance_transaction",
        "payment_intent",
    },
    "dispute": {"charge", "payment_intent"},
    "balance_transaction": {"source"},
    "payment_method": {"customer"},
}
MAX_DEPTH = 4


def shown(call: Call, thing: Json, params: Json) -> Json:
    """Return a copy of the object with `expand` carried out; StripeError for what cannot be."""
    account = account_of(call.tenant, call.account)
    answer = dict(thing)
    for path in params.get("expand", ()):
        _expand(account, answer, _steps(path), path)
    return answer


def shown_list(call: Call, envelope: Json, params: Json) -> Json:
    """Return a list with `expand` paths of the form data.* carried out on its members."""
    account = account_of(call.tenant, call.account)
    envelope["data"] = [dict(thing) for thing in envelope["data"]]
    for path in params.get("expand", ()):
        head, *rest = _steps(path)
        if head != "data" or not rest:
            raise _cannot(path)
        for thing in envelope["data"]:
            _expand(account, thing, rest, path)
    return envelope


def refund_list(account: Account, charge_id: str) -> Json:
    """Return the refunds of a charge as the list object a charge can embed."""
    refunds = [r for r in account.shelf("refund").values() if r["charge"] == charge_id]
    url = f"/v1/charges/{charge_id}/refunds"
    return {"object": "list", "data": refunds[::-1], "has_more": False, "url": url}


def _steps(path: str) -> list[str]:
    steps = path.split(".")
    if len(steps) > MAX_DEPTH:
        raise malformed(f"You cannot expand more than {MAX_DEPTH} levels.", param="expand")
    return steps


def _expand(account: Account, thing: Json, steps: list[str], path: str) -> None:
    step, *rest = steps
    if step not in EXPANDABLE.get(thing["object"], ()):
        raise _cannot(path)
    value: Any = thing.get(step)
    if step == "refunds":
        value = refund_list(account, thing["id"])
    elif isinstance(value, str):
        value = dict(account.find(value) or {"id": value, "object": "unknown", "deleted": True})
    thing[step] = value
    if rest and isinstance(value, dict):
        _expand(account, value, rest, path)


def _cannot(path: str) -> Exception:
    return malformed(f"This property cannot be expanded ({path}).", param="expand")
