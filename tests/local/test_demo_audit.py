"""The demonstration's audit: each way in which two books can differ."""

from collections.abc import Sequence
from typing import Any

import pytest

from local.demo.audit import CHARGED, compare, read_charges

ORDER = "3f0c2f6e-5a4b-4c1e-9d57-0b8f4f3f2a11"
OTHER = "9a1de1f0-1f2b-4f0a-8a8e-6f1c1c0de222"


def charged(
    order: str = ORDER,
    currency: str = "EUR",
    net: int = 1999,
    status: str = "succeeded",
    order_status: str = "completed",
    captured: int | None = None,
) -> tuple[Any, ...]:
    taken = net if captured is None else captured
    return (order, currency, net, status, order_status, 1999, "EUR", taken)


def moved(kind: str = "charge", amount: int = 1999, **changes: Any) -> dict[str, Any]:
    row = {
        "kind": kind,
        "object_id": "ch_1",
        "parent_id": "pi_1",
        "amount_minor": amount,
        "currency": "EUR",
        "metadata": {"order": ORDER},
        "custom_id": None,
    }
    return row | changes


def test_equal_books_have_no_differences() -> None:
    paypal = moved("capture", object_id="CAP", metadata={}, custom_id=OTHER)
    fee = moved("fee", -87)

    audit = compare([charged(), charged(OTHER)], [moved(), paypal, fee])

    assert str(audit) == "charged 2, ledger 2, differences 0"


def test_what_was_taken_and_given_back_is_in_neither_book() -> None:
    refund = moved("refund", -1999, object_id="re_1", parent_id="ch_1")
    row = charged(net=0, status="failed", order_status="pending")

    audit = compare([row], [moved(), refund])

    assert audit.differences == ()


def test_a_second_capture_that_went_back_is_no_difference() -> None:
    twin = moved(object_id="ch_2")
    back = moved("refund", -1999, object_id="re_2", parent_id="ch_2")

    audit = compare([charged()], [moved(), twin, back])

    assert str(audit) == "charged 1, ledger 1, differences 0"


@pytest.mark.parametrize("amounts", [[500], [500, 500], [1999]])
def test_a_refund_in_both_books_is_no_difference(amounts: list[int]) -> None:
    refunds = [
        moved("refund", -amount, object_id=f"re_{number}", parent_id="ch_1")
        for number, amount in enumerate(amounts)
    ]
    row = charged(net=1999 - sum(amounts), captured=1999)

    audit = compare([row], [moved(), *refunds])

    assert audit.differences == ()


@pytest.mark.parametrize(
    ("rows", "movements", "said"),
    [
        ([charged()], [], "charged, but not in the ledger"),
        (
            [charged(net=1499, captured=1999)],
            [moved()],
            "in the ledger, but not charged",
        ),
        (
            [charged()],
            [moved(), moved("refund", -500, object_id="re_1", parent_id="ch_1")],
            "charged, but not in the ledger",
        ),
        ([], [moved()], "in the ledger, but not charged"),
        ([charged()], [moved(), moved(object_id="ch_2")], "money was taken 2 times"),
        ([charged()], [moved(amount=1998)], "in the ledger, but not charged"),
        ([charged()], [moved(currency="USD")], "charged, but not in the ledger"),
        ([charged()], [moved(metadata={}, custom_id=OTHER)], "in the ledger, but not charged"),
        ([charged()], [moved(metadata={})], "nobody's ch_1"),
        ([charged(status="failed")], [moved()], "is failed with 1999 EUR captured"),
        ([charged(order_status="pending")], [moved()], "is pending, paid 1999 EUR"),
        ([charged(net=1)], [moved(amount=1)], "of 1999 EUR is completed, paid 1 EUR"),
    ],
)
def test_every_difference_is_told(
    rows: Sequence[tuple[Any, ...]], movements: Sequence[dict[str, Any]], said: str
) -> None:
    audit = compare(rows, movements)

    assert any(said in difference for difference in audit.differences)


def test_the_database_is_asked_for_what_the_comparison_needs(database_url: str) -> None:
    columns = CHARGED.partition("FROM")[0].count(",") + 1

    rows = read_charges(database_url)

    assert rows == []
    assert columns == len(charged())
