"""The moves: everything that may happen next in a world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from proof.ledger import GivenBack, Thing
from proof.stage import Actor
from proof.tables import Row
from proof.targets import (
    PAYBACKS,
    TURNS,
    actors,
    always,
    captured,
    charges,
    messages,
    refundable,
    sweeps,
    turnable,
    undelivered,
    unpaid,
)
from proof.wire import Request, Verdict, Word
from proof.world import PRICE, World
from shared.domain.refund import RefundStatus


class Kind(StrEnum):
    """What kind of thing happens."""

    ACCEPT = "the buyer asks"
    RELAY = "the relay publishes"
    FLUSH = "the broker loses all messages"
    DELIVER = "a message is delivered"
    STEP = "a worker goes on"
    KILL = "a worker dies"
    ARRIVE = "a request arrives"
    RECEIVE = "a webhook arrives"
    LOSE = "a webhook is lost"
    TURN = "payer, bank or merchant act"
    REFUND = "the merchant refunds by hand"
    ASK = "somebody asks us for a refund"
    PAY_BACK = "a refund goes on at the provider"
    CALL_OFF = "the buyer calls a charge off"
    SWEEP = "the sweep runs"
    CANCEL = "the operator cancels the order"
    WEATHER = "the provider refuses us, ails, or is well again"
    WAIT = "time passes"


@dataclass(frozen=True, slots=True)
class Move:
    """One happening: to which of those it may befall, and how; any numbers mean something."""

    kind: Kind
    pick: int = 0
    how: int = 0

    def __str__(self) -> str:
        """As it is told in the story of a schedule."""
        return f"{self.kind} ({self.pick}, {self.how})"


_HOUR: Final = 3_600
WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(3, 3, 40, 50, 50, 130, 660, 3_700),  # a retry, a lease, what settles, a margin, a payer
        *(6 * _HOUR - 605, 7 * _HOUR),  # just before the margin of PayPal's keys; past their end
        *(24 * _HOUR - 605, 25 * _HOUR),  # the same for Stripe's
        72 * _HOUR,  # the patience with doubt
    )
)
"""How long nothing happens, chosen for what ends meanwhile."""

_WORDS: Final = (Word.TOLD, Word.TOLD, Word.LOST, Word.UNSENT)
_VERDICTS: Final = (Verdict.CAPTURED, Verdict.CAPTURED, *Verdict)
_WEATHERS: Final = (Verdict.REFUSED, Verdict.BROKEN, None)
HOW: Final = len(_WORDS) * len(_VERDICTS)
"""How many ways there are in which a worker may go on."""


def apply(world: World, move: Move) -> None:
    """Let it happen; nothing happens where there is nothing that it may befall."""
    targets = TARGETS[move.kind](world)
    if targets:
        _DO[move.kind](world, move, targets[move.pick % len(targets)])


def hear(world: World, actor: Actor, word: Word, verdict: Verdict) -> None:
    """Let a worker go on that asked, or waits for nothing; what it is told arrived before."""
    request = actor.subject
    if isinstance(request, Request) and word is Word.TOLD and request in world.provider.wire:
        world.provider.arrive(request, verdict)
    world.resume(actor, word)


def _accept(world: World, move: Move, _target: object) -> None:
    world.accept(move.pick % 2, unseen=move.how % 4 == 0)


def _relay(world: World, move: Move, _target: object) -> None:
    world.queue.is_away = move.how % 16 == 0
    world.relay()


def _flush(world: World, _move: Move, _target: object) -> None:
    world.queue.messages.clear()


def _deliver(world: World, move: Move, target: tuple[str, int]) -> None:
    world.deliver(world.queue.messages.index(target), again=move.how % 4 == 0)


def _step(world: World, move: Move, actor: Actor) -> None:
    word = _WORDS[move.how % len(_WORDS)]
    hear(world, actor, word, _VERDICTS[move.how // len(_WORDS) % len(_VERDICTS)])


def _kill(world: World, _move: Move, actor: Actor) -> None:
    world.kill(actor)


def _arrive(world: World, move: Move, request: Request) -> None:
    world.provider.arrive(request, _VERDICTS[move.how % len(_VERDICTS)])


def _receive(world: World, move: Move, _target: object) -> None:
    index = move.pick % len(world.provider.ledger.undelivered)
    world.receive(index, again=move.how % 4 == 0)


def _lose(world: World, move: Move, _target: object) -> None:
    world.provider.ledger.lose(move.pick % len(world.provider.ledger.undelivered))


def _turn(world: World, move: Move, thing: Thing) -> None:
    ways = TURNS[world.provider.name, thing.state]
    world.provider.ledger.move(thing, ways[move.how % len(ways)])


def _refund(world: World, move: Move, thing: Thing) -> None:
    amount = thing.left if move.how % 2 else min(thing.left, PRICE.amount_minor // 2)
    status = RefundStatus.PENDING if move.how % 4 == 0 else RefundStatus.SUCCEEDED
    world.provider.ledger.refund(thing, amount, status)


def _ask(world: World, move: Move, charge: Row) -> None:
    world.ask_for_refund(charge["id"], None if move.how % 3 == 0 else PRICE.amount_minor // 2)


def _pay_back(world: World, move: Move, made: GivenBack) -> None:
    ways = PAYBACKS[made.status]
    world.provider.ledger.move_refund(made, ways[move.how % len(ways)])


def _call_off(world: World, _move: Move, charge: Row) -> None:
    world.call_off(charge["id"])


def _sweep(world: World, _move: Move, _target: object) -> None:
    world.sweep()


def _cancel(world: World, _move: Move, _target: object) -> None:
    world.cancel_order()


def _weather(world: World, move: Move, _target: object) -> None:
    world.provider.weather = _WEATHERS[move.how % len(_WEATHERS)]


def _wait(world: World, move: Move, _target: object) -> None:
    world.wait(WAITS[move.how % len(WAITS)])


TARGETS: Final[dict[Kind, Callable[[World], Sequence[object]]]] = {
    Kind.ACCEPT: always,
    Kind.RELAY: always,
    Kind.FLUSH: messages,
    Kind.DELIVER: messages,
    Kind.STEP: actors,
    Kind.KILL: actors,
    Kind.ARRIVE: lambda world: world.provider.wire,
    Kind.RECEIVE: undelivered,
    Kind.LOSE: undelivered,
    Kind.TURN: turnable,
    Kind.REFUND: refundable,
    Kind.ASK: captured,
    Kind.PAY_BACK: unpaid,
    Kind.CALL_OFF: charges,
    Kind.SWEEP: sweeps,
    Kind.CANCEL: always,
    Kind.WEATHER: always,
    Kind.WAIT: always,
}
"""Whom each kind may befall now."""

_DO: Final[dict[Kind, Callable[..., None]]] = {
    Kind.ACCEPT: _accept,
    Kind.RELAY: _relay,
    Kind.FLUSH: _flush,
    Kind.DELIVER: _deliver,
    Kind.STEP: _step,
    Kind.KILL: _kill,
    Kind.ARRIVE: _arrive,
    Kind.RECEIVE: _receive,
    Kind.LOSE: _lose,
    Kind.TURN: _turn,
    Kind.REFUND: _refund,
    Kind.ASK: _ask,
    Kind.PAY_BACK: _pay_back,
    Kind.CALL_OFF: _call_off,
    Kind.SWEEP: _sweep,
    Kind.CANCEL: _cancel,
    Kind.WEATHER: _weather,
    Kind.WAIT: _wait,
}
