"""What went wrong with a call to PayPal, in words that hold neither secret nor payer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from paypalrestsdk import exceptions as sdk
from requests.exceptions import RequestException

from shared.providers.base import JsonObject
from shared.providers.http import NotConnected
from shared.providers.paypal import reading
from shared.providers.retry_after import wait_named

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_AMBIGUOUS_STATUSES: Final = frozenset({408, 425, 499})
"""4xx of proxies on the way: what PayPal did is not known."""
_RATE_LIMITED: Final = 429
_OWN_FAILURE: Final = 500
_ACTION_LINKS: Final = ("payer-action", "redirect", "approve", "approval_url")


class Kind(Enum):
    """What a failed call proves."""

    UNSENT = auto()  # nothing was executed; worth another try at once
    DEFERRED = auto()  # nothing was executed; not worth one
    CREDENTIALS = auto()  # we are not who we say, or may not do that
    REFUSED = auto()  # PayPal says no, and why
    LOST = auto()  # nothing is known


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed call."""

    kind: Kind
    reason: str
    """For our log: no content of the answer but PayPal's own codes."""
    codes: tuple[str, ...] = ()
    """PayPal's issue, then its name: the first that is known decides."""
    retry_after: timedelta | None = None
    page: str | None = None
    """Where PayPal wants the payer sent."""
    is_kept: bool = False
    """Whether it is a failure that PayPal may answer to the same key from now on."""

    @property
    def is_ailing(self) -> bool:
        """Whether PayPal itself is in trouble: there was no answer, or none of substance."""
        return self.kind in {Kind.UNSENT, Kind.LOST}


class CallFailed(Exception):
    """A call without a usable answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class NoToken(Exception):
    """Without an access token the call was not begun."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


CAUGHT: Final = (NoToken, RequestException, sdk.ConnectionError, ValueError, RecursionError)
"""All that a call can raise; the last two are answers that are no JSON, or too deep."""


def problem_of(error: Exception) -> Problem:
    """Say what an error proves."""
    match error:
        case NoToken():
            return _without_token(error.problem)
        case NotConnected():
            return Problem(Kind.UNSENT, "no connection, or no time for one")
        case sdk.ConnectionError():
            return _answered(error)
        case RequestException():
            return Problem(Kind.LOST, type(error).__name__)
        case _:
            return Problem(Kind.LOST, "the answer is not what PayPal documents")


def _without_token(problem: Problem) -> Problem:
    reason = f"no access token: {problem.reason}"
    if problem.kind in (Kind.CREDENTIALS, Kind.REFUSED):
        return Problem(Kind.CREDENTIALS, reason)
    kind = Kind.DEFERRED if problem.kind is Kind.DEFERRED else Kind.UNSENT
    return Problem(kind, reason, retry_after=problem.retry_after)


def _answered(error: sdk.ConnectionError) -> Problem:
    status: int = error.response.status_code
    body = reading.parsed(error.content or "")
    codes = _codes(body)
    reason = " ".join((f"HTTP {status}", *codes))
    wait = wait_named(error.response.headers.get("Retry-After", ""))
    if status == _RATE_LIMITED:
        return Problem(Kind.DEFERRED, reason, codes, wait)
    if isinstance(error, sdk.UnauthorizedAccess | sdk.ForbiddenAccess):
        return Problem(Kind.CREDENTIALS, reason, codes)
    is_refusal = isinstance(error, sdk.ClientError) and status not in _AMBIGUOUS_STATUSES
    if is_refusal and codes:
        return Problem(Kind.REFUSED, reason, codes, wait, reading.page(body, *_ACTION_LINKS))
    return Problem(Kind.LOST, reason, codes, wait, is_kept=status == _OWN_FAILURE)


def _codes(body: JsonObject) -> tuple[str, ...]:
    """PayPal's codes, the issue first: `name` is the same for a decline and for a typing error."""
    issues = [reading.text(detail, "issue") for detail in reading.several(body, "details")]
    named = (*issues[:1], reading.text(body, "name"), reading.text(body, "error"))
    return tuple(code for code in named if code and _CODE.fullmatch(code))
