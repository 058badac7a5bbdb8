"""The surroundings of a world: settings, a vault that hides nothing, a broker that loses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from kombu.exceptions import OperationalError as BrokerError

from shared.container import Container, build
from shared.domain.charge import Instrument, StripeToken
from shared.repository import dispatch
from shared.settings import Settings
from shared.vault import Vault

SETTINGS: Final = Settings.model_validate(
    {
        "database_url": "postgresql://nowhere/nothing",
        "redis_url": "redis://nowhere",
        "stripe_rate_limit": 0,
        "jwt_secret": "no secret is needed here at all.",
        "encryption_keys": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "circuit_least_calls": 2,  # one order makes few
    }
)


class OpenVault(Vault):
    """A vault that hides nothing, since encryption is no part of what is proven here."""

    def __init__(self) -> None:
        super().__init__(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])

    def seal_instrument(self, instrument: Instrument) -> bytes:
        """Its token as it is."""
        return instrument.token.encode() if isinstance(instrument, StripeToken) else b""

    def open_instrument(self, sealed: bytes) -> Instrument:
        """What `seal_instrument` was given."""
        return StripeToken(sealed.decode())


@dataclass
class Queue:
    """The broker: messages that wait, or a publisher's errors while it is away."""

    messages: list[tuple[str, int]]
    is_away: bool = False

    def publish(self, due: list[dispatch.Due]) -> None:
        """Take a batch, or refuse it after none, some or all of it arrived."""
        self.messages.extend(sorted((task, row_id) for task, row_id, _ in due))
        if self.is_away:
            raise BrokerError("the broker went away")


@cache
def foundation() -> Container:
    """What is the same in every world; it connects to nothing."""
    return build(SETTINGS, name="proof")
