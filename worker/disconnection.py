"""Disconnection: an organizer's account that lets the platform in no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from shared.providers.base import Disconnected
from shared.repository import authorizations, parking

log = structlog.get_logger()

REASON: Final = "the organizer's Stripe account is disconnected"


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
