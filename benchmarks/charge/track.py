"""The track: what a contestant runs on, with a backlog for it to run over."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import redis

from benchmarks.charge import provider
from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import Contestant
from benchmarks.charge.ground import Ground, open_ground
from local.child import Child
from local.folders import PROJECT
from local.ports import LOOPBACK, free_port

CONNECTIONS: Final = 32
"""To Postgres, for each process of any contestant."""

LONG: Final = 2.0
"""Seconds that the provider takes where a machine's cores are not to be what bounds a process."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Charges that a contestant was told of: made once, copied for each repetition."""

    contestant: Contestant
    count: int
    database: str
    messages: int
    """The Redis database that holds what was enqueued there."""


@dataclass(frozen=True, slots=True)
class Track:
    """The ground with the provider on it, and what runs there."""

    ground: Ground
    providers: Mapping[float, int]
    """The ports of the provider, by how many seconds it takes."""
    peers: Path | None
    """The folder of the peers' programs."""
    _made: ExitStack
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 16)))
    """Of backlogs: a Redis has sixteen databases, and the first is the workers'."""

    def backlog(self, contestant: Contestant, count: int) -> Backlog:
        """Tell a contestant of so many charges."""
        number = next(self._numbers)
        name = f"backlog_{number}"
        url = self._made.enter_context(self.ground.database(name))
        fill(url, contestant, count, self.ground.keys.ENCRYPTION_KEYS)
        if contestant.enqueue:
            environment = self._environment(contestant, url, number, in_flight=1)
            _finish(f"{contestant.enqueue} {count}", environment)
        return Backlog(contestant, count, name, number)

    @contextmanager
    def copied(self, backlog: Backlog) -> Iterator[str]:
        """The URL of a copy of the backlog, gone at the end; its messages are in the broker."""
        port = self.ground.redis.port
        with redis.Redis(port=port) as broker, redis.Redis(port=port, db=backlog.messages) as kept:
            broker.flushdb()
            for key in kept.scan_iter():
                kept.copy(key, key, destination_db=0)
        with self.ground.database("copy", template=backlog.database) as url:
            yield url

    @contextmanager
    def running(
        self,
        contestant: Contestant,
        database: str,
        in_flight: int,
        processes: int = 1,
        seconds: float = provider.SECONDS,
    ) -> Iterator[Sequence[Child]]:
        """Its workers, as many processes as wanted, for the block; so long a charge takes."""
        base = f"http://{LOOPBACK}:{self.providers[seconds]}"
        given = self._environment(contestant, database, 0, in_flight)
        environment = {**given, "STRIPE_API_BASE": base}
        commands = [contestant.worker]
        if processes > 1:
            commands = [f"{contestant.worker} --hostname {n}@%h" for n in range(processes)]
        child = self.ground.child
        workers = [child(f"worker{n}", c, environment) for n, c in enumerate(commands)]
        feeders = [child("feeder", c, environment) for c in [contestant.feeder] if c]
        try:
            for one in (*feeders, *workers):
                one.start()
            yield workers
        finally:
            for one in (*workers, *feeders):
                one.kill()

    def _environment(
        self, contestant: Contestant, database: str, messages: int, in_flight: int
    ) -> Mapping[str, str]:
        environment = self.ground.environment(database) | {
            "REDIS_URL": f"redis://{LOOPBACK}:{self.ground.redis.port}/{messages}",
            "WORKER_CONCURRENCY": str(in_flight),
            "DATABASE_POOL_SIZE": str(CONNECTIONS),
        }
        if contestant.is_ours:
            return environment
        assert self.peers is not None
        path = os.pathsep.join([str(self.peers), environment["PATH"]])
        return environment | {"PATH": path, "PYTHONPATH": str(PROJECT)}


def _finish(command: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {command}"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr[-2000:]}")


@contextmanager
def open_track(peers: Path | None = None) -> Iterator[Track]:
    """Engines and the provider, for the block; without `peers`, for ours alone."""
    with open_ground() as ground, ExitStack() as made:
        answer = ground.folder / "answer.json"
        provider.record(ground.sandbox.url, ground.keys.STRIPE_API_KEY, answer)
        providers = {
            seconds: made.enter_context(_serving(ground, answer, seconds))
            for seconds in (provider.SECONDS, LONG)
        }
        yield Track(ground, providers, peers, made)


@contextmanager
def _serving(ground: Ground, answer: Path, seconds: float) -> Iterator[int]:
    port = free_port()
    command = f"{sys.executable} -m {provider.__name__} {port} {seconds} {answer}"
    child = ground.child(f"provider-{port}", command, os.environ)
    child.start()
    try:
        while not _listens(port):
            if not child.is_running:
                raise RuntimeError(f"the provider ended:\n{child.tail()}")
            time.sleep(0.05)
        yield port
    finally:
        child.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
