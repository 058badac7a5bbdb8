"""The load: buyers who order, pay, ask again; with a record of every 202."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import requests

from chaos.stories import Way, draw, major
from chaos.town import Town
from local.demo.shop import ApiRefusal, PlacedOrder, Shop
from sandbox.client import ControlError, SandboxControl

BUYERS: Final = 24
_PERSISTENCE_SECONDS: Final = 120.0
_REST_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.1
_DEFINITE: Final = range(400, 429)
Answer = TypeVar("Answer")


class Refused(Exception):
    """A definite no, or patience at its end."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A charge that was answered 202."""

    way: Way
    order: PlacedOrder
    amount_minor: int
    digits: int
    at: float


@dataclass(slots=True)
class Record:
    """What the outside was promised, and did. Written by many threads, each key by one."""

    charges: dict[int, Bought] = field(default_factory=dict)
    refunds: dict[int, float] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    gave_up: int = 0


class Load:
    """Buyers at a steady pace, for the block; at its end each finishes what it began."""

    def __init__(self, town: Town, seed: int, per_second: float) -> None:
        self.town = town
        self.record = Record()
        self.is_full = False
        """Whether so many charges wait that no buyer comes; the robot counts them."""
        self._seed, self._pace = seed, 1 / per_second
        self._numbers, self._lock = itertools.count(), threading.Lock()
        self._stopping = threading.Event()
        self._buyers = [threading.Thread(target=self._buy, daemon=True) for _ in range(BUYERS)]

    def __enter__(self) -> Load:
        self._next_at = time.monotonic()
        for buyer in self._buyers:
            buyer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping.set()
        if kind is None:  # who interrupts does not wait for buyers
            for buyer in self._buyers:
                buyer.join(_PERSISTENCE_SECONDS)

    def _buy(self) -> None:
        with self.town.shop() as shop, self.town.control() as control:
            while not self._stopping.is_set():
                number = self._wait_for_turn()
                try:
                    Purchase(self, shop, control, random.Random(f"{self._seed}:{number}")).run()
                except Refused:
                    self.record.gave_up += 1

    def _wait_for_turn(self) -> int:
        """The next buyer's number, once it is that buyer's time and there is room."""
        with self._lock:
            self._stopping.wait(self._next_at - time.monotonic())
            while self.is_full and not self._stopping.is_set():
                time.sleep(_LOOK_SECONDS)
            self._next_at = max(self._next_at, time.monotonic()) + self._pace
            return next(self._numbers)

    def insist(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until there is a definite answer, for two minutes; Refused where it is a no."""
        deadline = time.monotonic() + _PERSISTENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = ask()
            except (ApiRefusal, ControlError) as refusal:
                self._note(refusal)
                if refusal.status in _DEFINITE:
                    raise Refused from refusal
            except requests.RequestException as away:
                self.record.answers[type(away).__name__] += 1
            else:
                self.record.answers["yes"] += 1
                return answer
            time.sleep(_REST_SECONDS)
        raise Refused

    def _note(self, refusal: ApiRefusal | ControlError) -> None:
        who = "api" if isinstance(refusal, ApiRefusal) else "sandbox"
        self.record.answers[f"{who} {refusal.status}"] += 1


class Purchase:
    """One order, from its placing to the 202."""

    def __init__(
        self, load: Load, shop: Shop, control: SandboxControl, chance: random.Random
    ) -> None:
        self._load, self._shop, self._control = load, shop, control
        self._way, self._minor, currency, self._digits = draw(chance)
        self._story = replace(
            self._way.story, amount=major(self._minor, self._digits), currency=currency
        )

    def run(self) -> None:
        """Place it, bring an instrument, ask for the charge as often as the story says."""
        story, event = self._story, self._load.town.event_id
        order = self._load.insist(
            lambda: self._shop.place_order(event, story.mode.value, story.amount, story.currency)
        )
        instruments = [self._instrument(order)] * story.clicks
        if self._way.rival:
            instruments.append(self._instrument(order))
        with ThreadPoolExecutor(len(instruments)) as fingers:
            asked = [fingers.submit(self._ask, order, each) for each in instruments]
        charges = [charge for one in asked if (charge := one.result()) is not None]
        if self._way.cancels and charges:
            self._load.insist(lambda: self._shop.cancel(str(min(charges)), order.buyer))

    def _ask(self, order: PlacedOrder, instrument: Mapping[str, str]) -> int | None:
        try:
            with self._load.town.shop() as shop:
                charge = self._load.insist(lambda: shop.charge(order, instrument))
        except Refused:
            return None
        bought = Bought(self._way, order, self._minor, self._digits, time.time())
        self._load.record.charges.setdefault(int(charge.id), bought)
        return int(charge.id)

    def _instrument(self, order: PlacedOrder) -> Mapping[str, str]:
        town, story = self._load.town, self._story
        brought = self._load.insist(lambda: town.bring(self._control, order, story))
        if "stripe" in brought:
            self._load.record.tokens.add(brought["stripe"])
        return brought
