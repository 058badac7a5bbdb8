"""The whole system as processes of its own, for tests that kill them."""

import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import psycopg2
import requests
from celery import Celery
from kombu import Connection

from local import environment as env
from local.child import Child
from local.development_keys import DevelopmentKeys
from local.engines import EngineUrls, Redis
from local.folders import PROJECT
from local.ports import LOOPBACK, free_port
from local.sandboxed import Sandbox
from sandbox.client import MONEY_IN
from shared.task_names import OUTBOUND, QUEUES
from worker.exposing import PORTS

HASTE = {
    "RATE_LIMIT_PER_USER": "1000000/hour",
    "RATE_LIMIT_PER_ADDRESS": "1000000/hour",
    "RATE_LIMIT_OF_WEBHOOKS": "1000000/hour",
    "CLAIM_LEASE": "4",
    "PROVIDER_DEADLINE": "3",
    "PROVIDER_READ_TIMEOUT": "2",
    "REPUBLISH_AFTER": "2",
    "OUTBOUND_TIMEOUT": "3",
    "OUTBOUND_LEASE": "4",
    "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
    "OUTBOUND_ALLOWED_PORTS": "1024-65535",
    "SWEEP_INTERVAL": "1",
    "RECONCILE_INTERVAL": "1",
    "EVENT_POLL_INTERVAL": "2",
    "WEB_CONCURRENCY": "1",
    "WORKER_CONCURRENCY": "16",
}
SETTLED = {"succeeded", "failed", "canceled", "needs-review"}
COMMANDS = {
    "web": "gunicorn api_shim.wsgi:app --config api_shim/gunicorn.conf.py",
    "relay": "python -m worker.relay",
    "beat": "celery -A worker.app beat --scheduler worker.liveness:LivingScheduler",
}
CONSUMERS = {
    "worker": [queue for queue in QUEUES if queue != OUTBOUND],
    "outbound": [OUTBOUND],
}
"""Which process takes from which queues: fewer of them than in the Procfile."""


