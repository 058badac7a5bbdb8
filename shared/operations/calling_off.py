"""Calling a charge off: at once where nothing was sent, else as a wish for a worker."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.charge import Charge, Status
from shared.domain.errors import ActionRefused
from shared.domain.outcomes import Withdrawn
from shared.operations.acting import Mandate, act
from shared.operations.charges import found
from shared.repository import called_off
from shared.repository.operator_actions import OperatorAction
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

CANCELLABLE: Final = frozenset({Status.ACCEPTED, Status.REQUIRES_ACTION})


def call_off(connection: Connection, deps: Container, charge: Charge, source: Source) -> None:
    """Cancel the locked charge or keep the wish; ActionRefused where it is too late for either.

    Of a charge that is cancelled already nothing is changed.
    """
    if charge.status in _REFUSALS:
        raise ActionRefused(_REFUSALS[charge.status])
    if _is_untried(charge):
        settle(connection, deps, charge.id, Withdrawn("cancelled before anything was sent"), source)
    elif charge.status is not Status.CANCELED:
        called_off.wish_to_cancel(connection, charge.id, deps.clock())


def cancel(deps: Container, charge_id: int, mandate: Mandate) -> OperatorAction:
    """Call a charge off for an operator; ActionRefused where it is too late, or done already."""
    source = Source("operator", evidence={"operator": mandate.actor, "reason": mandate.reason})

    def do(connection: Connection) -> str:
        charge = found(connection, charge_id)
        if charge.status is Status.CANCELED:
            raise ActionRefused(f"Charge {charge_id} is canceled already.")
        call_off(connection, deps, charge, source)
        return "canceled" if _is_untried(charge) else "its provider will be asked"

    return act(deps, mandate, "charge.cancel", f"charge {charge_id}", do)


def _is_untried(charge: Charge) -> bool:
    return charge.status is Status.ACCEPTED and charge.claim_number == 0
