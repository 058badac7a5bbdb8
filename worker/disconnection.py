"""Disconnection: an organizer's account that lets the platform in no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key, State, closed
from shared.providers.base import Disconnected
from shared.repository import authorizations, circuits, parking

log = structlog.get_logger()

REASON: Final = "the organizer's Stripe account is disconnected"


def look_into(deps: Container, account: str | None) -> None:
    """Find out whether refused credentials mean that the organizer left.

    The news of it may be lost, and cannot be read again: who shuts us out shows us no events.
    """
    if account is None or deps.connector is None:
        return
    seen_at = deps.clock()
    fact = deps.connector.shut_out(account)
    if isinstance(fact, Disconnected):
        reached(CrashPoint.ACCOUNT_SHUT)
        with unit_of_work(deps.engine) as connection:
            disconnect(connection, fact, seen_at=seen_at, now=deps.clock())


def disconnect(
    connection: Connection, fact: Disconnected, *, seen_at: datetime, now: datetime
) -> None:
    """Revoke what stands on the account, park its live charges: no buyer's card was refused.

    `seen_at` is before the provider confirmed it: what was authorized since is not touched.
    """
    account = fact.account
    revoked = authorizations.revoke_account(connection, account, seen_at=seen_at, now=now)
    if authorizations.is_account_authorized(connection, account):
        return
    parked = parking.park_charges(connection, account, REASON, now)
    _close(connection, account, now)
    log.error("account.disconnected", account=account, revoked=revoked, parked=parked)


def _close(connection: Connection, account: str, now: datetime) -> None:
    """The refusal is explained: nothing of the account waits for a probe any more."""
    held = circuits.lock_circuit(connection, Key(Provider.STRIPE, account), now)
    if held.circuit.state is State.OPEN:
        change = circuits.Change("worker", REASON)
        circuits.write_circuit(connection, held, closed(held.circuit, now), change, now)
