"""Retry-After: how long whoever answered wants to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = timedelta(hours=1)
"""No provider's word keeps a charge waiting for longer."""


def wait_named(header: str, longest: timedelta = LONGEST) -> timedelta | None:
    """Read seconds or a date (RFC 9110 §10.2.3); None where it is neither.

    A date that is past is no wait; one far out, or so many seconds, is `longest`.
    """
    wait = _in_seconds(header) if header.isascii() and header.isdigit() else _until(header)
    return None if wait is None else min(max(wait, timedelta(0)), longest)


def _in_seconds(header: str) -> timedelta:
    return timedelta(seconds=int(header[:9]))


def _until(header: str) -> timedelta | None:
    try:
        return parsedate_to_datetime(header) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
