"""The plan: which fault strikes what, when and for how long; drawn from a seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from sandbox.fault_catalogue import FAULTS, Stage

STORM: Final = 50
"""Faults that strike before all is healed and comes to rest."""
STORM_SECONDS: Final = 36.0

COMA_SECONDS: Final = 36.0
"""Longer than a claim, by default."""

UNFIT: Final = {
    "expire_key": "a provider that forgets a key before its documented life",
    "id_mixup": "a provider that tells of another's object under our key",
}
"""No service could be right over a provider that breaks its word in these."""

_PROVIDER_STAGES: Final = {Stage.GATE, Stage.HOLD, Stage.OUTCOME, Stage.REPLY, Stage.WIRE}
_HANGS: Final = frozenset({"hang_before", "hang_after"})
_SETTLES: Final = frozenset({"processing", "pending_capture"})


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: `at` seconds after its storm began, for `seconds`."""

    storm: int
    at: float
    seconds: float
    kind: str
    target: str
    rule: dict[str, Any] = field(default_factory=dict)
    """What the sandbox is asked for, where it is the provider that fails."""

    def __str__(self) -> str:
        return (
            f"storm {self.storm} +{self.at:.1f} s  {self.kind} {self.target}  {self.seconds:.1f} s"
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """What there is to strike at: processes, links; of the processes those that charge."""

    processes: Sequence[str]
    links: Sequence[str]
    chargers: Sequence[str]


def draw(seed: int, faults: int, targets: Targets) -> list[Strike]:
    """So many strikes, in storms, in their order.

    Kinds are dealt like cards: each strikes once before any strikes again. Every other storm
    begins with a worker that is stopped for longer than its claim.
    """
    chance = random.Random(seed)
    cards = _deal(chance, targets)
    strikes = []
    for storm, size in enumerate(_sizes(faults)):
        starts = sorted(chance.uniform(0, STORM_SECONDS) for _ in range(size))
        strikes += [_strike(chance, storm, start, *next(cards)) for start in starts]
        if storm % 2 == 0:
            charger = chance.choice(targets.chargers)
            strikes[-size] = Strike(storm, 0.0, COMA_SECONDS, "freeze", charger)
    return strikes


def storms(strikes: Iterable[Strike]) -> list[list[Strike]]:
    """The strikes by the storm they belong to."""
    gathered: dict[int, list[Strike]] = {}
    for strike in strikes:
        gathered.setdefault(strike.storm, []).append(strike)
    return list(gathered.values())


def _sizes(faults: int) -> list[int]:
    full, rest = divmod(faults, STORM)
    return [STORM] * full + ([rest] if rest else [])


def _deal(chance: random.Random, targets: Targets) -> Iterator[tuple[str, str]]:
    """Cards without end. Every family is dealt as often as any other, its cards in turn."""
    families = [
        list(product(("kill", "freeze"), targets.processes)),
        [
            *(("shutdown", "postgres"), ("kill", "postgres"), ("freeze", "postgres")),
            *(("flush", "redis"), ("kill", "redis"), ("freeze", "redis"), ("freeze", "sandbox")),
        ],
        list(product(("latency", "cut", "stall"), targets.links)),
        [("provider", name) for name in _of(_PROVIDER_STAGES)],
        [("webhook", name) for name in FAULTS if name.startswith("webhook_")],
    ]
    decks = [_endless(chance, family) for family in families]
    turns = _endless(chance, list(range(len(decks))))
    while True:
        yield next(decks[next(turns)])


def _endless(chance: random.Random, cards: list[Any]) -> Iterator[Any]:
    while True:
        yield from chance.sample(cards, len(cards))


def _of(stages: set[Stage]) -> list[str]:
    return [name for name, kind in FAULTS.items() if kind.stage in stages and name not in UNFIT]


def _strike(chance: random.Random, storm: int, at: float, kind: str, target: str) -> Strike:
    seconds = chance.uniform(1, 6)
    rule = _rule(chance, target) if kind in {"provider", "webhook"} else {}
    return Strike(storm, round(at, 1), round(seconds, 1), kind, target, rule)


def _rule(chance: random.Random, name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"fault": name, "times": chance.randint(2, 12)}
    if not name.startswith("webhook_"):
        rule["op"] = chance.choice(["", "POST "])
    if name in _HANGS:
        rule["seconds"] = chance.randint(2, 20)
    if name in _SETTLES:
        rule |= {"then": "succeeded", "after": chance.randint(1, 5)}
    return rule
