"""Whether the broker answers."""

from __future__ import annotations

from typing import Final

from kombu import Connection
from kombu.exceptions import KombuError

from shared.health.findings import Finding

_IMPATIENT: Final = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}


def broker(url: str) -> Finding:
    """Whether it answers within about a second."""
    is_there = is_broker_there(url)
    says = "It answers." if is_there else "It does not answer: see BROKER_URL and REDIS_URL."
    return Finding("broker", is_there, says)


def is_broker_there(url: str) -> bool:
    """Ask it, once."""
    options = _IMPATIENT if url.startswith("redis") else {}
    with Connection(url, connect_timeout=1, transport_options=options) as connection:
        away: tuple[type[BaseException], ...] = (
            OSError,
            KombuError,
            *connection.connection_errors,
        )
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        except away:
            return False
    return True
