"""A day at the provider is compared with our rows; each difference has its type."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.container import Container
from shared.db import unit_of_work
from shared.domain.errors import ActionRefused
from shared.operations.acting import Mandate
from shared.operations.reconciliation import explain
from shared.repository import ages, event_cursors
from tests.reconciliation.elsewhere import pay_elsewhere
from tests.reconciliation.workshop import Workshop
from worker import ledgers, reconciliation, watch

BALANCE, REPORT = "/v1/balance_transactions", "/v1/reporting/transactions"
OPEN = """
    SELECT d.type, d.kind, d.charge_id, d.explanation FROM reconciliation_differences d
    WHERE d.resolved_at IS NULL ORDER BY d.type, d.kind
"""


def close_the_day(workshop: Workshop) -> None:
    """Go to five in the morning of the next day, when every ledger of today is complete."""
    now = workshop.clock()
    morning = datetime.combine(now.date() + timedelta(days=1), time(5), UTC)
    workshop.advance(seconds=(morning - now).total_seconds())


def compared(workshop: Workshop, deps: Container | None = None) -> list[tuple[Any, ...]]:
    """Compare the day that just closed, event lists unread; the differences that are open."""
    with unit_of_work(workshop.deps.engine) as connection:
        event_cursors.add_cursors(connection, workshop.deps.providers, workshop.clock())
    close_the_day(workshop)
    ledgers.read(deps or workshop.deps)
    workshop.run()
    return workshop.sql(OPEN)


def check_again(workshop: Workshop) -> list[tuple[Any, ...]]:
    """Compare once more; the differences that are still open."""
    workshop.advance(hours=1)
    ledgers.read(workshop.deps)
    return workshop.sql(OPEN)


def alarming(workshop: Workshop) -> int:
    """How many differences nobody has explained."""
    with unit_of_work(workshop.deps.engine) as connection:
        return ages.unexplained_differences(connection)


def runs(workshop: Workshop) -> list[tuple[Any, ...]]:
    """The comparisons that came to an end."""
    return workshop.sql(
        "SELECT provider, open_differences, unexplained FROM reconciliation_runs"
        " WHERE finished_at IS NOT NULL ORDER BY provider"
    )


def test_a_clean_day_has_no_differences(workshop: Workshop) -> None:
    cards = [workshop.charge_by_stripe() for _ in range(3)]
    wallets = [workshop.charge_by_paypal() for _ in range(2)]
    workshop.run()
    for charge in wallets:
        workshop.approve(charge)
    reconciliation.run(workshop.deps)
    workshop.run()
    assert {workshop.status(charge) for charge in [*cards, *wallets]} == {"succeeded"}
    workshop.control.dashboard_refund(workshop.row(cards[0]).provider_reference, 500)
    workshop.control.dispute(workshop.row(cards[1]).capture_reference)
    capture = workshop.row(wallets[0]).capture_reference
    workshop.control.post(f"/paypal/captures/{capture}/refund", {"amount": "2.00"})
    workshop.control.post(f"/paypal/captures/{workshop.row(wallets[1]).capture_reference}/dispute")
    workshop.advance(minutes=6)
    reconciliation.run(workshop.deps)
    workshop.run()

    close_the_day(workshop)
    reconciliation.run(workshop.deps)

    assert workshop.sql(OPEN) == []
    assert ("paypal", 0, 0) in runs(workshop)
    assert ("stripe", 0, 0) in runs(workshop)
    [[totals]] = workshop.sql(
        "SELECT totals FROM reconciliation_runs WHERE provider = 'stripe' AND totals <> '{}'"
    )
    assert totals["capture USD"] == 3 * 1999
    assert totals["refund USD"] == -500
    assert totals["dispute USD"] == -1999
    assert totals["fee USD"] < 0


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
def test_money_we_have_not_heard_of_is_missing_here_until_it_is_booked(
    workshop: Workshop, provider: str
) -> None:
    if provider == "stripe":
        charge = workshop.charge_by_stripe("tok_threeDSecure2Required")
        workshop.run()
        workshop.control.authenticate(workshop.row(charge).provider_reference)
    else:
        charge = workshop.charge_by_paypal()
        workshop.run()
        workshop.approve(charge, payer="echeck-pending")
        reconciliation.run(workshop.deps)
        workshop.run()
        workshop.control.settle_paypal(workshop.row(charge).capture_reference)

    found = compared(workshop)
    later = check_again(workshop)

    assert found == [("missing_here", "capture", charge, None)]
    assert workshop.status(charge) == "succeeded"
    assert later == []


def test_a_second_capture_is_a_duplicate_until_it_is_given_back(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))

    found = compared(workshop)
    later = check_again(workshop)

    assert found == [("duplicate", "capture", charge, None)]
    assert workshop.status(charge) == "succeeded"
    assert later == []
    assert ("stripe", 0, 0) in runs(workshop)


def test_a_second_capture_left_to_a_person_is_explained_by_that(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))
    wishes = workshop.deps.settings.model_copy(update={"late_money": "review"})

    compared(workshop, replace(workshop.deps, settings=wishes))
    later = check_again(workshop)

    assert workshop.status(charge) == "needs_review"
    assert workshop.evidence(charge)["suggestion"]["action"] == "refund"
    assert later == []


def test_money_for_a_charge_that_failed_is_missing_here_until_it_pays(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe("tok_chargeDeclined")
    workshop.run()
    pay_elsewhere(workshop, charge=str(workshop.row(charge).identifier))

    found = compared(workshop)

    assert found == [("missing_here", "capture", charge, None)]
    assert workshop.status(charge) == "succeeded"


def test_what_names_nobody_is_unknown_and_its_refund_an_orphan(workshop: Workshop) -> None:
    intent = pay_elsewhere(workshop)
    workshop.control.dashboard_refund(intent, 100)

    found = compared(workshop)

    assert found == [("orphan", "refund", None, None), ("unknown", "capture", None, None)]
    assert ("stripe", 2, 2) in runs(workshop)


def test_what_a_person_explained_is_open_but_no_alarm(workshop: Workshop) -> None:
    pay_elsewhere(workshop)
    compared(workshop)
    before = watch.run(workshop.deps), alarming(workshop)
    [[found]] = workshop.sql("SELECT id FROM reconciliation_differences")
    mandate = Mandate("ada", "the shop's other till", uuid4())

    done = explain(workshop.deps, found, mandate)
    with pytest.raises(ActionRefused, match="no open difference"):
        explain(workshop.deps, found + 1, replace(mandate, identifier=uuid4()))
    after = alarming(workshop)
    later = check_again(workshop)

    assert before == (0, 1)
    assert (done.outcome, after) == ("explained", 0)
    assert later == [("unknown", "capture", None, "the shop's other till")]
    assert alarming(workshop) == 0


def test_a_refund_we_have_not_heard_of_is_missing_here(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.control.dashboard_refund(workshop.row(charge).provider_reference, 700)

    found = compared(workshop)
    later = check_again(workshop)

    assert found == [("missing_here", "refund", charge, None)]
    assert later == []
    assert workshop.row(charge).amount_refunded_minor == 700


def test_a_refund_that_only_we_have_is_missing_there(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.sql(
        "INSERT INTO refunds (identifier, charge_id, provider, provider_reference, origin,"
        " amount_minor, currency, status, created_at, updated_at) VALUES (gen_random_uuid(),"
        " :charge, 'stripe', 're_never', 'provider', 100, 'USD', 'succeeded', :now, :now)"
        " RETURNING id",
        charge=charge,
        now=workshop.clock() - timedelta(minutes=11),
    )

    assert compared(workshop) == [("missing_there", "refund", charge, None)]


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        ("amount_minor = 1998, amount_captured_minor = 1998", "amount"),
        ("currency = 'EUR'", "currency"),
    ],
)
def test_a_row_that_says_something_else_differs(
    workshop: Workshop, change: str, type_: str
) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    workshop.sql(f"UPDATE charges SET {change} WHERE id = :id RETURNING id", id=charge)  # noqa: S608 the test's own

    assert compared(workshop) == [(type_, "capture", charge, None)]


def test_a_day_that_fails_midway_goes_on_where_it_failed(workshop: Workshop) -> None:
    charge = workshop.charge_by_stripe()
    workshop.run()
    for _ in range(110):
        workshop.control.dashboard_refund(workshop.row(charge).provider_reference, 1)
    workshop.control.fault("429", f"^GET {BALANCE}$", nth=2, retry_after=5)
    compared(workshop)
    kept = workshop.sql("SELECT count(*) FROM ledger_movements WHERE provider = 'stripe'")

    workshop.advance(seconds=6)
    for _ in range(3):
        ledgers.read(workshop.deps, pages=1)

    asked = [line["query"] for line in workshop.control.requests() if line["path"] == BALANCE]
    assert kept == [(100,)]
    assert asked[1] == asked[2] != asked[0]
    assert workshop.sql("SELECT count(*) FROM ledger_movements WHERE provider = 'stripe'") == [
        (111,)
    ]


def test_two_who_compare_at_once_do_no_harm(workshop: Workshop) -> None:
    pay_elsewhere(workshop)
    with unit_of_work(workshop.deps.engine) as connection:
        event_cursors.add_cursors(connection, workshop.deps.providers, workshop.clock())
    close_the_day(workshop)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: ledgers.read(workshop.deps), range(6)))

    assert workshop.sql(OPEN) == [("unknown", "capture", None, None)]
    assert workshop.gets(BALANCE) == 1
    assert workshop.gets(REPORT) == 1


def test_a_day_is_compared_once_while_nothing_differs(workshop: Workshop) -> None:
    workshop.charge_by_stripe()
    workshop.run()
    compared(workshop)

    for _ in range(5):
        check_again(workshop)

    assert workshop.gets(BALANCE) == 1
    assert workshop.gets(REPORT) == 1


def test_days_that_were_missed_are_made_up_for(workshop: Workshop) -> None:
    compared(workshop)
    workshop.advance(days=4)

    for _ in range(3):
        ledgers.read(workshop.deps)

    days = workshop.sql("SELECT count(*) FROM reconciliation_runs WHERE finished_at IS NOT NULL")
    assert days == [(2 * 5,)]


def test_a_day_that_a_bug_stops_is_put_off_and_keeps_no_other_from_its_turn(
    workshop: Workshop,
) -> None:
    compared(workshop)
    workshop.sql(
        "INSERT INTO reconciliation_runs (provider, day, due_at, created_at)"
        " VALUES ('stripe', '0001-01-01', :now, :now) RETURNING 1",
        now=workshop.clock(),
    )

    with pytest.raises(OverflowError):
        ledgers.read(workshop.deps)

    [[failures, error, is_put_off]] = workshop.sql(
        "SELECT failures, last_error, due_at > :now FROM reconciliation_runs"
        " WHERE day = '0001-01-01'",
        now=workshop.clock(),
    )
    assert (failures, error, is_put_off) == (1, "OverflowError", True)
    assert ledgers.read(workshop.deps) == 0
