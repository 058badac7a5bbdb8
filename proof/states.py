"""The state of a world: all that can make a difference to what follows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final, cast

from sqlalchemy import Connection, Executable

from proof.ground import MemoryGround
from proof.memory import Result
from proof.stage import Actor
from proof.tables import Row
from proof.wire import Request
from proof.world import World
from shared.repository.attempts import _HISTORY

_UNREAD: Final = frozenset(
    # what no decision depends on
    (
        *("evidence", "last_answer", "request", "next_action", "body", "organizer_ids"),
        *("updated_at", "received_at", "completed_at"),
    )
)
_DUE: Final = ("next_attempt_at", "dispatch_at", "claimed_until", "deadline_at")
"""Instants of which a statement only asks whether they have passed."""


class NotingGround(MemoryGround):
    """The database in memory, which notes what its statements gave."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[Hashable] = []

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction whose results are noted."""
        with super().begin() as connection:
            yield cast("Connection", _Noting(connection, self.notes))


class _Noting:
    def __init__(self, connection: Connection, notes: list[Hashable]) -> None:
        self._connection = connection
        self._notes = notes

    def execute(self, statement: Executable, given: Row | list[Row]) -> Result:
        result = cast("Result", self._connection.execute(statement, given))
        if statement is not _HISTORY:  # it is shown to persons alone
            self._notes.extend(_frozen(row) for row in result.mappings())
        return result


def remember(world: World, ground: NotingGround, actor: Actor) -> None:
    """Add to a worker's memory what its last step taught it: its variables hold no more."""
    told = str(actor.subject.answer) if isinstance(actor.subject, Request) else str(actor.subject)
    start = actor.memory or actor.name
    actor.memory = hash((start, actor.place, world.now, told, *ground.notes))
    actor.remembered = actor.steps


def state_of(world: World, spent: Mapping[Any, int]) -> int:
    """Tell the state of a world, in which so much of the scope is spent."""
    provider, now = world.provider, world.now
    stored = {row["event_id"] for row in world.ground.rows("webhook_events")}
    parts = (
        now,
        *(_shown(row, now) for table in _TABLES for row in world.ground.rows(table)),
        *(_shown(row, now) for row in world.ground.rows("attempts") if not row["finished_at"]),
        *(
            (_shown(row, now), str(provider.ledger.told[int(row["event_id"])].fact))
            for row in world.ground.rows("webhook_events")
            if not row["handled_at"]
        ),
        frozenset(
            (event.number, str(event.fact))
            for event in provider.ledger.undelivered
            if str(event.number) not in stored
        ),
        tuple(sorted(actor.memory for actor in world.actors)),
        tuple((request.key, request.sent_at, str(request.answer)) for request in provider.wire),
        frozenset((key, str(kept)) for key, kept in provider.kept.items()),
        tuple((thing.reference, thing.state, thing.is_late) for thing in provider.ledger.things),
        frozenset(spent.items()),
    )
    return hash(parts)


_TABLES: Final = ("orders", "charges", "refunds")


def _shown(row: Row, now: datetime) -> Hashable:
    passed = [None if (at := row.get(name)) is None else max(at, now) for name in _DUE]
    return _frozen({name: row[name] for name in row if name not in _DUE}), *passed


def _frozen(row: Row) -> Hashable:
    return _reader(tuple(row))(row)


@cache
def _reader(names: tuple[str, ...]) -> Callable[[Row], Hashable]:
    return itemgetter(names[0], *(name for name in names if name not in _UNREAD))
