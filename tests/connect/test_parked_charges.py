"""Charges of an account that has left: parked, taken on once it is back, or called off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.db import unit_of_work
from shared.domain.charge import Provider, Status
from shared.repository import charges, overdue
from shared.task_names import CHARGE_EXECUTE
from tests.api.platform import BUYER
from tests.connect.conftest import MakeStage
from tests.connect.leaving import APPLICATION, LEFT, PROCESSING, is_revoked, leave, leave_unheard
from tests.connect.stage import Stage, connect_event
from worker import charging


@pytest.fixture(scope="module")
def stage(make: MakeStage) -> Iterator[Stage]:
    """A stage that hears the sandbox's webhooks."""
    stage = make()
    with stage.listening():
        yield stage


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


def test_parked_charges_keep_the_authorization_from_being_deleted(stage: Stage) -> None:
    event, key, account = stage.authorized()
    stage.charged(event)
    leave(stage, account)

    assert stage.delete(key).status_code == 409
