"""The instruments, the amounts that carry a fault."""

import re

from sandbox.call import Call
from sandbox.faults import Fault
from sandbox.stripe.books import account_of
from sandbox.stripe.instruments import MAGIC_AMOUNTS, Instrument
from sandbox.stripe.payment_methods import peek

CHARGING = re.compile(r"^POST /v1/(payment_intents|payment_intents/[^/]+/confirm|charges)$")


def magic_fault(call: Call) -> Fault | None:
    """Return the fault that the instrument or the amount of a charging call asks for.

    Once for each idempotency key, so that a retry under the same key gets through.
    """
    if not CHARGING.match(call.arrival.op):
        return None
    instrument = _instrument(call)
    fault = (instrument.fault if instrument else None) or _by_amount(call)
    if fault is None or call.idempotency_key in call.tenant.magic_spent:
        return None
    if call.idempotency_key:
        call.tenant.magic_spent.add(call.idempotency_key)
    return fault


def _instrument(call: Call) -> Instrument | None:
    account = account_of(call.tenant, call.account)
    intent = account.shelf("payment_intent").get(call.route.get("id", ""), {})
    stored = {"payment_method": intent.get("payment_method")}
    return peek(account, stored | call.params)


def _by_amount(call: Call) -> Fault | None:
    amount = str(call.params.get("amount", ""))
    return MAGIC_AMOUNTS.get(int(amount)) if amount.isascii() and amount.isdigit() else None
