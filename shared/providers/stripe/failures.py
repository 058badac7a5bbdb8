"""What the SDK's errors prove, and what they leave open."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog
from stripe import (
    APIConnectionError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    RateLimitError,
    StripeError,
)

from shared.domain import outcomes as o
from shared.providers.http import NotConnected
from shared.providers.retry_after import wait_named
from shared.providers.stripe.declines import refused, refused_request
from shared.providers.stripe.documents import at, text

log = structlog.get_logger()

IN_FLIGHT_DELAY: Final = timedelta(seconds=2)
"""How long another request under the same key or on the same object may take to end."""

_IN_FLIGHT: Final = frozenset({"idempotency_key_in_use", "lock_timeout"})
_SERVER_ERROR: Final = HTTPStatus.INTERNAL_SERVER_ERROR


def after_payment(error: StripeError) -> o.Outcome:
    """Say what became of a call that may move money (docs.stripe.com/error-low-level)."""
    match error:
        case APIConnectionError():
            return _connection(error)
        case IdempotencyError():
            return _conflict(error)
        case CardError():
            card_error = at(error.json_body, "error")
            return refused(card_error, text(card_error, "payment_intent", "id"))
        case InvalidRequestError():
            log.error("stripe.request_refused", code=error.code, request_id=error.request_id)
            return refused_request(at(error.json_body, "error"))
        case _:
            return _by_status(error)


def after_preparation(error: StripeError) -> o.Outcome:
    """Say what became of a call that cannot move money: what is left open was not sent."""
    outcome = after_payment(error)
    if isinstance(outcome, o.Indeterminate) and not isinstance(error, IdempotencyError):
        return o.NotSent(outcome.reason, outcome.retry_after, outcome.is_ailing, outcome.replayable)
    return outcome


def after_read(error: StripeError) -> o.Indeterminate | o.Misconfigured:
    """Say what a failed read proves: at most that our credentials are refused."""
    outcome = unanswered(error)
    match outcome:
        case o.Misconfigured():
            return outcome
        case o.NotSent(reason, retry_after) | o.Indeterminate(reason, _, retry_after):
            unread = f"could not read: {reason}"
            return o.Indeterminate(unread, retry_after=retry_after, is_ailing=outcome.is_ailing)


def unanswered(error: StripeError) -> o.Unanswered:
    """Say what became of a call that got no answer in the matter."""
    return _connection(error) if isinstance(error, APIConnectionError) else _by_status(error)


def is_unsent(error: BaseException) -> bool:
    """Whether the call provably never left, so that it may be tried again at once."""
    return isinstance(error, APIConnectionError) and isinstance(error.__cause__, NotConnected)


def is_transient(error: BaseException) -> bool:
    """Whether a read is worth another try at once."""
    if isinstance(error, APIConnectionError):
        return True
    return isinstance(error, StripeError) and (error.http_status or 0) >= _SERVER_ERROR


def _connection(error: APIConnectionError) -> o.NotSent | o.Indeterminate:
    reason = type(error.__cause__).__name__
    if is_unsent(error):
        return o.NotSent(reason, is_ailing=True)
    return o.Indeterminate(reason, is_ailing=True)


def _conflict(error: IdempotencyError) -> o.Indeterminate:
    log.critical("stripe.idempotency_conflict", request_id=error.request_id)
    return o.Indeterminate("the key was used with other parameters", replayable=False)


def _by_status(error: StripeError) -> o.Unanswered:
    """Read the status before the class: the body may be the HTML page of some proxy."""
    status, code = error.http_status or 0, text(error.json_body, "error", "code")
    reason = f"{status} {code}" if code else f"status {status}" if status else "unreadable"
    if code in _IN_FLIGHT or status == HTTPStatus.CONFLICT:
        return o.Indeterminate(reason, retry_after=_retry_after(error) or IN_FLIGHT_DELAY)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return o.Misconfigured(f"Stripe refuses our credentials: {reason}")
    if status == HTTPStatus.TOO_MANY_REQUESTS or isinstance(error, RateLimitError):
        return o.NotSent(reason, _retry_after(error))
    is_ailing = status >= _SERVER_ERROR or not status
    return o.Indeterminate(reason, not _is_stored(error), _retry_after(error), is_ailing)


def _is_stored(error: StripeError) -> bool:
    """Whether this error is what Stripe will answer to the key from now on."""
    is_final = _header(error, "stripe-should-retry") == "false"
    status = error.http_status or 0
    failed = status >= _SERVER_ERROR or status == HTTPStatus.FAILED_DEPENDENCY
    return failed and is_final


def _header(error: StripeError, name: str) -> str:
    # Without `error` in its body an answer reaches us stripped of its headers.
    return (error.headers or {}).get(name, "")


def _retry_after(error: StripeError) -> timedelta | None:
    return wait_named(_header(error, "retry-after"))
