"""The scenes of a worker with a charge, a refund or an event in its hands."""

from collections.abc import Callable
from typing import Any

from shared.crash_points import CrashPoint as P
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.outcomes import PayerActed
from shared.repository import called_off
from shared.settlement import Source, settle
from shared.task_names import CHARGE_CANCEL, CHARGE_EXECUTE, REFUND_EXECUTE, WEBHOOK_EVENT_HANDLE
from tests.crashes.invariants import assert_parked, assert_refunded
from tests.crashes.outcomes import Outcome
from tests.crashes.recovery import rest
from tests.crashes.scenes import NO_BANK, NOBODY_ASKED, OUTLIVED, READ_ONLY, Scene
from tests.crashes.site import Site
from tests.reconciliation.refunding import POLL, ask, paid
from worker import event_lists

THREE_D_SECURE = "tok_threeDSecure2Required"
_INTENT = "^GET /v1/payment_intents/"


REFUNDING = (P.REFUND_CLAIMED, P.REQUEST_SENT, P.REFUND_ANSWERED, P.REFUND_SETTLED)


def by_card(site: Site) -> tuple[int]:
    """A card is to be charged."""
    return (site.charge_by_stripe(),)


def by_checkout(site: Site) -> tuple[int]:
    """An order is to be made at PayPal."""
    return (site.charge_by_paypal(),)


def waiting_for(provider: Provider) -> Callable[[Site], tuple[int]]:
    """A charge whose payer must act at that provider."""

    def prepare(site: Site) -> tuple[int]:
        is_card = provider is Provider.STRIPE
        charge = site.charge_by_stripe(THREE_D_SECURE) if is_card else site.charge_by_paypal()
        site.run()
        return (charge,)

    return prepare


def acted_at(provider: Provider) -> Callable[[Site], tuple[()]]:
    """The payer acted, and nobody heard of it."""

    def prepare(site: Site) -> tuple[()]:
        (charge,) = waiting_for(provider)(site)
        if provider is Provider.STRIPE:
            site.control.authenticate(site.row(charge).provider_reference)
        else:
            site.approve(charge)
        return ()

    return prepare


def payer_approves(site: Site) -> None:
    """Whoever is sent to PayPal pays there."""
    if site.status(1) == "requires_action":
        site.approve(1)


def approved_checkout(site: Site) -> tuple[int]:
    """Its payer approved it, and that was heard."""
    (charge,) = waiting_for(Provider.PAYPAL)(site)
    site.approve(charge)
    acted = PayerActed(site.row(charge).provider_reference)
    with unit_of_work(site.deps.engine) as connection:
        settle(connection, site.deps, charge, acted, Source("webhook"))
    return (charge,)


def _payment(site: Site) -> tuple[int]:
    order = site.order(Provider.PAYPAL)
    return (site.charge(order, site.approved_payment(order)),)


def _charging(
    provider: Provider, prepare: Callable[[Site], tuple[int]], op: str, **more: Any
) -> Scene:
    points = (P.CHARGE_CLAIMED, P.REQUEST_SENT, P.CHARGE_ANSWERED, P.CHARGE_SETTLED)
    return Scene(
        points=points,
        provider=provider,
        prepare=prepare,
        hand=CHARGE_EXECUTE,
        op=op,
        calls_before=1,
        afterwards=payer_approves,
        **more,
    )


def _refunding(way: str, op: str, calls_before: int) -> Scene:
    return Scene(
        points=REFUNDING,
        provider=Provider(way.partition(" ")[0]),
        prepare=lambda site: (ask(site, paid(site, way)),),
        hand=REFUND_EXECUTE,
        op=op,
        calls_before=calls_before,
        spared=NO_BANK if way == "stripe" else {**NO_BANK, **OUTLIVED},
        check=assert_refunded,
    )


