"""What stands too long is looked up, and said."""

from datetime import timedelta

import pytest

from shared.db import unit_of_work
from shared.domain.age_limits import AGE_LIMITS, oldest_allowed
from shared.domain.charge import SETTLED, Status
from shared.repository import ages
from shared.repository.charge_lists import list_overdue
from tests.reconciliation.workshop import Workshop
from worker import charging, reconciliation, watch


def stuck(workshop: Workshop) -> dict[Status, list[int]]:
    """The states with charges that stand there too long."""
    now = workshop.clock()
    with unit_of_work(workshop.deps.engine) as connection:
        states = ages.overdue_states(connection, oldest_allowed(now))
        listed = [each.id for each in list_overdue(connection, oldest_allowed(now))]
    assert sorted(listed) == sorted(charge for each in states for charge in each.charges)
    return {each.status: each.charges for each in states}


def in_state(workshop: Workshop, status: Status) -> int:
    """A charge that stands there."""
    match status:
        case Status.ACCEPTED:
            return workshop.charge_by_stripe()
        case Status.SUBMITTING | Status.INDETERMINATE:
            charge = workshop.charge_by_stripe()
            workshop.control.fault("reset_after", "^POST /v1/payment_intents$")
            charging.execute(workshop.deps, charge)
            return charge
        case Status.REQUIRES_ACTION:
            charge = workshop.charge_by_stripe("tok_threeDSecure2Required")
        case Status.PROCESSING:
            charge = workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
        case _:
            charge = workshop.charge_by_stripe()
            workshop.run()
            workshop.sql("UPDATE charges SET status = 'needs_review' RETURNING id")
    workshop.run()
    return charge


def test_every_state_that_is_not_the_end_has_its_limit() -> None:
    assert set(AGE_LIMITS) == set(Status) - SETTLED


@pytest.mark.parametrize("status", sorted(set(AGE_LIMITS) - {Status.SUBMITTING}))
def test_what_stands_longer_than_its_limit_is_an_alarm(
    workshop: Workshop, status: Status, capsys: pytest.CaptureFixture[str]
) -> None:
    charge = in_state(workshop, status)
    assert workshop.status(charge) == status
    limit = AGE_LIMITS[status].alarm_after

    workshop.clock.ahead += limit - timedelta(minutes=1)
    early = stuck(workshop)
    workshop.clock.ahead += timedelta(minutes=2)
    late = stuck(workshop)
    count = watch.run(workshop.deps)

    assert early == {}
    assert late == {status: [charge]}
    assert count == 1
    assert "charges.overdue" in capsys.readouterr().out


def test_what_is_settled_is_never_stuck(workshop: Workshop) -> None:
    for token in ("tok_visa", "tok_chargeDeclined"):
        workshop.charge_by_stripe(token)
    workshop.run()
    workshop.clock.ahead += timedelta(days=400)

    assert stuck(workshop) == {}


def test_an_overdue_charge_is_looked_up_as_often_as_its_state_wants(workshop: Workshop) -> None:
    charges = [in_state(workshop, status) for status in (Status.REQUIRES_ACTION, Status.PROCESSING)]
    paths = [f"/v1/payment_intents/{workshop.row(each).provider_reference}" for each in charges]
    workshop.advance(hours=1, minutes=1)

    for _ in range(13):
        reconciliation.look_up_overdue(workshop.deps)
        workshop.advance(minutes=5)

    assert [workshop.gets(path) for path in paths] == [13, 3]
