"""The scenes of a worker whom a limit, a circuit or money that comes late concerns."""

from collections.abc import Callable

from shared.crash_points import CrashPoint as P
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.repository import called_off
from shared.task_names import CHARGE_EXECUTE, REFUND_EXECUTE, WEBHOOK_EVENT_HANDLE
from tests.crashes.invariants import assert_given_back
from tests.crashes.of_charges import (
    REFUNDING,
    approved_checkout,
    by_card,
    by_checkout,
    payer_approves,
    waiting_for,
)
from tests.crashes.scenes import NOBODY_ASKED, Scene
from tests.crashes.site import Site
from tests.reconciliation.elsewhere import TAKE
from tests.reconciliation.refunding import POLL
from tests.reconciliation.workshop import HANDLERS, PRICE
from worker import event_lists

_CHARGING = {Provider.STRIPE: by_card, Provider.PAYPAL: by_checkout}
_PAYING = {Provider.STRIPE: by_card, Provider.PAYPAL: approved_checkout}
_ASKING = {
    Provider.STRIPE: ("^POST /v1/payment_intents$", 1),
    Provider.PAYPAL: ("^POST /v2/checkout/orders$", 1),
}
_GIVING_BACK = {
    Provider.STRIPE: ("^POST /v1/refunds$", 0),
    Provider.PAYPAL: ("^POST /v2/payments/captures/.*/refund$", 1),
}
_REST = 15
"""Seconds after which a circuit is open no more but to a probe."""
_LATE = """
    SELECT id FROM webhook_events WHERE handled_at IS NULL
    AND event_type IN ('payment_intent.succeeded', 'PAYMENT.CAPTURE.COMPLETED')
"""


def _dead_keys(provider: Provider) -> Scene:
    """Nobody comes back before the key of the request is dead: what came of it must be found."""
    return Scene(
        points=(P.CHARGE_ANSWERED,),
        provider=provider,
        prepare=_PAYING[provider],
        hand=CHARGE_EXECUTE,
        spared=dict.fromkeys(NOBODY_ASKED, "after a day an approval is over as well"),
        meanwhile=lambda site: site.advance(hours=25),
    )


def _limited(provider: Provider) -> Scene:
    def prepare(site: Site) -> tuple[int]:
        site.limit(provider)
        return _CHARGING[provider](site)

    return Scene(
        points=(P.TOKEN_TAKEN,),
        provider=provider,
        prepare=prepare,
        hand=CHARGE_EXECUTE,
        spared=NOBODY_ASKED,
        afterwards=payer_approves,
    )


def _refused(provider: Provider) -> Callable[[Site], tuple[int]]:
    def prepare(site: Site) -> tuple[int]:
        site.control.fault("403", provider=provider, times=None)
        return _CHARGING[provider](site)

    return prepare


def _well_again(site: Site) -> None:
    site.control.remove_fault()


def _refusal(provider: Provider) -> Scene:
    return Scene(
        points=(P.CIRCUIT_TOLD,),
        provider=provider,
        prepare=_refused(provider),
        hand=CHARGE_EXECUTE,
        spared=dict.fromkeys(NOBODY_ASKED, "nothing but a refusal leads here"),
        meanwhile=_well_again,
        afterwards=payer_approves,
    )


def _probe(provider: Provider) -> Scene:
    def prepare(site: Site) -> tuple[int]:
        (charge,) = _refused(provider)(site)
        site.run()
        _well_again(site)
        site.advance(seconds=_REST)
        return (charge,)

    op, calls_before = _ASKING[provider]
    return Scene(
        points=(P.CHARGE_CLAIMED, P.REQUEST_SENT, P.CHARGE_ANSWERED, P.CIRCUIT_TOLD),
        provider=provider,
        prepare=prepare,
        hand=CHARGE_EXECUTE,
        op=op,
        calls_before=calls_before,
        spared=dict.fromkeys(NOBODY_ASKED, "a probe's call ends as any other"),
        afterwards=payer_approves,
    )


def _paid_late(provider: Provider) -> Callable[[Site], tuple[int]]:
    """A canceled charge is paid all the same, and an event that tells of it is stored."""

    def prepare(site: Site) -> tuple[int]:
        (charge,) = waiting_for(provider)(site)
        with unit_of_work(site.deps.engine) as connection:
            called_off.wish_to_cancel(connection, charge, site.clock())
        site.run()
        assert site.status(charge) == "canceled"
        TAKE[provider](site, str(site.again(charge).identifier), PRICE)
        site.advance(seconds=POLL)
        event_lists.read(site.deps)
        [(event,)] = site.sql(_LATE)
        return (event,)

    return prepare


def _late_money(provider: Provider) -> Scene:
    return Scene(
        points=(P.EVENT_READ, P.EVENT_APPLIED),
        provider=provider,
        prepare=_paid_late(provider),
        hand=WEBHOOK_EVENT_HANDLE,
        spared=dict.fromkeys(NOBODY_ASKED, "what is asked is asked for any other event"),
        check=assert_given_back,
    )


def _giving_back(provider: Provider) -> Scene:
    def prepare(site: Site) -> tuple[int]:
        (event,) = _paid_late(provider)(site)
        HANDLERS[WEBHOOK_EVENT_HANDLE](site.deps, event)
        [(refund,)] = site.sql("SELECT id FROM refunds")
        return (refund,)

    op, calls_before = _GIVING_BACK[provider]
    return Scene(
        points=REFUNDING,
        provider=provider,
        prepare=prepare,
        hand=REFUND_EXECUTE,
        op=op,
        calls_before=calls_before,
        spared=dict.fromkeys(NOBODY_ASKED, "its call ends as that of any other refund"),
        check=assert_given_back,
    )


def _of(provider: Provider, name: str) -> dict[str, Scene]:
    return {
        f"a day away from {name}": _dead_keys(provider),
        f"a limit of {name}'s": _limited(provider),
        f"a refusal of {name}'s": _refusal(provider),
        f"a probe at {name}": _probe(provider),
        f"late money at {name}": _late_money(provider),
        f"giving late money back at {name}": _giving_back(provider),
    }


SCENES = {**_of(Provider.STRIPE, "Stripe"), **_of(Provider.PAYPAL, "PayPal")}
