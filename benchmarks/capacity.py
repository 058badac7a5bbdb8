"""What one charge takes of each part: `python -m benchmarks.capacity [charges]`.

What docs/capacity.md reckons with. Charges come over HTTP, Stripe's webhooks from the sandbox, the
platform hears of all. What all take where nothing is to be done is taken off.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import jwt
import psutil
import requests
from redis import Redis

from benchmarks.charge.backlog import CARD
from benchmarks.charge.ground import Ground, open_ground
from benchmarks.serving import OURS, execute, place, select, served, token_for, working
from local.ports import LOOPBACK

CHARGES: Final = 1000
STATEMENTS: Final = "statements, BEGIN and COMMIT among them"
_WORKERS: Final = ("relay", "stripe", "stripe-events", "outbound")
_BUYERS: Final = 8
_WARM_UP: Final = 50
_IDLE_SECONDS: Final = 10.0
_UNTOLD_SECONDS: Final = 11.0
"""For so long a session that rests keeps what it counted to itself."""
_PATIENCE: Final = 900.0
_SETTINGS: Final = {
    "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
    "OUTBOUND_ALLOWED_PORTS": "1024-65535",
}
_JSON: Final = "application/vnd.api+json"
_STATEMENT: Final = re.compile(rb"LOG:  (?:statement|execute)")
_OPEN: Final = """
    SELECT (SELECT count(*) FROM charges WHERE settled_at IS NULL)
         + (SELECT count(*) FROM webhook_events WHERE handled_at IS NULL)
         + (SELECT count(*) FROM outbound_deliveries WHERE finished_at IS NULL),
           (SELECT count(*) FROM webhook_events)
"""
_BYTES: Final = """
    SELECT coalesce(inhparent::regclass::text, c.relname), sum(pg_table_size(c.oid)),
           sum(pg_indexes_size(c.oid))
    FROM pg_class c LEFT JOIN pg_inherits ON inhrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1
"""
_POSTGRES: Final = """
    SELECT pg_current_wal_insert_lsn() - '0/0', xact_commit, tup_inserted, tup_updated,
           (SELECT count(*) FROM webhook_events), (SELECT count(*) FROM outbound_deliveries)
    FROM pg_stat_database WHERE datname = current_database()
"""
_CONNECTED: Final = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'chargehand-%%' GROUP BY 1 ORDER BY 1
"""

Figures = dict[str, float]


