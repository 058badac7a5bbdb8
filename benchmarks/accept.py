"""Accepting a charge: beside a bare answer and a bare INSERT, without Redis, among a million."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import repeat
from pathlib import Path
from typing import Final

import psycopg2

from benchmarks import insert
from benchmarks.charge.ground import Ground, open_ground
from benchmarks.client import Load, ask_for
from benchmarks.finding import Finding, Goal, Plan, Row
from benchmarks.population import Size, populate
from benchmarks.serving import (
    OURS,
    Server,
    charge_request,
    execute,
    place,
    request,
    served,
    token_for,
)
from benchmarks.turns import Measure, Sample, aside, collect, rows_of
from local.engines import Redis

MANY: Final = 1_000_000
CONNECTIONS: Final = 16
_A_SECOND: Final = 2_000
"""More orders than could be charged in a second."""

SAID: Final = (
    f"`POST /v1/orders/<id>/charge` over {CONNECTIONS} connections that ask all the time: token,"
    " rate limits, schema, lock, encryption, one charge committed. All bring one buyer's token,"
    " whose signature is checked once; each charge has an order of its own. Beside it, in the"
    " same gunicorn with the same settings (one process, its default threads) and over the same"
    " pool: a Flask application that answers 202, and one that commits one INSERT of a row like"
    " a charge's, into a table with the same columns and indexes. pgbench commits the same"
    " INSERT over as many connections. Postgres is durable (`fsync`, `synchronous_commit`)."
    " Redis is one that serves, one that was killed, one that hangs."
)


def measure(plan: Plan) -> Finding:
    """Requests a second, by turns."""
    many = min(MANY, plan.largest)
    with ExitStack() as stack:
        ground = stack.enter_context(open_ground())
        few = stack.enter_context(ground.database("few"))
        crowded = stack.enter_context(ground.database("many"))
        _crowd(crowded, many)
        taken = collect(plan, "requests/s", _measures(stack, ground, few, crowded, plan, many))
    rows = rows_of(taken, "requests/s")
    times = rows_of(aside(taken, "p99, ms"), "ms")
    return Finding("Accepting a charge", SAID, rows, tuple(_goals(rows, times)))


def _goals(rows: tuple[Row, ...], times: tuple[Row, ...]) -> Iterator[Goal]:
    _, insert, up, among, _, hanging, _ = rows
    yield Goal("accepting, against one INSERT in the same server", 0.85, up.against(insert))
    yield Goal("accepting with Redis hanging, against Redis up", 0.98, hanging.against(up))
    slower = times[rows.index(hanging)].against(times[rows.index(up)])
    yield Goal("its p99 with Redis hanging, against Redis up", 1.1, slower, is_ceiling=True)
    yield Goal(f"{among.name}, against none", 0.95, among.against(up))


def _measures(
    stack: ExitStack, ground: Ground, few: str, crowded: str, plan: Plan, many: int
) -> Mapping[str, Measure]:
    dead, hanging = (
        stack.enter_context(Redis(ground.folder / name)) for name in ("dead", "hanging")
    )
    plain = stack.enter_context(served(ground, few, "benchmarks.bare:app", {}))
    up = stack.enter_context(served(ground, few, OURS, {}))
    down = stack.enter_context(served(ground, few, OURS, {"REDIS_URL": dead.url}))
    hung = stack.enter_context(served(ground, few, OURS, {"REDIS_URL": hanging.url}))
    among = stack.enter_context(served(ground, crowded, OURS, {}))
    execute(few, insert.MAKE)
    dead.kill()
    os.kill(hanging.pid, signal.SIGSTOP)
    stack.callback(os.kill, hanging.pid, signal.SIGCONT)
    token = token_for(ground.keys)
    return {
        "bare 202": lambda: _ask(plain, "/nothing", plan),
        "one INSERT": lambda: _ask(plain, "/insert", plan),
        "accept, Redis up": lambda: _accept(up, token, plan),
        f"accept, {many:,} charges stored": lambda: _accept(among, token, plan),
        "accept, Redis down": lambda: _accept(down, token, plan),
        "accept, Redis hanging": lambda: _accept(hung, token, plan),
        "one INSERT by pgbench": lambda: _pgbench(ground, few, plan),
    }


def _crowd(database: str, charges: int) -> None:
    print(f"  storing {charges:,} charges", flush=True)
    with closing(psycopg2.connect(database)) as connection:
        populate(connection, Size(charges, days=90), is_whole=False)
    execute(database, "VACUUM ANALYZE")
    execute(database, "CHECKPOINT")


def _accept(server: Server, token: str, plan: Plan) -> Sample:
    orders = place(server.database, int(_A_SECOND * (plan.seconds + 1)))
    asked = (charge_request(order, token, "tok_visa") for order in orders)
    return ask_for(Load(server.port, asked, 202, CONNECTIONS, server.process), plan.seconds)


def _ask(server: Server, path: str, plan: Plan) -> Sample:
    asked = repeat(request(path))
    return ask_for(Load(server.port, asked, 202, CONNECTIONS, server.process), plan.seconds)


def _pgbench(ground: Ground, database: str, plan: Plan) -> Sample:
    script = Path(ground.folder / "insert.sql")
    script.write_text(" ".join(insert.BY_PGBENCH.split()) + ";\n")
    pgbench = [str(ground.postgres.program("pgbench")), "--no-vacuum", "--protocol=prepared"]
    pgbench += [f"--file={script}", f"--client={CONNECTIONS}", f"--time={max(1, plan.seconds):.0f}"]
    told = subprocess.run([*pgbench, database], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"tps = ([\d.]+)", told)
    assert rate, told
    return Sample(float(rate[1]))
