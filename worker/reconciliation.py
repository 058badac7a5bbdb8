"""Reconciliation: beat's round that asks the providers what they know and we do not."""

from __future__ import annotations

import structlog

from shared.container import Container
from worker import event_lists, ledgers

log = structlog.get_logger()


def run(deps: Container) -> None:
    """Read what the providers' lists have. Safe to run twice at once."""
    found = event_lists.read(deps)
    pages = ledgers.read(deps)
    log.info("reconciliation.done", events_found=found, ledger_pages=pages)
