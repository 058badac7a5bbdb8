"""A buyer brings the same PayPal order or payment again, once it is approved anew."""

from collections.abc import Callable

import pytest
import requests

from shared.db import unit_of_work
from shared.domain.charge import Instrument, PayPalOrder, PayPalPayment, Provider
from shared.operations.calling_off import call_off
from shared.repository import charges
from shared.settlement import Source
from tests.reconciliation.refunding import given_back, interrupted, told, until_settled
from tests.reconciliation.workshop import Order, Workshop
from worker import charging, event_lists, inbox

CAPTURE, EXECUTE = "^POST .*/capture$", "^POST .*/execute$"


def asked(workshop: Workshop, path: str, body: object) -> str:
    """The id of what a program of the merchant's makes at PayPal."""
    answer = requests.post(
        f"{workshop.deps.settings.paypal_api_base}{path}",
        json=body,
        headers={"Authorization": f"Bearer {workshop.paypal_token()}"},
        timeout=30,
    )
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def brought(workshop: Workshop, order: Order) -> str:
    """A PayPal order that nobody has approved yet."""
    money = {"value": order.money.major, "currency_code": order.money.currency}
    unit = {"custom_id": str(order.identifier), "amount": money}
    body = {"intent": "CAPTURE", "purchase_units": [unit]}
    return asked(workshop, "/v2/checkout/orders", body)


def declined(workshop: Workshop, order: Order) -> Instrument:
    """A PayPal order whose payer's card was declined, and who then took another one."""
    instrument = PayPalOrder(brought(workshop, order))
    workshop.control.approve_paypal(instrument.order_id, payer="declines")
    first = workshop.charge(order, instrument)
    workshop.run()
    told(workshop)
    assert workshop.status(first) == "failed"
    workshop.control.approve_paypal(instrument.order_id, payer="pays")
    return instrument


def called_off(workshop: Workshop, order: Order) -> Instrument:
    """A PayPal order whose charge its buyer called off, and who then thought better of it."""
    instrument = PayPalOrder(brought(workshop, order))
    first = workshop.charge(order, instrument)
    workshop.run()
    with unit_of_work(workshop.deps.engine) as connection:
        locked = charges.lock_charge(connection, first)
        call_off(connection, workshop.deps, locked, Source("buyer"))
    workshop.run()
    assert workshop.status(first) == "canceled"
    workshop.control.approve_paypal(instrument.order_id, payer="pays")
    return instrument


def unapproved(workshop: Workshop, order: Order) -> Instrument:
    """A v1 payment that came before its payer had approved it."""
    amount = {"total": order.money.major, "currency": order.money.currency}
    pages = {"return_url": "https://s.example/r", "cancel_url": "https://s.example"}
    body = {
        "intent": "sale",
        "payer": {"payment_method": "paypal"},
        "redirect_urls": pages,
        "transactions": [{"amount": amount, "custom": str(order.identifier)}],
    }
    payment = asked(workshop, "/v1/payments/payment", body)
    first = workshop.charge(order, PayPalPayment(payment, "SOMEPAYER1234"))
    workshop.run()
    told(workshop)
    assert workshop.status(first) == "failed"
    payer = workshop.control.approve_paypal(payment, payer="pays")["payer_id"]
    return PayPalPayment(payment, str(payer))


@pytest.mark.parametrize("before", [declined, called_off, unapproved])
@pytest.mark.parametrize("first", ["the answer", "the event", "the event alone"])
def test_what_is_approved_anew_pays_its_new_charge(
    workshop: Workshop, before: Callable[[Workshop, Order], Instrument], first: str
) -> None:
    order = workshop.order(Provider.PAYPAL)
    charge = workshop.charge(order, before(workshop, order))
    workshop.advance(seconds=310)

    def hear() -> None:
        event_lists.read(workshop.deps)
        for (event,) in workshop.sql("SELECT id FROM webhook_events WHERE handled_at IS NULL"):
            inbox.handle(workshop.deps, event)

    if first == "the event":
        charging.execute(interrupted(workshop, charge, hear), charge)
    elif first == "the event alone":
        for op in (CAPTURE, EXECUTE):
            workshop.control.fault("503", op, when="after", times=1)
        charging.execute(workshop.deps, charge)
        hear()
    workshop.run()
    told(workshop)
    until_settled(workshop)

    assert workshop.status(charge) == "succeeded"
    assert (workshop.captures(), given_back(workshop)) == (1, [])
