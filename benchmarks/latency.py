"""Latency: what is added between the 202, the provider's call and the settled charge."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from queue import SimpleQueue
from typing import Final, LiteralString

from benchmarks.charge.backlog import CARD
from benchmarks.charge.ground import Ground, open_ground
from benchmarks.client import Line
from benchmarks.finding import Finding, Goal, Plan, Ratio
from benchmarks.serving import (
    OURS,
    Server,
    charge_request,
    place,
    select,
    served,
    token_for,
    working,
)
from benchmarks.turns import Sample, Taken, aside, collect, rows_of

PROVIDER_MS: Final = 100.0
LOAD: Final = 0.7
LINES: Final = 32
_IDLE_SECONDS: Final = 0.3
"""From one charge to the next, so that nothing of it is on its way any more."""
_PATIENCE: Final = 120.0
_P99: Final = "p99, ms"
_AT_ONCE: Final = 200
"""Charges that are accepted without a pause, to see how many are settled a second at most."""

_SETTLED: Final[LiteralString] = """
    SELECT c.id, a.idempotency_key, CAST(extract(epoch FROM c.settled_at) AS double precision)
    FROM charges c JOIN attempts a ON a.charge_id = c.id
    WHERE c.id = ANY(%s) AND c.settled_at IS NOT NULL
"""

SAID: Final = (
    f"A charge with a card at a provider that takes {PROVIDER_MS:.0f} ms: one web process, relay,"
    " one worker process. *Called*: from the moment at which the client has its 202 to the moment"
    " at which the provider has the request. *Settled*: from the 202 to the charge's end, less the"
    f" time that the provider took. *Idle*: one charge after another. *Under load*: charges come"
    f" as by chance, {LOAD:.0%} as many a second as this machine accepts and settles when all come"
    " at once."
)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running system, from its door to its provider."""

    ground: Ground
    server: Server
    token: str


def measure(plan: Plan) -> Finding:
    """Milliseconds, charge by charge."""
    with ExitStack() as stack:
        ground = stack.enter_context(open_ground())
        with ground.sandbox.control() as control:
            control.settings(latency_median_ms=PROVIDER_MS, latency_sigma=0)
        database = stack.enter_context(ground.database("latency"))
        server = stack.enter_context(served(ground, database, OURS, {}))
        stack.enter_context(working(ground, database, ("relay", "stripe"), {}))
        stage = Stage(ground, server, token_for(ground.keys))
        _charge(stage, [0.0] * LINES)  # once all of it has started
        most = LOAD * _most(stage)
        idle, busy = _pauses(plan, 1 / _IDLE_SECONDS), _pauses(plan, most)
        taken = collect(
            plan,
            "ms",
            {
                "202 to provider called, idle": lambda: _charge(stage, idle),
                f"the same, {most:.0f} charges/s": lambda: _charge(stage, busy),
            },
        )
    return Finding("Latency", SAID, rows_of(taken, "ms"), tuple(_goals(taken)))


def _goals(taken: Taken) -> Iterator[Goal]:
    for name, bound, rows in (
        ("p50", 15, rows_of(taken, "ms")),
        ("p99", 60, rows_of(aside(taken, _P99), "ms")),
    ):
        idle = rows[0].samples
        reached = Ratio(rows[0].median, min(idle), max(idle))
        yield Goal(
            f"202 to provider called, idle, {name}", bound, reached, is_ceiling=True, unit="ms"
        )


def _pauses(plan: Plan, rate: float) -> list[float]:
    """Seconds from one charge to the next, for about as long as a measurement lasts."""
    by_chance = random.Random(rate)  # noqa: S311 no secret; the same in each repetition
    count = max(20, int(rate * plan.seconds * 4))
    return [by_chance.expovariate(rate) for _ in range(count)]


def _most(stage: Stage) -> float:
    """Charges accepted and settled a second when all come at once."""
    accepted = _accept(stage, [0.0] * _AT_ONCE)
    ended = max(settled for _, settled in _settled(stage, accepted).values())
    return len(accepted) / (ended - min(accepted.values()))


def _charge(stage: Stage, pauses: Sequence[float]) -> Sample:
    """Charge new orders, so far apart; what was added to the provider's own time."""
    with stage.ground.sandbox.control() as control:
        seen = max((line["seq"] for line in control.requests()), default=0)
        accepted = _accept(stage, pauses)
        settled = _settled(stage, accepted)
        calls = {_attempt(line["idempotency_key"]): line for line in control.requests(seen)}
    called, added = list[float](), list[float]()
    for charge, (key, at) in settled.items():
        call, answered = calls[key], accepted[charge]
        called.append(1000 * (call["ts"] - answered))
        added.append(1000 * (at - answered) - call["duration_ms"])
    return Sample(
        _percentile(called, 50),
        {
            _P99: _percentile(called, 99),
            "to settled, p50, ms": _percentile(added, 50),
            "to settled, p99, ms": _percentile(added, 99),
        },
    )


def _attempt(key: str) -> str:
    """Stripe's key says after the attempt's what the call makes."""
    return key.partition(":")[0]


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _accept(stage: Stage, pauses: Sequence[float]) -> dict[int, float]:
    """When each charge's 202 was there, in seconds since the epoch, by the charge's id."""
    orders = place(stage.server.database, len(pauses))
    lines = SimpleQueue[Line]()
    for _ in range(LINES):
        lines.put(Line(stage.server.port, HTTPStatus.ACCEPTED))

    def ask(order: int) -> tuple[int, float]:
        line = lines.get()
        line.ask(charge_request(order, stage.token, CARD))
        line.heard()
        answered = time.time()
        charge = int(json.loads(line.body)["data"]["id"])
        lines.put(line)
        return charge, answered

    with ThreadPoolExecutor(LINES) as hands:
        asked = [hands.submit(ask, order) for order in _in_time(orders, pauses)]
        accepted = dict(one.result() for one in asked)
    while not lines.empty():
        lines.get().socket.close()
    return accepted


def _in_time(orders: Sequence[int], pauses: Sequence[float]) -> Iterator[int]:
    due = time.perf_counter()
    for order, pause in zip(orders, pauses, strict=True):
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
        yield order


def _settled(stage: Stage, accepted: Mapping[int, float]) -> dict[int, tuple[str, float]]:
    """The key and the end of each charge, once all have ended."""
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        time.sleep(0.2)
        rows = select(stage.server.database, _SETTLED, list(accepted))
        if len(rows) == len(accepted):
            return {charge: (key, settled) for charge, key, settled in rows}
    raise RuntimeError("charges do not settle")
