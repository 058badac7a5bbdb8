"""What may be shown of the card, whichever of the provider's answers comes first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.db import unit_of_work
from shared.domain import outcomes as o
from shared.domain.charge import Provider
from shared.providers.base import EventPage
from shared.repository import inbox
from shared.settlement import Source, settle
from tests.reconciliation.refunding import interrupted
from tests.reconciliation.workshop import PRICE, Workshop
from worker.inbox import handle

INTENT, CHARGE = "payment_intent.succeeded", "charge.succeeded"
UNKNOWN, VISA = ("unknown", None, None), ("card", "visa", "4242")
EARLIER = timedelta(hours=1)


def shown(workshop: Workshop, charge: int) -> tuple[str, str | None, str | None]:
    """What is shown of the card."""
    row = workshop.row(charge)
    return row.paid_via, row.brand, row.last4


def hear(workshop: Workshop, kind: str) -> None:
    """Let Stripe's webhook of that type arrive, and be handled."""
    stripe, now = workshop.deps.provider(Provider.STRIPE), workshop.clock()
    page = stripe.list_events(None, now - EARLIER, None)
    assert isinstance(page, EventPage)
    [told] = [listed for listed in page.events if listed.event.event_type == kind]
    with unit_of_work(workshop.deps.engine) as connection:
        assert inbox.store_event(connection, Provider.STRIPE, told.event, told.body, now)
    [[stored]] = workshop.sql(
        "SELECT id FROM webhook_events WHERE event_id = :id", id=told.event.event_id
    )
    report = handle(workshop.deps, stored)
    assert report
    assert report["result"] == "applied"


def overtaken(workshop: Workshop) -> int:
    """A charge whose webhook is applied before the worker hears Stripe's answer."""
    charge = workshop.charge_by_stripe()
    seen = []

    def arrive() -> None:
        hear(workshop, INTENT)
        seen.append((workshop.status(charge), shown(workshop, charge)))

    workshop.run(interrupted(workshop, charge, arrive))
    assert seen == [("succeeded", UNKNOWN)]
    return charge


def test_the_workers_answer_names_the_card_that_its_webhook_did_not(workshop: Workshop) -> None:
    charge = overtaken(workshop)

    assert shown(workshop, charge) == VISA
    assert workshop.row(charge).exp_month


def test_what_is_known_of_the_card_stays_whatever_comes_later(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    before = workshop.row(charge)

    hear(workshop, INTENT)
    hear(workshop, CHARGE)

    assert workshop.row(charge) == before
    assert shown(workshop, charge) == VISA


@pytest.mark.parametrize("capture", ["its own", "another"])
def test_a_card_is_of_its_capture_alone(workshop: Workshop, capture: str) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.sql(
        "UPDATE charges SET paid_via = 'unknown', brand = NULL, last4 = NULL, exp_month = NULL,"
        " exp_year = NULL WHERE id = :id RETURNING id",
        id=charge,
    )
    row = workshop.row(charge)
    fact = o.Approved(
        row.provider_reference,
        row.capture_reference if capture == "its own" else "ch_another",
        PRICE,
        frozenset({str(row.identifier)}),
        livemode=False,
        card=o.Card("card", "amex", "0005"),
    )

    for card in (None, fact.card, o.Card("card", "visa", "4242")):
        with unit_of_work(workshop.deps.engine) as connection:
            settle(connection, workshop.deps, charge, replace(fact, card=card), Source("webhook"))

    expected = ("card", "amex", "0005") if capture == "its own" else UNKNOWN
    assert shown(workshop, charge) == expected
