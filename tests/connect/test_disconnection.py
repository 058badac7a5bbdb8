"""An organizer who disconnects the account parks its charges; who comes back lets them go on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.charge import Provider, Status
from shared.providers.base import Disconnected
from shared.repository import charges, overdue
from shared.task_names import CHARGE_EXECUTE
from tests.api.platform import BUYER, NOWHERE, data_of, error_of
from tests.connect.conftest import MakeStage
from tests.connect.stage import Stage, connect_event
from worker import charging, inbox
from worker.disconnection import disconnect

LEFT = "account.application.deauthorized"
PROCESSING = "pm_card_sandbox_processing"
APPLICATION = {"id": "ca_sandbox", "object": "application"}


@pytest.fixture(scope="module")
def stage(make: MakeStage) -> Any:
    """A stage that hears the sandbox's webhooks."""
    stage = make()
    with stage.listening():
        yield stage


def leave(stage: Stage, account: str) -> None:
    """Let the organizer disconnect the account, and handle that before anything else."""
    stage.control.leave_platform(account)
    stage.control.wait_for(lambda _: bool(unhandled(stage)))
    for key in unhandled(stage):
        inbox.handle(stage.platform.deps, key)


def leave_unheard(stage: Stage, account: str) -> None:
    """Let the organizer disconnect the account, and its webhook be lost."""
    stage.control.fault("webhook_drop", LEFT)
    stage.control.leave_platform(account)


def unhandled(stage: Stage) -> list[int]:
    rows = stage.platform.sql(
        "SELECT id FROM webhook_events WHERE event_type = :t AND handled_at IS NULL", t=LEFT
    )
    return [row.id for row in rows]


def is_revoked(stage: Stage, key: str) -> bool:
    ((revoked,),) = stage.platform.sql(
        "SELECT revoked_at IS NOT NULL FROM stripe_authorizations WHERE id = :id", id=int(key)
    )
    return bool(revoked)


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


def test_live_charges_are_parked_not_failed(stage: Stage) -> None:
    event, _, account = stage.authorized()
    settled, waiting = stage.charged(event), stage.charged(event, PROCESSING)
    stage.run()
    unsent = stage.charged(event)

    leave(stage, account)
    stage.run()

    assert stage.status(settled) == "succeeded"
    assert {stage.status(path) for path in (waiting, unsent)} == {"accepted", "processing"}
    assert [stage.row(path).parked_reason is None for path in (settled, waiting, unsent)] == [
        True,
        False,
        False,
    ]
    far = datetime.now(UTC) + timedelta(days=365)
    assert stage.row(unsent).next_attempt_at > far
    assert stage.row(waiting).deadline_at > far
    assert stage.row(unsent).failure_code is None


def test_parked_charges_go_on_once_the_account_is_back(stage: Stage) -> None:
    event, key, account = stage.authorized()
    waiting = stage.charged(event, PROCESSING)
    stage.run()
    unsent = stage.charged(event)
    leave(stage, account)

    assert stage.renew(key, account).status_code == 200
    stage.run()
    stage.control.settle(stage.row(waiting).provider_reference)
    stage.hear("payment_intent.succeeded")

    assert not is_revoked(stage, key)
    assert {stage.status(path) for path in (waiting, unsent)} == {"succeeded"}
    assert {stage.row(path).parked_reason for path in (waiting, unsent)} == {None}
    assert {stage.charged_on(path) for path in (waiting, unsent)} == {account}


def test_parked_charges_never_go_on_on_another_account(stage: Stage) -> None:
    event, key, account = stage.authorized()
    unsent = stage.charged(event)
    leave(stage, account)

    renewed = stage.renew(key)
    stage.run()

    assert renewed.status_code == 200
    assert stage.status(unsent) == "accepted"
    assert stage.row(unsent).parked_reason
    with pytest.raises(KeyError):
        stage.charged_on(unsent)


def test_only_the_account_that_left_is_parked(stage: Stage) -> None:
    (left, _, account), (stays, key, _) = stage.authorized(), stage.authorized()
    theirs, others, ours = (
        stage.charged(left),
        stage.charged(stays),
        stage.charged(stage.platform.event()),
    )

    leave(stage, account)
    stage.run()

    assert not is_revoked(stage, key)
    assert [stage.status(path) for path in (theirs, others, ours)] == [
        "accepted",
        "succeeded",
        "succeeded",
    ]


def test_nobody_looks_up_what_is_parked(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    leave(stage, account)
    stage.platform.sql("UPDATE charges SET deadline_at = now() WHERE account = :a", a=account)

    now = datetime.now(UTC)
    with unit_of_work(stage.platform.deps.engine) as connection:
        late = overdue.take_overdue(connection, Provider, now=now, again=dict.fromkeys(Status, now))

    assert stage.row(path).parked_reason
    assert late == []


def test_a_charge_on_the_wire_keeps_its_claim_and_is_not_taken_on_after_it(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event)
    key, now, deps = stage.row(path).id, datetime.now(UTC), stage.platform.deps
    until = now + timedelta(seconds=45)
    with unit_of_work(deps.engine) as connection:
        assert charges.claim_charge(connection, key, now=now, until=until)

    leave(stage, account)
    in_flight = stage.row(path)
    stage.platform.sql(
        "UPDATE charges SET status = 'indeterminate', claimed_until = NULL, dispatch_at = now(),"
        " next_attempt_at = now() WHERE id = :id",
        id=key,
    )
    told = stage.due()
    charging.execute(deps, key)

    assert in_flight.parked_reason
    assert in_flight.claimed_until == until
    assert (CHARGE_EXECUTE, key) not in [(due.task, due.row_id) for due in told]
    assert stage.row(path).claim_number == in_flight.claim_number


def test_a_parked_charge_can_be_called_off(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event)
    leave(stage, account)

    answer = stage.platform.ask("POST", f"{path}/cancel", as_=BUYER)
    stage.run()

    assert answer.status_code == 202
    assert stage.status(path) == "canceled"
    assert stage.row(path).parked_reason is None


def test_money_that_arrives_for_a_parked_charge_is_taken(stage: Stage) -> None:
    event, key, account = stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    leave_unheard(stage, account)
    left = connect_event(LEFT, account, APPLICATION)
    stage.deliver(left)
    stage.run()

    stage.control.settle(stage.row(path).provider_reference)
    stage.hear("payment_intent.succeeded")

    assert is_revoked(stage, key)
    assert stage.status(path) == "succeeded"
    assert stage.row(path).parked_reason is None


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


def test_parked_charges_keep_the_authorization_from_being_deleted(stage: Stage) -> None:
    event, key, account = stage.authorized()
    stage.charged(event)
    leave(stage, account)

    assert stage.delete(key).status_code == 409
