"""A Procrastinate task: its job is a row of the same Postgres as the charge."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from procrastinate import App, PsycopgConnector

from benchmarks.peers.body import IN_FLIGHT, charge

app = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"], max_size=16))
execute = app.task(name="charge")(charge)


async def work() -> None:
    """Work until told to stop, in as many threads as charges: the default would be six."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(IN_FLIGHT))
    async with app.open_async():
        await app.run_worker_async(concurrency=IN_FLIGHT)


def enqueue(count: int) -> None:
    """Defer a job for each of the first charges."""
    with app.open():
        app.schema_manager.apply_schema()
        execute.batch_defer(*({"charge_id": number} for number in range(1, count + 1)))


if __name__ == "__main__":
    enqueue(int(sys.argv[1])) if sys.argv[1:] else asyncio.run(work())
