"""What every adapter makes of a day of its provider's ledger."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.movements import Kind, Movement
from shared.providers.base import MovementPage
from tests.contract.paypal_rig import PayPalRig
from tests.contract.performing import perform
from tests.contract.rig import PRICE, Rig

CLOSED = timedelta(days=1, hours=4).total_seconds()
BROKEN: list[tuple[str, dict[str, object]]] = [
    ("malformed_json", {}),
    ("wrong_shape", {}),
    ("wrong_shape", {"body": {"data": [{}], "object": "list", "has_more": False}}),
    ("wrong_shape", {"body": {"data": [7], "object": "list", "has_more": False}}),
    (
        "wrong_shape",
        {
            "body": {
                "transaction_details": [{"transaction_info": {}}],
                "last_refreshed_datetime": "2099-01-01T00:00:00Z",
                "total_pages": 1,
            }
        },
    ),
    ("truncate_after", {}),
    ("503", {}),
]


def today() -> date:
    return datetime.now(UTC).date()


def paid(rig: Rig) -> o.Approved:
    outcome = perform(rig, rig.request())
    assert isinstance(outcome, o.Approved)
    return outcome


def ledger(rig: Rig, day: date) -> list[Movement]:
    """The whole day, page by page."""
    found: list[Movement] = []
    page: str | None = None
    while True:
        answer = rig.adapter.list_movements(None, day, page)
        assert isinstance(answer, MovementPage), answer
        found += answer.movements
        if answer.next_page is None:
            return found
        page = answer.next_page


def test_a_capture_and_its_refund_stand_in_the_days_ledger(rig: Rig) -> None:
    approved, day = paid(rig), today()
    rig.refund(approved, 500)
    rig.advance(CLOSED)

    captures = [line for line in ledger(rig, day) if line.kind is Kind.CAPTURE]
    refunds = [line for line in ledger(rig, day) if line.kind is Kind.REFUND]

    [capture], [refund] = captures, refunds
    assert capture.object_reference == approved.capture_reference
    assert capture.parent_reference == approved.reference
    assert capture.our_references & approved.our_references
    assert (capture.money, refund.money) == (PRICE, Money(-500, "USD"))
    assert capture.fee.amount_minor < 0
    assert refund.parent_reference == approved.capture_reference
    assert capture.moved_at.date() == day


def test_another_days_ledger_has_none_of_it(rig: Rig) -> None:
    paid(rig)
    rig.advance(2 * CLOSED)

    assert ledger(rig, today() - timedelta(days=1)) == []
    assert ledger(rig, today() + timedelta(days=1)) == []


def test_a_day_of_many_pages_is_read_whole_with_nothing_twice(rig: Rig) -> None:
    approved, day = paid(rig), today()
    for _ in range(110):
        rig.refund(approved, 1)
    rig.advance(CLOSED)

    first = rig.adapter.list_movements(None, day, None)
    found = ledger(rig, day)

    assert isinstance(first, MovementPage)
    assert first.next_page
    assert len(found) == len({line.reference for line in found}) == 111


def test_a_rate_limit_says_for_how_long(rig: Rig) -> None:
    rig.strike_lists("429", retry_after=7)

    page = rig.adapter.list_movements(None, today(), None)

    assert isinstance(page, o.Indeterminate)
    assert page.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(("fault", "arguments"), BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_page_is_never_an_empty_day(
    rig: Rig, fault: str, arguments: dict[str, object]
) -> None:
    paid(rig)
    rig.advance(CLOSED)
    rig.strike_lists(fault, **arguments)

    assert isinstance(rig.adapter.list_movements(None, today(), None), o.Indeterminate)


def test_a_ledger_without_an_answer_says_nothing(rig: Rig) -> None:
    assert isinstance(rig.stranded.list_movements(None, today(), None), o.Indeterminate)
    assert isinstance(rig.stranger.list_movements(None, today(), None), o.Misconfigured)


def test_a_report_that_lags_is_not_read_too_early(sandbox_url: str) -> None:
    rig = PayPalRig(sandbox_url)
    paid(rig)
    rig.advance(timedelta(days=1).total_seconds())
    to_come = datetime.now(UTC) + timedelta(days=1)

    early = rig.adapter.list_movements(None, to_come.date(), None)
    rig.advance(timedelta(days=1, hours=3).total_seconds())
    late = rig.adapter.list_movements(None, to_come.date(), None)

    assert isinstance(early, o.Indeterminate)
    assert early.retry_after
    assert isinstance(late, MovementPage)
