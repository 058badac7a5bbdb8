"""One thing done in a tenant's world, above all one API call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sandbox.fault_catalogue import Stage
from sandbox.faults import Fault, Occasion
from sandbox.idempotency import Claim
from sandbox.ledger import Movement
from sandbox.reply import Json, Reply
from sandbox.tenants import Tenant, Tenants
from sandbox.webhook_parts import Event


@dataclass(slots=True)
class Deed:
    """Something a provider does: in answer to a call, by a timer, by a control request.

    Events are collected with `emit`; `publish` sends them. For a call the core does that.
    """

    tenant: Tenant
    provider: str
    account: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    skew: float = 0.0
    events: list[Event] = field(default_factory=list)

    @property
    def now(self) -> float:
        """Return virtual seconds since the epoch, wrong by `skew` where a fault wants it."""
        return self.tenant.clock.now() + self.skew

    def record(self, movement: Movement) -> None:
        """Write a movement of money; account, key, request id are filled in here."""
        whole = replace(
            movement,
            account=movement.account or self.account,
            idempotency_key=self.idempotency_key,
            request_id=self.request_id,
        )
        self.tenant.ledger.append(self.tenant.name, whole, self.now)

    def emit(self, event: Event) -> None:
        """Collect an event for sending."""
        self.events.append(event)

    def publish(self) -> None:
        """Send the collected events."""
        events, self.events = self.events, []
        self.tenant.webhooks.announce(events)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The bare HTTP request; `route` holds the path's named parts, `path` is decoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    route: Mapping[str, str]
    request_id: str

    @property
    def op(self) -> str:
        """Return what fault rules match: method and path."""
        return f"{self.method} {self.path}"


@dataclass(slots=True, kw_only=True)
class Call(Deed):
    """One authenticated API call. `params` are its parsed parameters, body or query.

    `faults`: those that strike it. `committed` is set by the core once an operation that can change
    something has run.
    """

    arrival: Arrival
    params: Json
    faults: list[Fault] = field(default_factory=list)
    committed: bool = False

    @property
    def route(self) -> Mapping[str, str]:
        """Return the path's named parts."""
        return self.arrival.route

    @property
    def is_reading(self) -> bool:
        """Say whether the method cannot change anything."""
        return self.arrival.method in ("GET", "HEAD")

    def fault(self, *names: str) -> Fault | None:
        """Return the striking fault of one of these names: how an operation asks for OUTCOMEs."""
        return next((fault for fault in self.faults if fault.name in names), None)

    def fault_at(self, stage: Stage) -> Fault | None:
        """Return the striking fault of a stage, `delay` aside."""
        found = (f for f in self.faults if f.stage is stage and f.name != "delay")
        return next(found, None)


Operation = Callable[[Call], Reply]


class Dialect(Protocol):
    """How one provider speaks HTTP; the core (`sandbox.exchange`) drives it.

    In this order: open → magic → [canned, when a GATE fault strikes] → claim → [HOLD faults] →
    perform → [REPLY faults] → dress → [WIRE faults].

    All methods but the operations themselves are free of effects on the provider's objects; none
    awaits, so a commit is atomic.
    """

    provider: str

    def owns(self, path: str) -> bool:
        """Say whether an unrouted path is this provider's to refuse."""
        ...

    def new_request_id(self) -> str:
        """Return an id for one request (Request-Id, Paypal-Debug-Id)."""
        ...

    def open(self, arrival: Arrival, tenants: Tenants) -> Call:
        """Authenticate, parse; raise Refused with the provider's 400 or 401."""
        ...

    def occasion(self, call: Call) -> Occasion:
        """Return what fault rules are held against."""
        ...

    def magic(self, call: Call) -> Fault | None:
        """Return the fault that a magic token, amount or header of this call asks for."""
        ...

    def claim(self, call: Call) -> Claim | Reply | None:
        """Take the idempotency key: a Claim; a Reply that answers instead; None without a key."""
        ...

    def perform(self, call: Call, operation: Operation) -> Reply:
        """Run the operation, turn the provider's own exceptions into replies."""
        ...

    def canned(self, call: Call, fault: Fault) -> Reply:
        """Word one of 500_before, 500_stored, 429, 409_in_use, lock_timeout, 401, 403."""
        ...

    def mixed_up(self, call: Call, reply: Reply) -> Reply:
        """Return an answer of the same shape about somebody else's object."""
        ...

    def unknown_route(self, call: Call) -> Reply:
        """Refuse a path or method the provider does not have."""
        ...

    def dress(self, arrival: Arrival, call: Call | None, reply: Reply) -> Reply:
        """Put on the headers every answer carries; `call` is None when `open` refused."""
        ...
