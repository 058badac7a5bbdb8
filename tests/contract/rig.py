"""How the contract suite sees one provider: an adapter, with the sandbox behind it.

A provider joins by a module `<provider>_rig.py`, whose rig is named in `conftest.RIGS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from sandbox.client import SandboxControl
from shared.domain.money import Money
from shared.domain.outcomes import Approved
from shared.providers.base import ChargeRequest, PaymentProvider

PRICE = Money(1999, "USD")


class Story(Enum):
    """What the buyer's instrument will do."""

    PAYS = auto()
    IS_DECLINED = auto()
    MUST_ACT = auto()
    SETTLES_LATER = auto()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came in."""

    headers: Mapping[str, str]
    body: bytes


class Rig(Protocol):
    """One provider in the sandbox, in a world of its own."""

    @property
    def adapter(self) -> PaymentProvider:
        """Patient enough for a slow machine."""
        ...

    @property
    def hasty(self) -> PaymentProvider:
        """Gives up on an answer after about a second."""
        ...

    @property
    def stranded(self) -> PaymentProvider:
        """Speaks to a port where nobody listens."""
        ...

    @property
    def stranger(self) -> PaymentProvider:
        """Has credentials that the provider does not know."""
        ...

    @property
    def control(self) -> SandboxControl:
        """The sandbox behind it."""
        ...

    @property
    def secrets(self) -> frozenset[str]:
        """What must never be shown."""
        ...

    def request(self, story: Story = Story.PAYS, money: Money = PRICE) -> ChargeRequest:
        """A new charge of a new order, by an instrument that will behave so."""
        ...

    def strike(self, fault: str, **arguments: object) -> None:
        """Let the sandbox's fault strike the next call that could move money, once."""
        ...

    def strike_lists(self, fault: str, **arguments: object) -> None:
        """Let the sandbox's fault strike every reading of a list from now on."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        ...

    def refund(self, approved: Approved, cents: int) -> None:
        """Give money back as a person at the provider's dashboard."""
        ...

    def captured(self, request: ChargeRequest) -> list[Money]:
        """What the sandbox's ledger took for that charge: one entry a movement."""
        ...

    def payment_event(self, request: ChargeRequest) -> Delivery:
        """Wait for the webhook that tells of the charge's money."""
        ...

    def told(self) -> list[Delivery]:
        """Every webhook there was until now."""
        ...