class System:
    """Web, relay, worker and beat over their own Redis, database and sandbox."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        redis: Redis,
        consumers: Mapping[str, Iterable[str]] = CONSUMERS,
        **settings: str,
    ) -> None:
        self.keys = DevelopmentKeys()
        self.redis = redis
        self.sandbox = Sandbox(folder, self.keys, env.given())
        urls = EngineUrls(database_url, redis.url)
        complete = env.sandboxed(
            env.complete(env.given(), urls, self.keys), self.sandbox, self.keys
        )
        counted = {"WORKER_METRICS_PORT": str(free_port())}
        self.environment = complete | HASTE | counted | settings
        self.base = env.web_url(self.environment)
        self.folder = folder
        commands = COMMANDS | {name: consume(name, consumers[name]) for name in consumers}
        self.processes = {name: self.child(name, commands[name]) for name in commands}
        self.event = f"event-{uuid.uuid4().hex[:8]}"

    def start(self) -> None:
        """Start everything; returns once the web process is ready."""
        self.sandbox.__enter__()
        self.sandbox.introduce(self.base)
        self.control = self.sandbox.control()
        for process in self.processes.values():
            process.start()
        self.until(self._answers, "the web process answers")
        self.post("/v1/events", "event", self._event_attributes(), scope="orders:write")

    def child(self, name: str, command: str) -> Child:
        """A process of the system's, not started."""
        return Child(
            ["sh", "-c", f"exec {command}"], self.folder / f"{name}.log", PROJECT, self.environment
        )

    def stop(self) -> None:
        """Stop everything, side by side: each takes its time to end."""
        with ThreadPoolExecutor(len(self.processes) or 1) as hands:
            list(hands.map(Child.stop, self.processes.values()))
        if hasattr(self, "control"):
            self.control.close()
        self.sandbox.__exit__()

    def logs(self) -> str:
        """Everything that any process has said."""
        return "".join(child.log.read_text(errors="replace") for child in self.processes.values())

    def order(self, mode: str = "stripe", amount: str = "19.99", currency: str = "USD") -> str:
        """A new order of the buyer's, by its identifier."""
        identifier = str(uuid.uuid4())
        answer = self.tell_of_order(identifier, mode, amount, currency)
        assert answer.status_code == 201, answer.text
        return identifier

    def tell_of_order(
        self, identifier: str, mode: str, amount: str = "19.99", currency: str = "USD"
    ) -> requests.Response:
        """Tell of an order of the buyer's, or tell of it again."""
        attributes = {
            "identifier": identifier,
            "user-id": "buyer",
            "amount": amount,
            "currency": currency,
            "payment-mode": mode,
        }
        event = {"event": {"data": {"type": "event", "id": self.event}}}
        return self.post("/v1/orders", "order", attributes, event, scope="orders:write")

    def charge(self, order: str, **attributes: str) -> requests.Response:
        """Ask for the order to be charged."""
        return self.post(f"/v1/orders/{order}/charge", "charge", attributes)

    def charge_new(self, token: str = "tok_visa") -> str:
        """Charge a new order; the charge's link."""
        answer = self.charge(self.order(), stripe=token)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["links"]["self"])

    def charge_many(self, count: int) -> list[str]:
        """Charge as many new orders, eight at a time."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self.charge_new(), range(count)))

    def attributes(self, link: str) -> dict[str, Any]:
        """A charge's attributes as the buyer sees them."""
        return dict(self.get(link).json()["data"]["attributes"])

    def get(self, link: str) -> requests.Response:
        """A resource as the buyer sees it."""
        return requests.get(self.base + link, headers=self._headers(""), timeout=10)

    def status(self, link: str) -> str:
        """A charge's status."""
        return str(self.attributes(link)["status"])

    def settled(self, link: str) -> str:
        """The charge's final status, once it has one."""
        self.until(lambda: self.status(link) in SETTLED, f"{link} settles")
        return self.status(link)

    def captures(self) -> Counter[str]:
        """How many times money was taken in the sandbox, by order."""
        taken = [row for row in self.control.ledger() if row["kind"] in MONEY_IN]
        return Counter(row["custom_id"] or row["metadata"]["order"] for row in taken)

    def counts(self) -> str:
        """What relay and workers serve of their metrics."""
        first = int(self.environment["WORKER_METRICS_PORT"])
        told = []
        for port in range(first, first + PORTS):
            try:
                told.append(requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=5).text)
            except requests.ConnectionError:
                continue
        return "".join(told)

    def rounds(self) -> float:
        """How many sweeps the workers have done."""
        swept = re.search(
            r'^chargehand_rounds_total{round="sweep"} (\S+)', self.counts(), re.MULTILINE
        )
        return float(swept[1]) if swept else 0

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the system's database."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            connection.close()

    def tell(self, task: str, row_id: int) -> None:
        """Put a message into the queue, as a broker that delivers twice would."""
        with Connection(self.redis.url, transport_options={"global_keyprefix": "chargehand:"}) as c:
            Celery(broker=self.redis.url).send_task(
                task, args=(row_id,), queue="stripe", connection=c, ignore_result=True
            )

    def post(
        self,
        path: str,
        kind: str,
        attributes: Mapping[str, object],
        relationships: Mapping[str, object] | None = None,
        scope: str = "",
    ) -> requests.Response:
        """Send a JSON:API document."""
        data: dict[str, object] = {"type": kind, "attributes": attributes}
        data |= {"relationships": relationships} if relationships else {}
        headers = self._headers(scope)
        body = json.dumps({"data": data})
        return requests.post(self.base + path, data=body, headers=headers, timeout=20)

    def delete(self, path: str, scope: str = "") -> requests.Response:
        """Delete a resource."""
        return requests.delete(self.base + path, headers=self._headers(scope), timeout=20)

    def until(self, condition: Any, what: str, patience: float = 60) -> None:
        """Poll until it holds."""
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"in vain: {what}\n{self.logs()[-3000:]}"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/health/ready", timeout=5).ok
        except requests.RequestException:
            return False

    def _headers(self, scope: str) -> dict[str, str]:
        expires = datetime.now(UTC) + timedelta(hours=1)
        claims = {"sub": "buyer", "scope": scope, "exp": expires}
        token = jwt.encode(claims, self.keys.JWT_SECRET, "HS256")
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}

    def _event_attributes(self) -> dict[str, object]:
        return {
            "identifier": self.event,
            "name": "A concert",
            "currency": "USD",
            "can-pay-by-stripe": True,
            "can-pay-by-paypal": True,
        }


def consume(name: str, queues: Iterable[str]) -> str:
    """The command of a worker by that name that takes from those queues."""
    return (
        f"celery -A worker.app worker --hostname {name}@%h --queues {','.join(queues)} -E"
        " --without-gossip --without-mingle"
    )
