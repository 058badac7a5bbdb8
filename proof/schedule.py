"""A schedule: moves drawn by a seed, lived through, and told again to the letter."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from proof.constraints import Refused
from proof.ground import MemoryGround
from proof.healing import heal
from proof.moves import HOW, TARGETS, Kind, Move, apply
from proof.violation import Violation
from proof.watch import Watch
from proof.world import World
from shared.domain.charge import Provider

LENGTHS: Final = (8, 16, 24, 32)
"""Moves of a schedule before it heals: the short ones meet more beginnings, the long ones more
repetition."""

_WEIGHTS: Final[dict[Kind, int]] = {
    Kind.ACCEPT: 2,
    Kind.RELAY: 8,
    Kind.FLUSH: 1,
    Kind.DELIVER: 16,
    Kind.STEP: 30,
    Kind.KILL: 4,
    Kind.ARRIVE: 6,
    Kind.RECEIVE: 8,
    Kind.LOSE: 2,
    Kind.TURN: 4,
    Kind.REFUND: 1,
    Kind.ASK: 6,
    Kind.PAY_BACK: 4,
    Kind.CALL_OFF: 1,
    Kind.SWEEP: 4,
    Kind.CANCEL: 1,
    Kind.WEATHER: 3,
    Kind.WAIT: 12,
}
_BEGUN: Final = (Move(Kind.ACCEPT, 0, 1), Move(Kind.RELAY, 0, 1))
_DONE: Final = (Move(Kind.DELIVER, 0, 1), *(Move(Kind.STEP),) * 3)
_PAID: Final = {
    Provider.STRIPE: (*_BEGUN, *_DONE),
    Provider.PAYPAL: (
        *(*_BEGUN, *_DONE),
        *(Move(Kind.TURN), Move(Kind.RECEIVE, 0, 1), Move(Kind.RECEIVE, 0, 1)),
        *(Move(Kind.RELAY, 0, 1), *_DONE, *_DONE, Move(Kind.RELAY, 0, 1), *_DONE),
    ),
}
"""Openings after which the money is there, so that it may go back."""
_PAID_SHARE: Final = 0.25
_KINDS: Final = tuple(kind for kind, weight in _WEIGHTS.items() for _ in range(weight))


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a schedule."""

    provider: Provider
    moves: tuple[Move, ...]
    fault: str | None
    ends: tuple[str, ...]
    """The statuses of its charges at the end."""


def draw(seed: int) -> Trial:
    """Live through the schedule of that seed."""
    rng = random.Random(seed)
    provider = Provider.PAYPAL if seed % 3 == 0 else Provider.STRIPE
    world = World(MemoryGround(), provider)
    begun = _PAID[provider] if rng.random() < _PAID_SHARE else _BEGUN
    return live(world, chain(begun, islice(_drawn(world, rng), rng.choice(LENGTHS))))


def replay(provider: Provider, moves: Sequence[Move]) -> Trial:
    """Live through these moves."""
    return live(World(MemoryGround(), provider), moves)


def live(world: World, moves: Iterable[Move]) -> Trial:
    """Let the moves happen, then heal; watch all the while."""
    watch, made, fault = Watch(), list[Move](), None
    try:
        for move in moves:
            made.append(move)
            apply(world, move)
            watch.look(world)
        heal(world, watch)
        watch.end(world)
    except (Violation, Refused) as found:
        fault = f"{type(found).__name__}: {found}"
    ends = tuple(str(charge["status"]) for charge in world.ground.rows("charges"))
    return Trial(world.provider.name, tuple(made), fault, ends)


def _drawn(world: World, rng: random.Random) -> Iterable[Move]:
    while True:
        kind = _KINDS[int(rng.random() * len(_KINDS))]
        count = len(TARGETS[kind](world))
        if count:
            yield Move(kind, int(rng.random() * count), int(rng.random() * HOW))
