"""Webhooks that never come are found in the providers' own lists."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from sqlalchemy.event import listen

from shared.domain.charge import Provider
from shared.providers.base import EventPage, PaymentProvider, Unread
from shared.repository import event_cursors
from tests.reconciliation.workshop import Workshop
from worker import event_lists

STRIPE_LIST, PAYPAL_LIST = "/v1/events", "/v1/notifications/webhooks-events"
POLL = timedelta(seconds=21)
IDLE = timedelta(seconds=301)


class Died(Exception):
    """The process ended here."""


@dataclass
class Doomed:
    """A provider whose process dies with a page in its hands."""

    inner: PaymentProvider
    pages: int
    asked: list[str | None] = field(default_factory=list)

    @property
    def as_port(self) -> PaymentProvider:
        """It stands in for the rest by `__getattr__`."""
        return cast("PaymentProvider", self)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def list_events(
        self, account: str | None, since: datetime, page: str | None
    ) -> EventPage | Unread:
        self.asked.append(page)
        found = self.inner.list_events(account, since, page)
        if len(self.asked) > self.pages:
            raise Died
        return found


def reconciled(workshop: Workshop, rounds: int = 4) -> int:
    """Let some rounds pass, with what they make due; how many events were found."""
    found = 0
    for _ in range(rounds):
        workshop.advance(seconds=POLL.total_seconds())
        found += event_lists.read(workshop.deps)
        workshop.run()
    return found


def lists(workshop: Workshop) -> Counter[str]:
    """How often each list was asked for."""
    paths = (line["path"] for line in workshop.control.requests())
    return Counter(path for path in paths if path in {STRIPE_LIST, PAYPAL_LIST})


def stored(workshop: Workshop) -> list[str]:
    """The ids of the events that are here."""
    return [row[0] for row in workshop.sql("SELECT event_id FROM webhook_events ORDER BY 1")]


def many_events(workshop: Workshop) -> int:
    """More than a page of them at Stripe; how many."""
    charge = workshop.charge_by_stripe()
    workshop.run()
    refund = workshop.control.dashboard_refund(workshop.row(charge).provider_reference)["id"]
    for number in range(50):
        workshop.ask_stripe(f"/v1/refunds/{refund}", {"metadata[note]": str(number)})
    return 4 + 2 * 50  # each update is told under two names


def test_a_batch_whose_webhooks_are_all_lost_settles_by_the_lists_alone(workshop: Workshop) -> None:
    settling = [workshop.charge_by_stripe("pm_card_sandbox_processing_stuck") for _ in range(3)]
    challenged = [workshop.charge_by_stripe("tok_threeDSecure2Required") for _ in range(3)]
    refused = [workshop.charge_by_stripe("pm_card_sandbox_processing_stuck") for _ in range(2)]
    wallets = [workshop.charge_by_paypal() for _ in range(3)]
    cheques = [workshop.charge_by_paypal() for _ in range(2)]
    workshop.run()
    waiting = Counter(row[0] for row in workshop.sql("SELECT status FROM charges"))
    assert waiting == {"processing": 5, "requires_action": 8}

    for charge in settling:
        workshop.control.settle(workshop.row(charge).provider_reference)
    for charge in challenged:
        workshop.control.authenticate(workshop.row(charge).provider_reference)
    for charge in refused:
        workshop.control.settle(workshop.row(charge).provider_reference, "failed")
    for charge in wallets:
        workshop.approve(charge)
    for charge in cheques:
        workshop.approve(charge, payer="echeck-pending")
    reconciled(workshop)
    assert {workshop.status(charge) for charge in cheques} == {"processing"}
    for charge in cheques:
        workshop.control.settle_paypal(workshop.row(charge).capture_reference)
    reconciled(workshop)

    paid = [*settling, *challenged, *wallets, *cheques]
    assert {workshop.status(charge) for charge in paid} == {"succeeded"}
    assert {workshop.status(charge) for charge in refused} == {"failed"}
    assert workshop.captures() == len(paid)
    assert workshop.sql("SELECT DISTINCT found_by FROM webhook_events") == [("event_list",)]
    assert workshop.sql("SELECT count(*) FROM webhook_events WHERE handled_at IS NULL") == [(0,)]


def test_an_event_that_came_by_webhook_is_not_found_again(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    workshop.run()
    first = event_lists.read(workshop.deps)

    again = reconciled(workshop, rounds=20)

    assert first > 0
    assert again == 0
    assert len(stored(workshop)) == first


def test_a_page_that_is_known_costs_no_round_trip_an_event(workshop: Workshop) -> None:
    for _ in range(8):
        workshop.charge_by_stripe()
    workshop.run()
    assert event_lists.read(workshop.deps) == 16
    asked: list[str] = []
    listen(workshop.deps.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    workshop.advance(seconds=IDLE.total_seconds())

    again = event_lists.read(workshop.deps)

    lists_read = 2
    assert again == 0
    assert sum("webhook_events" in statement for statement in asked) == lists_read


def test_nobody_is_asked_while_nothing_waits(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    workshop.run()
    reconciled(workshop)
    before = lists(workshop)

    reconciled(workshop, rounds=5)
    quiet = lists(workshop) - before
    workshop.advance(seconds=IDLE.total_seconds())
    event_lists.read(workshop.deps)

    assert quiet.total() == 0
    assert lists(workshop) - before == {STRIPE_LIST: 1, PAYPAL_LIST: 1}


def test_only_the_account_is_asked_at_which_something_waits(workshop: Workshop) -> None:
    reconciled(workshop, rounds=1)
    workshop.charge_by_paypal()
    workshop.run()
    before = lists(workshop)

    reconciled(workshop, rounds=3)

    assert lists(workshop) - before == {PAYPAL_LIST: 3}


@pytest.mark.parametrize("pages", [0, 1])
def test_the_cursor_survives_a_death_between_read_and_store(workshop: Workshop, pages: int) -> None:
    total = many_events(workshop)
    doomed = Doomed(workshop.deps.provider(Provider.STRIPE), pages)
    with pytest.raises(Died):
        event_lists.read(workshop.with_provider(Provider.STRIPE, doomed.as_port))
    before = len(stored(workshop))

    workshop.advance(seconds=46)  # its lease ends
    event_lists.read(workshop.deps)

    kept = stored(workshop)
    assert before == (100 if pages else 0)
    assert len(kept) == len(set(kept)) == total
    tail = [line["query"] for line in workshop.control.requests() if line["path"] == STRIPE_LIST]
    assert ("starting_after" in tail[pages + 1]) == bool(pages)


def test_a_reading_that_fails_midway_goes_on_where_it_failed(workshop: Workshop) -> None:
    total = many_events(workshop)
    workshop.control.fault("429", f"^GET {STRIPE_LIST}$", nth=2, retry_after=5)
    event_lists.read(workshop.deps)
    halfway = len(stored(workshop))

    workshop.advance(seconds=6)
    event_lists.read(workshop.deps)

    asked = [line["query"] for line in workshop.control.requests() if line["path"] == STRIPE_LIST]
    assert halfway == 100
    assert len(stored(workshop)) == total
    assert asked[1] == asked[2] != asked[0]
    assert workshop.sql("SELECT page, failures FROM event_cursors WHERE provider = 'stripe'") == [
        (None, 0)
    ]


def test_a_round_is_bounded_and_the_next_goes_on_at_once(workshop: Workshop) -> None:
    total = many_events(workshop)

    found = [event_lists.read(workshop.deps, pages=1) for _ in range(4)]

    assert sorted(found) == [0, 0, total - 100, 100]


def test_a_place_that_is_no_more_in_the_list_is_given_up(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    workshop.run()
    event_lists.read(workshop.deps)
    workshop.sql("UPDATE event_cursors SET page = 'evt_gone' RETURNING id")
    workshop.charge_by_stripe()
    workshop.run()

    for _ in range(4):
        workshop.advance(minutes=10)
        event_lists.read(workshop.deps)

    assert len(stored(workshop)) == 4


def test_many_readers_at_once_read_each_list_once(workshop: Workshop) -> None:
    total = many_events(workshop)

    with ThreadPoolExecutor(8) as pool:
        found = sum(pool.map(lambda _: event_lists.read(workshop.deps), range(8)))

    assert found == total
    assert lists(workshop)[STRIPE_LIST] == 2
    assert len(stored(workshop)) == total


def test_a_reader_that_lost_its_list_moves_no_cursor(workshop: Workshop) -> None:
    now = workshop.clock()
    with workshop.deps.engine.begin() as connection:
        event_cursors.add_cursors(connection, [Provider.STRIPE], now)
        taken = [
            event_cursors.take_cursor(
                connection, [Provider.STRIPE], now=now + wait, until=now + wait, idle_since=now
            )
            for wait in (timedelta(0), timedelta(seconds=1))
        ]
        zombie, successor = taken
        assert zombie
        assert successor

        late, good = (
            event_cursors.advance_cursor(
                connection, each, newest=now, page=None, now=now, due=now + POLL
            )
            for each in (zombie, successor)
        )

    assert late is None
    assert good is not None


def test_a_connected_account_has_a_list_of_its_own(workshop: Workshop) -> None:
    account = workshop.connect()
    charge = workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    workshop.run()
    workshop.control.settle(workshop.row(charge).provider_reference)

    reconciled(workshop)
    cursors = workshop.sql("SELECT account FROM event_cursors WHERE provider = 'stripe'")
    workshop.sql("UPDATE stripe_authorizations SET revoked_at = now() RETURNING id")
    before = lists(workshop)
    workshop.advance(hours=1)
    event_lists.read(workshop.deps)

    assert workshop.row(charge).account == account
    assert workshop.status(charge) == "succeeded"
    assert set(cursors) == {(None,), (account,)}
    assert lists(workshop)[STRIPE_LIST] - before[STRIPE_LIST] == 1


def test_a_list_that_cannot_be_read_holds_nobody_up(workshop: Workshop) -> None:
    workshop.control.fault("503", f"^GET {PAYPAL_LIST}$", times=None)
    charge = workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    workshop.run()
    workshop.control.settle(workshop.row(charge).provider_reference)

    reconciled(workshop)

    assert workshop.status(charge) == "succeeded"
    failed = workshop.sql("SELECT failures > 0, last_error FROM event_cursors ORDER BY provider")
    assert [bad for bad, _ in failed] == [True, False]
    assert "503" in failed[0][1]
