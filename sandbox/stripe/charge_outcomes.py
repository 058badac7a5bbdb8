"""How a Charge ends: paid or refused."""

from copy import deepcopy

from sandbox.call import Deed
from sandbox.reply import Json
from sandbox.stripe.bookkeeping import post_charge
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import StripeError
from sandbox.stripe.instruments import Refusal
from sandbox.stripe.telling import tell


def pay_charge(deed: Deed, charge: Json, captured: int) -> None:
    """Mark a charge as paid; money moves when something is captured at once."""
    charge |= {"status": "succeeded", "paid": True, "outcome": _outcome("approved_by_network")}
    if captured:
        charge |= {"captured": True, "amount_captured": captured}
        post_charge(deed, charge, captured)
    account_of(deed.tenant, deed.account).keep(charge, deed.now)
    tell(deed, "charge.succeeded", about=charge)


def fail_charge(deed: Deed, charge: Json, refusal: Refusal) -> Json:
    """Mark a charge as refused, return the error object that tells why."""
    kind = "blocked" if refusal.outcome == "blocked" else "issuer_declined"
    charge |= {
        "status": "failed",
        "failure_code": refusal.code,
        "failure_message": refusal.message,
        "outcome": _outcome("declined_by_network", kind, refusal),
    }
    account = account_of(deed.tenant, deed.account)
    method = account.shelf("payment_method").get(charge["payment_method"] or "")
    account.keep(charge, deed.now)
    tell(deed, "charge.failed", about=charge)
    told = {"decline_code": refusal.decline_code, "advice_code": refusal.advice_code}
    return {
        "type": "card_error",
        "code": refusal.code,
        "message": refusal.message,
        "charge": charge["id"],
        "payment_method": deepcopy(method),
        **{name: value for name, value in told.items() if value is not None},
    }


def card_error(error: Json) -> StripeError:
    """Return the 402 around an error object."""
    return StripeError(402, "card_error", error["message"], error["code"], details=error)


def _outcome(network: str, kind: str = "authorized", refusal: Refusal | None = None) -> Json:
    return {
        "advice_code": refusal.advice_code if refusal else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "not_sent_to_network" if kind == "blocked" else network,
        "reason": (refusal.decline_code or refusal.code) if refusal else None,
        "risk_level": "highest" if kind == "blocked" else "normal",
        "seller_message": "Payment complete." if refusal is None else refusal.message,
        "type": kind,
    }
