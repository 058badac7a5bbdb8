"""Free TCP ports on the loopback interface."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"
# Below every system's ephemeral range: a client that keeps calling an engine that is down can
# otherwise be given the engine's own port as its source, connect to itself and block the restart.
QUIET_PORTS = range(20_000, 32_000)

ANY_PORT = "CHARGEHAND_ANY_PORT"
"""In the environment of many that start side by side: where none prefers a port, no two take it."""

_KEPT: list[IO[str]] = []
"""Locks on preferred ports; each is let go as this process ends."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(*preferred: int) -> int:
    """The first free one of the preferred ports, which is then ours, else any quiet one."""
    for port in () if ANY_PORT in os.environ else preferred:
        if is_free(port) and _keep(port):
            return port
    for port in random.sample(QUIET_PORTS, k=200):
        if is_free(port):
            return port
    raise OSError("no free TCP port between 20000 and 32000 on 127.0.0.1")


def _keep(port: int) -> bool:
    """Whether nobody of this user's who starts at the same moment is about to listen there."""
    lock = (Path(tempfile.gettempdir()) / f"chargehand-{os.getuid()}-{port}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    _KEPT.append(lock)
    return True
