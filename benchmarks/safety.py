"""Safety: what each guard costs, beside what a whole charge takes."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Final

import psutil
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from sqlalchemy import Connection, text

from api_shim.app import create_app
from api_shim.fixed_windows import Counter
from api_shim.jsonapi import MEDIA_TYPE
from benchmarks import guards
from benchmarks.charge.backlog import CARD, fill
from benchmarks.charge.contestants import OURS
from benchmarks.charge.ground import Ground, open_ground
from benchmarks.finding import Finding, Plan
from benchmarks.serving import UNLIMITED, place, select, token_for
from benchmarks.turns import Measure, Sample, collect, rows_of
from shared.container import Container, build
from shared.observability import configure_logging
from shared.settings import Settings
from shared.telemetry import AllowListed
from worker import charging

_A_SECOND: Final = 60
_NO_WAIT: Final = 1_000_000
_EVENT: Final = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "note": "x" * 4000}},
    }
).encode()
Guard = Callable[[Container, Connection, int], None]

_MOVES: Final = (
    text("UPDATE charges SET status = 'submitting', claimed_until = now() WHERE id = :id"),
    text("""
        UPDATE charges SET status = 'failed', claimed_until = NULL, next_attempt_at = NULL,
               dispatch_at = NULL, instrument = NULL, settled_at = now() WHERE id = :id
    """),
)

SAID: Final = (
    "CPU time of this process and of its Postgres backend together, for one charge. A whole"
    " charge is accepted by the application and carried out by the worker's code at the sandbox,"
    " in this process; without web server, relay, broker, log lines and the provider's own time."
    " Each guard is then measured alone: the statements and calls that it adds, or the same"
    " statements with and without it. What commits and Redis take is not in it; nor are claim,"
    " lease and circuit, which are one statement that no charge could do without. What is told"
    " around zero is less than this can tell."
)


@dataclass(frozen=True)
class Bench:
    """What charges are made with, in this process."""

    ground: Ground
    database: str
    deps: Container
    app: Flask
    backend: psutil.Process
    """Postgres' side of the one connection."""
    count: int


def measure(plan: Plan) -> Finding:
    """Microseconds of CPU for one charge."""
    with ExitStack() as stack:
        ground = stack.enter_context(open_ground())
        with ground.sandbox.control() as control:
            control.settings(latency_median_ms=0)
        database = stack.enter_context(ground.database("safety"))
        place(database, 0)
        settings = _settings(ground, database)
        deps = build(settings, name="bench")
        stack.callback(deps.engine.dispose)
        with deps.engine.connect() as connection:
            backend = psutil.Process(connection.scalar(text("SELECT pg_backend_pid()")))
        count = int(_A_SECOND * plan.seconds) + 20
        bench = Bench(ground, database, deps, create_app(deps), backend, count)
        configure_logging("WARNING")
        _whole(bench)  # once all is loaded
        rows = rows_of(collect(plan, "µs", _measures(stack, bench)), "µs")
    shares = [row.against(rows[0]).median for row in rows[1:]]
    told = ", ".join(f"{row.name} {share:.1%}" for row, share in zip(rows[1:], shares, strict=True))
    return Finding("What each guard costs", SAID, rows, (), (f"Of a charge's CPU: {told}.",))


def _measures(stack: ExitStack, bench: Bench) -> Mapping[str, Measure]:
    ground, deps, alone = bench.ground, bench.deps, partial(_alone, bench)
    traces = TracerProvider()
    traces.add_span_processor(BatchSpanProcessor(AllowListed(_Nowhere())))
    stack.callback(traces.shutdown)
    token, signed = token_for(ground.keys), _signed(ground.keys.STRIPE_WEBHOOK_SECRETS, _EVENT)
    return {
        "a whole charge": partial(_whole, bench),
        "request frozen in a row": partial(_in_rows, bench, guards.freeze),
        "transitions on record": partial(_in_rows, bench, guards.record),
        "moves checked by trigger": partial(_triggered, bench),
        "a new token checked": partial(alone, partial(guards.check_token, deps.settings, token)),
        "requests limited": partial(alone, partial(guards.limit, Counter(deps.settings.redis_url))),
        "the provider's pace kept": partial(_paced, bench),
        "a webhook's signature checked": partial(
            alone, partial(guards.verify, deps, signed, _EVENT)
        ),
        "instrument encrypted": partial(alone, partial(guards.seal, deps)),
        "metrics counted": partial(alone, guards.count),
        "traces, where they are on": partial(
            _in_rows, bench, partial(guards.trace, traces.get_tracer("benchmark"))
        ),
    }


