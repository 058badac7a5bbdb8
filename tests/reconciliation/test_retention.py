"""What comes finds its month; what is over for long goes, what is live or on record stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.providers.base import ProviderEvent
from shared.repository import inbox, months
from shared.repository.timeline import timeline
from tests.reconciliation.workshop import Workshop
from worker import event_lists, retention

KEPT = ("transitions", "attempts", "webhook_events")
LONG = 150
"""Days, with months of which three are kept."""


@pytest.fixture
def forgetful(workshop: Workshop) -> Container:
    """The workshop, keeping all for three months."""
    kept = {"moves_kept": 3, "webhook_events_kept": 3, "outbound_events_kept": 3}
    return replace(workshop.deps, settings=workshop.deps.settings.model_copy(update=kept))


@pytest.fixture
def settled(workshop: Workshop, forgetful: Container) -> int:
    """A charge that is over, with events, and with months that end after it."""
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.advance(seconds=301)
    event_lists.read(workshop.deps)
    workshop.run()
    retention.run(forgetful)
    assert workshop.status(charge) == "succeeded"
    return charge


def left(workshop: Workshop, charge: int) -> dict[str, int]:
    """How much is kept of a charge."""
    query = "SELECT count(*) FROM {} WHERE charge_id = :charge"
    return {table: workshop.sql(query.format(table), charge=charge)[0][0] for table in KEPT}


def told(workshop: Workshop) -> int:
    """What the platform was told, in all."""
    return int(workshop.sql("SELECT count(*) FROM outbound_events")[0][0])


def unforeseen(workshop: Workshop) -> int:
    """Moves without a month of their own."""
    return int(workshop.sql("SELECT count(*) FROM transitions_default")[0][0])


def kinds(workshop: Workshop, charge: int) -> list[str]:
    """What a charge's timeline shows, in its order."""
    with unit_of_work(workshop.deps.engine) as connection:
        return [entry.what for entry in timeline(connection, charge) if entry.kind == "transition"]


def test_a_month_is_there_before_it_begins(workshop: Workshop) -> None:
    for _ in range(5):
        retention.run(workshop.deps)
        with unit_of_work(workshop.deps.engine) as connection:
            until = months.months_until(connection)
        assert months.AHEAD <= until - workshop.clock() <= months.AHEAD + timedelta(days=31)
        charge = workshop.charge_by_stripe()
        workshop.run()
        assert kinds(workshop, charge) == ["accepted to submitting", "submitting to succeeded"]
        workshop.advance(days=LONG / 3)

    assert unforeseen(workshop) == 0


def test_a_move_that_no_month_was_made_for_is_kept_and_finds_it_later(workshop: Workshop) -> None:
    workshop.advance(days=LONG)
    charge = workshop.charge_by_stripe()
    workshop.run()
    before = kinds(workshop, charge)

    assert (workshop.status(charge), unforeseen(workshop)) == ("succeeded", 2)
    retention.run(workshop.deps)
    assert (kinds(workshop, charge), unforeseen(workshop)) == (before, 0)


@pytest.mark.parametrize("table", ["transitions", "transitions_before", "transitions_default"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = ''", "DELETE FROM {}"])
def test_moves_are_never_changed_whatever_month_is_named(
    settled: int, workshop: Workshop, table: str, statement: str
) -> None:
    newest = workshop.sql("SELECT name FROM transition_months ORDER BY ends_at DESC LIMIT 1")
    for name in (table, newest[0][0]):
        with pytest.raises(Exception, match="append-only"):
            workshop.sql(statement.format(name))

    assert left(workshop, settled)["transitions"] == 2


def test_nothing_is_dropped_unless_asked_for(settled: int, workshop: Workshop) -> None:
    before = left(workshop, settled), told(workshop)
    workshop.advance(days=3000)

    retention.run(workshop.deps)

    assert (left(workshop, settled), told(workshop)) == before
    assert all(left(workshop, settled).values())


def test_what_is_over_for_long_goes_and_its_charge_stays(
    settled: int, workshop: Workshop, forgetful: Container
) -> None:
    workshop.advance(days=60)
    retention.run(forgetful)
    early = left(workshop, settled), told(workshop)
    workshop.advance(days=LONG)

    retention.run(forgetful)

    assert all(early[0].values())
    assert early[1] > 0
    assert (left(workshop, settled), told(workshop)) == (dict.fromkeys(KEPT, 0), 0)
    assert workshop.status(settled) == "succeeded"


def test_what_a_live_charge_needs_is_kept(
    settled: int, workshop: Workshop, forgetful: Container
) -> None:
    workshop.advance(seconds=1)
    workshop.sql("UPDATE charges SET status = 'needs_review' RETURNING id")
    before = left(workshop, settled), told(workshop)
    workshop.advance(days=3000)

    retention.run(forgetful)
    assert (left(workshop, settled), told(workshop)) == before

    # It was over only now, so it is not over for long.
    workshop.sql("UPDATE charges SET status = 'succeeded', updated_at = :now RETURNING id",
                 now=workshop.clock())  # fmt: skip
    retention.run(forgetful)
    assert (left(workshop, settled), told(workshop)) == before


def test_an_event_that_comes_again_is_applied_once(
    settled: int, workshop: Workshop, forgetful: Container
) -> None:
    def come_again() -> list[bool]:
        with unit_of_work(workshop.deps.engine) as connection:
            come = [
                inbox.store_event(connection, Provider.STRIPE, event, body, workshop.clock())
                for event, body in events
            ]
        workshop.run()
        return come

    rows = workshop.sql(
        "SELECT event_id, event_type, account, created_at, body FROM webhook_events"
    )
    events = [
        (ProviderEvent(name, kind, account, livemode=False, created_at=at), bytes(body))
        for name, kind, account, at, body in rows
    ]
    taken = workshop.captures()
    at_once = come_again()
    workshop.advance(days=LONG)
    retention.run(forgetful)
    long_after = come_again()

    assert not any(at_once)
    assert all(long_after)  # it is not remembered, and says nothing new
    assert (workshop.status(settled), workshop.captures()) == ("succeeded", taken)
    assert left(workshop, settled)["transitions"] == 0
    assert told(workshop) == 0


def test_what_has_locks_in_the_way_waits_for_another_round(
    workshop: Workshop, holder: "psycopg2.extensions.connection"
) -> None:
    workshop.advance(days=LONG)
    holder.cursor().execute("LOCK TABLE transitions IN SHARE UPDATE EXCLUSIVE MODE")

    retention.run(workshop.deps)
    with unit_of_work(workshop.deps.engine) as connection:
        waiting = months.months_until(connection) < workshop.clock()
    holder.rollback()
    retention.run(workshop.deps)

    assert waiting
    with unit_of_work(workshop.deps.engine) as connection:
        assert months.months_until(connection) > workshop.clock()


@pytest.fixture
def holder(workshop: Workshop) -> Iterator["psycopg2.extensions.connection"]:
    """A connection beside the workshop's."""
    url = workshop.deps.settings.database_url.replace("+psycopg2", "")
    opened = psycopg2.connect(url)
    yield opened
    opened.close()
