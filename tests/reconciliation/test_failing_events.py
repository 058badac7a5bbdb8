"""An event that nobody can handle is seen, rests, and holds up no other."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.retry_policy import LONGEST_DELAY
from shared.providers.base import PaymentProvider, ProviderEvent, Translation
from shared.repository import dispatch, event_lists, inbox
from shared.task_names import QUEUES
from tests.reconciliation.workshop import Workshop
from worker import watch
from worker.inbox import handle

POISON = "evt_poison"


@dataclass
class Sick:
    """Stripe, translated by a program that has a fault."""

    inner: PaymentProvider
    meanwhile: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def translate(self, body: bytes, account: str | None) -> Translation:
        if POISON.encode() in body:
            self.meanwhile()
            raise KeyError("a buyer's name")
        return self.inner.translate(body, account)


def sick(workshop: Workshop, meanwhile: Callable[[], None] = lambda: None) -> Container:
    """A worker with the fault, which something happens before."""
    provider = Sick(workshop.deps.provider(Provider.STRIPE), meanwhile)
    return workshop.with_provider(Provider.STRIPE, cast("PaymentProvider", provider))


def store(workshop: Workshop, name: str, now: datetime) -> int:
    """An event of Stripe's of that id, due at once; its id here."""
    event = ProviderEvent(name, "charge.succeeded", None, livemode=False, created_at=now)
    with unit_of_work(workshop.deps.engine) as connection:
        assert inbox.store_event(connection, Provider.STRIPE, event, name.encode(), now)
    [[stored]] = workshop.sql("SELECT id FROM webhook_events WHERE event_id = :id", id=name)
    return int(stored)


@pytest.fixture
def poison(workshop: Workshop) -> int:
    """A stored event that brings the fault out."""
    return store(workshop, POISON, workshop.clock())


def fail(workshop: Workshop, event: int, now: datetime) -> timedelta:
    """Try the event once, at that instant; for how long it rests then."""
    with pytest.raises(KeyError):
        handle(replace(sick(workshop), clock=lambda: now), event)
    [[due]] = workshop.sql("SELECT dispatch_at FROM webhook_events WHERE id = :id", id=event)
    return cast("datetime", due) - now


def summary(workshop: Workshop, event: int) -> event_lists.EventSummary:
    """What the console and the command line show of it."""
    with unit_of_work(workshop.deps.engine) as connection:
        found = event_lists.read_event(connection, event)
    assert found
    return found


def test_an_event_that_fails_rests_longer_each_time_and_says_why(
    workshop: Workshop, poison: int
) -> None:
    now = workshop.clock()

    rests = [fail(workshop, poison, now) for _ in range(12)]

    assert rests[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_DELAY / 2
    shown = summary(workshop, poison)
    assert (shown.outcome, shown.tries, shown.handled_at) == ("fails: KeyError", 12, None)


def test_an_event_that_fails_is_an_alarm_until_it_is_handled(
    workshop: Workshop, poison: int
) -> None:
    fail(workshop, poison, workshop.clock())

    with capture_logs() as before:
        watch.run(workshop.deps)
    workshop.advance(seconds=LONGEST_DELAY.total_seconds())
    workshop.run()
    with capture_logs() as after:
        watch.run(workshop.deps)

    [alarm] = [line for line in before if line["event"] == "webhook_events.failing"]
    assert (alarm["log_level"], alarm["count"], alarm["events"]) == ("error", 1, [poison])
    assert (alarm["provider"], alarm["failures"]) == (Provider.STRIPE, ["KeyError"])
    assert after == []
    assert summary(workshop, poison).outcome == "ignored"


def test_an_event_that_fails_leaves_its_place_to_those_that_came_later(
    workshop: Workshop, poison: int
) -> None:
    now = workshop.clock()
    for _ in range(8):
        fail(workshop, poison, now)
    later = now + timedelta(minutes=1)
    other = store(workshop, "evt_other", later)

    with unit_of_work(workshop.deps.engine) as connection:
        due = dispatch.take_due(
            connection, now=later, again=later + LONGEST_DELAY, most=dict.fromkeys(QUEUES, 1)
        )

    assert [each.row_id for each in due] == [other]


def test_what_is_done_meanwhile_is_not_undone_by_a_try_that_fails(
    workshop: Workshop, poison: int
) -> None:
    now = workshop.clock()

    def end_elsewhere() -> None:
        assert handle(workshop.deps, poison)

    deps = sick(workshop, meanwhile=end_elsewhere)
    with pytest.raises(KeyError):
        handle(replace(deps, clock=lambda: now), poison)

    assert workshop.sql("SELECT result, dispatch_at, failure FROM webhook_events") == [
        ("ignored", None, None)
    ]


def test_two_tries_that_fail_at_once_count_as_one(workshop: Workshop, poison: int) -> None:
    now = workshop.clock()

    def fail_elsewhere() -> None:
        fail(workshop, poison, now)

    deps = sick(workshop, meanwhile=fail_elsewhere)
    with pytest.raises(KeyError):
        handle(replace(deps, clock=lambda: now + timedelta(hours=1)), poison)

    [[tries, due]] = workshop.sql("SELECT tries, dispatch_at FROM webhook_events")
    assert (tries, due) == (1, now + timedelta(seconds=1))


def test_a_database_s_trouble_is_not_the_event_s(workshop: Workshop, poison: int) -> None:
    def lose_the_database() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    with pytest.raises(OperationalError):
        handle(sick(workshop, meanwhile=lose_the_database), poison)

    assert workshop.sql("SELECT tries, failure FROM webhook_events") == [(0, None)]
