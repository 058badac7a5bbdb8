"""Connecting: an organizer's account comes or goes at Stripe, while no transaction is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Final, assert_never

import structlog

from api_shim import runtime
from api_shim.errors import ApiError, pointer
from shared.crash_points import CrashPoint, reached
from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.providers.base import Disconnected
from shared.providers.connect import AccountConnector, CodeRefused, Grant
from shared.providers.redaction import HIDDEN
from shared.repository.authorizations import SealedGrant, is_account_authorized
from shared.repository.parking import is_account_charged

log = structlog.get_logger()

_CODE: Final = "/data/attributes/stripe-auth-code"
_SOON: Final = timedelta(seconds=30)


def demand_connector() -> AccountConnector:
    """What speaks to Stripe for the platform; ApiError 403 where the platform is not set up."""
    connector = runtime.deps().connector
    if connector is None:
        raise _not_configured()
    return connector


def exchange(code: str) -> SealedGrant:
    """Spend the organizer's code; ApiError 422, 403, 502 or 503 where it comes to nothing."""
    match demand_connector().exchange(code):
        case Grant() as grant:
            reached(CrashPoint.CODE_EXCHANGED)
            return _sealed(grant)
        case CodeRefused(description):
            source = pointer(_CODE)
            detail = description.replace(code, HIDDEN)
            raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, source, "code_refused")
        case unanswered:
            raise _failed(unanswered)


def deauthorize(account: str) -> None:
    """Let go of the account; ApiError 403, 502 or 503 where that is not certain."""
    outcome = demand_connector().deauthorize(account)
    if not isinstance(outcome, Disconnected):
        raise _failed(outcome)
    reached(CrashPoint.ACCOUNT_LET_GO)
    log.info("account.let_go", account=account)


@contextmanager
def or_let_go(grant: SealedGrant | None) -> Iterator[None]:
    """Let go of the account again where the block finds no place for its grant.

    Nobody would hold it then, and nobody could give it back. But an account that another
    authorization names, or that is being charged, is the same organizer's: it stays.
    """
    try:
        yield
    except ApiError:
        if grant is not None and not _is_needed(grant.stripe_user_id):
            outcome = demand_connector().deauthorize(grant.stripe_user_id)
            account, told = grant.stripe_user_id, type(outcome).__name__
            log.warning("account.grant_without_place", account=account, outcome=told)
        raise


def _is_needed(account: str) -> bool:
    with unit_of_work(runtime.deps().engine) as connection:
        authorized = is_account_authorized(connection, account)
        return authorized or is_account_charged(connection, account)


def _sealed(grant: Grant) -> SealedGrant:
    vault, refresh = runtime.deps().vault, grant.refresh_token
    return SealedGrant(
        stripe_user_id=grant.account,
        publishable_key=grant.publishable_key,
        access_token=vault.seal(grant.access_token),
        refresh_token=None if refresh is None else vault.seal(refresh),
        livemode=grant.livemode,
        scope=grant.scope,
    )


def _failed(outcome: o.Unanswered) -> ApiError:
    log.error("connect.failed", outcome=type(outcome).__name__, reason=outcome.reason)
    match outcome:
        case o.Misconfigured():
            return _not_configured()
        case o.NotSent(retry_after=wait):
            detail = "Stripe cannot be reached. Try again."
            seconds = max(1, int((wait or _SOON).total_seconds()))
            headers = {"Retry-After": str(seconds)}
            return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)
        case o.Indeterminate():
            detail = "Stripe gave no answer that can be read. Try again."
            return ApiError(HTTPStatus.BAD_GATEWAY, detail, code="provider_unclear")
        case _:
            assert_never(outcome)


def _not_configured() -> ApiError:
    detail = "Stripe payment isn't configured properly for the Platform"
    return ApiError(HTTPStatus.FORBIDDEN, detail, code="platform_not_configured")
