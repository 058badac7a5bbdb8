"""The walk: a path of moves made in a new world, whose workers' memories are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from proof.moves import Kind, Move, apply
from proof.stage import Actor
from proof.states import NotingGround, remember
from proof.surroundings import SETTINGS
from proof.world import World
from shared.domain.charge import SETTLED, Provider
from shared.task_names import CHARGE_EXECUTE, WEBHOOK_EVENT_HANDLE

Moves = tuple[Move, ...]

_CLOSED: Final = replace(SETTINGS.circuit_rules, least_calls=1_000)
"""No circuit opens here: what a process counted would make another state of every state."""

_MAY_BE_IDLE: Final = frozenset({Kind.DELIVER, Kind.RECEIVE})


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a path led."""

    world: World
    is_idle: bool
    """The last move changed nothing but what is left of the scope."""


class Walker:
    """Makes paths of moves at one provider.

    A worker with nothing left to do ends at once, since it makes no difference when. Whether that
    is so, its memory decides; of each memory it is found out once, by letting such a worker go on.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._is_through: dict[int, bool] = {}

    def walk(self, path: Moves) -> Walk:
        """Make the moves, one after another."""
        while True:
            ground = NotingGround()
            world = World(ground, self._provider, _CLOSED)
            try:
                return self._walk(world, ground, path)
            except _WentOn:
                world.abandon()

    def _walk(self, world: World, ground: NotingGround, path: Moves) -> Walk:
        is_idle = False
        for move in path:
            before, actors = _traces(world), len(world.actors)
            ground.notes.clear()
            apply(world, move)
            world.queue.messages[:] = _rows_to_take(world)
            for actor in [actor for actor in world.actors if actor.steps > actor.remembered]:
                remember(world, ground, actor)
                if actor.place == "committed":
                    self._let_end(world, actor)
            is_without_trace = before == _traces(world) and actors == len(world.actors)
            is_idle = is_without_trace and move.kind in _MAY_BE_IDLE
        return Walk(world, is_idle)

    def _let_end(self, world: World, actor: Actor) -> None:
        if self._is_through.get(actor.memory, True):
            before = _traces(world)
            world.resume(actor)
            is_through = actor.is_over and before == _traces(world)
            self._is_through[actor.memory] = is_through
            if not is_through:
                raise _WentOn


class _WentOn(Exception):
    """A worker had more to do, which must wait for its own move: the walk begins again."""


def _traces(world: World) -> tuple[int, int]:
    return world.ground.version(), len(world.provider.posts)


def _rows_to_take(world: World) -> Iterator[tuple[str, int]]:
    """Any message at any time: more than any relay and broker could think of."""
    for row in world.ground.rows("charges"):
        if row["status"] not in SETTLED:
            yield CHARGE_EXECUTE, row["id"]
    for row in world.ground.rows("webhook_events"):
        if row["handled_at"] is None:
            yield WEBHOOK_EVENT_HANDLE, row["id"]
