"""The healing: everything that was lost or late comes right, and the charge must follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from proof.ledger import State
from proof.moves import Kind, Move, apply, hear, turnable
from proof.watch import ENDS, Watch
from proof.wire import Verdict, Word
from proof.world import World

ROUNDS: Final = 60
"""After so many rounds of everything a charge that still moves is stuck."""


def heal(world: World, watch: Watch) -> None:
    """Serve everything that waits, again and again, until nothing does."""
    world.queue.is_away = False
    world.provider.weather = None
    for _ in range(ROUNDS):
        _serve(world, watch)
        if _is_quiet(world):
            return
        world.wait(max(_next_due(world) - world.now, timedelta(seconds=1)))


def _serve(world: World, watch: Watch) -> None:
    for request in list(world.provider.wire):
        world.provider.arrive(request, Verdict.CAPTURED)
    _finish(world)
    watch.look(world)
    for place, thing in enumerate(turnable(world)):
        if thing.state is not State.APPROVED:  # it waits for us, and whoever waits may give up
            apply(world, Move(Kind.TURN, place))
    while world.provider.ledger.undelivered:
        world.receive(0, again=False)
    world.relay()
    while world.queue.messages:
        world.deliver(0, again=False)
        _finish(world)
        watch.look(world)
    if not _is_quiet(world):
        world.sweep()
        _finish(world)
        watch.look(world)


def _finish(world: World) -> None:
    while world.actors:
        hear(world, world.actors[0], Word.TOLD, Verdict.CAPTURED)


def _is_quiet(world: World) -> bool:
    charges, events = world.ground.rows("charges"), world.ground.rows("webhook_events")
    is_over = all(charge["status"] in ENDS for charge in charges)
    is_read = all(event["handled_at"] for event in events)
    return is_over and is_read and not world.provider.ledger.undelivered


def _next_due(world: World) -> datetime:
    rows = chain(world.ground.rows("charges"), world.ground.rows("webhook_events"))
    instants = (row.get(name) for row in rows for name in ("dispatch_at", "deadline_at"))
    return min((at for at in instants if at is not None), default=world.now)