def _settings(ground: Ground, database: str) -> Settings:
    given = ground.environment(database) | UNLIMITED | {"DATABASE_POOL_SIZE": "1"}
    known = {name.lower(): value for name, value in given.items()}
    return Settings.model_validate(
        {name: known[name] for name in Settings.model_fields if name in known}
    )


class _Nowhere(SpanExporter):
    """Spans end here."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Drop them."""
        del spans
        return SpanExportResult.SUCCESS


def _cost(bench: Bench, work: Callable[[], object]) -> Sample:
    """Microseconds for each charge of a piece of work that does all of them."""
    began = _spent(bench)
    work()
    return Sample(1e6 * (_spent(bench) - began) / bench.count)


def _spent(bench: Bench) -> float:
    return time.process_time() + sum(bench.backend.cpu_times()[:2])


def _whole(bench: Bench) -> Sample:
    orders = place(bench.database, bench.count)
    headers = {"Authorization": f"Bearer {token_for(bench.ground.keys)}"}
    client = bench.app.test_client()
    wish = json.dumps({"data": {"type": "charge", "attributes": {"stripe": CARD}}})

    def charge() -> None:
        for order in orders:
            path = f"/v1/orders/{order}/charge"
            answer = client.post(path, data=wish, headers=headers, content_type=MEDIA_TYPE)
            charging.execute(bench.deps, int(answer.get_json()["data"]["id"]))

    return _cost(bench, charge)


def _in_rows(bench: Bench, guard: Guard) -> Sample:
    """Of a guard that writes, in one transaction that comes to nothing."""
    ids = _fresh(bench)

    def keep(connection: Connection) -> None:
        for charge in ids:
            guard(bench.deps, connection, charge)

    with bench.deps.engine.connect() as connection:
        sample = _cost(bench, partial(keep, connection))
        connection.rollback()
    return sample


def _fresh(bench: Bench) -> list[int]:
    fill(bench.database, OURS, bench.count, bench.ground.keys.ENCRYPTION_KEYS)
    newest = "SELECT id FROM charges ORDER BY id DESC LIMIT %s"
    return [charge for (charge,) in select(bench.database, newest, bench.count)]


def _triggered(bench: Bench) -> Sample:
    """Two moves with the triggers, less two moves without."""
    checked, unchecked = _moved(bench, "ENABLE"), _moved(bench, "DISABLE")
    beside = {"with, µs": checked.value, "without, µs": unchecked.value}
    return Sample(checked.value - unchecked.value, beside)


def _moved(bench: Bench, triggers: str) -> Sample:
    ids = _fresh(bench)

    def move(connection: Connection) -> None:
        for statement in _MOVES:
            for charge in ids:
                connection.execute(statement, {"id": charge})

    with bench.deps.engine.connect() as connection:
        connection.execute(text(f"ALTER TABLE charges {triggers} TRIGGER USER"))
        sample = _cost(bench, partial(move, connection))
        connection.rollback()
    return sample


def _paced(bench: Bench) -> Sample:
    settings = bench.deps.settings.model_copy(update={"stripe_rate_limit": _NO_WAIT})
    paced, ids = replace(build(settings, name="paced"), engine=bench.deps.engine), _fresh(bench)

    def take() -> None:
        for charge in ids:
            guards.pace(paced, charge)

    return _cost(bench, take)


def _signed(secret: str, body: bytes) -> dict[str, str]:
    at = int(time.time())
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={mark}"}


def _alone(bench: Bench, guard: Callable[[], object]) -> Sample:
    def repeat() -> None:
        for _ in range(bench.count):
            guard()

    return _cost(bench, repeat)
