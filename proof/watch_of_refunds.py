"""What must hold of refunds after each move, and at the end."""

from __future__ import annotations

from typing import Final

from proof.ledger import GivenBack
from proof.tables import Row
from proof.violation import demand
from proof.world import World
from shared.domain.refund import Origin, RefundStatus

_LOST: Final = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


def key_of(refund: Row) -> str:
    """The key that a refund goes out under."""
    number = refund["key_number"]
    return f"ref-{refund['identifier']}" + (f"-{number}" if number > 1 else "")


def look_at_refunds(world: World) -> None:
    """Compare every refund with the provider's; Violation for what may not be."""
    rows = world.ground.rows("refunds")
    for row in rows:
        made = _made_for(world, row)
        demand(len(made) <= 1, "a refund is made once", [one.reference for one in made])
        _demand_agreement(world, row, made)
    for thing in world.provider.ledger.things:
        demand(thing.left >= 0, "no more goes back than came", thing.reference)
    for charge in world.ground.rows("charges"):
        back = sum(
            row["amount_minor"]
            for row in rows
            if row["charge_id"] == charge["id"]
            and row["stray_capture_id"] is None
            and row["status"] == RefundStatus.SUCCEEDED
        )
        is_right = charge["amount_refunded_minor"] == min(back, charge["amount_captured_minor"])
        demand(is_right, "what went back is added up", back)


def look_at_refunds_at_the_end(world: World) -> None:
    """No refund is stuck, and each stands where the provider shows it, if we were told."""
    lost = {getattr(event.fact, "refund_reference", None) for event in world.provider.ledger.lost}
    for row in world.ground.rows("refunds"):
        demand(row["status"] != RefundStatus.PENDING, "no refund is stuck", row["id"])
        for made in _known(world, row):
            is_shown = row["status"] in {made.status, RefundStatus.NEEDS_REVIEW}
            is_untold = made.reference in lost
            demand(is_shown or is_untold, "a refund ends as the provider shows it", row["status"])


def _demand_agreement(world: World, row: Row, made: list[GivenBack]) -> None:
    if row["status"] == RefundStatus.SUCCEEDED:
        found = _known(world, row)
        is_real = len(found) == 1 and found[0].money.amount_minor == row["amount_minor"]
        demand(is_real, "a refund that succeeded is the provider's", row["provider_reference"])
    if row["status"] in _LOST:
        alive = [one.reference for one in made if one.status not in _LOST]
        demand(not alive, "what went back is not failed", alive)


def _made_for(world: World, row: Row) -> list[GivenBack]:
    if row["origin"] != Origin.OURS:
        return []
    ours = str(row["identifier"])
    return [made for made in world.provider.ledger.refunds if ours in made.ours]


def _known(world: World, row: Row) -> list[GivenBack]:
    reference = row["provider_reference"]
    named = [made for made in world.provider.ledger.refunds if made.reference == reference]
    return named or _made_for(world, row)
