"""Refunds: made by an API call or in the dashboard, sometimes slow, sometimes in vain."""

from sandbox.call import Call, Deed
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe import objects
from sandbox.stripe.bookkeeping import post_failed_refund, post_refund
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import StripeError, invalid, malformed
from sandbox.stripe.listing import list_reply
from sandbox.stripe.schema import expand, integer, metadata, one_of, read_params, text
from sandbox.stripe.showing import shown
from sandbox.stripe.telling import PROVIDER, tell
from sandbox.tenants import Tenant

REASONS = one_of("duplicate", "fraudulent", "requested_by_customer")
CREATE = {
    "charge": text,
    "payment_intent": text,
    "amount": integer,
    "reason": REASONS,
    "metadata": metadata,
    "instructions_email": text,
    "expand": expand,
}
UPDATE = {"metadata": metadata, "expand": expand}
LATER = 5.0


def create_refund(call: Call) -> Reply:
    """POST /v1/refunds."""
    params = read_params(CREATE, call.params)
    if ("charge" in params) == ("payment_intent" in params):
        raise malformed(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            "parameter_missing",
        )
    return json_reply(shown(call, refund(call, params), params))


def retrieve_refund(call: Call) -> Reply:
    """GET /v1/refunds/{id}."""
    params = read_params({"expand": expand}, call.params)
    return json_reply(shown(call, _named(call), params))


def update_refund(call: Call) -> Reply:
    """POST /v1/refunds/{id}."""
    params = read_params(UPDATE, call.params)
    found = _named(call)
    found["metadata"] |= params.get("metadata") or {}
    tell(call, "refund.updated", "charge.refund.updated", about=found)
    return json_reply(shown(call, found, params))


def list_refunds(call: Call) -> Reply:
    """GET /v1/refunds."""
    return list_reply(call, "refund", {"charge": text, "payment_intent": text})


def refund(deed: Deed, params: Json) -> Json:
    """Give money back; StripeError when there is not that much to give."""
    account = account_of(deed.tenant, deed.account)
    charge = _charge_to_refund(deed, params)
    left = charge["amount_captured"] - _given_back(deed, charge)
    amount = params.get("amount", left)
    _check(charge, amount, left)
    aftermath = account.instruments[charge["payment_method"]].aftermath
    given = {name: charge[name] for name in ("currency", "payment_intent")}
    given |= {"charge": charge["id"], "amount": amount, "reason": params.get("reason")}
    given["metadata"] = params.get("metadata") or {}
    given["status"] = "pending" if aftermath == "refund_pending" else "succeeded"
    made = objects.refund(given, deed.now)
    made["balance_transaction"] = post_refund(deed, made, charge["metadata"])["id"]
    account.keep(made, deed.now)
    _count(deed, charge, amount)
    tell(deed, "refund.created", about=made)
    tell(deed, "charge.refunded", about=charge)
    _schedule(deed, made, aftermath)
    return made


def finish_refund(tenant: Tenant, scope: str | None, made: Json, outcome: str) -> None:
    """Let a refund succeed late, or fail although it had succeeded."""
    deed = Deed(tenant, PROVIDER, scope)
    account = account_of(tenant, scope)
    made["status"] = outcome
    if outcome == "failed":
        charge = account.get("charge", made["charge"])
        back = post_failed_refund(deed, made, charge["metadata"])
        made |= {
            "failure_reason": "expired_or_canceled_card",
            "failure_balance_transaction": back["id"],
        }
        _count(deed, charge, -made["amount"])
        tell(deed, "refund.failed", about=made)
    account.keep(made, deed.now)
    tell(deed, "refund.updated", "charge.refund.updated", about=made)
    deed.publish()


def _schedule(deed: Deed, made: Json, aftermath: str | None) -> None:
    outcome = {"refund_pending": "succeeded", "refund_fail": "failed"}.get(aftermath or "")
    if outcome is not None:
        tenant, scope = deed.tenant, deed.account
        delay = tenant.settings.settle_seconds or LATER
        tenant.clock.after(delay, lambda: finish_refund(tenant, scope, made, outcome))


def _charge_to_refund(deed: Deed, params: Json) -> Json:
    account = account_of(deed.tenant, deed.account)
    if params.get("charge"):
        return account.get("charge", params["charge"], "charge")
    intent = account.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        text = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(text, "payment_intent_unexpected_state", "payment_intent")
    return account.get("charge", intent["latest_charge"])


def _check(charge: Json, amount: int, left: int) -> None:
    if not charge["captured"]:
        raise invalid("This charge has not been captured; it cannot be refunded.", param="charge")
    if left <= 0:
        text = f"Charge {charge['id']} has already been refunded."
        raise invalid(text, "charge_already_refunded")
    if charge["disputed"]:
        text = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(text, "charge_disputed")
    if amount < 1:
        raise malformed("Invalid positive integer", "parameter_invalid_integer", "amount")
    if amount > left:
        raise _too_much(amount, left)


def _too_much(amount: int, left: int) -> StripeError:
    text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
    return invalid(text, param="amount")


def _given_back(deed: Deed, charge: Json) -> int:
    refunds = account_of(deed.tenant, deed.account).shelf("refund").values()
    counted = (r for r in refunds if r["charge"] == charge["id"])
    return sum(r["amount"] for r in counted if r["status"] not in ("failed", "canceled"))


def _count(deed: Deed, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
    account_of(deed.tenant, deed.account).keep(charge, deed.now)


def _named(call: Call) -> Json:
    return account_of(call.tenant, call.account).get("refund", call.route["id"])
