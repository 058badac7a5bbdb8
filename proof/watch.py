"""The watch: what must hold of a world after each move, and at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

from proof.ledger import State, Thing
from proof.provider import LIVES
from proof.tables import Row
from proof.violation import demand
from proof.watch_of_refunds import key_of, look_at_refunds, look_at_refunds_at_the_end
from proof.world import ORDER, PRICE, World
from shared.domain import outcomes as o
from shared.domain.charge import Operation, OrderStatus, Status
from shared.domain.circuit import State as Circuit
from shared.domain.state_machine import ALLOWED_MOVES

DUE: Final = frozenset({Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE})
PARTED: Final = frozenset({Status.FAILED, Status.CANCELED, Status.NEEDS_REVIEW})
ENDS: Final = {
    Status.SUCCEEDED: frozenset({Status.NEEDS_REVIEW}),
    Status.FAILED: frozenset({Status.NEEDS_REVIEW, Status.SUCCEEDED}),
    Status.CANCELED: frozenset({Status.NEEDS_REVIEW}),
    Status.NEEDS_REVIEW: frozenset(),
}
"""Where a charge may go from its end: written here once more, so that a table cannot excuse
itself."""


class Watch:
    """Sees a world from move to move."""

    def __init__(self) -> None:
        self._statuses: dict[int, Status] = {}
        self._version = (0, 0, 0)
        self._moves = 0
        self._posts = 0
        self._through: tuple[int, int] | None = None

    def look(self, world: World) -> None:
        """Compare everything; Violation for what may not be."""
        told, posts = len(world.provider.ledger.told), len(world.provider.posts)
        version = (world.ground.version(), told, posts)
        if version == self._version:
            return
        self._version = version
        charges = world.ground.rows("charges")
        order = world.ground.rows("orders")[0]
        self._demand_moves(world, charges)
        self._demand_living_keys(world)
        self._demand_rest(world, charges)
        _demand_one_capture(world)
        for charge in charges:
            for check in _CHECKS:
                check(charge, world)
        look_at_refunds(world)
        live = [charge["id"] for charge in charges if charge["status"] not in PARTED]
        demand(len(live) <= 1, "one live charge", live)
        has_money = any(charge["amount_captured_minor"] for charge in charges)
        is_paid = any(charge["status"] == Status.SUCCEEDED for charge in charges)
        is_completed = order["status"] == OrderStatus.COMPLETED
        demand(is_completed or not is_paid, "a paid order is completed", order["status"])
        demand(has_money or not is_completed, "an order is completed by money", order["status"])

    def end(self, world: World) -> None:
        """What must hold once everything that was lost or late has healed."""
        self.look(world)
        for charge in world.ground.rows("charges"):
            demand(charge["status"] in ENDS, "no charge is stuck", charge["status"])
        for attempt in world.ground.rows("attempts"):
            is_open = attempt["finished_at"] is None
            demand(not is_open or _is_parked(world), "no attempt is left open", attempt["id"])
        for event in world.ground.rows("webhook_events"):
            is_handled = event["result"] is not None
            demand(is_handled or _is_parked(world), "every event is handled", event["id"])
        look_at_refunds_at_the_end(world)
        for thing in world.provider.ledger.things:
            demand(_is_known(world, thing), "no capture is lost", thing.reference)
        _demand_one_payment(world)

    def _demand_moves(self, world: World, charges: Iterable[Row]) -> None:
        moves = world.ground.rows("transitions")
        for move in moves[self._moves :]:
            before, status = Status(move["from_status"]), Status(move["to_status"])
            told, known = f"{before} -> {status}", self._statuses.get(move["charge_id"])
            demand(known in {None, before}, "moves follow one another", f"{known}, {told}")
            demand(status in ENDS.get(before, Status), "an end absorbs", told)
            demand((before, status) in ALLOWED_MOVES, "a move is allowed", told)
            self._statuses[move["charge_id"]] = status
        self._moves = len(moves)
        for charge in charges:
            known = self._statuses.setdefault(charge["id"], Status.ACCEPTED)
            demand(charge["status"] == known, "every move is on record", charge["status"])

    def _demand_rest(self, world: World, charges: Iterable[Row]) -> None:
        """Through a circuit that is not closed goes nothing but its probes.

        What is called off before anything was sent needs no call.
        """
        sent = (c for c in charges if c["provider_reference"] or not c["cancel_requested_at"])
        claims = sum(row["claim_number"] for row in chain(sent, world.ground.rows("refunds")))
        circuit = next(iter(world.ground.rows("circuits")), None)
        if self._through is not None and circuit is not None:
            claimed, probed = self._through
            is_probe = claims - claimed <= circuit["probe_number"] - probed
            demand(is_probe, "an open circuit lets one probe through", claims - claimed)
        is_open = circuit is not None and circuit["state"] != Circuit.CLOSED
        self._through = (claims, circuit["probe_number"]) if circuit and is_open else None

    def _demand_living_keys(self, world: World) -> None:
        posts = world.provider.posts
        if len(posts) == self._posts:
            return
        attempts = {row["idempotency_key"]: row for row in world.ground.rows("attempts")}
        calls = attempts | {key_of(row): row for row in world.ground.rows("refunds")}
        for key, at in posts[self._posts :]:
            demand(key in calls, "a key is committed before it leaves", key)
            attempt = calls[key]
            life = min(
                LIVES[Operation(attempt["operation"])],
                attempt["key_expires_at"] - attempt["started_at"],
            )
            age = at - attempt["started_at"]
            demand(age < life, "no POST leaves with an expired key", f"{key} after {age}")
        self._posts = len(posts)


def _demand_one_capture(world: World) -> None:
    captured = world.provider.ledger.net_captures(str(ORDER))
    names = [thing.reference for thing in captured if not thing.is_late]
    demand(len(names) <= 1, "at most one net capture", names)


def _demand_its_capture(charge: Row, world: World) -> None:
    if charge["status"] != Status.SUCCEEDED:
        return
    thing = world.provider.ledger.of(charge["provider_reference"])
    is_real = (
        thing is not None
        and thing.state is State.CAPTURED
        and thing.capture == charge["capture_reference"]
        and thing.charge == str(charge["identifier"])
        and charge["amount_captured_minor"] == thing.money.amount_minor == PRICE.amount_minor
    )
    demand(is_real, "a success is exactly its capture", charge["capture_reference"])


def _demand_no_money(charge: Row, world: World) -> None:
    if charge["status"] in {Status.FAILED, Status.CANCELED}:
        made = world.provider.ledger.for_charge(str(charge["identifier"]))
        captured = [thing for thing in made if thing.state is State.CAPTURED]
        taken = [thing.reference for thing in captured if not thing.is_late]
        demand(not taken, "what was captured is not failed", taken)


def _demand_dispatch(charge: Row, _world: World) -> None:
    is_wished = charge["cancel_requested_at"] is not None
    is_due = charge["status"] in DUE or (is_wished and charge["status"] == Status.REQUIRES_ACTION)
    is_dispatched = charge["dispatch_at"] is not None
    demand(is_due == is_dispatched, "what waits for us is dispatched", charge["status"])


def _demand_refunds(charge: Row, _world: World) -> None:
    refunded, captured = charge["amount_refunded_minor"], charge["amount_captured_minor"]
    demand(0 <= refunded <= captured, "refunded within captured", refunded)


_CHECKS: Final[tuple[Callable[[Row, World], None], ...]] = (
    _demand_its_capture,
    _demand_no_money,
    _demand_dispatch,
    _demand_refunds,
)


def _is_parked(world: World) -> bool:
    """Whether a person has to decide first: until then what is open may stay so."""
    return any(c["status"] == Status.NEEDS_REVIEW for c in world.ground.rows("charges"))


def _demand_one_payment(world: World) -> None:
    """What came late goes back, or pays; unless a person decides, or nobody ever told us."""
    captured = world.provider.ledger.net_captures(str(ORDER))
    kept = [thing.reference for thing in captured if not _is_untold(world, thing)]
    demand(len(kept) <= 1 or _is_parked(world), "what came twice goes back", kept)


def _is_known(world: World, thing: Thing) -> bool:
    if thing.state is not State.CAPTURED or _is_untold(world, thing):
        return True
    known = {Status.SUCCEEDED, Status.NEEDS_REVIEW}
    charges = world.ground.rows("charges")
    is_kept = any(str(c["identifier"]) == thing.charge and c["status"] in known for c in charges)
    return is_kept or (thing.is_late and (not thing.net or _is_before_a_person(world, thing)))


def _is_before_a_person(world: World, thing: Thing) -> bool:
    strays = {
        s["id"]
        for s in world.ground.rows("stray_captures")
        if s["capture_reference"] == thing.capture
    }
    refunds = world.ground.rows("refunds")
    return any(r["stray_capture_id"] in strays and r["status"] == "needs_review" for r in refunds)


def _is_untold(world: World, thing: Thing) -> bool:
    """A late capture whose event is lost is found by the provider's list, not modelled here."""
    return thing.is_late and any(
        event.thing is thing and isinstance(event.fact, o.Approved)
        for event in world.provider.ledger.lost
    )
