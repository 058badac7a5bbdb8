"""The delivery of one tenant's webhooks: to whom, when, how often again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from sandbox.fault_catalogue import Stage
from sandbox.faults import Fault, Occasion, flatten
from sandbox.postman import ACCEPTED, Postman
from sandbox.webhook_parts import Attempt, Courier, Delivery, Endpoint, Event, World

Timing = Callable[["Webhooks", Delivery, Fault], None]


class Webhooks:
    """Endpoints of a tenant, with every delivery there was.

    `announce` is the only way in. Deliveries run as tasks of their own; a lost one is tried again
    by the tenant's clock, after the delays of the provider's courier times
    `settings.webhook_retry_scale`, until 2xx or out of attempts.
    """

    def __init__(self, tenant: World, couriers: Mapping[str, Courier], postman: Postman) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.deliveries: list[Delivery] = []
        self.held: list[Delivery] = []
        self._tenant = tenant
        self._couriers = couriers
        self._postman = postman
        self._running: set[asyncio.Task[None]] = set()

    def announce(self, events: Iterable[Event]) -> None:
        """Send events to whoever hears them; returns at once."""
        for delivery in self._addressed(events):
            fault = self._tenant.faults.first(occasion(delivery.event), Stage.TIMING)
            TIMINGS[fault.name if fault else ""](self, delivery, fault or Fault(""))

    async def announce_at_once(self, events: Iterable[Event]) -> None:
        """Send events, return when each had its first attempt."""
        for delivery in self._addressed(events):
            await self._try(delivery)

    def splits(self, events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
        """Part events into those a fault wants sent before the response, the others."""
        early: list[Event] = []
        late: list[Event] = []
        for event in events:
            hurried = self._tenant.faults.first(occasion(event), Stage.EARLY)
            (early if hurried else late).append(event)
        return early, late

    async def flush(self) -> int:
        """Try everything pending now, once, regardless of its due time; return how many."""
        self.release_held()
        pending = [delivery for delivery in self.deliveries if delivery.is_pending]
        await asyncio.gather(*(self._try(delivery) for delivery in pending), *self._running)
        return len(pending)

    def pending(self) -> Counter[str]:
        """Count, by event, the endpoints that have not accepted it."""
        return Counter(d.event.id for d in self.deliveries if d.state != "delivered")

    def schedule(self, delivery: Delivery, due: float) -> None:
        """Try a delivery when virtual time reaches `due`."""
        delivery.due = due
        if due <= self._tenant.clock.now():
            self.start(delivery)
        else:
            planned = len(delivery.attempts) + 1
            self._tenant.clock.at(due, lambda: self._start_planned(delivery, planned))

    def start(self, delivery: Delivery) -> None:
        """Try a delivery now, without waiting for it."""
        if delivery.is_pending:
            self._spawn(self._try(delivery))

    def again(self, delivery: Delivery, event: Event | None = None) -> Delivery:
        """Register another delivery of the same event, or of `event`, to the same endpoint."""
        twin = Delivery(event or delivery.event, delivery.endpoint, delivery.due)
        self.deliveries.append(twin)
        return twin

    def reissued(self, delivery: Delivery) -> Delivery:
        """Register a delivery of the same fact under a new event id."""
        courier = self._couriers[delivery.event.provider]
        return self.again(delivery, courier.reissue(self._tenant, delivery.event))

    def hold(self, delivery: Delivery, window: float) -> None:
        """Keep a delivery until the window that the first held one opened is over."""
        if not self.held:
            self._tenant.clock.after(window, self.release_held)
        self.held.append(delivery)

    def release_held(self) -> None:
        """Send what is held, the last one first, one after the other."""
        held, self.held = self.held[::-1], []
        self._spawn(self._in_turn(held))

    def resend(self, event: Event, endpoint: Endpoint) -> Delivery:
        """Send an old event once more to one endpoint, as a provider's resend API does."""
        delivery = Delivery(event, endpoint, self._tenant.clock.now())
        self.deliveries.append(delivery)
        self.start(delivery)
        return delivery

    def close(self) -> None:
        """Stop what is under way, forget endpoints with all deliveries."""
        for task in list(self._running):
            task.cancel()
        self.endpoints.clear()
        self.deliveries.clear()
        self.held.clear()

    def _start_planned(self, delivery: Delivery, number: int) -> None:
        # A flush may have made the attempt that this alarm was set for.
        if len(delivery.attempts) < number:
            self.start(delivery)

    def _addressed(self, events: Iterable[Event]) -> list[Delivery]:
        due = self._tenant.clock.now() + self._tenant.settings.webhook_delay_seconds
        addressed = [
            Delivery(event, endpoint, due)
            for event in events
            for endpoint in self.endpoints.values()
            if endpoint.hears(event)
        ]
        self.deliveries += addressed
        return addressed

    async def _in_turn(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            await self._try(delivery)

    async def _try(self, delivery: Delivery) -> None:
        if not delivery.is_pending or delivery.is_on_the_way:
            return
        delivery.is_on_the_way = True
        tenant, event = self._tenant, delivery.event
        tamper = tenant.faults.first(occasion(event), Stage.CONTENT)
        attempt = Attempt(len(delivery.attempts) + 1, tenant.clock.now())
        attempt.tamper = tamper.name if tamper else None
        delivery.attempts.append(attempt)
        parcel = self._couriers[event.provider].pack(tenant, event, delivery.endpoint, tamper)
        limit = tenant.settings.webhook_timeout_seconds
        await self._postman.carry(delivery.endpoint.url, parcel, attempt, limit)
        delivery.is_on_the_way = False
        self._judge(delivery, attempt)

    def _judge(self, delivery: Delivery, attempt: Attempt) -> None:
        delays = self._couriers[delivery.event.provider].retry_delays
        if attempt.status in ACCEPTED:
            delivery.state = "delivered"
        elif attempt.number > len(delays):
            delivery.state = "abandoned"
        elif delivery.is_pending:
            wait = delays[attempt.number - 1] * self._tenant.settings.webhook_retry_scale
            self.schedule(delivery, delivery.due + wait)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def occasion(event: Event) -> Occasion:
    """Return what fault rules see of an event: its type as `op`, its body as facts."""
    return Occasion(event.provider, event.type, flatten(event.body))


def _on_time(post: Webhooks, delivery: Delivery, _: Fault) -> None:
    post.schedule(delivery, delivery.due)


def _drop(_: Webhooks, delivery: Delivery, __: Fault) -> None:
    delivery.state = "dropped"


def _delay(post: Webhooks, delivery: Delivery, fault: Fault) -> None:
    post.schedule(delivery, delivery.due + float(fault.arguments.get("seconds", 60)))


def _duplicate(post: Webhooks, delivery: Delivery, fault: Fault) -> None:
    twins = [post.again(delivery) for _ in range(int(fault.arguments.get("count", 1)))]
    post.schedule(delivery, delivery.due)
    for twin in twins:
        post.schedule(twin, twin.due)


def _duplicate_new_id(post: Webhooks, delivery: Delivery, _: Fault) -> None:
    twin = post.reissued(delivery)
    post.schedule(delivery, delivery.due)
    post.schedule(twin, twin.due)


def _reorder(post: Webhooks, delivery: Delivery, fault: Fault) -> None:
    post.hold(delivery, float(fault.arguments.get("window", 1)))


def _concurrent(post: Webhooks, delivery: Delivery, _: Fault) -> None:
    twin = post.again(delivery)
    post.start(delivery)
    post.start(twin)


TIMINGS: dict[str, Timing] = {
    "": _on_time,
    "webhook_drop": _drop,
    "webhook_delay": _delay,
    "webhook_duplicate": _duplicate,
    "webhook_duplicate_new_id": _duplicate_new_id,
    "webhook_reorder": _reorder,
    "webhook_concurrent": _concurrent,
}
