"""Circuits as the tests see them, and the hands that pause them."""

from typing import Any

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.repository import circuits
from tests.reconciliation.workshop import Workshop

STRIPE = Key(Provider.STRIPE)


def calls(workshop: Workshop) -> int:
    """How many calls arrived in the sandbox, refused ones included."""
    return len(workshop.control.requests())


def posts(workshop: Workshop) -> int:
    """How many POSTs arrived that may charge."""
    return workshop.posts("/v1/payment_intents")


def circuit(workshop: Workshop, key: Key = STRIPE) -> tuple[Any, ...] | None:
    rows = workshop.sql(
        "SELECT state, cause, failures, probe_number FROM circuits"
        " WHERE provider = :provider AND account = :account",
        provider=key.provider,
        account=key.account,
    )
    return rows[0] if rows else None


def settle_all(workshop: Workshop, seconds: int = 60) -> None:
    """What the running system does in that time, at least once a second and a half."""
    for _ in range(seconds):
        workshop.run()
        workshop.advance(seconds=1)


def statuses(workshop: Workshop) -> set[str]:
    return {row[0] for row in workshop.sql("SELECT status FROM charges")}


def pause(workshop: Workshop, key: Key = STRIPE) -> None:
    with unit_of_work(workshop.deps.engine) as connection:
        circuits.pause(connection, key, actor="ann", reason="an incident", now=workshop.clock())


def resume(workshop: Workshop, key: Key = STRIPE) -> None:
    with unit_of_work(workshop.deps.engine) as connection:
        circuits.resume(connection, key, actor="ann", reason="it is over", now=workshop.clock())
