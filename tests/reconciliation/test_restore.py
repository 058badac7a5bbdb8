"""A database restored to an earlier point learns from the providers what it forgot."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest
from psycopg2 import sql

from shared.domain.charge import Provider
from shared.operations.acting import Mandate
from shared.operations.reconciliation import LedgerDay, reconcile_day
from shared.task_names import WEBHOOK_EVENT_HANDLE
from tests.reconciliation.test_ledgers import compared
from tests.reconciliation.workshop import HANDLERS, Workshop
from worker import reconciliation


class Backup:
    """A copy of a workshop's database, and the way back to it."""

    def __init__(self, workshop: Workshop, postgres: str) -> None:
        self._workshop, self._postgres = workshop, postgres
        self._name = urlsplit(workshop.settings["database_url"]).path[1:]
        self._run("CREATE DATABASE {} TEMPLATE {}", f"{self._name}_kept", self._name)

    def restore(self) -> None:
        """Let what was written since be as if it had never been."""
        self._run("DROP DATABASE {}", self._name)
        self._run("CREATE DATABASE {} TEMPLATE {}", self._name, f"{self._name}_kept")
        self._run("DROP DATABASE {}", f"{self._name}_kept")

    def _run(self, statement: str, *names: str) -> None:
        self._workshop.deps.engine.dispose()
        connection = psycopg2.connect(self._postgres)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        connection.close()


Keep = Callable[[], Backup]


@pytest.fixture
def keep(workshop: Workshop, postgres: str) -> Keep:
    return lambda: Backup(workshop, postgres)


def listen_only(workshop: Workshop, rounds: int = 6) -> None:
    """Run the events' workers without those that charge, as docs/operate.md has it."""
    for _ in range(rounds):
        workshop.advance(seconds=61)
        reconciliation.run(workshop.deps)
        for task, row_id, _ in workshop.due():
            if task == WEBHOOK_EVENT_HANDLE:
                HANDLERS[task](workshop.deps, row_id)


def test_a_lost_database_s_days_are_compared_when_somebody_asks(
    workshop: Workshop, keep: Keep
) -> None:
    empty = keep()
    lost = workshop.charge_by_stripe()
    workshop.run()
    assert workshop.status(lost) == "succeeded"
    day = workshop.clock().date()
    empty.restore()
    workshop.advance(days=3)
    wanted = LedgerDay(Provider.STRIPE, day)
    reconcile_day(workshop.deps, wanted, Mandate("ada", "all was lost", uuid4()))

    found = compared(workshop)

    assert [row[:2] for row in found] == [("unknown", "capture")]
    days = "SELECT day FROM reconciliation_runs WHERE provider = 'stripe' ORDER BY day"
    yesterday = workshop.clock().date() - timedelta(days=1)
    assert workshop.sql(days) == [(day,), (yesterday,)]  # those between are not asked for


@pytest.mark.parametrize("hours", [0, 25], ids=["in the key's life", "after it"])
def test_what_was_charged_since_is_heard_of_before_anybody_charges_again(
    workshop: Workshop, keep: Keep, hours: int
) -> None:
    refunded = workshop.charge_by_stripe()
    workshop.run()
    reconciliation.run(workshop.deps)
    card, wallet = workshop.charge_by_stripe(), workshop.charge_by_paypal()
    backup = keep()
    workshop.run()
    workshop.approve(wallet)
    workshop.advance(seconds=61)
    reconciliation.run(workshop.deps)
    workshop.run()
    workshop.control.dashboard_refund(workshop.row(refunded).provider_reference, 500)
    forgotten = workshop.charge_by_stripe()
    workshop.run()
    paid = [card, wallet, forgotten]
    assert {workshop.status(charge) for charge in paid} == {"succeeded"}
    captures = workshop.captures()

    workshop.advance(hours=hours)
    backup.restore()
    assert [workshop.status(charge) for charge in (card, wallet)] == ["accepted", "accepted"]
    listen_only(workshop)

    assert [workshop.status(charge) for charge in (card, wallet)] == ["succeeded", "succeeded"]
    assert workshop.row(refunded).amount_refunded_minor == 500
    workshop.advance(hours=1)
    workshop.run()
    assert workshop.captures() == captures == 4
    assert [row[:2] for row in compared(workshop)] == [("unknown", "capture")]
