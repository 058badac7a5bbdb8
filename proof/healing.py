"""The healing: everything that was lost or late comes right, and the charge must follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from proof.ledger import State
from proof.moves import Kind, Move, apply, hear
from proof.targets import turnable, unpaid
from proof.watch import ENDS, Watch
from proof.wire import Verdict, Word
from proof.world import World
from shared.domain.refund import RefundStatus

ROUNDS: Final = 60
"""After so many rounds of everything a charge that still moves is stuck."""

_DUE: Final = ("charges", "webhook_events", "refunds")


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
    _turn(world)
    _tell(world, watch)
    if not _is_quiet(world):
        world.sweep()
        _finish(world)
        watch.look(world)


def _turn(world: World) -> None:
    for place, thing in enumerate(turnable(world)):
        if thing.state in {State.OPEN, State.PENDING}:  # the others wait for nobody, or for us
            apply(world, Move(Kind.TURN, place))
    for made in unpaid(world):
        if made.status is RefundStatus.PENDING:
            world.provider.ledger.move_refund(made, RefundStatus.SUCCEEDED)


def _tell(world: World, watch: Watch) -> None:
    while world.provider.ledger.undelivered:
        world.receive(0, again=False)
    world.relay()
    while world.queue.messages:
        world.deliver(0, again=False)
        _finish(world)
        watch.look(world)


def _finish(world: World) -> None:
    while world.actors:
        hear(world, world.actors[0], Word.TOLD, Verdict.CAPTURED)


def _is_quiet(world: World) -> bool:
    charges, events = world.ground.rows("charges"), world.ground.rows("webhook_events")
    is_over = all(charge["status"] in ENDS for charge in charges)
    is_read = all(event["handled_at"] for event in events)
    is_returned = not any(
        refund["status"] == RefundStatus.PENDING for refund in world.ground.rows("refunds")
    )
    return is_over and is_read and is_returned and not world.provider.ledger.undelivered


def _next_due(world: World) -> datetime:
    rows = chain.from_iterable(map(world.ground.rows, _DUE))
    instants = (row.get(name) for row in rows for name in ("dispatch_at", "deadline_at"))
    return min((at for at in instants if at is not None), default=world.now)
