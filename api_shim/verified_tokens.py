"""Verified tokens: what those claim that were found good before, known by their hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import time
from typing import Any, Final

from api_shim.claims import Claims
from api_shim.verifying_keys import VerifyingKey

MOST: Final = 4096
"""Tokens that a process knows; with one more it begins anew."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A token's claims, and what they hang on: the key that verified it, the time it ends."""

    claims: Claims
    header: Mapping[str, Any]
    key: VerifyingKey = field(repr=False)
    ends_at: float


class VerifiedTokens:
    """Good tokens, for any number of threads; none itself is kept, nor one that is no good."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._known: dict[bytes, Verified] = {}

    def find(self, token: str) -> Verified | None:
        """What is known of that very token, until it ends."""
        known = self._known.get(_hash(token))
        return known if known and self._clock() < known.ends_at else None

    def keep(self, token: str, verified: Verified) -> None:
        """Know it from now on."""
        if len(self._known) >= MOST:
            self._known = {}
        self._known[_hash(token)] = verified


def _hash(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
