"""The scenes of the relay, of beat's rounds and of the deliveries."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.crash_points import CrashPoint as P
from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.repository import event_cursors
from shared.task_names import CHARGE_EXECUTE, OUTBOUND_EVENT_DELIVER
from tests.crashes.hands import LOOK_UP, PUBLISH, PUBLISH_IN_VAIN, READ_LEDGERS, READ_LISTS
from tests.crashes.invariants import assert_refunded, assert_told
from tests.crashes.of_charges import (
    acted_at,
    by_card,
    by_checkout,
    listed,
    payer_approves,
    waiting_for,
)
from tests.crashes.recovery import hear, rest
from tests.crashes.scenes import NOBODY_ASKED, READ_ONLY, Scene
from tests.crashes.site import Site
from tests.reconciliation.refunding import POLL, paid, refund_at_the_provider
from tests.reconciliation.workshop import HANDLERS
from worker import ledgers, reconciliation

_DEADLINE = "SELECT min(deadline_at) FROM charges WHERE status IN ('requires_action', 'processing')"
UNREAD = dict.fromkeys(NOBODY_ASKED, "what is not read leads no further")
_INTENT, _ORDER = "^GET /v1/payment_intents/", "^GET /v2/checkout/orders/"


def _due(prepare: Callable[[Site], tuple[int]]) -> Callable[[Site], tuple[()]]:
    def prepared(site: Site) -> tuple[()]:
        prepare(site)
        return ()

    return prepared


def _delivered(site: Site) -> None:
    """What was published is not lost: two workers have it, at once."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(HANDLERS[CHARGE_EXECUTE], [site.deps] * 2, [1] * 2))


def _publishing(provider: Provider, prepare: Callable[[Site], tuple[int]]) -> dict[str, Scene]:
    more: Any = {
        "provider": provider,
        "prepare": _due(prepare),
        "spared": NOBODY_ASKED,
        "afterwards": payer_approves,
    }
    return {
        "publishing": Scene(points=(P.ROWS_TAKEN, P.ROWS_PUBLISHED), hand=PUBLISH, **more),
        "publishing what is delivered": Scene(
            points=(P.ROWS_PUBLISHED,), hand=PUBLISH, meanwhile=_delivered, **more
        ),
        "publishing in vain": Scene(points=(P.ROWS_REFUSED,), hand=PUBLISH_IN_VAIN, **more),
        "publishing an event": Scene(
            points=(P.ROWS_TAKEN, P.ROWS_PUBLISHED),
            provider=provider,
            prepare=_told_by(provider),
            hand=PUBLISH,
            spared=NOBODY_ASKED,
        ),
    }


def _told_by(provider: Provider) -> Callable[[Site], tuple[()]]:
    def prepare(site: Site) -> tuple[()]:
        acted_at(provider)(site)
        listed(site)
        return ()

    return prepare


def _to_the_deadline(site: Site) -> None:
    deadline: datetime | None = site.sql(_DEADLINE)[0][0]
    if deadline is not None:
        seconds = (deadline - site.clock()).total_seconds()
        site.advance(seconds=max(seconds, 0) + 1)


def _look_up(site: Site) -> None:
    for _ in range(3):
        _to_the_deadline(site)
        reconciliation.look_up_overdue(site.deps)
        rest(site)


def _overdue(provider: Provider, op: str) -> Scene:
    def prepare(site: Site) -> tuple[str]:
        acted_at(provider)(site)
        _to_the_deadline(site)
        return (provider,)

    return Scene(
        points=(P.OVERDUE_TAKEN, P.OVERDUE_ANSWERED, P.OVERDUE_SETTLED),
        provider=provider,
        prepare=prepare,
        hand=LOOK_UP,
        op=op,
        spared=READ_ONLY,
        afterwards=_look_up,
    )


def _listing(provider: Provider, op: str) -> Scene:
    def prepare(site: Site) -> tuple[str]:
        acted_at(provider)(site)
        site.advance(seconds=POLL)
        return (provider,)

    return Scene(
        points=(P.LIST_TAKEN, P.LIST_READ, P.LIST_STORED),
        provider=provider,
        prepare=prepare,
        hand=READ_LISTS,
        op=op,
        spared=UNREAD,
    )


