"""What waits for one provider takes no place of what waits for the other."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import pytest

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.providers.base import PaymentProvider
from shared.repository import dispatch
from shared.task_names import (
    CHARGE_EXECUTE,
    QUEUES,
    REFUND_EXECUTE,
    WEBHOOK_EVENT_HANDLE,
)
from tests.reconciliation.refunding import ask, paid
from tests.reconciliation.workshop import Workshop
from worker import reconciliation

BATCH = 3


def take(
    workshop: Workshop, room: Mapping[str, int], after: timedelta = timedelta(0)
) -> list[tuple[str, str]]:
    """The tasks and queues of what the relay would publish by then."""
    now = workshop.clock() + after
    most = dict.fromkeys(QUEUES, BATCH) | dict(room)
    with unit_of_work(workshop.deps.engine) as connection:
        due = dispatch.take_due(connection, now=now, again=now + timedelta(seconds=30), most=most)
    return sorted((one.task, one.queue) for one in due)


def test_a_backlog_of_one_provider_fills_no_round_of_the_other(workshop: Workshop) -> None:
    for _ in range(BATCH * 2):
        workshop.charge_by_stripe()
    workshop.charge_by_paypal()

    first, second = take(workshop, {}), take(workshop, {})

    assert first == [(CHARGE_EXECUTE, "paypal"), *[(CHARGE_EXECUTE, "stripe")] * BATCH]
    assert second == [(CHARGE_EXECUTE, "stripe")] * BATCH


def test_a_full_queue_keeps_back_its_own_providers_rows_alone(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    workshop.charge_by_paypal()

    assert take(workshop, {"stripe": 0}) == [(CHARGE_EXECUTE, "paypal")]
    assert take(workshop, {}) == [(CHARGE_EXECUTE, "stripe")]


@pytest.mark.parametrize("provider", list(Provider))
def test_refunds_and_events_go_to_their_providers_queues(
    workshop: Workshop, provider: Provider
) -> None:
    charge_id = paid(workshop, provider)
    workshop.sql(
        "INSERT INTO webhook_events (provider, event_id, event_type, body, created_at,"
        " received_at, dispatch_at) VALUES (:provider, 'evt_1', 'unheard.of', '{}', now(), now(),"
        " now()) RETURNING id",
        provider=provider,
    )
    ask(workshop, charge_id)
    other = next(name for name in Provider if name is not provider)

    full = take(workshop, {provider: 0, f"{provider}-events": 0})
    taken = take(workshop, {other: 0, f"{other}-events": 0})

    assert full == []
    assert taken == [(REFUND_EXECUTE, provider), (WEBHOOK_EVENT_HANDLE, f"{provider}-events")]


def test_what_was_told_to_a_queue_that_nobody_empties_is_told_again(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    lost = take(workshop, {})

    assert take(workshop, {}) == []
    assert take(workshop, {}, after=timedelta(seconds=30)) == lost


@pytest.mark.parametrize("provider", list(Provider))
def test_a_providers_round_asks_that_provider_alone(workshop: Workshop, provider: Provider) -> None:
    for name, charge in (
        (Provider.STRIPE, workshop.charge_by_stripe()),
        (Provider.PAYPAL, workshop.charge_by_paypal()),
    ):
        workshop.sql(
            "UPDATE charges SET status = 'processing', dispatch_at = NULL,"
            " deadline_at = now(), provider_reference = :name WHERE id = :id RETURNING id",
            name=name,
            id=charge,
        )
    other = next(name for name in Provider if name is not provider)
    forbidden = cast("PaymentProvider", object())  # whatever it is asked is an error

    reconciliation.run(workshop.with_provider(other, forbidden).only(provider))

    asked = {line["provider"] for line in workshop.control.requests()}
    assert asked == {provider}
