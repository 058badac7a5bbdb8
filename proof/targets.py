"""The targets: whom a move may befall in a world, and where that may lead it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proof.ledger import GivenBack, State, Thing
from proof.stage import Actor
from proof.tables import Row
from proof.world import World
from shared.domain.charge import Provider
from shared.domain.refund import RefundStatus

TURNS: Final[dict[tuple[Provider, State], tuple[State, ...]]] = {
    (Provider.STRIPE, State.OPEN): (
        *(State.CAPTURED, State.CAPTURED),
        *(State.DECLINED, State.PENDING, State.CANCELED),
    ),
    (Provider.STRIPE, State.DECLINED): (State.CAPTURED,),  # the payer tries once more
    (Provider.STRIPE, State.PENDING): (State.CAPTURED, State.DECLINED),
    (Provider.PAYPAL, State.OPEN): (State.APPROVED, State.APPROVED, State.CANCELED),
    (Provider.PAYPAL, State.APPROVED): (State.CANCELED,),
    (Provider.PAYPAL, State.PENDING): (State.CAPTURED, State.DECLINED),
}
"""Where payer, bank or merchant may lead an object that is not at its end."""


PAYBACKS: Final = {
    RefundStatus.PENDING: (RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.CANCELED),
    RefundStatus.SUCCEEDED: (RefundStatus.FAILED,),
}
"""Where the payer's bank may lead a refund."""


def turnable(world: World) -> list[Thing]:
    """Objects at the provider that may still turn."""
    provider = world.provider
    return [thing for thing in provider.ledger.things if (provider.name, thing.state) in TURNS]


def refundable(world: World) -> list[Thing]:
    """Objects that hold money."""
    return [thing for thing in world.provider.ledger.things if thing.left > 0]


def unpaid(world: World) -> list[GivenBack]:
    """Refunds at the provider that may still end otherwise."""
    return [made for made in world.provider.ledger.refunds if made.status in PAYBACKS]


def always(_world: World) -> tuple[None]:
    """The world itself."""
    return (None,)


MOST_ACTORS: Final = 3
"""Workers at work at once."""


def messages(world: World) -> list[tuple[str, int]]:
    """Messages that a worker has time for."""
    return world.queue.messages if len(world.actors) < MOST_ACTORS else []


def sweeps(world: World) -> tuple[None, ...]:
    """The sweep, unless it runs."""
    is_running = any(actor.name == "sweep" for actor in world.actors)
    return () if is_running or len(world.actors) >= MOST_ACTORS else (None,)


def actors(world: World) -> list[Actor]:
    """Workers at work."""
    return world.actors


def charges(world: World) -> list[Row]:
    """Every charge."""
    return world.ground.rows("charges")


def captured(world: World) -> list[Row]:
    """Charges whose money came."""
    return [charge for charge in charges(world) if charge["amount_captured_minor"]]


def undelivered(world: World) -> Sequence[object]:
    """Webhooks that have not arrived, or may arrive again."""
    return world.provider.ledger.undelivered
