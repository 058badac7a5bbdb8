"""A stored event can be tried anew without effect, or driven anew with a reason."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import cast

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Provider, Status
from shared.domain.errors import ActionRefused
from shared.domain.state_machine import Event
from shared.operations import replay
from shared.operations.acting import Mandate
from shared.providers.base import PaymentProvider, Translation
from tests.reconciliation.workshop import Workshop
from worker import event_lists, inbox

TABLES = ("charges", "attempts", "transitions", "orders", "webhook_events", "refunds")
AT_ONCE = 8


def everything(workshop: Workshop) -> str:
    """Every row that an event could change."""
    return str([workshop.sql(f"SELECT t::text FROM {table} t ORDER BY id") for table in TABLES])  # noqa: S608 the names above


def event_of(workshop: Workshop, kind: str) -> int:
    """The newest stored event of that type."""
    query = "SELECT max(id) FROM webhook_events WHERE event_type = :kind"
    return int(workshop.sql(query, kind=kind)[0][0])


def test_a_dry_run_says_what_would_be_decided_and_writes_nothing(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    workshop.run()
    workshop.control.settle(workshop.row(charge).provider_reference)
    event_lists.read(workshop.deps)  # stored, and not yet handled
    before = everything(workshop)

    told = replay.dry_run(workshop.deps, event_of(workshop, "payment_intent.succeeded"))

    assert isinstance(told.fact, o.Approved)
    assert (told.charge_id, told.status, told.result) == (charge, Status.PROCESSING, None)
    assert told.decision
    assert (told.decision.event, told.decision.status) == (Event.APPROVED, Status.SUCCEEDED)
    assert everything(workshop) == before
    workshop.run()
    assert workshop.status(charge) == "succeeded"


def test_a_dry_run_of_a_handled_event_says_what_was_made_of_it(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.control.dashboard_refund(workshop.row(charge).provider_reference, 100)
    event_lists.read(workshop.deps)
    workshop.run()
    before = everything(workshop)

    refunded = replay.dry_run(workshop.deps, event_of(workshop, "refund.created"))
    paid = replay.dry_run(workshop.deps, event_of(workshop, "charge.succeeded"))

    assert (refunded.result, refunded.charge_id, refunded.decision) == ("applied", charge, None)
    assert paid.decision
    assert paid.decision.status is Status.SUCCEEDED
    assert everything(workshop) == before


def test_an_event_that_nobody_has_cannot_be_replayed(workshop: Workshop) -> None:
    with pytest.raises(ActionRefused, match="no webhook event 7"):
        replay.dry_run(workshop.deps, 7)

    with pytest.raises(ActionRefused, match="no webhook event 7"):
        replay.redrive(workshop.deps, 7, because("a mistake"))


def test_an_event_driven_anew_is_handled_again_and_says_why(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    event_lists.read(workshop.deps)
    workshop.run()
    event = event_of(workshop, "charge.succeeded")
    workshop.sql(
        "UPDATE webhook_events SET result = 'unmatched' WHERE id = :id RETURNING 1", id=event
    )

    replay.redrive(workshop.deps, event, because("matched since"))
    replay.redrive(workshop.deps, event, because("it waits already"))
    workshop.run()

    handled = workshop.sql(
        "SELECT result, charge_id, handled_at IS NOT NULL FROM webhook_events WHERE id = :id",
        id=event,
    )
    assert handled == [("applied", charge, True)]
    assert workshop.sql("SELECT actor, reason, former_result FROM webhook_event_redrives") == [
        ("operator-1", "matched since", "unmatched")
    ]
    assert workshop.status(charge) == "succeeded"


def because(reason: str) -> Mandate:
    return Mandate("operator-1", reason, uuid.uuid4())


@dataclass
class InStep:
    """A provider whose events all workers have read before any of them goes on."""

    inner: PaymentProvider
    read: Barrier

    @property
    def as_port(self) -> PaymentProvider:
        """It stands in for the rest by `__getattr__`."""
        return cast("PaymentProvider", self)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def translate(self, body: bytes, account: str | None) -> Translation:
        translation = self.inner.translate(body, account)
        self.read.wait(60)
        return translation


def test_an_event_that_many_workers_have_at_once_is_applied_by_one(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    workshop.run()
    workshop.control.settle(workshop.row(charge).provider_reference)
    event_lists.read(workshop.deps)
    event = event_of(workshop, "payment_intent.succeeded")
    stripe = InStep(workshop.deps.provider(Provider.STRIPE), Barrier(AT_ONCE))
    deps = workshop.with_provider(Provider.STRIPE, stripe.as_port)

    with ThreadPoolExecutor(AT_ONCE) as workers:
        reports = list(workers.map(inbox.handle, [deps] * AT_ONCE, [event] * AT_ONCE))

    assert [report["result"] for report in reports if report] == ["applied"]
    assert workshop.status(charge) == "succeeded"
