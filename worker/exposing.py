"""Exposing: what this process counted, for Prometheus, on a port of its own."""

from __future__ import annotations

from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from celery.signals import worker_ready
from prometheus_client import start_http_server

from shared.settings import Settings, load_settings

log = structlog.get_logger()

PORTS: Final = 10
"""Processes of one machine that find a port each, from the first on."""


def expose(settings: Settings) -> WSGIServer | None:
    """Serve the counts on the first free port; None where that is off or no port is free.

    A process without a port works on.
    """
    first, address = settings.worker_metrics_port, settings.metrics_address
    if not first:
        return None
    for port in range(first, first + PORTS):
        try:
            server, _ = start_http_server(port, address)
        except OSError:
            continue
        log.info("metrics.served", address=address, port=port)
        return server
    log.error("metrics.unserved", address=address, first=first, ports=PORTS)
    return None


def watch_worker() -> None:
    """Serve a worker's counts as soon as it is ready."""
    worker_ready.connect(_ready)


def _ready(**_: object) -> None:
    expose(load_settings())
