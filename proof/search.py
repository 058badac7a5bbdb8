"""The search: every interleaving of a small scope, state by state, not by chance."""

from __future__ import annotations

import gc
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from proof.constraints import Refused
from proof.healing import heal
from proof.moves import Kind, Move
from proof.simulate import hush
from proof.stage import Actor
from proof.states import state_of
from proof.targets import turnable
from proof.violation import Violation
from proof.walking import Moves, Walker
from proof.watch import Watch
from proof.wire import Request
from proof.world import World
from shared.domain.charge import Operation, Provider
from shared.task_names import CHARGE_EXECUTE, WEBHOOK_EVENT_HANDLE

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
    """Visit every state that the scope allows, the near ones first, and heal from each.

    Where a worker or a request is on its way, healing begins with a move that leads to another
    state of the search, from which everything heals likewise: it need not be done twice.
    """
    walker, seen, queue = Walker(provider), set[int](), deque[Moves]([BEGUN])
    steps, deepest, ends = 0, 0, Counter[str]()
    while queue:
        path = queue.popleft()
        steps += 1
        try:
            walk = walker.walk(path)
            world, watch = walk.world, Watch()
            watch.look(world)
            state = state_of(world, _spent(path))
            if not walk.is_idle and state not in seen:
                seen.add(state)
                deepest = len(path)
                queue.extend((*path, move) for move in _possible(world, path, scope))
                if not world.actors and not world.provider.wire:
                    ends.update(_heal(world, watch))
            world.abandon()
        except (Violation, Refused) as broken:
            return Found(len(seen), steps, deepest, ends, (path, str(broken)))
    return Found(len(seen), steps, deepest, ends, None)


def _heal(world: World, watch: Watch) -> list[str]:
    heal(world, watch)
    watch.end(world)
    return [str(charge["status"]) for charge in world.ground.rows("charges")]


_ANSWERS: Final = (0, 8, 12, 16, 40, 44, 2, 3)
"""Of the ways in which a worker goes on: captured, declined, the payer must act, settles later,
a 500 that is stored after and before the capture, no answer, no connection."""
_CREATED: Final = (0, 40, 44, 2, 3)
"""Those that make a difference where an order is made, which waits for its payer."""
_REPLAYS: Final = (0, 2, 3)
"""Those that do where the answer is stored."""


def _possible(world: World, path: Moves, scope: Scope) -> Iterator[Move]:
    spent = Counter(move.kind for move in path)
    for place, actor in enumerate(world.actors):
        yield from (Move(Kind.STEP, place, how) for how in _ways(world, actor))
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


def _ways(world: World, actor: Actor) -> tuple[int, ...]:
    match actor.subject:
        case Request() as request if request.answer is None:
            return _answers(world, request)
        case None:
            return (0,)
        case _:
            return (0, 2)


def _answers(world: World, request: Request) -> tuple[int, ...]:
    if request.key in world.provider.kept:
        return _REPLAYS
    return _CREATED if request.operation is Operation.PAYPAL_ORDER_CREATE else _ANSWERS


_COUNTED: Final = frozenset({Kind.KILL, Kind.DELIVER, Kind.RECEIVE, Kind.WAIT})
_TAKES: Final = {CHARGE_EXECUTE: 0, WEBHOOK_EVENT_HANDLE: 4}
"""Ways in which a message is delivered and stays: one for each task, for counting."""


def _spent(path: Moves) -> Counter[tuple[Kind, int]]:
    return Counter(
        (move.kind, move.how if move.kind in {Kind.DELIVER, Kind.WAIT} else 0)
        for move in path
        if move.kind in _COUNTED
    )


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
