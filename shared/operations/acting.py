"""Acting: an operator's action is done once, on record in the transaction of what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import Connection

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.errors import ActionRefused
from shared.repository.authorizations import is_account_known
from shared.repository.operator_actions import OperatorAction, lock_action, store_action

log = structlog.get_logger()

_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who wants an action, and why; ActionRefused where either is blank."""

    actor: str
    reason: str
    identifier: UUID
    """The same one again is the same action: a form that is sent twice acts once."""

    def __post_init__(self) -> None:
        """Refuse to be nobody's, or for no reason."""
        if not self.actor.strip():
            raise ActionRefused("Say who you are: the actor is blank.")
        if not self.reason.strip():
            raise ActionRefused("Say why: the reason is blank.")
        if len(self.reason) > _LONGEST:
            raise ActionRefused(f"Say why in {_LONGEST} characters or less.")


def act(
    deps: Container,
    mandate: Mandate,
    action: str,
    subject: str,
    do: Callable[[Connection], str],
) -> OperatorAction:
    """Do it and put it on record, or neither; what is on record already is not done again.

    `do` gives the outcome, a sentence, or raises ActionRefused where the state does not allow it.
    """
    with unit_of_work(deps.engine) as connection:
        if done := lock_action(connection, mandate.identifier):
            return _same(done, mandate, action, subject)
        outcome = do(connection)
        made = OperatorAction(
            identifier=mandate.identifier,
            at=deps.clock(),
            actor=mandate.actor,
            action=action,
            subject=subject,
            reason=mandate.reason,
            outcome=outcome,
        )
        store_action(connection, made)
    log.info("operator.acted", actor=mandate.actor, action=action, subject=subject)
    return made


def recorded(deps: Container, mandate: Mandate, action: str, subject: str) -> OperatorAction | None:
    """The action where it is done already: what asks a provider first need not ask again."""
    with unit_of_work(deps.engine) as connection:
        done = lock_action(connection, mandate.identifier)
    return None if done is None else _same(done, mandate, action, subject)


def require_account(connection: Connection, provider: Provider, account: str | None) -> None:
    """Refuse an account that is none of ours: what is done to it would be done to nothing."""
    if account and not is_account_known(connection, provider, account):
        raise ActionRefused(f"No authorization and no charge knows the account {account}.")


def _same(done: OperatorAction, mandate: Mandate, action: str, subject: str) -> OperatorAction:
    if (done.action, done.subject, done.reason) != (action, subject, mandate.reason):
        raise ActionRefused(
            f"{done.identifier} is on record already, for {done.action} of {done.subject},"
            f" because: {done.reason}"
        )
    return done
