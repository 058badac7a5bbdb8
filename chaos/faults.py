"""The hand that strikes: makes each fault of the plan happen, and undoes it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import psutil
import redis
import requests

from chaos.plan import Strike
from chaos.system import System
from local.child import Child
from sandbox.client import ControlError

LATENCY_SECONDS: Final = 0.15
_LOOK: Final = 0.2


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that happened: from when to when, in seconds since the epoch."""

    strike: Strike
    began: float
    healed: float


class Hand:
    """Strikes at one system, and starts again what ends by itself, for the block.

    Two faults of one target come one after the other.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.revived: list[str] = []
        """What ended by itself and was started again, as whoever runs it would."""
        self._kinds: dict[str, Callable[[Strike], None]] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "shutdown": self._shut_down,
            "flush": self._flush,
            "latency": self._link,
            "cut": self._link,
            "stall": self._link,
            "provider": self._rule,
            "webhook": self._rule,
        }

    def __enter__(self) -> Self:
        self._supervisor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._supervisor.join()

    def strike(self, strike: Strike) -> Struck:
        """Let it happen for its time; returns when it is healed."""
        with self._locks[strike.target]:
            began = time.time()
            self._kinds[strike.kind](strike)
            return Struck(strike, began, time.time())

    def _supervise(self) -> None:
        while not self._stopping.wait(_LOOK):
            for name, process in self._system.processes.items():
                self._revive(name, process)

    def _revive(self, name: str, process: Child) -> None:
        lock = self._locks[name]
        if process.is_running or not lock.acquire(blocking=False):
            return
        try:
            if not process.is_running:
                self.revived.append(name)
                process.start()
        finally:
            lock.release()

    def _kill(self, strike: Strike) -> None:
        engines = {"postgres": self._system.postgres, "redis": self._system.redis}
        part = engines.get(strike.target) or self._system.processes[strike.target]
        part.kill()
        time.sleep(strike.seconds)
        part.start()

    def _shut_down(self, strike: Strike) -> None:
        """Postgres' immediate shutdown: what was committed is in its log, and nowhere else."""
        postgres = self._system.postgres
        os.kill(postgres.pid, signal.SIGQUIT)
        while postgres.is_running:
            time.sleep(0.02)
        time.sleep(strike.seconds)
        postgres.start()

    def _freeze(self, strike: Strike) -> None:
        stopped = list(_family(self._pid_of(strike.target)))
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        time.sleep(strike.seconds)
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _pid_of(self, target: str) -> int:
        system = self._system
        others = {
            "postgres": system.postgres.pid,
            "redis": system.redis.pid,
            "sandbox": system.sandbox.child.pid,
        }
        return others.get(target) or system.processes[target].pid

    def _flush(self, _: Strike) -> None:
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self._system.redis.url, socket_timeout=5) as client,
        ):
            client.flushall()

    def _link(self, strike: Strike) -> None:
        network = self._system.network
        match strike.kind:
            case "latency":
                network.slow(strike.target, LATENCY_SECONDS)
            case "stall":
                network.stall(strike.target)
            case _:
                network.cut(strike.target)
        time.sleep(strike.seconds)
        network.heal(strike.target)

    def _rule(self, strike: Strike) -> None:
        """Healed when the rule is gone, and with it the last call that it left hanging."""
        with self._system.sandbox.control() as control:
            rule = insist(lambda: control.fault(**strike.rule))
            time.sleep(strike.seconds)
            with contextlib.suppress(ControlError):  # asked twice: it is gone
                insist(lambda: control.remove_fault(rule))
        time.sleep(strike.rule.get("seconds", 0) if strike.kind == "provider" else 0)


def insist(ask: Callable[[], str | None]) -> str:
    """Ask the sandbox, which may be frozen, until it answers."""
    while True:
        try:
            return str(ask())
        except requests.RequestException:
            time.sleep(_LOOK)


def _family(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)
