"""The scenes: what somebody was at who dies."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.outcomes import PayerActed
from shared.settlement import Source, settle
from shared.task_names import CHARGE_EXECUTE, REFUND_EXECUTE
from tests.reconciliation.refunding import ask, paid
from tests.reconciliation.workshop import Workshop


@dataclass(frozen=True)
class Scene:
    """A row that is due, and the call that carries it on."""

    prepare: Callable[[Workshop], int]
    task: str
    op: str
    calls_before: int
    """How many calls leave before the one that counts: a PaymentMethod, PayPal's token."""


def _by_card(workshop: Workshop) -> int:
    return workshop.charge_by_stripe()


def _by_checkout(workshop: Workshop) -> int:
    return workshop.charge_by_paypal()


def _by_approved_checkout(workshop: Workshop) -> int:
    charge = workshop.charge_by_paypal()
    workshop.run()
    workshop.approve(charge)
    acted = PayerActed(workshop.row(charge).provider_reference)
    with unit_of_work(workshop.deps.engine) as connection:
        settle(connection, workshop.deps, charge, acted, Source("webhook"))
    return charge


def _by_payment(workshop: Workshop) -> int:
    order = workshop.order(Provider.PAYPAL)
    return workshop.charge(order, workshop.approved_payment(order))


CHARGES = {
    "stripe": Scene(_by_card, CHARGE_EXECUTE, "^POST /v1/payment_intents$", 1),
    "paypal": Scene(
        _by_approved_checkout, CHARGE_EXECUTE, "^POST /v2/checkout/orders/.*/capture$", 1
    ),
    "paypal checkout": Scene(_by_checkout, CHARGE_EXECUTE, "^POST /v2/checkout/orders$", 1),
    "paypal v1": Scene(_by_payment, CHARGE_EXECUTE, "^POST /v1/payments/payment/.*/execute$", 1),
}


def _refund_of(way: str) -> Callable[[Workshop], int]:
    return lambda workshop: ask(workshop, paid(workshop, way))


REFUNDS = {
    "stripe": Scene(_refund_of("stripe"), REFUND_EXECUTE, "^POST /v1/refunds$", 0),
    "paypal": Scene(
        _refund_of("paypal"), REFUND_EXECUTE, "^POST /v2/payments/captures/.*/refund$", 1
    ),
    "paypal v1": Scene(
        _refund_of("paypal v1"), REFUND_EXECUTE, "^POST /v1/payments/sale/.*/refund$", 1
    ),
}
