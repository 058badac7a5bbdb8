"""What operators do to captured money."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.errors import ActionRefused, InvalidMoney, UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.wire_amount import ensure_chargeable
from shared.operations.acting import Mandate, act
from shared.repository import refund_intake as intake
from shared.repository.operator_actions import OperatorAction


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


def _money(amount: str, target: intake.Refundable) -> Money:
    try:
        money = Money.parse(amount, target.captured.currency)
        ensure_chargeable(money, target.provider)
    except (InvalidMoney, UnrepresentableAmount) as invalid:
        raise ActionRefused(str(invalid)) from None
    return money
