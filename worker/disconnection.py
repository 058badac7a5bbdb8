"""Disconnection: an organizer's account that lets the platform in no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from shared.container import Container
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.providers.base import Disconnected
from shared.repository import authorizations, parking

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
    log.error("account.disconnected", account=account, revoked=revoked, parked=parked)
