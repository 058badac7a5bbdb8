"""A client that asks all the time over some connections, and costs next to nothing."""

from __future__ import annotations

import re
import selectors
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.turns import Sample
from local.ports import LOOPBACK

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PIECE: Final = 64 * 1024
_PATIENCE: Final = 30.0
_WARM_UP: Final = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server: requests as they are on the wire, and how each is answered."""

    port: int
    requests: Iterator[bytes]
    status: int
    connections: int
    server: int
    """The process whose children serve it."""


class Line:
    """A connection with one request on its way, to be answered with that status."""

    def __init__(self, port: int, status: int) -> None:
        self.socket = socket.create_connection((LOOPBACK, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.body = b""
        self._received = b""
        self._begin = b"HTTP/1.1 %d" % status

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._received = b""
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def hear(self) -> float | None:
        """Take what has come: seconds from the request to its whole answer; None before that."""
        self._received += self.socket.recv(_PIECE)
        head, end, self.body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length and len(self.body) < int(length[1])):
            return None
        if not head.startswith(self._begin):
            raise RuntimeError(f"answered {self._received.decode(errors='replace')}")
        return time.perf_counter() - self.asked_at

    def heard(self) -> float:
        """Wait for the whole answer."""
        while (seconds := self.hear()) is None:
            pass
        return seconds


def ask_for(load: Load, seconds: float) -> Sample:
    """Requests a second, once warm; with their times, and with what it took of both sides' CPUs."""
    lines = [Line(load.port, load.status) for _ in range(load.connections)]
    try:
        with selectors.DefaultSelector() as selector:
            for line in lines:
                selector.register(line.socket, selectors.EVENT_READ, line)
                line.ask(next(load.requests))
            _answered(selector, load.requests, _WARM_UP)
            began, ours, its = time.perf_counter(), time.process_time(), _spent(load.server)
            taken = _answered(selector, load.requests, seconds)
            took, ours = time.perf_counter() - began, time.process_time() - ours
            its = _spent(load.server) - its
    finally:
        for line in lines:
            line.socket.close()
    cuts = statistics.quantiles(taken, n=100)
    beside = {
        "p50, ms": cuts[49] * 1000,
        "p99, ms": cuts[98] * 1000,
        "server's CPU, ms each": 1000 * its / len(taken),
        "client, % of a core": 100 * ours / took,
    }
    return Sample(len(taken) / took, beside)


def _spent(server: int) -> float:
    """Seconds of CPU that a server's workers have used."""
    workers = psutil.Process(server).children(recursive=True)
    return sum(sum(worker.cpu_times()[:2]) for worker in workers)


def _answered(
    selector: selectors.BaseSelector, requests: Iterator[bytes], seconds: float
) -> list[float]:
    taken, ends = list[float](), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        ready = selector.select(_PATIENCE)
        if not ready:
            raise RuntimeError(f"no answer in {_PATIENCE} s")
        for key, _ in ready:
            heard = key.data.hear()
            if heard is not None:
                taken.append(heard)
                key.data.ask(next(requests))
    return taken
