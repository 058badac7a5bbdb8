"""The port through which an organizer's account at a provider is connected to the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.domain import outcomes as o
from shared.providers.base import Disconnected, ProviderEvent


@dataclass(frozen=True, slots=True)
class Grant:
    """What an organizer's code was exchanged for; its tokens are secrets, which no repr shows."""

    account: str
    publishable_key: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    livemode: bool
    scope: str


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The provider does not take the code; its own words, for the organizer."""

    description: str


class AccountConnector(Protocol):
    """Connects accounts and lets them go. None raises for what the provider or the network does."""

    def exchange(self, code: str) -> Grant | CodeRefused | o.Unanswered:
        """Spend a one-time code. After an answer that was lost the code is spent for nothing."""
        ...

    def deauthorize(self, account: str) -> Disconnected | o.Unanswered:
        """Let go of the account. Safe to repeat: one that is gone already is Disconnected."""
        ...

    def shut_out(self, account: str) -> Disconnected | o.Unanswered | None:
        """Ask whether the account has shut us out; None where it lets us in."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Check the signature of a connected account's webhook; ForgedWebhook for anything amiss.

        The mode is not checked: a live endpoint is sent test events too.
        """
        ...
