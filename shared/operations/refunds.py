"""What operators do to captured money."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection

from shared.container import Container
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.decisions import weigh_absence
from shared.domain.errors import ActionRefused, InvalidMoney, UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.refund import RefundFact, RefundStatus
from shared.domain.refund_decisions import (
    RefundDecision,
    RefundOutcome,
    RefundResolution,
    resolve_refund,
)
from shared.domain.wire_amount import ensure_chargeable
from shared.operations.acting import Mandate, act, recorded
from shared.refund_settlement import Locked, lock, write_refund
from shared.repository import refund_claims, refunds
from shared.repository import refund_intake as intake
from shared.repository.operator_actions import OperatorAction
from shared.settlement import Source


def refund(deps: Container, charge_id: int, amount: str | None, mandate: Mandate) -> OperatorAction:
    """Give back that much of the charge's payment, in major units; without it, all that is left.

    ActionRefused where the charge has no payment, or less is left.
    """

    def do(connection: Connection) -> str:
        target = intake.lock_refundable(connection, charge_id, None)
        if target is None or not target.captured.amount_minor:
            raise ActionRefused(f"Charge {charge_id} has no captured money.")
        money = None if amount is None else _money(amount, target)
        new = intake.NewRefund(uuid4(), target.id, money, mandate.reason, mandate.actor)
        stored = intake.store_refund(connection, new, deps.clock())
        if isinstance(stored, int):
            remaining = Money(max(stored, 0), target.captured.currency)
            raise ActionRefused(f"Of charge {charge_id} {remaining} is left to refund.")
        return f"refund {stored.id} of {stored.money}"

    return act(deps, mandate, "charge.refund", f"charge {charge_id}", do)


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """What is decided; with the provider's refund, where ours knows none of its own."""

    resolution: RefundResolution
    reference: str | None = None


def resolve(deps: Container, refund_id: int, ask: RefundAsk, mandate: Mandate) -> OperatorAction:
    """Carry out a person's decision about a refund that waits for one.

    What the provider shows is read before, outside of any transaction. ActionRefused where it does
    not end the refund; then nothing is changed.
    """
    action, subject = f"refund.resolve.{ask.resolution}", f"refund {refund_id}"
    if done := recorded(deps, mandate, action, subject):
        return done
    is_kept = ask.resolution is RefundResolution.KEEP
    outcome = None if is_kept else _look(deps, refund_id, ask.reference)

    def do(connection: Connection) -> str:
        held = _before_a_person(connection, refund_id)
        if outcome is None:
            return "kept before a person"
        decision = _decide(connection, held, outcome)
        evidence = {"operator": mandate.actor, "reason": mandate.reason}
        source = Source("operator", evidence=evidence)
        write_refund(connection, deps, held, outcome, decision, source)
        return str(decision.status)

    return act(deps, mandate, action, subject, do)


def _before_a_person(connection: Connection, refund_id: int) -> Locked:
    if intake.read_refund(connection, refund_id, None) is None:
        raise ActionRefused(f"There is no refund {refund_id}.")
    held = lock(connection, refund_id)
    status = held.refund.status
    if status is not RefundStatus.NEEDS_REVIEW:
        raise ActionRefused(f"Refund {refund_id} is {status}: there is nothing to decide.")
    return held


def _look(deps: Container, refund_id: int, reference: str | None) -> RefundOutcome:
    with unit_of_work(deps.engine) as connection:
        _before_a_person(connection, refund_id)
        held = refund_claims.read_claimed(connection, refund_id)
    assert held is not None, "it was just found"
    provider, stored = deps.provider(held.provider).refunds, held.stored
    known = held.refund.provider_reference or reference
    if known is not None:
        return provider.fetch(known, held.captured)
    if stored is None:
        return o.Absent("it was never sent")
    return weigh_absence(provider.find(stored.call, stored.started_at), stored.record, deps.clock())


def _decide(connection: Connection, held: Locked, outcome: RefundOutcome) -> RefundDecision:
    charge, refund = held.charge, held.refund
    decision = resolve_refund(refund, outcome)
    if isinstance(decision, str):
        raise ActionRefused(f"The provider's word does not end refund {refund.id}: {decision}.")
    if isinstance(outcome, RefundFact):
        other = refunds.find_refund(connection, charge.provider, charge.id, outcome)
        if other not in {None, refund.id}:
            raise ActionRefused(f"{outcome.refund_reference} is refund {other} already.")
    return decision


def _money(amount: str, target: intake.Refundable) -> Money:
    try:
        money = Money.parse(amount, target.captured.currency)
        ensure_chargeable(money, target.provider)
    except (InvalidMoney, UnrepresentableAmount) as invalid:
        raise ActionRefused(str(invalid)) from None
    return money
