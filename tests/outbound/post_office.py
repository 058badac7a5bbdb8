"""The worker's side of outbound events over a real database, with receivers on this machine."""

import random
import ssl
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, Self

from sqlalchemy import text

from local.development_keys import DevelopmentKeys
from shared.container import build
from shared.db import unit_of_work
from shared.domain.outbound import OutboundType
from shared.outbound.addresses import AddressRules
from shared.outbound.courier import HttpCourier
from shared.outbound.signing import new_secret
from shared.providers.http import CallLimits
from shared.repository import deliveries, dispatch, endpoints, events, orders, outbox
from shared.settings import Settings
from shared.task_names import QUEUES
from tests.sandbox.listener import Delivery, Listener
from worker import outbound

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOCAL = AddressRules(
    https_only=False, ports=frozenset(range(1024, 65536)), allowed=(ip_network("127.0.0.0/8"),)
)
Verdict = tuple[int, Mapping[str, str]]


class Receiver(Listener):
    """An endpoint of the ticketing platform's; `judge` decides what it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.judge: Callable[[Delivery], Verdict] = lambda _: (self.status, {})
        self.accepted: list[Delivery] = []
        self.endpoint_id = 0

    def answer_to(self, delivery: Delivery) -> Verdict:
        """As it was told to."""
        status, headers = self.judge(delivery)
        if 200 <= status < 300:
            self.accepted.append(delivery)
        return status, headers

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def told(self) -> list[str]:
        """The kinds of the events it took, in their order of arrival."""
        return [delivery.event["type"] for delivery in self.accepted]

    def times(self) -> Counter[str]:
        """How often each event came, by its id."""
        return Counter(id_of(delivery) for delivery in self.deliveries)


def id_of(delivery: Delivery) -> str:
    """By what a receiver knows that it had an event before."""
    return {name.lower(): value for name, value in delivery.headers.items()}["webhook-id"]


@dataclass
class Clock:
    """Time that passes when told to."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now


class PostOffice:
    """A database with an event on sale, endpoints, and the hands that deliver."""

    def __init__(self, database_url: str) -> None:
        keys = DevelopmentKeys()
        settings = Settings(
            database_url=database_url,
            redis_url="redis://nowhere.invalid:1/0",
            jwt_secret=keys.JWT_SECRET,
            encryption_keys=keys.ENCRYPTION_KEYS,
        )
        self.clock = Clock()
        self.chance = random.Random(7)  # noqa: S311 a seeded shuffle
        courier = HttpCourier(LOCAL, CallLimits(5, 10, 10))
        made = build(settings, name="post-office", clock=self.clock)
        self.deps = replace(made, courier=courier, jitter=lambda: 0.5)

    def __enter__(self) -> Self:
        with unit_of_work(self.deps.engine) as connection:
            event = events.Event("concert", "A concert", "USD", True, True, None, [])  # noqa: FBT003
            self._event_id, _ = events.store_event(connection, event, self.clock())
        return self

    def __exit__(self, *_: object) -> None:
        self.deps.engine.dispose()

    def order(self) -> int:
        """A new order's id."""
        order = orders.Order(uuid.uuid4(), self._event_id, "buyer", 1999, "USD", "stripe", None)
        with unit_of_work(self.deps.engine) as connection:
            made = orders.store_order(connection, order, self.clock())
        assert made
        return made

    def endpoint(self, url: str, *event_types: str) -> int:
        """A new endpoint's id."""
        sealed = self.deps.vault.seal(new_secret())
        new = endpoints.NewEndpoint(uuid.uuid4(), url, event_types, sealed)
        with unit_of_work(self.deps.engine) as connection:
            return endpoints.store_endpoint(connection, new, self.clock()).id

    @contextmanager
    def receiver(self, *event_types: str) -> Iterator[Receiver]:
        """An endpoint that listens for the block."""
        listening = Receiver()
        with listening:
            listening.endpoint_id = self.endpoint(listening.url, *event_types)
            yield listening

    def secrets(self, endpoint_id: int) -> list[str]:
        """What its receiver may know, the newest first."""
        query = "SELECT secret FROM outbound_secrets WHERE endpoint_id = :id ORDER BY id DESC"
        return [self.deps.vault.open(bytes(row[0])) for row in self.sql(query, id=endpoint_id)]

    def announce(self, order: int, *kinds: OutboundType) -> None:
        """Let something happen to the order."""
        told = [outbox.Announcement(order, kind, {"order": order}) for kind in kinds]
        with unit_of_work(self.deps.engine) as connection:
            outbox.announce(connection, told, self.clock())

    def due(self) -> list[int]:
        """The deliveries that the relay would tell of now, in any order."""
        now = self.clock()
        most = dict.fromkeys(QUEUES, 500)
        with unit_of_work(self.deps.engine) as connection:
            taken = dispatch.take_due(
                connection, now=now, again=now + timedelta(seconds=30), most=most
            )
        found = [due.row_id for due in taken]
        self.chance.shuffle(found)
        return found

    def run(self) -> int:
        """Deliver whatever is due until nothing is; how many messages that took."""
        count = 0
        while due := self.due():
            for delivery_id in due:
                outbound.deliver(self.deps, delivery_id)
            count += len(due)
            assert count < 10_000, "it never comes to rest"
        return count

    def run_for(self, span: timedelta) -> None:
        """Deliver for so long, leaping from one due instant to the next."""
        ends = self.clock.now + span
        self.run()
        while (following := self.next_due()) and following <= ends:
            self.clock.now = max(following, self.clock.now)
            self.run()
        self.clock.now = ends

    def next_due(self) -> datetime | None:
        """When something is due next."""
        query = """
            SELECT min(d.dispatch_at) FROM outbound_deliveries d
            JOIN outbound_endpoints e ON e.id = d.endpoint_id WHERE e.status = 'enabled'
        """
        found: datetime | None = self.sql(query)[0][0]
        return found

    def claim(self, delivery_id: int) -> None:
        """Take a delivery as a worker does that then dies."""
        until = self.clock() + timedelta(seconds=self.deps.settings.outbound_lease)
        with unit_of_work(self.deps.engine) as connection:
            deliveries.claim(connection, delivery_id, now=self.clock(), until=until)

    def enable(self, endpoint_id: int) -> None:
        """Enable an endpoint."""
        with unit_of_work(self.deps.engine) as connection:
            endpoints.enable(connection, endpoint_id, self.clock())

    def status(self, endpoint_id: int) -> tuple[str, str | None]:
        """An endpoint's status, and why."""
        query = "SELECT status, disabled_reason FROM outbound_endpoints WHERE id = :id"
        row = self.sql(query, id=endpoint_id)[0]
        return row[0], row[1]

    def statuses(self) -> Counter[str]:
        """How many deliveries are in each status."""
        return Counter(row[0] for row in self.sql("SELECT status FROM outbound_deliveries"))

    def sql(self, query: str, **arguments: object) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with unit_of_work(self.deps.engine) as connection:
            result = connection.execute(text(query), arguments)
            return [tuple(row) for row in result] if result.returns_rows else []
