"""Replay: what today's code would make of a stored event, and the driving of it anew."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from shared.container import Container
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.charge import Status
from shared.domain.decisions import Decision, judge
from shared.domain.errors import ActionRefused
from shared.domain.evidence import facts_of
from shared.domain.refund import RefundFact
from shared.operations.acting import Mandate, act
from shared.providers.base import Disconnected, DisputeFact
from shared.repository import charges, inbox
from shared.repository.operator_actions import OperatorAction
from shared.settlement import circumstances, weigh

Fact = o.Outcome | RefundFact | DisputeFact | Disconnected | None


@dataclass(frozen=True, slots=True)
class Replay:
    """An event as it was handled, beside what would be made of it now."""

    event_id: int
    event_type: str
    result: str | None
    """What was made of it; None where it still waits."""
    fact: Fact
    charge_id: int | None
    status: Status | None
    """Where the charge stands."""
    decision: Decision | None
    """What the one door would decide; None where the fact does not concern a charge's status."""

    @property
    def says(self) -> str:
        """What the event says, in words."""
        match self.fact:
            case None:
                return "nothing that concerns a payment"
            case RefundFact(reference, _, money, status):
                return f"refund {reference} of {money} is {status}"
            case DisputeFact(reference, _, money, status):
                return f"dispute {reference} of {money} is {status}"
            case Disconnected(account):
                return f"the account {account} lets the platform in no more"
            case outcome:
                told = facts_of(outcome)
                name = str(told.pop("outcome"))
                return ", ".join([name, *(f"{key.replace('_', ' ')} {told[key]}" for key in told)])

    @property
    def would_be(self) -> str:
        """What would be decided, in words."""
        if self.decision is None:
            return "nothing about the charge's status"
        return f"{self.decision.status}, because of this: {self.decision.reason}"


def dry_run(deps: Container, event_id: int) -> Replay:
    """Translate a stored event, handled or not, and decide on it. Writes nothing.

    Asks the provider, as the translation does where an event says too little. ActionRefused where
    there is no such event.
    """
    with unit_of_work(deps.engine) as connection:
        found = inbox.any_event(connection, event_id)
    if found is None:
        raise ActionRefused(f"There is no webhook event {event_id}.")
    event, result = found
    told = deps.provider(event.provider).translate(event.body, event.account)
    with unit_of_work(deps.engine) as connection:
        charge_id = charges.find_charge(
            connection,
            event.provider,
            event.account,
            references=told.references,
            ours=told.our_references,
        )
        status, decision = _decide(connection, deps, charge_id, told.fact)
    return Replay(event.id, event.event_type, result, told.fact, charge_id, status, decision)


def redrive(deps: Container, event_id: int, mandate: Mandate) -> OperatorAction:
    """Make an event due now, handled before or not; ActionRefused where there is none.

    It is handled as any other: what it says is absorbed where it is known already.
    """

    def do(connection: Connection) -> str:
        now = deps.clock()
        if inbox.redrive_event(connection, event_id, mandate.actor, mandate.reason, now):
            return "due again"
        if inbox.hasten_event(connection, event_id, now):
            return "due now"
        raise ActionRefused(f"There is no webhook event {event_id}.")

    return act(deps, mandate, "webhook_event.replay", f"webhook event {event_id}", do)


def _decide(
    connection: Connection, deps: Container, charge_id: int | None, fact: Fact
) -> tuple[Status | None, Decision | None]:
    if charge_id is None:
        return None, None
    charge = charges.read_charge(connection, charge_id)
    if fact is None or isinstance(fact, RefundFact | DisputeFact | Disconnected):
        return charge.status, None
    weighed = weigh(connection, charge_id, fact)
    seen = circumstances(connection, deps, weighed, fact)
    return weighed.charge.status, judge(weighed.charge, fact, seen)
