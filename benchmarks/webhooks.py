"""Webhooks: verified, stored and handled by the second; how soon one completes its order."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Final, LiteralString

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 a class

from benchmarks.charge.ground import open_ground
from benchmarks.client import Line, Load, ask_for
from benchmarks.finding import Finding, Goal, Plan, Ratio, Row
from benchmarks.post import Post, open_post, wait_for_events
from benchmarks.serving import OURS, Server, place, select, served, working
from benchmarks.turns import Measure, Sample, collect, rows_of
from shared.domain.charge import Provider

CONNECTIONS: Final = 16
_A_SECOND: Final = 500
"""More events than are stored in a second."""
_FEW: Final = 30
_PAUSE: Final = 0.05
_PATIENCE: Final = 120.0

_HANDLED: Final[LiteralString] = """
    SELECT count(*) FILTER (WHERE handled_at IS NULL), count(*),
           CAST(extract(epoch FROM max(handled_at) - min(received_at)) AS double precision)
    FROM webhook_events WHERE id > %s
"""
_LAST: Final[LiteralString] = "SELECT coalesce(max(id), 0) FROM webhook_events"
_COMPLETED: Final[LiteralString] = "SELECT status = 'completed' FROM orders WHERE id = %s"

SAID: Final = (
    "Signed events about charges that wait for them, every second one sent twice. *Stored*: POSTs"
    f" answered by one web process, over {CONNECTIONS} connections, while relay and workers handle"
    " what comes. *Handled*: events by their time from the first that was received to the last"
    " that was handled. *Completed*: from the first byte of a POST to the moment at which another"
    " connection to the database sees the order completed, one event at a time, nothing else going"
    " on."
)


def measure(plan: Plan) -> Finding:
    """Rates under load, then times at rest."""
    with ExitStack() as stack:
        ground = stack.enter_context(open_ground())
        database = stack.enter_context(ground.database("webhooks"))
        place(database, 0)
        post = stack.enter_context(open_post(ground))
        server = stack.enter_context(served(ground, database, OURS, post.settings))
        commands = ("relay", "stripe-events", "paypal-events")
        stack.enter_context(working(ground, database, commands, post.settings))
        store, complete = partial(_store, post, server, plan), partial(_complete, post, server)
        complete(Provider.STRIPE)  # once all of them have started
        complete(Provider.PAYPAL)
        taken = collect(plan, "POSTs/s", _by_provider(store, "{}, stored"))
        times = collect(plan, "ms", _by_provider(complete, "{}, POST to order completed, idle"))
    rows = (*rows_of(taken, "POSTs/s"), *rows_of(times, "ms"))
    return Finding("Webhooks", SAID, rows, tuple(_goals(rows[len(taken) :])))


def _goals(rows: Sequence[Row]) -> Iterator[Goal]:
    for row in rows:
        reached = Ratio(row.median, min(row.samples), max(row.samples))
        yield Goal(f"{row.name}, p50", 25, reached, is_ceiling=True, unit="ms")


def _by_provider(measure: Callable[[Provider], Sample], name: str) -> Mapping[str, Measure]:
    return {name.format(each.capitalize()): partial(measure, each) for each in Provider}


def _store(post: Post, server: Server, plan: Plan, provider: Provider) -> Sample:
    """Twice as many POSTs as events; then wait until all are handled."""
    [(last,)] = select(server.database, _LAST)
    count = int(_A_SECOND * (plan.seconds + 1))
    waiting = wait_for_events(server.database, provider, count)
    events = [post.approved(provider, each) for each in waiting]
    stored = ask_for(
        Load(server.port, _with_duplicates(events), 200, CONNECTIONS, server.process), plan.seconds
    )
    ends = time.monotonic() + _PATIENCE
    while True:
        [(unhandled, count, seconds)] = select(server.database, _HANDLED, last)
        if not unhandled:
            return Sample(stored.value, {**stored.beside, "handled, events/s": count / seconds})
        if time.monotonic() > ends:
            raise RuntimeError(f"{unhandled} events are not handled")
        time.sleep(0.2)


def _with_duplicates(events: Sequence[bytes]) -> Iterator[bytes]:
    """Each event; every second one a second time, some events later."""
    for number, event in enumerate(events):
        yield event
        if number % 2:
            yield events[max(number - 20, 0)]


def _complete(post: Post, server: Server, provider: Provider) -> Sample:
    """Milliseconds from a POST to the order's completion, one event after the other."""
    taken, answered = [], []
    line = Line(server.port, 200)
    with closing(line.socket), closing(psycopg2.connect(server.database)) as connection:
        connection.autocommit = True
        for waiting in wait_for_events(server.database, provider, _FEW):
            time.sleep(_PAUSE)
            event = post.approved(provider, waiting)
            with connection.cursor() as cursor:
                line.ask(event)
                answered.append(1000 * line.heard())
                while not _is_completed(cursor, waiting.order_id):
                    time.sleep(0.0005)
                taken.append(1000 * (time.perf_counter() - line.asked_at))
    cuts = statistics.quantiles(taken, n=20)
    beside = {"p95, ms": cuts[18], "answered, ms": statistics.median(answered)}
    return Sample(statistics.median(taken), beside)


def _is_completed(cursor: Cursor, order: int) -> bool:
    cursor.execute(_COMPLETED, (order,))
    return bool(cursor.fetchall()[0][0])
