"""Failures: an exception as logs may tell it, by class and place; its text only where it is safe.

The text of an exception may hold whatever was at hand: a token, a row, an address with its query.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Final

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError
from sqlalchemy.exc import DBAPIError

from shared.domain.errors import ChargehandError

_TELLING: Final = (ChargehandError, OperationalError)
"""Classes whose texts are known to hold no value: ours, and libpq's about connections, locks."""


def named(error: BaseException) -> str:
    """The error's class, with what of it may be told."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    told = [type(cause).__name__]
    if isinstance(cause, _TELLING):
        told.append(str(cause).strip().partition("\n")[0])
    elif isinstance(cause, DatabaseError):
        told += filter(None, (cause.pgcode, cause.diag.constraint_name))
    elif isinstance(cause, OSError) and cause.strerror:
        told.append(cause.strerror)
    return ": ".join(told)


def traced(error: BaseException) -> str:
    """As Python prints it with what led to it, each exception `named`."""
    return "\n".join(part for link in reversed([*_chain(error)]) for part in _lines(link))


def _lines(error: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield named(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen, link = set[int](), error
    while id(link) not in seen:
        yield link
        seen.add(id(link))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__) or link
