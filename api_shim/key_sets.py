"""The issuer's key set: fetched when needed, kept for a while, kept longer while it is away."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import structlog
from requests.exceptions import RequestException

from api_shim.verifying_keys import VerifyingKey, read_key_set
from shared.providers.http import BoundedSession, CallLimits

log = structlog.get_logger()

LIFE: Final = 300.0
"""Seconds that keys are used without asking again: how long a withdrawn one still opens."""

STALE_LIFE: Final = 24 * 3600.0
"""Seconds that keys are used while their issuer cannot be asked."""

PAUSE: Final = 10.0
"""Seconds between two fetches: no token makes us ask more often, whatever key it names."""

LARGEST_SET: Final = 256 * 1024
"""Bytes; a set of ten keys has about 8 kB."""

_PATIENCE: Final = CallLimits(connect_timeout=2.0, read_timeout=3.0, total_deadline=4.0)

Fetch = Callable[[], bytes]
Clock = Callable[[], float]


class KeysUnavailable(Exception):
    """No key set is at hand, so that nothing can be said about a token."""


class KeySet:
    """The keys behind a URL or a file, for any number of threads."""

    def __init__(self, fetch: Fetch, clock: Clock = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._keys: tuple[VerifyingKey, ...] = ()
        self._fetched_at = self._asked_at = float("-inf")

    def find(self, algorithm: str, kid: str | None) -> list[VerifyingKey]:
        """The keys that may have signed; an unknown `kid` has the issuer asked again.

        Raises KeysUnavailable.
        """
        if self._age() >= LIFE:
            self._refresh()
        found = self._matching(algorithm, kid)
        if not found and kid is not None:
            self._refresh()
            found = self._matching(algorithm, kid)
        return found

    def _matching(self, algorithm: str, kid: str | None) -> list[VerifyingKey]:
        if self._age() >= STALE_LIFE:
            raise KeysUnavailable
        names = {kid, None}
        keys = [key for key in self._keys if key.algorithm == algorithm]
        return keys if kid is None else [key for key in keys if key.kid in names]

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _refresh(self) -> None:
        # Who has keys goes on with them while another thread asks; who has none must wait for it.
        if not self._lock.acquire(blocking=self._age() >= STALE_LIFE):
            return
        try:
            if self._clock() - self._asked_at >= PAUSE:
                self._asked_at = self._clock()
                self._keys = read_key_set(self._fetch())
                self._fetched_at = self._clock()
        except (RequestException, OSError, ValueError) as away:
            log.warning("key_set.unavailable", reason=f"{type(away).__name__}: {away}"[:300])
        finally:
            self._lock.release()


def key_set_at(place: str) -> KeySet:
    """The key set at an address or in a file."""
    if "://" not in place:
        return KeySet(Path(place).read_bytes)
    session = BoundedSession(_PATIENCE)
    return KeySet(lambda: _get(session, place))


def _get(session: BoundedSession, url: str) -> bytes:
    answer = session.get(url, headers={"Accept": "application/json"})
    if answer.status_code != HTTPStatus.OK or len(answer.content) > LARGEST_SET:
        raise ValueError(f"{url} answered {answer.status_code}, {len(answer.content)} bytes")
    return answer.content
