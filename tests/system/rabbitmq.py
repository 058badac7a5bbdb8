"""A RabbitMQ node of our own, where the program is installed."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from kombu import Connection

from local.engine import Engine
from local.errors import EngineError
from local.ports import LOOPBACK, free_port

PROGRAMS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", shutil.which("rabbitmq-server") or "")
"""Debian's own behind its wrapper, which runs as the system's service only; then any other."""

PROGRAM = next((program for program in PROGRAMS if program and Path(program).exists()), None)


class RabbitMQ(Engine):
    """A node that keeps its queues over stop, kill and start."""

    name = "rabbitmq"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._epmd_port, self._between_nodes = free_port(), free_port()

    @property
    def url(self) -> str:
        """A URL for kombu."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}//"

    def __enter__(self) -> Self:
        try:
            return super().__enter__()
        except EngineError:
            self._end_epmd()
            raise

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._end_epmd()

    def _end_epmd(self) -> None:
        """End Erlang's port mapper, which outlives the node that started it."""
        end = ["epmd", "-port", str(self._epmd_port), "-kill"]
        subprocess.run(end, capture_output=True, check=False)

    def _prepare(self) -> None:
        (self.folder / "plugins").write_text("[].")
        for ours in ("rabbitmq.conf", "environment"):  # not the machine's
            (self.folder / ours).touch()

    def _command(self) -> Sequence[str]:
        return [str(PROGRAM)]

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_NODENAME": f"chargehand{os.getpid()}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._between_nodes),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_LOGS": "-",
            "RUNNING_UNDER_SYSTEMD": "1",  # it is its own process, and no shell's child
        }

    def _answers(self) -> bool:
        with Connection(self.url, connect_timeout=2) as connection:
            away: tuple[type[BaseException], ...] = (OSError, *connection.connection_errors)
            try:
                connection.connect()
            except away:
                return False
        return True
