"""The values that webhook delivery is made of."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

from sandbox.clock import VirtualClock
from sandbox.faults import Fault, FaultRules
from sandbox.reply import Json
from sandbox.settings import TenantSettings

Room = TypeVar("Room")

_sequence = itertools.count(1)


@dataclass(slots=True)
class Endpoint:
    """Where a provider sends events: a Stripe webhook endpoint, a PayPal webhook.

    `account` is the scope it was made in (None: the tenant's own account). `connect`: it hears of
    connected accounts instead. `details` is the provider's own: the object it shows, a rendering
    version.
    """

    id: str
    provider: str
    url: str
    secret: str = ""
    enabled_events: Sequence[str] = ("*",)
    account: str | None = None
    connect: bool = False
    enabled: bool = True
    details: Json = field(default_factory=dict)

    def hears(self, event: "Event") -> bool:
        """Say whether an event goes to this endpoint."""
        named = "*" in self.enabled_events or event.type in self.enabled_events
        ours = event.account is not None if self.connect else event.account == self.account
        return self.enabled and named and ours and event.provider == self.provider


@dataclass(frozen=True, slots=True)
class Event:
    """A fact a provider tells: `body` is the whole JSON, a snapshot that never changes.

    `stale_body` is the same event around the object as it was one change earlier.
    """

    id: str
    provider: str
    type: str
    created: float
    body: Json
    account: str | None = None
    stale_body: Json | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one delivery attempt puts on the wire."""

    body: bytes
    headers: Mapping[str, str]


class World(Protocol):
    """What delivery needs of a tenant."""

    name: str
    clock: VirtualClock
    faults: FaultRules
    settings: TenantSettings

    def room(self, kind: type[Room]) -> Room:
        """Return the tenant's instance of a provider's class."""
        ...


class Courier(Protocol):
    """What a provider contributes to delivery; one instance serves all tenants.

    `retry_delays`: virtual seconds between attempts, counted from the moment the previous one was
    due. `pack` signs for one attempt, `tamper` being a CONTENT fault it has to play, or None.
    `reissue` returns the same fact as a new event with a new id.
    """

    @property
    def provider(self) -> str:
        """Return the provider's name."""
        ...

    @property
    def retry_delays(self) -> Sequence[float]:
        """Return the waits between attempts."""
        ...

    def pack(self, tenant: World, event: Event, endpoint: Endpoint, tamper: Fault | None) -> Parcel:
        """Return the signed request of one attempt."""
        ...

    def reissue(self, tenant: World, event: Event) -> Event:
        """Return the same fact under a new event id, listed by the API like any other."""
        ...


@dataclass(slots=True)
class Attempt:
    """One try of one delivery; `status` is None when no answer came."""

    number: int
    ts: float
    status: int | None = None
    error: str | None = None
    tamper: str | None = None
    latency_ms: float = 0.0


@dataclass(slots=True)
class Delivery:
    """One event on its way to one endpoint.

    `state`: pending, delivered, dropped (by a fault), abandoned (out of attempts). While an attempt
    `is_on_the_way` no other one is begun.
    """

    event: Event
    endpoint: Endpoint
    due: float
    state: str = "pending"
    attempts: list[Attempt] = field(default_factory=list)
    is_on_the_way: bool = False
    seq: int = field(default_factory=lambda: next(_sequence))

    @property
    def is_pending(self) -> bool:
        """Say whether it will be tried again."""
        return self.state == "pending"

    def as_json(self) -> dict[str, Any]:
        """Return the row as the control API shows it."""
        return {
            "seq": self.seq,
            "provider": self.event.provider,
            "event_id": self.event.id,
            "type": self.event.type,
            "endpoint_id": self.endpoint.id,
            "url": self.endpoint.url,
            "state": self.state,
            "due": self.due if self.is_pending else None,
            "attempts": [asdict(attempt) for attempt in self.attempts],
        }
