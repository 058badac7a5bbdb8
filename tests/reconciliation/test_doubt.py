"""Doubt ends by evidence, and no POST leaves with an expired key."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import (
    Instrument,
    Operation,
    PayPalOrder,
    Provider,
)
from shared.domain.retry_policy import KEY_LIVES, KEY_MARGIN
from shared.providers.base import FrozenCall, PaymentProvider
from shared.settlement import Source, settle
from tests.reconciliation.workshop import Clock, Workshop
from worker import charging

INTENTS, CAPTURE, EXECUTE = "/v1/payment_intents", "/capture", "/execute"
LONG = timedelta(days=45)


def pays_by_stripe(workshop: Workshop) -> int:
    return workshop.charge_by_stripe()


def creates_an_order(workshop: Workshop) -> int:
    return workshop.charge_by_paypal()


def captures_an_order(workshop: Workshop) -> int:
    order = workshop.order(Provider.PAYPAL)
    helper = workshop.charge(order)
    workshop.run()
    workshop.approve(helper)
    paypal_order = workshop.row(helper).provider_reference
    workshop.sql("UPDATE charges SET status = 'failed', dispatch_at = NULL RETURNING id")
    return workshop.charge(order, PayPalOrder(paypal_order))


def executes_a_payment(workshop: Workshop) -> int:
    order = workshop.order(Provider.PAYPAL)
    return workshop.charge(order, workshop.approved_payment(order))


@dataclass(frozen=True)
class Way:
    """How a charge asks for one operation, and the path of its POST."""

    begin: Callable[[Workshop], int]
    path: str
    op: str


WAYS = {
    Operation.STRIPE_PAYMENT: Way(pays_by_stripe, INTENTS, "^POST /v1/payment_intents$"),
    Operation.PAYPAL_ORDER_CREATE: Way(
        creates_an_order, "/v2/checkout/orders", "^POST /v2/checkout/orders$"
    ),
    Operation.PAYPAL_ORDER_CAPTURE: Way(captures_an_order, CAPTURE, "^POST .*/capture$"),
    Operation.PAYPAL_PAYMENT_EXECUTE: Way(executes_a_payment, EXECUTE, "^POST .*/execute$"),
}


@pytest.mark.parametrize("operation", WAYS)
def test_no_post_leaves_with_an_expired_key(workshop: Workshop, operation: Operation) -> None:
    way = WAYS[operation]
    charge = way.begin(workshop)
    workshop.control.fault("reset_after", way.op)
    charging.execute(workshop.deps, charge)
    assert workshop.status(charge) == "indeterminate"
    before = workshop.posts(way.path)

    workshop.advance(seconds=KEY_LIVES[operation].total_seconds())
    workshop.run()

    if operation is Operation.PAYPAL_ORDER_CREATE:  # its id is lost: as good as never created
        assert workshop.status(charge) == "requires_action"
        assert workshop.posts(way.path) == before + 1
        keys = workshop.sql("SELECT idempotency_key FROM attempts ORDER BY number")
        assert len(keys) == 2
    else:
        assert workshop.status(charge) == "succeeded"
        assert workshop.posts(way.path) == before
        assert workshop.captures() == 1


PREPARING = Way(pays_by_stripe, "", "^POST /v1/payment_methods$")
LATEST = {Operation.PAYPAL_ORDER_CAPTURE, Operation.PAYPAL_PAYMENT_EXECUTE}
"""PayPal replays what became of these: it keeps no failure of what it did not do."""


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("operation", [*WAYS, None])
def test_a_failure_that_is_kept_under_a_key_is_got_over(
    workshop: Workshop, operation: Operation | None, *, committed: bool
) -> None:
    way = WAYS[operation] if operation else PREPARING
    committed |= operation in LATEST
    charge = way.begin(workshop)
    workshop.control.fault("500_stored", way.op, committed=committed)

    for _ in range(20):
        workshop.run()
        workshop.advance(seconds=10)

    status = workshop.status(charge)
    assert status == (
        "requires_action" if operation is Operation.PAYPAL_ORDER_CREATE else "succeeded"
    )


@dataclass
class Mute:
    """A provider that never answers, and notes when it was called."""

    inner: PaymentProvider
    clock: Clock
    posts: list[tuple[str, datetime]] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)

    @property
    def as_port(self) -> PaymentProvider:
        """It stands in for the rest by `__getattr__`."""
        return cast("PaymentProvider", self)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def perform(self, call: FrozenCall, instrument: Instrument, key: str) -> o.Outcome:
        del call, instrument
        self.posts.append((key, self.clock()))
        return o.Indeterminate("no answer")

    def find(
        self, call: FrozenCall, instrument: Instrument, key: str, started_at: datetime
    ) -> o.Outcome:
        del call, instrument, key, started_at
        self.looks.append(self.clock())
        return o.Indeterminate("the list is not to be read")


@pytest.mark.parametrize("operation", WAYS)
def test_whatever_the_hour_a_key_is_used_in_its_life_alone(
    workshop: Workshop, operation: Operation
) -> None:
    charge = WAYS[operation].begin(workshop)
    name = Provider.STRIPE if operation is Operation.STRIPE_PAYMENT else Provider.PAYPAL
    mute = Mute(workshop.deps.provider(name), workshop.clock)
    patient = workshop.deps.settings.model_copy(
        update={"indeterminate_patience": LONG.total_seconds()}
    )
    deps = replace(workshop.with_provider(name, mute.as_port), settings=patient)

    while workshop.clock.ahead < LONG:
        charging.execute(deps, charge)
        workshop.clock.ahead += KEY_LIVES[operation] / 7

    expiries = dict(workshop.sql("SELECT idempotency_key, key_expires_at FROM attempts"))
    assert mute.posts
    assert mute.looks
    assert all(at < expiries[key] - KEY_MARGIN + timedelta(seconds=30) for key, at in mute.posts)


def test_a_worker_that_was_stopped_past_its_claim_sends_nothing(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()

    def sleepy() -> datetime:
        if workshop.status(charge) == "submitting":  # its claim is committed
            workshop.clock.ahead = timedelta(days=2)
        return workshop.clock()

    charging.execute(replace(workshop.deps, clock=sleepy), charge)

    assert workshop.status(charge) == "submitting"
    assert workshop.posts(INTENTS) == 0


def test_a_lost_answer_is_looked_for_within_ten_seconds(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    for _ in range(6):  # often put off before it went out
        workshop.control.fault("429", "^POST /v1/payment_intents$")
        charging.execute(workshop.deps, charge)
        workshop.advance(minutes=11)
    workshop.control.fault("reset_after", "^POST /v1/payment_intents$")
    charging.execute(workshop.deps, charge)
    assert workshop.status(charge) == "indeterminate"

    wait = workshop.row(charge).next_attempt_at - workshop.clock()

    assert wait < timedelta(seconds=10)


def test_what_stays_unresolved_is_put_before_a_person_with_all_that_is_known(
    workshop: Workshop,
) -> None:
    charge = workshop.charge_by_stripe("tok_chargeDeclined")
    mute = Mute(workshop.deps.provider(Provider.STRIPE), workshop.clock)
    deps = workshop.with_provider(Provider.STRIPE, mute.as_port)
    for _ in range(3):
        charging.execute(deps, charge)
        workshop.clock.ahead += timedelta(hours=25)

    charging.execute(deps, charge)

    evidence = workshop.evidence(charge)
    assert workshop.status(charge) == "needs_review"
    assert evidence["suggestion"]["action"] == "look_up"
    assert evidence["answer"]["reason"] == "the list is not to be read"
    assert evidence["attempts"][0]["idempotency_key"].startswith("chg-")
    assert evidence["attempts"][0]["last_answer"]["outcome"] == "Indeterminate"
    assert evidence["charge"]["status"] == "indeterminate"
    assert "tok_" not in str(evidence)


def test_old_age_of_a_charge_is_no_doubt_about_its_last_call(workshop: Workshop) -> None:
    charge = workshop.charge_by_paypal()
    workshop.run()
    workshop.advance(hours=50)  # the payer takes two days
    workshop.approve(charge)
    reference = workshop.row(charge).provider_reference
    with workshop.deps.engine.begin() as connection:
        settle(connection, workshop.deps, charge, o.PayerActed(reference), Source("test"))
    for _ in range(3):
        workshop.control.fault("reset_before", "^POST .*/capture$")
        charging.execute(workshop.deps, charge)
        workshop.advance(minutes=1)

    assert workshop.status(charge) == "indeterminate"
    workshop.run()
    assert workshop.status(charge) == "succeeded"
