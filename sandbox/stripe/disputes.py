"""A dispute's life: opened by a cardholder, answered, closed."""

from sandbox.call import Call, Deed
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.bookkeeping import post_dispute
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import invalid
from sandbox.stripe.listing import list_reply
from sandbox.stripe.objects import dispute as new_dispute
from sandbox.stripe.schema import boolean, expand, metadata, nested, read_params, text
from sandbox.stripe.showing import shown
from sandbox.stripe.telling import tell

CLOSED = frozenset({"won", "lost", "warning_closed"})
EVIDENCE = nested({"uncategorized_text": text, "product_description": text, "receipt": text})
UPDATE = {"evidence": EVIDENCE, "submit": boolean, "metadata": metadata, "expand": expand}
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_dispute(deed: Deed, charge: Json, reason: str, *, inquiry: bool = False) -> Json:
    """Let a cardholder dispute a charge; an inquiry withdraws no money yet."""
    account = account_of(deed.tenant, deed.account)
    given = {name: charge[name] for name in ("amount", "currency", "payment_intent")}
    given |= {"charge": charge["id"], "reason": reason}
    dispute = new_dispute(given, deed.now)
    charge["disputed"] = True
    if inquiry:
        dispute |= {"status": "warning_needs_response", "is_charge_refundable": True}
    else:
        held = post_dispute(deed, dispute, "dispute_hold", charge["metadata"])
        dispute["balance_transactions"] = [held]
    account.keep(dispute, deed.now)
    account.keep(charge, deed.now)
    tell(deed, "charge.dispute.created", about=dispute)
    if not inquiry:
        tell(deed, "charge.dispute.funds_withdrawn", about=dispute)
    return dispute


def decide(deed: Deed, dispute: Json, outcome: str) -> Json:
    """Close a dispute as won or lost; won money comes back."""
    if dispute["status"] in CLOSED:
        raise invalid("This dispute is already closed.", "charge_already_disputed")
    account = account_of(deed.tenant, deed.account)
    warned = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if warned else outcome
    account.keep(dispute, deed.now)
    tell(deed, "charge.dispute.closed", about=dispute)
    if outcome == "won" and not warned:
        charge = account.get("charge", dispute["charge"])
        released = post_dispute(deed, dispute, "dispute_release", charge["metadata"])
        dispute["balance_transactions"].append(released)
        tell(deed, "charge.dispute.funds_reinstated", about=dispute)
    return dispute


def retrieve_dispute(call: Call) -> Reply:
    """GET /v1/disputes/{id}."""
    params = read_params({"expand": expand}, call.params)
    return json_reply(shown(call, _named(call), params))


def list_disputes(call: Call) -> Reply:
    """GET /v1/disputes."""
    return list_reply(call, "dispute", {"charge": text, "payment_intent": text})


def close_dispute(call: Call) -> Reply:
    """POST /v1/disputes/{id}/close: the merchant accepts the loss."""
    params = read_params({"expand": expand}, call.params)
    return json_reply(shown(call, decide(call, _named(call), "lost"), params))


def update_dispute(call: Call) -> Reply:
    """POST /v1/disputes/{id}: evidence; the documented magic texts win or lose at once."""
    params = read_params(UPDATE, call.params)
    dispute = _named(call)
    dispute["evidence"] |= params.get("evidence", {})
    dispute["metadata"] |= params.get("metadata") or {}
    if params.get("submit", "evidence" in params):
        dispute["status"] = "under_review"
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
    tell(call, "charge.dispute.updated", about=dispute)
    verdict = VERDICTS.get(dispute["evidence"].get("uncategorized_text", ""))
    if verdict:
        decide(call, dispute, verdict)
    return json_reply(shown(call, dispute, params))


def _named(call: Call) -> Json:
    return account_of(call.tenant, call.account).get("dispute", call.route["id"])
