"""Looking at PayPal for what a call came to: reads alone."""

from __future__ import annotations

from typing import Final

from shared.domain.charge import Instrument, Operation
from shared.domain.outcomes import (
    Absent,
    Canceled,
    Indeterminate,
    Misconfigured,
    Outcome,
    PayerActed,
    RequiresAction,
)
from shared.providers.base import FrozenCall
from shared.providers.paypal.agreement import Standing
from shared.providers.paypal.answers import Meaning, meaning_of
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.calls import ORDERS_V2, PAYMENTS_V1, Expectation, Target, target_of
from shared.providers.paypal.execution import read_target
from shared.providers.paypal.failures import CallFailed, Kind, Problem
from shared.providers.paypal.reading import Unreadable, is_id
from shared.providers.paypal.verdicts import outcome_of

_UNTOUCHED: Final = frozenset({Standing.OPEN, Standing.APPROVED})
_V1_PREFIXES: Final = ("PAYID-", "PAY-")


def find(api: PayPalApi, call: FrozenCall, instrument: Instrument, *, livemode: bool) -> Outcome:
    """Look for the effect of a call whose answer was lost."""
    if call.operation is Operation.PAYPAL_ORDER_CREATE:
        # PayPal finds no order by our references. One whose id nobody knows can be neither
        # approved nor captured, so that no money can move by it: as good as never created.
        return Absent("an order whose id was lost cannot be paid")
    target = target_of(call, instrument)
    if not is_id(target.reference):
        return Absent("nothing was ever sent for what is no id of PayPal's")
    try:
        agreement = read_target(api, target)
    except (CallFailed, Unreadable) as failed:
        return unread(failed)
    if not agreement.captures and agreement.standing in _UNTOUCHED:
        return Absent(f"{target.dialect.collection} shows no capture")
    if not agreement.our_references & Expectation.of(call).references:
        return Indeterminate("the object does not name this charge")
    return outcome_of(agreement, livemode=livemode)


def fetch(api: PayPalApi, reference: str, *, livemode: bool) -> Outcome:
    """Read an order or a v1 payment by its id."""
    dialect = PAYMENTS_V1 if reference.startswith(_V1_PREFIXES) else ORDERS_V2
    target = Target(dialect, reference, {}, is_ours=True)
    if not is_id(reference):
        return Indeterminate("no id of PayPal's")
    try:
        agreement = read_target(api, target)
    except CallFailed as failed:
        return Canceled(reference) if _is_gone(failed.problem) else unread(failed)
    except Unreadable as unreadable:
        return unread(unreadable)
    return outcome_of(agreement, livemode=livemode)


def call_off(api: PayPalApi, reference: str, *, livemode: bool) -> Outcome:
    """Canceled where the order or payment shows no capture: only we would make one.

    PayPal has no call that cancels an order; it forgets what nobody captures.
    """
    match fetch(api, reference, livemode=livemode):
        case RequiresAction() | PayerActed():
            return Canceled(reference)
        case outcome:
            return outcome


def _is_gone(problem: Problem) -> bool:
    return problem.kind is Kind.REFUSED and meaning_of(problem)[0] is Meaning.GONE


def unread(failed: CallFailed | Unreadable) -> Indeterminate | Misconfigured:
    """What a read that failed proves: at most that our credentials are refused."""
    if isinstance(failed, Unreadable):
        return Indeterminate(f"unreadable: {failed}")
    problem = failed.problem
    is_ours = problem.kind is Kind.REFUSED and meaning_of(problem)[0] is Meaning.OUR_ACCOUNT
    if is_ours or problem.kind is Kind.CREDENTIALS:
        return Misconfigured(problem.reason)
    return Indeterminate(
        problem.reason, retry_after=problem.retry_after, is_ailing=problem.is_ailing
    )
