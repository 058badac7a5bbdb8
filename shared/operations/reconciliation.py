"""What operators have compared with the providers, before its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.charge import Provider
from shared.domain.errors import ActionRefused
from shared.operations.acting import Mandate, act, require_account
from shared.operations.charges import found
from shared.repository import differences, prompting
from shared.repository.operator_actions import OperatorAction


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """A day, in UTC, of an account's ledger; without one, of the platform's own."""

    provider: Provider
    day: date
    account: str | None = None

    def __str__(self) -> str:
        """As it stands on record."""
        return f"ledger {self.provider} {self.account or '-'} {self.day}"


def reconcile_day(deps: Container, wanted: LedgerDay, mandate: Mandate) -> OperatorAction:
    """Let a worker read and compare the day; ActionRefused where it can hold no charge of ours."""

    def do(connection: Connection) -> str:
        now = deps.clock()
        if wanted.day >= now.astimezone(UTC).date():
            raise ActionRefused(f"{wanted.day} has not ended yet, in UTC.")
        require_account(connection, wanted.provider, wanted.account)
        first = prompting.first_day(connection, wanted.provider)
        if first is None or wanted.day < first:
            raise ActionRefused(f"No charge by {wanted.provider} is as old as {wanted.day}.")
        prompting.compare_day(connection, wanted.provider, wanted.account, wanted.day, now)
        return "due now"

    return act(deps, mandate, "ledger.reconcile", str(wanted), do)


def explain(deps: Container, difference_id: int, mandate: Mandate) -> OperatorAction:
    """Keep the reason as a difference's explanation; ActionRefused where none of that id is open.

    It stays listed until it is gone, but nobody is alarmed of it any more.
    """

    def do(connection: Connection) -> str:
        if not differences.explain_difference(connection, difference_id, mandate.reason):
            raise ActionRefused(f"There is no open difference {difference_id}.")
        return "explained"

    return act(deps, mandate, "difference.explain", f"difference {difference_id}", do)


def reconcile_charge(deps: Container, charge_id: int, mandate: Mandate) -> OperatorAction:
    """Let a worker ask the provider; ActionRefused where nothing is open there."""

    def do(connection: Connection) -> str:
        charge, now = found(connection, charge_id), deps.clock()
        is_due = prompting.look_at_charge(connection, charge_id, now)
        if not is_due and not prompting.prompt_charge(connection, charge_id, now):
            raise ActionRefused(f"Charge {charge_id} is {charge.status}: nothing is open about it.")
        return "due now"

    return act(deps, mandate, "charge.reconcile", f"charge {charge_id}", do)
