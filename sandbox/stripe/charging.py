"""What happens when an instrument is charged for a PaymentIntent."""

from copy import deepcopy
from dataclasses import dataclass, replace

from sandbox.call import Call, Deed
from sandbox.faults import Fault
from sandbox.reply import Json
from sandbox.stripe.aftermath import follow_up
from sandbox.stripe.books import account_of
from sandbox.stripe.charge_outcomes import card_error, fail_charge, pay_charge
from sandbox.stripe.errors import StripeError
from sandbox.stripe.instruments import DECLINED, UNAUTHENTICATED, Instrument, Refusal
from sandbox.stripe.objects import charge as new_charge
from sandbox.stripe.telling import PROVIDER, tell
from sandbox.tenants import Tenant, new_id

COPIED = (
    "amount currency customer description metadata receipt_email shipping statement_descriptor "
    "statement_descriptor_suffix transfer_group on_behalf_of"
).split()
FLAVOURS = ("decline", "requires_action", "processing")


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions a confirmation runs."""

    off_session: bool = False
    error_on_requires_action: bool = False
    authenticated: bool = False

    @property
    def cannot_ask(self) -> bool:
        """Say whether a payer who must act makes it fail."""
        return self.off_session or self.error_on_requires_action


def charge_intent(deed: Deed, intent: Json, instrument: Instrument, terms: Terms) -> None:
    """Charge the instrument; the intent changes; StripeError 402 when it is refused."""
    if _must_act(instrument, terms):
        _ask_payer(deed, intent, instrument, terms)
        return
    charge = _attempt(deed, intent, instrument)
    if instrument.settles:
        _begin_processing(deed, intent, charge, instrument)
    elif instrument.refusal:
        raise refuse(deed, intent, charge, instrument.refusal)
    else:
        _succeed(deed, intent, charge, instrument)


def imposed(call: Call, instrument: Instrument) -> Instrument:
    """Return the instrument as an OUTCOME fault wants it to behave."""
    fault = call.fault(*FLAVOURS)
    if fault is None:
        return instrument
    if fault.name == "requires_action":
        return replace(instrument, authentication="always")
    if fault.name == "decline":
        return replace(instrument, settles=None, refusal=_refusal(fault))
    then, after = fault.arguments.get("then", "never"), fault.arguments.get("after", 5)
    return replace(instrument, settles=str(then), settles_after=float(after))


def refuse(deed: Deed, intent: Json, charge: Json, refusal: Refusal) -> StripeError:
    """Mark the attempt as failed, return the error that says so."""
    error = fail_charge(deed, charge, refusal)
    fail_intent(deed, intent, error)
    return card_error(error | {"payment_intent": deepcopy(intent)})


def fail_intent(deed: Deed, intent: Json, error: Json) -> None:
    """Send an intent back to where it needs another payment method."""
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "payment_method": None,
        "next_action": None,
        "processing": None,
    }
    account_of(deed.tenant, deed.account).keep(intent, deed.now)
    tell(deed, "payment_intent.payment_failed", about=intent)


def finish_processing(tenant: Tenant, scope: str | None, intent: Json, outcome: str) -> None:
    """Let a processing intent succeed or fail; nothing happens to one that is not processing."""
    if intent["status"] != "processing":
        return
    deed = Deed(tenant, PROVIDER, scope)
    account = account_of(tenant, scope)
    charge = account.get("charge", intent["latest_charge"])
    instrument = account.instruments[charge["payment_method"]]
    if outcome == "succeeded":
        _succeed(deed, intent, charge, instrument)
    else:
        late = instrument.refusal or Refusal("payment_method_provider_decline", None, DECLINED)
        refuse(deed, intent, charge, late)
    deed.publish()


def _must_act(instrument: Instrument, terms: Terms) -> bool:
    if instrument.authentication is None or terms.authenticated:
        return False
    return instrument.authentication == "always" or not terms.off_session


def _ask_payer(deed: Deed, intent: Json, instrument: Instrument, terms: Terms) -> None:
    if terms.cannot_ask:
        charge = _attempt(deed, intent, instrument)
        raise refuse(deed, intent, charge, UNAUTHENTICATED)
    challenge = {"type": "three_d_secure_redirect", "source": new_id("src_1")}
    intent |= {
        "status": "requires_action",
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": challenge},
    }
    account_of(deed.tenant, deed.account).keep(intent, deed.now)
    tell(deed, "payment_intent.requires_action", about=intent)


def _attempt(deed: Deed, intent: Json, instrument: Instrument) -> Json:
    copied = {name: deepcopy(intent[name]) for name in COPIED}
    links = {"payment_intent": intent["id"], "payment_method": intent["payment_method"]}
    charge = new_charge(copied | links, instrument, deed.now)
    intent["latest_charge"] = charge["id"]
    return account_of(deed.tenant, deed.account).keep(charge, deed.now)


def _begin_processing(deed: Deed, intent: Json, charge: Json, instrument: Instrument) -> None:
    intent |= {"status": "processing", "next_action": None}
    account_of(deed.tenant, deed.account).keep(intent, deed.now)
    tell(deed, "charge.pending", about=charge)
    tell(deed, "payment_intent.processing", about=intent)
    outcome, tenant, scope = instrument.settles or "never", deed.tenant, deed.account
    if outcome != "never":
        delay = tenant.settings.settle_seconds or instrument.settles_after
        tenant.clock.after(delay, lambda: finish_processing(tenant, scope, intent, outcome))


def _succeed(deed: Deed, intent: Json, charge: Json, instrument: Instrument) -> None:
    account = account_of(deed.tenant, deed.account)
    intent |= {"next_action": None, "last_payment_error": None, "processing": None}
    account.spent.add(intent["payment_method"])
    is_held = intent["capture_method"] == "manual"
    pay_charge(deed, charge, 0 if is_held else charge["amount"])
    if is_held:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        news = "payment_intent.amount_capturable_updated"
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        news = "payment_intent.succeeded"
    account.keep(intent, deed.now)
    tell(deed, news, about=intent)
    follow_up(deed, charge, instrument.aftermath)


def _refusal(fault: Fault) -> Refusal:
    code = str(fault.arguments.get("code", "card_declined"))
    declined = fault.arguments.get("decline_code", "generic_decline")
    return Refusal(code, declined, DECLINED)
