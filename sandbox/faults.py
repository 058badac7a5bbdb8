"""The rules by which one tenant's faults strike."""

import itertools
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fault_catalogue import FAULTS, Stage, canonical

RULE_FIELDS = frozenset({"provider", "op", "match", "times", "nth", "probability", "fault"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that strikes now. Its name is one of the catalogue's."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        """Return where it strikes, a 50x page with when=after counting as a falsified reply."""
        stage = FAULTS[self.name].stage
        after = self.arguments.get("when") == "after"
        return Stage.REPLY if after and stage is Stage.GATE else stage


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a rule is held against: a request, or a webhook about to be sent.

    `op` is `METHOD /path` of a request, the event type of a webhook. `facts` are the flattened
    parameters (`metadata.payment_id`, `purchase_units.0.custom_id`) plus `idempotency_key`.
    """

    provider: str
    op: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Bucket:
    """A token bucket in virtual time."""

    rate: float
    burst: float
    level: float
    filled_at: float

    def is_empty(self, now: float) -> bool:
        """Take one token; True when there was none."""
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.level < 1:
            return True
        self.level -= 1
        return False


@dataclass(slots=True)
class Rule:
    """One rule with its counters."""

    id: str
    fault: Fault
    provider: str | None
    op: re.Pattern[str]
    match: Mapping[str, str]
    times: int | None
    nth: int | None
    probability: float | None
    bucket: Bucket | None = None
    seen: int = 0
    applied: int = 0

    def fits(self, occasion: Occasion) -> bool:
        """Say whether the rule speaks of this occasion."""
        if self.provider not in (None, occasion.provider) or not self.op.search(occasion.op):
            return False
        return all(_has(occasion.facts, key, value) for key, value in self.match.items())

    def strikes(self, chance: random.Random, now: float) -> bool:
        """Count a fitting occasion; say whether the fault strikes at it."""
        self.seen += 1
        hit = all(
            (
                self.nth is None or self.seen == self.nth,
                self.times is None or self.applied < self.times,
                self.probability is None or chance.random() < self.probability,
                self.bucket is None or self.bucket.is_empty(now),
            )
        )
        self.applied += hit
        return hit

    def as_json(self) -> dict[str, Any]:
        """Return the rule as the control API shows it."""
        limits = {"times": self.times, "nth": self.nth, "probability": self.probability}
        counts = {"seen": self.seen, "applied": self.applied}
        what = {"fault": self.fault.name, **self.fault.arguments}
        where = {"provider": self.provider, "op": self.op.pattern, "match": dict(self.match)}
        return {"id": self.id, **what, **where, **limits, **counts}


class FaultRules:
    """The rules of one tenant, asked in the order they were made."""

    def __init__(self, now: Callable[[], float], chance: random.Random) -> None:
        self._now = now
        self._chance = chance
        self._ids = itertools.count(1)
        self.rules: dict[str, Rule] = {}

    def add(self, wish: Mapping[str, Any]) -> Rule:
        """Make a rule from the control API's JSON; ValueError says what is wrong with it."""
        rule = parse_rule(f"fault_{next(self._ids)}", wish, self._now())
        self.rules[rule.id] = rule
        return rule

    def strike(self, occasion: Occasion, stages: Collection[Stage]) -> Iterator[Fault]:
        """Yield the faults that strike: every `delay`, besides it the first other one."""
        struck = False
        for rule in list(self.rules.values()):
            delays = rule.fault.name == "delay"
            if (struck and not delays) or rule.fault.stage not in stages:
                continue
            if rule.fits(occasion) and rule.strikes(self._chance, self._now()):
                struck = struck or not delays
                yield rule.fault

    def first(self, occasion: Occasion, stage: Stage) -> Fault | None:
        """Return the fault of one stage that strikes, if any."""
        return next(self.strike(occasion, (stage,)), None)


def parse_rule(rule_id: str, wish: Mapping[str, Any], now: float) -> Rule:
    """Read a rule: {fault, provider, op, match, times | nth | probability, …arguments}.

    Without `times`, `nth`, `probability` a rule strikes once; `times: null` means always.
    """
    fault = parse_fault(wish)
    unlimited = "nth" in wish or "probability" in wish or "rate" in wish
    return Rule(
        id=rule_id,
        fault=fault,
        provider=wish.get("provider"),
        op=_pattern(str(wish.get("op", ""))),
        match=flatten(wish.get("match", {})),
        times=wish.get("times", None if unlimited else 1),
        nth=wish.get("nth"),
        probability=wish.get("probability"),
        bucket=_bucket(fault, now),
    )


def parse_fault(wish: Mapping[str, Any]) -> Fault:
    """Read the fault's name with its arguments; ValueError for unknown ones."""
    try:
        name = canonical(str(wish["fault"]))
    except KeyError as unknown:
        raise ValueError(f"No such fault: {unknown}. Known: {', '.join(sorted(FAULTS))}") from None
    arguments = {key: value for key, value in wish.items() if key not in RULE_FIELDS}
    strange = set(arguments) - FAULTS[name].arguments
    if strange:
        raise ValueError(f"{name} takes no {', '.join(sorted(strange))}.")
    return Fault(name, arguments)


def flatten(value: object, path: str = "") -> dict[str, str]:
    """Flatten nested JSON into dotted paths with text at the leaves."""
    if isinstance(value, Mapping):
        children = ((str(key), child) for key, child in value.items())
    elif isinstance(value, list):
        children = ((str(index), child) for index, child in enumerate(value))
    else:
        return {path: str(value)}
    flat: dict[str, str] = {}
    for key, child in children:
        flat |= flatten(child, f"{path}.{key}" if path else key)
    return flat


def _has(facts: Mapping[str, str], key: str, value: str) -> bool:
    return any(
        fact == value for path, fact in facts.items() if path == key or path.endswith(f".{key}")
    )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as broken:
        raise ValueError(f"op is no regular expression: {broken}") from None


def _bucket(fault: Fault, now: float) -> Bucket | None:
    if "rate" not in fault.arguments:
        return None
    burst = float(fault.arguments.get("burst", 1))
    return Bucket(float(fault.arguments["rate"]), burst, burst, now)