def _canceling(provider: Provider, op: str) -> Scene:
    def prepare(site: Site) -> tuple[int]:
        (charge,) = waiting_for(provider)(site)
        with unit_of_work(site.deps.engine) as connection:
            called_off.wish_to_cancel(connection, charge, site.clock())
        return (charge,)

    return Scene(
        points=(P.CANCELING_CLAIMED, P.CANCELING_ANSWERED, P.CANCELING_SETTLED),
        provider=provider,
        prepare=prepare,
        hand=CHARGE_CANCEL,
        op=op,
        spared=READ_ONLY if provider is Provider.PAYPAL else NO_BANK,
        ends="canceled",
    )


def listed(site: Site) -> tuple[int]:
    """What the provider told is found in its list, and stored."""
    site.advance(seconds=POLL)
    event_lists.read(site.deps)
    return (site.sql("SELECT max(id) FROM webhook_events WHERE handled_at IS NULL")[0][0],)


def _hearing(provider: Provider, **more: Any) -> Scene:
    def prepare(site: Site) -> tuple[int]:
        acted_at(provider)(site)
        return listed(site)

    return Scene(
        points=(P.EVENT_READ, P.EVENT_APPLIED),
        provider=provider,
        prepare=prepare,
        hand=WEBHOOK_EVENT_HANDLE,
        **more,
    )


def _refused_by_the_bank(site: Site) -> tuple[int]:
    (charge,) = waiting_for(Provider.STRIPE)(site)
    site.control.authenticate(site.row(charge).provider_reference, outcome="fail")
    return listed(site)


def _left(site: Site) -> tuple[int]:
    account = site.connect()
    charge = site.charge_by_stripe()
    site.control.leave_platform(account)
    return (charge,)


SCENES = {
    "a card": _charging(Provider.STRIPE, by_card, "^POST /v1/payment_intents$"),
    "a PayPal order": _charging(
        Provider.PAYPAL,
        by_checkout,
        "^POST /v2/checkout/orders$",
        spared={Outcome.DECLINE: "nobody pays yet", **OUTLIVED},
    ),
    "an approved PayPal order": _charging(
        Provider.PAYPAL,
        approved_checkout,
        "^POST /v2/checkout/orders/.*/capture$",
        spared=OUTLIVED,
    ),
    "a PayPal payment of v1": _charging(
        Provider.PAYPAL, _payment, "^POST /v1/payments/payment/.*/execute$", spared=OUTLIVED
    ),
    "a refund at Stripe": _refunding("stripe", "^POST /v1/refunds$", 0),
    "a refund at PayPal": _refunding("paypal", "^POST /v2/payments/captures/.*/refund$", 1),
    "a refund at PayPal v1": _refunding("paypal v1", "^POST /v1/payments/sale/.*/refund$", 1),
    "canceling at Stripe": _canceling(Provider.STRIPE, "^POST /v1/payment_intents/.*/cancel$"),
    "canceling at PayPal": _canceling(Provider.PAYPAL, "^GET /v2/checkout/orders/"),
    "an event of Stripe's": _hearing(Provider.STRIPE, op=_INTENT, spared=READ_ONLY),
    "an event of PayPal's": _hearing(
        Provider.PAYPAL,
        spared={**NOBODY_ASKED, Outcome.DECLINE: "a payer who declines is no event"},
        afterwards=rest,
    ),
    "an event of a refusal": Scene(
        points=(P.EVENT_READ, P.EVENT_APPLIED),
        provider=Provider.STRIPE,
        prepare=_refused_by_the_bank,
        hand=WEBHOOK_EVENT_HANDLE,
        spared=NOBODY_ASKED,
        ends="failed",
    ),
    "an organizer who left": Scene(
        points=(P.ACCOUNT_SHUT,),
        provider=Provider.STRIPE,
        prepare=_left,
        hand=CHARGE_EXECUTE,
        spared=dict.fromkeys(NOBODY_ASKED, "nothing but a 403 leads here"),
        check=assert_parked,
    ),
}
