"""Who is measured: what each runs, where its charges stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from local.folders import PROJECT
from local.processes import read_procfile

PROCFILE: Final = read_procfile(PROJECT / "Procfile")


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to carry charges out.

    `worker` is its process that is measured, for as many charges in flight as WORKER_CONCURRENCY
    says; `feeder` one that tells it what is due; `enqueue`, with a number, tells beforehand of so
    many charges.
    """

    name: str
    worker: str
    feeder: str | None = None
    enqueue: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it runs in our virtual environment, over our tables."""
        return self.enqueue is None

    @property
    def charges(self) -> str:
        """The table of its charges."""
        return "charges" if self.is_ours else "plain_charges"


def _peer(name: str, module: str, worker: str) -> Contestant:
    enqueue = f"python -m benchmarks.peers.{module}"
    return Contestant(name, worker.format(f"benchmarks.peers.{module}"), enqueue=enqueue)


OURS: Final = Contestant("Chargehand", PROCFILE["stripe"], feeder=PROCFILE["relay"])
CELERY: Final = _peer(
    "a bare Celery task",
    "celery_worker",
    "celery -A {} worker --pool threads --concurrency $WORKER_CONCURRENCY --loglevel WARNING"
    " --without-gossip --without-mingle",
)
DRAMATIQ: Final = _peer(
    "a bare Dramatiq actor",
    "dramatiq_worker",
    "dramatiq {} --processes 1 --threads $WORKER_CONCURRENCY",
)
PROCRASTINATE: Final = _peer("Procrastinate", "procrastinate_worker", "python -m {}")
DBOS: Final = _peer("DBOS", "dbos_worker", "python -m {}")
