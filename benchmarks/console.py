"""How fast the console's pages are with a million charges: `python -m benchmarks.console`.

Each page is asked for within the process, so that what is measured is the server's own time: its
queries, its templates. Printed is what docs/operate.md shows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg2
from flask.testing import FlaskClient

from benchmarks.population import Size, populate
from local.engines import Postgres, Redis
from local.folders import PROJECT, temporary_folder
from shared.db import unit_of_work
from shared.repository.charge_tallies import count_hours
from tests.api.platform import make_platform
from tests.ops.conftest import ACTOR, Desk

MIGRATE: Final = ("-m", "alembic", "-c", "shared/migrations/alembic.ini", "upgrade", "head")
ROUNDS: Final = 20
LIMIT_MS: Final = 300
DAYS: Final = 90

PAGES: Final = {
    "front page, an hour": "/ops?over=hour",
    "front page, a day": "/ops?over=day",
    "front page, a week": "/ops?over=week",
    "front page, a month": "/ops?over=month",
    "search by order": "/ops/search?q={some}",
    "search for what is not there": "/ops/search?q=00000000-0000-0000-0000-000000000000",
    "search by reference": "/ops/search?q=ch_{some}",
    "charges": "/ops/charges",
    "charges that failed": "/ops/charges?status=failed",
    "charges, far back": "/ops/charges?before={some}",
    "a charge": "/ops/charges/{some}",
    "reviews": "/ops/reviews",
    "webhook events": "/ops/webhooks",
    "webhook events that wait": "/ops/webhooks?waiting",
    "a webhook event": "/ops/webhooks/{some}",
    "outbound events": "/ops/outbound",
    "an outbound event": "/ops/outbound/{some}",
    "circuits": "/ops/circuits",
    "audit": "/ops/audit",
}


def main(charges: int) -> int:
    """Measure, print; 1 where a page is too slow."""
    size = Size(charges, DAYS)
    with _system(size) as desk:
        print(f"{charges:,} charges over {DAYS} days, {ROUNDS} times each, in ms:")
        print("| page | median | slowest |\n|---|---|---|")
        slowest = [_measure(desk.client, name, path, size) for name, path in PAGES.items()]
    return int(max(slowest) > LIMIT_MS)


def _measure(client: FlaskClient, name: str, path: str, size: Size) -> float:
    taken = []
    for number in range(ROUNDS):
        wanted = path.format(some=size.charges // 2 + number * 97)
        started = time.perf_counter()
        answer = client.get(wanted, follow_redirects=True)
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.text  # noqa: PLR2004 the page itself
    print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |", flush=True)
    return max(taken)


@contextmanager
def _system(size: Size) -> Iterator[Desk]:
    with (
        temporary_folder("bench") as folder,
        Postgres(folder / "p", durable=False) as database,
        Redis(folder / "r") as redis,
    ):
        environment = {**os.environ, "DATABASE_URL": database.url}
        subprocess.run([sys.executable, *MIGRATE], cwd=PROJECT, env=environment, check=True)
        started = time.monotonic()
        with closing(psycopg2.connect(database.url)) as connection:
            populate(connection, size)
            connection.autocommit = True  # VACUUM refuses to run inside a transaction
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        print(f"populated in {time.monotonic() - started:.0f} s", file=sys.stderr)
        platform = make_platform(database.url, redis.url)
        with unit_of_work(platform.deps.engine) as held:
            while count_hours(held, platform.deps.clock()):
                pass  # as the watch will have done
        desk = Desk(platform.app.test_client())
        desk.post("/ops/sign-in", token=platform.token(ACTOR))
        yield desk
        platform.deps.engine.dispose()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
