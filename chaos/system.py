"""The system under chaos: every process of the Procfile, with a network of ours in between."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import jwt
import psycopg2
import redis

from chaos.proxy import Network
from chaos.shop import Shop
from local import environment as env
from local.child import Child
from local.development_keys import DevelopmentKeys
from local.engines import EngineUrls, Postgres, Redis
from local.errors import EngineError
from local.folders import PROJECT
from local.ports import LOOPBACK
from local.processes import read_procfile
from local.ready import is_ready
from local.sandboxed import Sandbox
from local.subscription import Subscription

READY_SECONDS: Final = 90.0
SETTLE_SECONDS: Final = 3.0
IDLE: Final = ("release", "flower")
"""What the Procfile names and no charge passes."""
CHARGERS: Final = ("stripe", "paypal")
TWICE: Final = ("relay", *CHARGERS)

HOSPITABLE: Final = {
    # All buyers have one address, and the shop one of this machine's own.
    "RATE_LIMIT_PER_USER": "1000000/hour",
    "RATE_LIMIT_PER_ADDRESS": "1000000/hour",
    "RATE_LIMIT_OF_WEBHOOKS": "1000000/hour",
    "OUTBOUND_ALLOWED_NETWORKS": f"{LOOPBACK}/32",
    "OUTBOUND_ALLOWED_PORTS": "1024-65535",
}
"""The only settings that are not the defaults."""


class System:
    """Web, relays, workers, beat, engines, sandbox, shop; for the block.

    `logs` is the folder of what each process says, `folder` that of the engines' data.
    """

    def __init__(self, folder: Path, logs: Path) -> None:
        self.keys = DevelopmentKeys()
        self.postgres = Postgres(folder / "postgres", durable=False)
        self.redis = Redis(folder / "redis")
        self.sandbox = Sandbox(logs, self.keys, env.given())
        self.network = Network()
        self.shop = Shop()
        self.logs = logs
        self.commands = commands()
        self.processes: dict[str, Child] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> System:
        try:
            for part in (self.postgres, self.redis, self.network, self.shop, self.sandbox):
                self._stack.enter_context(part)
            self._build()
            self._stack.callback(self._stop)
            for process in self.processes.values():
                process.start()
            self.until_ready()
            self._introduce_shop()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def api_url(self) -> str:
        """The API as the buyers reach it."""
        return self.network.links["buyers-web"].url

    def until_ready(self) -> None:
        """Wait for the API and its database."""
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready(env.web_url(self.settings)):
            if time.monotonic() > deadline:
                raise EngineError(f"The system did not start. See {self.logs}")
            time.sleep(0.2)

    def versions(self) -> dict[str, str]:
        """The engines' versions, by name."""
        with (
            contextlib.closing(psycopg2.connect(self.postgres.url)) as connection,
            redis.Redis.from_url(self.redis.url) as client,
        ):
            number = connection.server_version // 10_000
            return {"Postgres": str(number), "Redis": str(client.info("server")["redis_version"])}

    def gather_logs(self) -> None:
        """Lay the engines' logs beside the others."""
        for engine in (self.postgres, self.redis):
            shutil.copy(engine.folder / f"{engine.name}.log", self.logs)

    def _build(self) -> None:
        urls = EngineUrls(self.postgres.url, self.redis.url)
        complete = env.complete(env.given(), urls, self.keys)
        self.settings = env.sandboxed(complete, self.sandbox, self.keys) | HOSPITABLE
        port, link = int(self.settings["PORT"]), self.network.link
        link("buyers-web", port)
        link("outbound-shop", self.shop.port)
        self.sandbox.introduce(link("providers-web", port).url)
        with self.sandbox.control() as control:
            control.settings(settle_seconds=SETTLE_SECONDS)
        self._migrate()
        for role in {name.partition(".")[0]: None for name in self.commands}:
            self._connect(role)

    def _migrate(self) -> None:
        release = read_procfile(PROJECT / "Procfile")["release"]
        with (self.logs / "release.log").open("wb") as log:
            command = ["sh", "-c", release]
            subprocess.run(
                command, cwd=PROJECT, env=self.settings, stdout=log, stderr=log, check=True
            )

    def _connect(self, role: str) -> None:
        """Give the processes of one role links of their own to all that they speak with."""
        names = [name for name in self.commands if name.partition(".")[0] == role]
        environment = self.settings | dict(self._addresses(role, self.commands[names[0]]))
        for name in names:
            command = ["sh", "-c", f"exec {self.commands[name]}"]
            self.processes[name] = Child(command, self.logs / f"{name}.log", PROJECT, environment)

    def _addresses(self, role: str, command: str) -> Iterator[tuple[str, str]]:
        def by(far: str, target: int) -> int:
            return self.network.link(f"{role}-{far}", target).port

        yield "REDIS_URL", f"redis://{LOOPBACK}:{by('redis', self.redis.port)}/0"
        if " beat " in command:
            return
        address = f"{LOOPBACK}:{by('postgres', self.postgres.port)}"
        yield "DATABASE_URL", f"postgresql://postgres@{address}/postgres"
        sandbox = int(self.sandbox.url.rpartition(":")[2])
        for provider, other in (("stripe", "paypal"), ("paypal", "stripe")):
            if " worker " in command and not role.startswith((other, "outbound")):
                address = f"http://{LOOPBACK}:{by(provider, sandbox)}"
                yield f"{provider.upper()}_API_BASE", address

    def _introduce_shop(self) -> None:
        expires = int(time.time()) + 600
        claims = {"sub": "shop", "scope": "orders:write", "exp": expires}
        token = jwt.encode(claims, self.keys.JWT_SECRET, "HS256")
        with Subscription(env.web_url(self.settings), token) as subscription:
            url = f"{self.network.links['outbound-shop'].url}/chaos"
            self.shop.secret = subscription.renew(url, SUBSCRIBED)

    def _stop(self) -> None:
        for process in self.processes.values():
            process.kill()


def commands() -> dict[str, str]:
    """What runs, by the name of the process."""
    found = {}
    for name, command in read_procfile(PROJECT / "Procfile").items():
        if name in IDLE:
            continue
        if name not in TWICE:
            found[name] = command
            continue
        for copy in ("1", "2"):
            host = f" --hostname {name}.{copy}@%h" if "celery" in command else ""
            found[f"{name}.{copy}"] = command + host
    return found


SUBSCRIBED: Final = [
    "charge.succeeded",
    "charge.failed",
    "charge.canceled",
    "charge.requires_action",
    "charge.needs_review",
    "order.completed",
    "order.refunded",
    "refund.succeeded",
    "refund.failed",
    "refund.needs_review",
]
