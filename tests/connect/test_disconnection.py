"""An organizer who disconnects the account is revoked and told of; who comes back is let in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.providers.base import Disconnected
from tests.api.platform import BUYER, NOWHERE, data_of, error_of
from tests.connect.conftest import MakeStage
from tests.connect.leaving import (
    APPLICATION,
    LEFT,
    is_revoked,
    leave,
    leave_unheard,
    unhandled,
)
from tests.connect.stage import Stage, connect_event
from worker.disconnection import disconnect


@pytest.fixture(scope="module")
def stage(make: MakeStage) -> Iterator[Stage]:
    """A stage that hears the sandbox's webhooks."""
    stage = make()
    with stage.listening():
        yield stage


def test_who_disconnects_is_revoked_and_alarmed(stage: Stage) -> None:
    event, key, account = stage.authorized()
    stage.charged(event)

    with capture_logs() as logs:
        leave(stage, account)

    assert is_revoked(stage, key)
    (alarm,) = [line for line in logs if line["event"] == "account.disconnected"]
    assert alarm["log_level"] == "error"
    assert (alarm["account"], alarm["revoked"], alarm["parked"]) == (account, 1, 1)


def test_a_revoked_event_takes_no_charges_and_its_orders_stay(stage: Stage) -> None:
    event, _, account = stage.authorized()
    leave(stage, account)
    order = stage.platform.order(event=event)

    answer = stage.platform.charge(order)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == "Stripe credentials not found for the event."
    told = stage.platform.ask("GET", f"/v1/orders/{order}", as_=BUYER)
    assert data_of(told)["attributes"]["status"] == "pending"


def test_the_news_of_one_who_has_come_back_is_old(stage: Stage) -> None:
    event, key, account = stage.authorized()
    path = stage.charged(event)
    leave_unheard(stage, account)
    late = connect_event(LEFT, account, APPLICATION)
    stage.renew(key, account)

    stage.deliver(late)
    stage.run()

    assert not is_revoked(stage, key)
    assert stage.status(path) == "succeeded"


def test_what_was_authorized_after_stripe_was_asked_still_stands(stage: Stage) -> None:
    event, key, account = stage.authorized()
    path, now = stage.charged(event), datetime.now(UTC)
    seen_at = now - timedelta(minutes=1)

    with unit_of_work(stage.platform.deps.engine) as connection:
        disconnect(connection, Disconnected(account), seen_at=seen_at, now=now)

    assert not is_revoked(stage, key)
    assert stage.row(path).parked_reason is None


def test_an_account_that_left_unheard_is_found_out_by_the_next_charge(stage: Stage) -> None:
    event, key, account = stage.authorized()
    first, second = stage.charged(event), stage.charged(event)
    leave_unheard(stage, account)

    stage.run()

    assert is_revoked(stage, key)
    assert {stage.status(path) for path in (first, second)} == {"accepted"}
    assert all(stage.row(path).parked_reason for path in (first, second))


def test_refused_credentials_of_the_platform_are_not_the_organizers_doing(stage: Stage) -> None:
    event, key, _ = stage.authorized()
    path = stage.charged(event)
    stage.control.fault("401", "POST /v1/payment_")

    stage.run()

    assert not is_revoked(stage, key)
    assert stage.status(path) == "accepted"
    assert stage.row(path).parked_reason is None


def test_nobody_can_say_it_in_anothers_name(stage: Stage) -> None:
    event, key, account = stage.authorized()

    stage.deliver(connect_event(LEFT, account, APPLICATION))
    stage.run()

    assert not is_revoked(stage, key), "Stripe was asked, and still lets us in"
    assert stage.platform.charge(stage.platform.order(event=event)).status_code == 202


def test_while_stripe_does_not_say_the_news_is_kept(make: MakeStage) -> None:
    stage = make(stripe_api_base=NOWHERE)
    _, key, account = stage.authorized()

    stage.deliver(connect_event(LEFT, account, APPLICATION))
    stage.run()

    assert not is_revoked(stage, key)
    assert len(unhandled(stage)) == 1


def test_deleting_does_not_wait_for_what_it_caused(stage: Stage) -> None:
    event, key, account = stage.authorized()

    gone = stage.delete(key)
    stage.hear(LEFT)
    again = stage.authorize(event, account)

    assert (gone.status_code, again.status_code) == (200, 201)
