"""Callers' idempotency keys, each with the answer it was given (IETF Idempotency-Key draft)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A caller's Idempotency-Key, in the scope of user and route; None where none was sent."""

    user_id: str
    route: str
    key: str | None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer that was given under a key, to the request of that fingerprint."""

    fingerprint: bytes
    status: int
    location: str
    body: str


_FIND: Final = text("""
    SELECT fingerprint, status, location, body FROM idempotency_keys
    WHERE user_id = :user_id AND route = :route AND key = :key
""")


def find_answer(connection: Connection, caller: CallerKey) -> StoredAnswer | None:
    """What was answered under the key; None for a new key."""
    row = connection.execute(_FIND, asdict(caller)).one_or_none()
    if row is None:
        return None
    return StoredAnswer(bytes(row.fingerprint), row.status, row.location, row.body)


_KEEP: Final = text("""
    INSERT INTO idempotency_keys (user_id, route, key, fingerprint, status, location, body,
                                  created_at)
    VALUES (:user_id, :route, :key, :fingerprint, :status, :location, :body, :now)
    ON CONFLICT DO NOTHING
""")


def keep_answer(
    connection: Connection, caller: CallerKey, answer: StoredAnswer, now: datetime
) -> StoredAnswer:
    """Keep the answer in the transaction that makes it true; the one that stands under the key.

    That may be another: the same key was used about another row at the same moment.
    """
    values = asdict(caller) | asdict(answer) | {"now": now}
    if caller.key is None or connection.execute(_KEEP, values).rowcount:
        return answer
    return find_answer(connection, caller) or answer
