"""A provider that asks to be left alone is not asked earlier, whatever was asked of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from shared.domain.charge import Provider
from shared.providers.retry_after import LONGEST
from tests.reconciliation.refunding import WAYS, ask, paid, refund
from tests.reconciliation.test_canceling import waiting, wish
from tests.reconciliation.workshop import Workshop

SECONDS = 900
"""Longer than any delay of our own choice."""

CREATE = {
    Provider.STRIPE: "POST /v1/payment_intents$",
    Provider.PAYPAL: "POST /v2/checkout/orders$",
}
HEADERS: dict[str, Callable[[], str]] = {
    "seconds": lambda: str(SECONDS),
    "a date": lambda: format_datetime(
        datetime.now(UTC) + timedelta(seconds=SECONDS + 1), usegmt=True
    ),
    "an absurd wait": lambda: "99999999999",
}


def strike(workshop: Workshop, op: str, header: str) -> datetime:
    """Let the next such call be refused with that header; the instant before which none is due."""
    workshop.control.fault("429", op, retry_after=header, times=1)
    return workshop.clock() + timedelta(seconds=SECONDS)


def assert_put_off(workshop: Workshop, row: Any, earliest: datetime) -> None:
    """The row is due no earlier, and not absurdly late; nothing tells of it before."""
    assert earliest <= row.next_attempt_at <= workshop.clock() + LONGEST
    assert row.dispatch_at == row.next_attempt_at


@pytest.mark.parametrize("form", HEADERS)
@pytest.mark.parametrize("provider", list(Provider))
def test_a_charge_waits_as_long_as_it_is_told(
    workshop: Workshop, provider: Provider, form: str
) -> None:
    by_stripe = provider is Provider.STRIPE
    charge = workshop.charge_by_stripe() if by_stripe else workshop.charge_by_paypal()
    earliest = strike(workshop, CREATE[provider], HEADERS[form]())

    workshop.run()

    assert workshop.status(charge) == "accepted"
    assert_put_off(workshop, workshop.row(charge), earliest)


@pytest.mark.parametrize("form", HEADERS)
@pytest.mark.parametrize("way", WAYS)
def test_a_refund_waits_as_long_as_it_is_told(workshop: Workshop, way: str, form: str) -> None:
    refund_id = ask(workshop, paid(workshop, way))
    earliest = strike(workshop, WAYS[way].op, HEADERS[form]())

    workshop.run()

    assert_put_off(workshop, refund(workshop, refund_id), earliest)


@pytest.mark.parametrize("form", HEADERS)
@pytest.mark.parametrize(
    ("provider", "op"), [("stripe", "POST .*/cancel$"), ("paypal", "GET /v2/checkout/orders/")]
)
def test_a_cancel_waits_as_long_as_it_is_told(
    workshop: Workshop, provider: str, op: str, form: str
) -> None:
    charge = waiting(workshop, provider)
    wish(workshop, charge)
    earliest = strike(workshop, op, HEADERS[form]())

    workshop.run()

    row = workshop.row(charge)
    assert row.status == "requires_action"
    assert earliest <= row.dispatch_at <= workshop.clock() + LONGEST


@pytest.mark.parametrize("form", HEADERS)
def test_a_look_for_a_lost_answer_waits_as_long_as_it_is_told(
    workshop: Workshop, form: str
) -> None:
    charge = workshop.charge_by_stripe()
    workshop.control.fault("reset_after", CREATE[Provider.STRIPE], times=1)
    workshop.run()
    assert workshop.status(charge) == "indeterminate"
    workshop.sql("UPDATE attempts SET replayable = false RETURNING id")
    workshop.advance(seconds=60)
    earliest = strike(workshop, "GET ", HEADERS[form]())

    workshop.run()

    assert workshop.status(charge) == "indeterminate"
    assert_put_off(workshop, workshop.row(charge), earliest)
