"""Calling a charge off: at once where nothing was sent, else as a wish for a worker."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from sqlalchemy import Connection

from api_shim import runtime
from api_shim.errors import ApiError
from api_shim.identity import Caller
from shared.domain.charge import Charge, Status
from shared.domain.outcomes import Withdrawn
from shared.repository import charges
from shared.settlement import Source, settle

_WITH_THE_PROVIDER: Final = (
    "The charge is on its way to the payment provider: it can be cancelled, or not, once there is"
    " an answer."
)
_REFUSALS: Final = {
    Status.SUBMITTING: _WITH_THE_PROVIDER,
    Status.INDETERMINATE: _WITH_THE_PROVIDER,
    Status.PROCESSING: "The payment provider has taken the charge, and no longer lets go of it.",
    Status.SUCCEEDED: "The charge has succeeded: only a refund gives its money back.",
    Status.FAILED: "The charge has failed: there is nothing to cancel.",
    Status.NEEDS_REVIEW: "The charge is being looked into: a person decides about it.",
}


def call_off(connection: Connection, caller: Caller, charge_id: int) -> None:
    """Cancel the charge or keep the wish; ApiError 409 where it is too late for either."""
    charge = charges.lock_charge(connection, charge_id)
    if charge.status in _REFUSALS:
        raise ApiError(HTTPStatus.CONFLICT, _REFUSALS[charge.status], code="not_cancellable")
    if _is_untried(charge):
        outcome = Withdrawn("cancelled before anything was sent")
        source = Source("shim", evidence={"user": caller.user_id})
        settle(connection, runtime.deps(), charge_id, outcome, source)
    elif charge.status is not Status.CANCELED:
        charges.wish_to_cancel(connection, charge_id, runtime.deps().clock())


def _is_untried(charge: Charge) -> bool:
    return charge.status is Status.ACCEPTED and charge.claim_number == 0
