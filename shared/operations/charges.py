"""What operators do to a charge."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.charge import Charge, Status
from shared.domain.errors import ActionRefused, UnknownRecord
from shared.operations.acting import Mandate, act
from shared.repository import charges
from shared.repository.circuit_views import unclosed_circuit, why_it_is_held
from shared.repository.operator_actions import OperatorAction
from shared.repository.prompting import prompt_charge

_NOT_RETRIED: Final = {
    Status.SUBMITTING: "a worker is at it; wait for its answer",
    Status.REQUIRES_ACTION: "it waits for its payer; ask the provider with reconcile charge",
    Status.PROCESSING: "the provider settles it later; ask it with reconcile charge",
    Status.SUCCEEDED: "its money is captured",
    Status.FAILED: "it was refused for good; the order can be charged anew",
    Status.CANCELED: "it was called off; the order can be charged anew",
    Status.NEEDS_REVIEW: "a person decides about it, with charges resolve",
}


def retry(deps: Container, charge_id: int, mandate: Mandate) -> OperatorAction:
    """Make the charge's next attempt due now; ActionRefused where it waits for none.

    What its circuit holds goes out only once that lets go: the outcome says so.
    """

    def do(connection: Connection) -> str:
        charge = found(connection, charge_id)
        if charge.status in _NOT_RETRIED:
            raise ActionRefused(
                f"Charge {charge_id} is {charge.status}: {_NOT_RETRIED[charge.status]}."
            )
        if not prompt_charge(connection, charge_id, deps.clock()):
            raise ActionRefused(
                f"Charge {charge_id} is parked, called off, or in a worker's hands: see it with"
                " charges show."
            )
        circuit = unclosed_circuit(connection, charge.provider, charge.account)
        return f"due, but held: {why_it_is_held(circuit)}" if circuit else "due now"

    return act(deps, mandate, "charge.retry", f"charge {charge_id}", do)


def found(connection: Connection, charge_id: int) -> Charge:
    """The charge, locked with its order; ActionRefused where there is none."""
    try:
        return charges.lock_charge(connection, charge_id)
    except UnknownRecord:
        raise ActionRefused(f"There is no charge {charge_id}.") from None
