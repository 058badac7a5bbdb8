"""The search: every interleaving of a small scope, state by state, not by chance."""

from __future__ import annotations

import gc
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from proof.constraints import Refused
from proof.ground import MemoryGround
from proof.healing import heal
from proof.moves import Kind, Move, apply, turnable
from proof.simulate import hush
from proof.stage import Actor
from proof.tables import Row
from proof.watch import Violation, Watch
from proof.wire import Request
from proof.world import World
from shared.domain.charge import SETTLED, Provider
from shared.task_names import CHARGE_EXECUTE, WEBHOOK_EVENT_HANDLE

Moves = tuple[Move, ...]

BEGUN: Final = (Move(Kind.ACCEPT, 0, 1),)


@dataclass(frozen=True, slots=True)
class Scope:
    """How much may happen in one life."""

    workers: int
    """At once."""
    attempts: int
    """How often the charge is taken up."""
    events: int
    """How many webhooks arrive, each of which may be taken up twice."""
    deaths: int
    waits: tuple[int, ...]
    """Which of the durations may pass, each once and in any order."""


SMALL: Final = (
    Scope(workers=2, attempts=2, events=0, deaths=1, waits=(3,)),
    Scope(workers=2, attempts=1, events=1, deaths=1, waits=(3,)),
)
WHOLE: Final = Scope(workers=2, attempts=2, events=2, deaths=0, waits=(3,))


@dataclass(frozen=True, slots=True)
class Found:
    """What a search saw."""

    states: int
    steps: int
    """Moves made from one state to another, repetitions included."""
    deepest: int
    ends: Counter[str]
    fault: tuple[Moves, str] | None


def search(provider: Provider, scope: Scope) -> Found:
    """Visit every state that the scope allows, the near ones first, and heal from each."""
    seen, queue = set[object](), deque[Moves]([BEGUN])
    steps, deepest, ends = 0, 0, Counter[str]()
    while queue:
        path = queue.popleft()
        steps += 1
        try:
            world, watch = _walk(provider, path)
            watch.look(world)
            key = _key(world, path)
            if key in seen:
                continue
            seen.add(key)
            deepest = len(path)
            queue.extend((*path, move) for move in _possible(world, path, scope))
            heal(world, watch)
            watch.end(world)
        except (Violation, Refused) as broken:
            return Found(len(seen), steps, deepest, ends, (path, str(broken)))
        ends.update(str(charge["status"]) for charge in world.ground.rows("charges"))
    return Found(len(seen), steps, deepest, ends, None)


def _walk(provider: Provider, path: Moves) -> tuple[World, Watch]:
    world, watch = World(MemoryGround(), provider), Watch()
    for move in path:
        apply(world, move)
        world.queue.messages[:] = _rows_to_take(world)
        for actor in world.actors:
            if actor.steps > len(actor.path):
                actor.path += (hash(_rows(world)),)
    return world, watch


def _rows_to_take(world: World) -> Iterator[tuple[str, int]]:
    """Any message at any time: more than any relay and broker could think of."""
    for row in world.ground.rows("charges"):
        if row["status"] not in SETTLED:
            yield CHARGE_EXECUTE, row["id"]
    for row in world.ground.rows("webhook_events"):
        if row["handled_at"] is None:
            yield WEBHOOK_EVENT_HANDLE, row["id"]


def _rows(world: World) -> tuple[object, ...]:
    """What a worker may have read: its variables depend on nothing else."""
    rows = (row for table in _READ for row in world.ground.rows(table))
    return (world.now, *(_frozen(row) for row in rows))


_ANSWERS: Final = (0, 8, 12, 16, 40, 44, 2, 3)
"""Of the ways in which a worker goes on: captured, declined, the payer must act, settles later,
a 500 that is stored after and before the capture, no answer, no connection."""


def _possible(world: World, path: Moves, scope: Scope) -> Iterator[Move]:
    spent = Counter(move.kind for move in path)
    for place, actor in enumerate(world.actors):
        yield from (Move(Kind.STEP, place, how) for how in _ways(actor))
        if spent[Kind.KILL] < scope.deaths:
            yield Move(Kind.KILL, place)
    if len(world.actors) < scope.workers:
        yield from _deliveries(world, path, scope)
    yield from (Move(Kind.ARRIVE, place) for place in range(len(world.provider.wire)))
    if spent[Kind.RECEIVE] < scope.events:
        events = range(len(world.provider.ledger.undelivered))
        yield from (Move(Kind.RECEIVE, place) for place in events)
    yield from (Move(Kind.TURN, place) for place in range(len(turnable(world))))
    passed = {move.how for move in path if move.kind is Kind.WAIT}
    yield from (Move(Kind.WAIT, 0, how) for how in scope.waits if how not in passed)


def _deliveries(world: World, path: Moves, scope: Scope) -> Iterator[Move]:
    taken = Counter(move.how for move in path if move.kind is Kind.DELIVER)
    most = {CHARGE_EXECUTE: scope.attempts, WEBHOOK_EVENT_HANDLE: 2 * scope.events}
    for place, (task, _) in enumerate(world.queue.messages):
        if taken[_TAKES[task]] < most[task]:
            yield Move(Kind.DELIVER, place, _TAKES[task])


def _ways(actor: Actor) -> tuple[int, ...]:
    if isinstance(actor.subject, Request):
        return _ANSWERS if actor.subject.answer is None else (0, 2)
    return (0, 2) if actor.place == "reading" else (0,)


def _key(world: World, path: Moves) -> object:
    """All that what follows can depend on."""
    ledger = world.provider.ledger
    return (
        _rows(world),
        tuple((actor.name, actor.place, actor.path) for actor in world.actors),
        tuple((request.key, request.sent_at) for request in world.provider.wire),
        tuple(sorted((key, str(kept)) for key, kept in world.provider.kept.items())),
        tuple((thing.reference, thing.state) for thing in ledger.things),
        tuple(event.number for event in ledger.undelivered),
        tuple(sorted(Counter(_spent(move) for move in path if move.kind in _COUNTED).items())),
    )


_READ: Final = ("orders", "charges", "attempts", "webhook_events", "refunds")
_COUNTED: Final = frozenset({Kind.KILL, Kind.DELIVER, Kind.RECEIVE, Kind.WAIT})
_TAKES: Final = {CHARGE_EXECUTE: 0, WEBHOOK_EVENT_HANDLE: 4}
"""Ways in which a message is delivered and stays: one for each task, for counting."""
_UNTOLD: Final = frozenset({"id", "evidence", "last_answer", "request", "updated_at", "identifier"})


def _spent(move: Move) -> tuple[Kind, int]:
    return move.kind, move.how if move.kind in {Kind.DELIVER, Kind.WAIT} else 0


def _frozen(row: Row) -> tuple[Any, ...]:
    return tuple(str(value) for name, value in row.items() if name not in _UNTOLD)


def main() -> int:
    """Search, and print the counts."""
    hush()
    gc.enable()  # one search is long, and has no batches after which to collect
    faults = [provider for provider in Provider if not _report(provider, WHOLE)]
    return 1 if faults else 0


def _report(provider: Provider, scope: Scope) -> bool:
    found = search(provider, scope)
    print(f"{provider}: {found.states} states, {found.steps} steps, {found.deepest} deep")
    print("  ended " + ", ".join(f"{end} {n}" for end, n in found.ends.most_common()))
    print(f"  {found.fault or 'every law held'}", flush=True)
    return found.fault is None


if __name__ == "__main__":
    sys.exit(main())
