"""What may be told of a charge and of its refunds says why."""

from shared.db import unit_of_work
from shared.repository.refund_intake import read_refunds_of
from shared.repository.timeline import timeline
from shared.repository.views import read_charge
from tests.reconciliation.elsewhere import pay_elsewhere
from tests.reconciliation.refunding import ask, paid, told
from tests.reconciliation.workshop import Workshop
from worker import charging


def test_a_charge_that_settles_later_shows_the_providers_reason_while_it_does(
    workshop: Workshop,
) -> None:
    charge = workshop.charge_by_paypal()
    workshop.run()
    workshop.approve(charge, payer="echeck-pending")
    told(workshop)
    with unit_of_work(workshop.deps.engine) as connection:
        waiting = read_charge(connection, charge)
    workshop.control.settle_paypal(workshop.row(charge).capture_reference)
    told(workshop)

    with unit_of_work(workshop.deps.engine) as connection:
        settled = read_charge(connection, charge)

    assert waiting
    assert (waiting.status, waiting.pending_reason) == ("processing", "ECHECK")
    assert settled
    assert (settled.status, settled.pending_reason) == ("succeeded", None)


def test_a_refund_made_by_itself_names_its_capture_and_says_why(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))
    told(workshop)

    with unit_of_work(workshop.deps.engine) as connection:
        [shown] = read_refunds_of(connection, charge)

    assert shown.stray_capture not in {None, workshop.row(charge).capture_reference}
    assert shown.reason == f"a second capture {shown.stray_capture}"


def test_an_attempt_names_the_task_of_its_newest_try(workshop: Workshop) -> None:
    workshop.control.fault("429", op="POST /v1/payment_intents", retry_after=1)
    charge = workshop.charge_by_stripe()
    names = []
    for task in ("the-first", "the-second"):
        charging.execute(workshop.deps, charge, task)
        workshop.advance(minutes=5)
        with unit_of_work(workshop.deps.engine) as connection:
            entries = timeline(connection, charge)
        names += [(e.facts["task_id"], e.facts["tries"]) for e in entries if e.kind == "attempt"]

    assert names == [("the-first", 1), ("the-second", 2)]
    assert workshop.status(charge) == "succeeded"


def test_a_timeline_tells_money_as_people_do(workshop: Workshop) -> None:
    charge = paid(workshop, "stripe")
    ask(workshop, charge, 500)
    workshop.run()
    workshop.control.dispute(workshop.row(charge).capture_reference)
    pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))
    told(workshop)

    with unit_of_work(workshop.deps.engine) as connection:
        entries = timeline(connection, charge)

    said = [each.what for each in entries if each.kind in {"refund", "dispute", "stray capture"}]
    assert {"5.00 USD succeeded", "19.99 USD open"} <= set(said)
    assert len(said) > 3
    assert all(each.split()[1] == "USD" and "." in each.split()[0] for each in said)