def _close_the_day(site: Site) -> None:
    with unit_of_work(site.deps.engine) as connection:
        event_cursors.add_cursors(connection, site.deps.providers, site.clock())
    now = site.clock()
    morning = datetime.combine(now.date() + timedelta(days=1), time(5), UTC)
    site.advance(seconds=(morning - now).total_seconds())


def _compare_again(site: Site) -> None:
    for _ in range(3):
        site.advance(hours=1)
        ledgers.read(site.deps)
        rest(site)


def _comparing(
    provider: Provider, *points: P, prepare: Callable[[Site], None], op: str, **more: Any
) -> Scene:
    def closed(site: Site) -> tuple[str]:
        prepare(site)
        _close_the_day(site)
        return (provider,)

    return Scene(
        points=points,
        provider=provider,
        prepare=closed,
        hand=READ_LEDGERS,
        op=op,
        spared=UNREAD,
        afterwards=_compare_again,
        **more,
    )


def _booked(site: Site) -> None:
    acted_at(Provider.STRIPE)(site)


def _cleared(site: Site) -> None:
    """A bank's money came in, and nobody heard of it."""
    (charge,) = waiting_for(Provider.PAYPAL)(site)
    site.approve(charge, payer="echeck-pending")
    hear(site)
    site.control.settle_paypal(site.row(charge).capture_reference)


def _refunded_elsewhere(way: str) -> Callable[[Site], None]:
    return lambda site: refund_at_the_provider(site, paid(site, way), 500)


def _to_tell(site: Site) -> tuple[int]:
    site.register_receiver()
    (charge,) = by_card(site)
    HANDLERS[CHARGE_EXECUTE](site.deps, charge)
    return (site.sql("SELECT min(id) FROM outbound_deliveries")[0][0],)


_PAGE = (
    P.LEDGER_TAKEN,
    P.LEDGER_READ,
    P.LEDGER_STORED,
    P.LEDGER_COMPARED,
    P.CAPTURE_LOOKED_INTO,
)
SCENES = {
    **{
        f"{name} for Stripe": scene for name, scene in _publishing(Provider.STRIPE, by_card).items()
    },
    **{
        f"{name} for PayPal": scene
        for name, scene in _publishing(Provider.PAYPAL, by_checkout).items()
    },
    "looking up at Stripe": _overdue(Provider.STRIPE, _INTENT),
    "looking up at PayPal": _overdue(Provider.PAYPAL, _ORDER),
    "reading Stripe's events": _listing(Provider.STRIPE, "^GET /v1/events"),
    "reading PayPal's events": _listing(Provider.PAYPAL, "^GET /v1/notifications/webhooks-events"),
    "comparing Stripe's ledger": _comparing(
        Provider.STRIPE, *_PAGE, prepare=_booked, op="^GET /v1/balance_transactions"
    ),
    "comparing PayPal's ledger": _comparing(
        Provider.PAYPAL, *_PAGE, prepare=_cleared, op="^GET /v1/reporting/transactions"
    ),
    "a refund in Stripe's ledger": _comparing(
        Provider.STRIPE,
        P.REFUND_LOOKED_INTO,
        prepare=_refunded_elsewhere("stripe"),
        op="^GET /v1/refunds/",
        check=assert_refunded,
    ),
    "a refund in PayPal's ledger": _comparing(
        Provider.PAYPAL,
        P.REFUND_LOOKED_INTO,
        prepare=_refunded_elsewhere("paypal"),
        op="^GET /v2/payments/refunds/",
        check=assert_refunded,
    ),
    "telling the platform": Scene(
        points=(P.DELIVERY_CLAIMED, P.REQUEST_SENT, P.DELIVERY_ANSWERED, P.DELIVERY_SETTLED),
        prepare=_to_tell,
        hand=OUTBOUND_EVENT_DELIVER,
        spared=NOBODY_ASKED,
        check=assert_told,
    ),
}
