"""The access token that a PayPal app's calls carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final, Self

from shared.providers.base import JsonObject
from shared.providers.http import NotConnected

MARGIN: Final = 60.0
"""Seconds before its end at which a token is not used any more."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What stands in the Authorization header, and until when on the monotonic clock."""

    kind: str
    secret: str
    stale_at: float

    @classmethod
    def read(cls, answer: JsonObject, asked_at: float) -> Self:
        """Read the token endpoint's answer; ValueError where it holds none."""
        kind, secret = answer.get("token_type"), answer.get("access_token")
        if not (isinstance(kind, str) and isinstance(secret, str) and secret):
            raise ValueError("the answer holds no token")
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int | float) else 0
        return cls(kind, secret, asked_at + seconds - MARGIN)

    @property
    def authorization(self) -> str:
        """The header's value."""
        return f"{self.kind} {self.secret}"


class TokenCache:
    """One token for all threads, fetched by one of them while the others wait."""

    def __init__(self, fetch: Callable[[], AccessToken], patience: float) -> None:
        self._fetch = fetch
        self._patience = patience
        self._lock = Lock()
        self._token: AccessToken | None = None

    def get(self, refused: AccessToken | None = None) -> AccessToken:
        """The cached token, or a new one where it is stale or is the one that was refused.

        Raises what the fetching raises, and NotConnected where another thread takes too long.
        """
        if not self._lock.acquire(timeout=self._patience):
            raise NotConnected("no access token in time")
        try:
            if self._token is None or self._token is refused or monotonic() >= self._token.stale_at:
                self._token = None
                self._token = self._fetch()
            return self._token
        finally:
            self._lock.release()