class Stage:
    """The running system, and what is read of it."""

    def __init__(self, stack: ExitStack, ground: Ground) -> None:
        self.ground = ground
        self.database = stack.enter_context(ground.database("capacity"))
        web = stack.enter_context(served(ground, self.database, OURS, _SETTINGS))
        self.base = f"http://{LOOPBACK}:{web.port}"
        ground.sandbox.introduce(self.base)
        workers = stack.enter_context(working(ground, self.database, _WORKERS, _SETTINGS))
        self.redis = stack.enter_context(Redis.from_url(ground.redis.url))
        self.processes = {
            "web": web.process,
            **{name: child.pid for name, child in workers.items()},
            "Postgres": ground.postgres.pid,
            "Redis": ground.redis.pid,
        }
        self._tell(stack.enter_context(_platform()))

    def charge(self, count: int) -> None:
        """Have so many charges made, and everybody told."""
        token, orders = token_for(self.ground.keys), place(self.database, count)
        with ThreadPoolExecutor(_BUYERS) as buyers:
            list(buyers.map(lambda order: self._ask(order, token), orders))
        deadline, seen = time.monotonic() + _PATIENCE, None
        while (now := select(self.database, _OPEN)[0]) != seen or now[0]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{now[0]} rows are not done")
            seen = now
            time.sleep(2)

    def log_statements(self) -> None:
        """Have Postgres write each down from now on, which costs it time."""
        execute(self.database, "ALTER SYSTEM SET log_statement = 'all'")
        execute(self.database, "SELECT pg_reload_conf()")
        time.sleep(1)

    def figures(self) -> Figures:
        """All counts as they stand."""
        time.sleep(_UNTOLD_SECONDS)
        wal, *rows = select(self.database, _POSTGRES)[0]
        log = (self.ground.postgres.folder / "postgres.log").read_bytes()
        redis = self.redis.info("commandstats").values()
        traffic = self.redis.info("stats")
        names = ("transactions", "rows inserted", "rows updated", "webhooks", "deliveries")
        return {
            "WAL, bytes": float(wal),
            STATEMENTS: len(_STATEMENT.findall(log)),
            **dict(zip(names, map(float, rows), strict=True)),
            "Redis commands": sum(command["calls"] for command in redis),
            "Redis in, bytes": traffic["total_net_input_bytes"],
            "Redis out, bytes": traffic["total_net_output_bytes"],
            **{f"CPU of {name}, ms": _cpu(pid) for name, pid in self.processes.items()},
        }

    def stored(self) -> Figures:
        """Bytes of each table, and of its indexes."""
        execute(self.database, "VACUUM")
        return {
            f"{name}{what}, bytes": float(size)
            for name, *sizes in select(self.database, _BYTES)
            for what, size in zip(("", "'s indexes"), sizes, strict=True)
        }

    def _ask(self, order: int, token: str) -> None:
        self._post(f"/v1/orders/{order}/charge", token, "charge", {"stripe": CARD})

    def _tell(self, url: str) -> None:
        claims = {"sub": "platform", "scope": "orders:write", "exp": time.time() + 600}
        token = jwt.encode(claims, self.ground.keys.JWT_SECRET, "HS256")
        self._post("/v1/webhook-endpoints", token, "webhook-endpoint", {"url": url})

    def _post(self, path: str, token: str, kind: str, attributes: dict[str, str]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": _JSON}
        body = {"data": {"type": kind, "attributes": attributes}}
        requests.post(self.base + path, json=body, headers=headers, timeout=60).raise_for_status()


def main(charges: int) -> None:
    """Measure and tell."""
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with ExitStack() as stack:
        stage = Stage(stack, stack.enter_context(open_ground()))
        stage.charge(_WARM_UP)
        execute(stage.database, "CHECKPOINT")
        kept = stage.stored()
        idle, each = _measure(stage, charges)
        stored = {
            name: (size - kept.get(name, 0)) / charges for name, size in stage.stored().items()
        }
        connected = dict(select(stage.database, _CONNECTED))
        stage.log_statements()
        idle_logged, each_logged = _measure(stage, max(_WARM_UP, charges // 5))
    for into, logged in ((idle, idle_logged), (each, each_logged)):
        into[STATEMENTS] = logged[STATEMENTS]
    _show(f"{charges} charges, each", each)
    _show("nothing to do, a second", idle)
    _show("stored, each", {name: size for name, size in stored.items() if size})
    _show("together", {"stored, bytes": sum(stored.values())})
    _show("connections to Postgres", connected)


def _measure(stage: Stage, charges: int) -> tuple[Figures, Figures]:
    """What all take in a second of nothing to do; what each of so many charges takes."""
    begin = time.monotonic()
    at_rest = _passed(stage.figures, lambda: time.sleep(_IDLE_SECONDS))
    idle = {name: taken / (time.monotonic() - begin) for name, taken in at_rest.items()}
    begin = time.monotonic()
    taken = _passed(stage.figures, lambda: stage.charge(charges))
    seconds = time.monotonic() - begin
    return idle, {name: (taken[name] - idle[name] * seconds) / charges for name in taken}


def _passed(figures: Callable[[], Figures], work: Callable[[], None]) -> Figures:
    before = figures()
    work()
    after = figures()
    return {name: after[name] - before[name] for name in after}


def _show(title: str, figures: Figures) -> None:
    print(f"\n{title}", *(f"{value:>12,.1f}  {name}" for name, value in figures.items()), sep="\n")


def _cpu(pid: int) -> float:
    first = psutil.Process(pid)
    times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
    return 1000 * sum(each.user + each.system for each in times)


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take what is told."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


@contextmanager
def _platform() -> Iterator[str]:
    """An endpoint of the platform's that takes everything."""
    with ThreadingHTTPServer((LOOPBACK, 0), _Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{LOOPBACK}:{server.server_port}/"
        server.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CHARGES)
