"""Resolving: a person decides about a charge, by what the provider says now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from shared.container import Container
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.charge import Charge, PayPalCheckout, Status
from shared.domain.decisions import Decision, weigh_absence
from shared.domain.errors import ActionRefused
from shared.domain.evidence import facts_of
from shared.domain.resolutions import (
    Resolution,
    Standing,
    Unproven,
    accept,
    give_back,
    give_up,
)
from shared.operations.acting import Mandate, act, recorded
from shared.operations.charges import found
from shared.repository import attempts, charges, strays
from shared.repository.operator_actions import OperatorAction
from shared.repository.refund_intake import NewRefund, store_refund
from shared.settlement import Source, settle, write_resolution

_ACTOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is decided; with the provider's object, where the charge knows none of its own."""

    resolution: Resolution
    reference: str | None = None


def resolve(deps: Container, charge_id: int, ask: Ask, mandate: Mandate) -> OperatorAction:
    """Carry out a person's decision about a charge that waits for one.

    What the provider says is read before, outside of any transaction, and goes through the one
    door. ActionRefused where it does not prove the decision; then nothing is changed.
    """
    action, subject = f"charge.resolve.{ask.resolution}", f"charge {charge_id}"
    if done := recorded(deps, mandate, action, subject):
        return done
    outcome = None if ask.resolution is Resolution.KEEP else _look(deps, charge_id, ask)

    def do(connection: Connection) -> str:
        charge = _before_a_person(found(connection, charge_id))
        if outcome is None:
            return "kept before a person"
        if ask.resolution is Resolution.REFUND:
            return _give_back(connection, deps, charge, outcome, mandate)
        return _decide(connection, deps, charge, outcome, ask, mandate)

    return act(deps, mandate, action, subject, do)


def _before_a_person(charge: Charge) -> Charge:
    if charge.status is not Status.NEEDS_REVIEW:
        raise ActionRefused(f"Charge {charge.id} is {charge.status}: there is nothing to decide.")
    return charge


def _look(deps: Container, charge_id: int, ask: Ask) -> o.Outcome:
    with unit_of_work(deps.engine) as connection:
        charge = _before_a_person(found(connection, charge_id))
        attempt = attempts.open_attempt(connection, charge_id)
    provider = deps.provider(charge.provider)
    reference = ask.reference or charge.provider_reference
    if reference is not None and ask.resolution is Resolution.CANCEL:
        # Cancelling twice is cancelling once. Under one key a failure that the provider stored
        # would be all that anybody hears for a day.
        key = f"chg-{charge.identifier}-cancel-{uuid4()}"
        return provider.cancel(reference, charge.account, key)
    if reference is not None:
        return provider.fetch(reference, charge.account)
    if attempt is None:
        raise ActionRefused("No object of the provider's is known: name it with --reference.")
    # The instrument is erased once a person decides; looking for an object of ours takes none.
    sought = provider.find(attempt.call, PayPalCheckout(), attempt.key, attempt.started_at)
    return weigh_absence(sought, attempt.record, deps.clock())


def _decide(
    connection: Connection,
    deps: Container,
    charge: Charge,
    outcome: o.Outcome,
    ask: Ask,
    mandate: Mandate,
) -> str:
    if ask.resolution is Resolution.SUCCEED:
        decision = accept(charge, outcome, _standing(connection, deps, charge, outcome))
    else:
        decision = give_up(charge, outcome)
    if isinstance(decision, Unproven):
        raise ActionRefused(f"Charge {charge.id}: {decision.because}")
    _write(connection, deps, charge, outcome, decision, mandate)
    return str(decision.status)


def _give_back(
    connection: Connection, deps: Container, charge: Charge, outcome: o.Outcome, mandate: Mandate
) -> str:
    """Refund what stands apart, else the payment; both never, for one of them is in order."""
    if isinstance(outcome, o.Approved):  # money that nobody told us of yet is put on record first
        settle(connection, deps, charge.id, outcome, Source(_ACTOR))
    asked = {"reason": mandate.reason, "requested_by": mandate.actor}
    count = strays.return_strays(connection, charge.id, **asked, now=deps.clock())
    if not count and not charge.is_captured:
        raise ActionRefused(f"Charge {charge.id}: no captured money of it is left to give back.")
    if not count:
        whole = NewRefund(identifier=uuid4(), charge_id=charge.id, money=None, **asked)
        if isinstance(store_refund(connection, whole, deps.clock()), int):
            raise ActionRefused(f"Charge {charge.id} is refunded whole already.")
    told = o.Contradicted("a person gives the money back")
    decision = give_back(charge)
    _write(connection, deps, charge, told, decision, mandate)
    return f"{decision.status}, and its money goes back"


def _standing(
    connection: Connection, deps: Container, charge: Charge, outcome: o.Outcome
) -> Standing:
    capture = outcome.capture_reference if isinstance(outcome, o.Approved) else None
    return Standing(
        livemode=deps.livemode(charge.provider),
        is_contested=charges.is_contested(connection, charge),
        is_kept_apart=(
            capture is not None and strays.find_stray(connection, charge, capture) is not None
        ),
    )


def _write(
    connection: Connection,
    deps: Container,
    charge: Charge,
    outcome: o.Outcome,
    decision: Decision,
    mandate: Mandate,
) -> None:
    evidence: dict[str, Any] = {
        "operator": mandate.actor,
        "reason": mandate.reason,
        "action": str(mandate.identifier),
        "answer": facts_of(outcome),
    }
    write_resolution(connection, deps, charge, outcome, decision, Source(_ACTOR, None, evidence))
