"""A DBOS workflow of two steps, each with its result in the same Postgres as the charge."""

import os
import sys
import threading

from dbos import DBOS, DBOSClient
from sqlalchemy import create_engine

from benchmarks.peers import body

QUEUE = "charges"
VERSION = "1"
POLL_SECONDS = 0.05
"""Its default is one second, in which as many charges would wait as are in flight."""

_DATABASE = os.environ["DATABASE_URL"]
DBOS(
    config={
        "name": "peers",
        "system_database_url": _DATABASE,
        "application_version": VERSION,
        "max_executor_threads": body.IN_FLIGHT,
        "log_level": "WARNING",
    }
)
_ask = DBOS.step(name="ask")(body.ask)
_note = DBOS.step(name="note")(body.note)


def charge(charge_id: int) -> None:
    """The body, as a workflow that goes on after the last step that ended."""
    _note(charge_id, _ask(charge_id))


execute = DBOS.workflow(name="charge")(charge)


def work() -> None:
    """Work until killed."""
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=body.IN_FLIGHT, polling_interval_sec=POLL_SECONDS)
    threading.Event().wait()


def enqueue(count: int) -> None:
    """Enqueue a workflow for each of the first charges, in one transaction."""
    DBOS.launch()  # makes its tables
    wish = {"workflow_name": "charge", "queue_name": QUEUE, "app_version": VERSION}
    client = DBOSClient(system_database_url=_DATABASE)
    engine = create_engine(_DATABASE.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for number in range(1, count + 1):
            client.enqueue_in_transaction(connection, wish, number)
    DBOS.destroy()


if __name__ == "__main__":
    enqueue(int(sys.argv[1])) if sys.argv[1:] else work()
