"""What operators have compared with the providers, before its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

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


_OPENED: Final = date(2011, 1, 1)
"""No ledger of Stripe's is older."""

_REPORTED: Final = timedelta(days=3 * 365)
"""How far back PayPal reports: three years (its Transaction Search API)."""


def oldest_day(provider: Provider, today: date) -> date:
    """The first day of which the provider still has a ledger."""
    return {Provider.STRIPE: _OPENED, Provider.PAYPAL: today - _REPORTED}[provider]


def reconcile_day(deps: Container, wanted: LedgerDay, mandate: Mandate) -> OperatorAction:
    """Let a worker read and compare the day; ActionRefused where the provider has no ledger of it.

    It may be older than all our charges: that is what a lost database looks like.
    """

    def do(connection: Connection) -> str:
        now = deps.clock()
        today = now.astimezone(UTC).date()
        if wanted.day >= today:
            raise ActionRefused(f"{wanted.day} has not ended yet, in UTC.")
        oldest = oldest_day(wanted.provider, today)
        if wanted.day < oldest:
            raise ActionRefused(f"No ledger of {wanted.provider} begins before {oldest}.")
        require_account(connection, wanted.provider, wanted.account)
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
