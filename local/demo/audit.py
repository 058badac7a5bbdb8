"""The audit: the providers' ledger against Chargehand's database, by neither's own code."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

MONEY_IN = frozenset({"charge", "capture"})
MONEY_MOVED = MONEY_IN | {"refund"}
CHARGED = """
    SELECT o.identifier::text, c.currency, c.amount_captured_minor - c.amount_refunded_minor,
           c.status, o.status, o.amount_minor, o.currency, c.amount_captured_minor
    FROM orders o JOIN charges c ON c.order_id = o.id
    ORDER BY c.id
"""


@dataclass(frozen=True)
class Taken:
    """Money taken for an order, after refunds."""

    order: str
    currency: str
    amount_minor: int


@dataclass(frozen=True)
class Audit:
    """What the comparison found. `differences` are sentences; none is the only good number."""

    charged: int
    in_ledger: int
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"charged {self.charged}, ledger {self.in_ledger}, differences {len(self.differences)}"
        )


def audit(database_url: str, ledger: Iterable[Mapping[str, Any]]) -> Audit:
    """Compare the books as they stand."""
    return compare(read_charges(database_url), ledger)


def compare(rows: Sequence[tuple[Any, ...]], ledger: Iterable[Mapping[str, Any]]) -> Audit:
    """Every order: money once at most, the same on both sides.

    `rows` are CHARGED's, `ledger` is the sandbox's, all of its kinds.
    """
    movements = [row for row in ledger if row["kind"] in MONEY_MOVED]
    ours = Counter(Taken(order, currency, net) for order, currency, net, *_ in rows if net)
    theirs = Counter(_net(movements))
    differences = (
        *(f"charged, but not in the ledger: {taken}" for taken in (ours - theirs).elements()),
        *(f"in the ledger, but not charged: {taken}" for taken in (theirs - ours).elements()),
        *_twice(movements),
        *_unlike_their_order(rows),
    )
    return Audit(ours.total(), theirs.total(), differences)


def read_charges(database_url: str) -> list[tuple[Any, ...]]:
    """Every charge with its order, as the database has them."""
    with (
        contextlib.closing(psycopg2.connect(database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(CHARGED)
        return cursor.fetchall()


def _net(movements: Iterable[Mapping[str, Any]]) -> Iterator[Taken]:
    """What each object took, less what went back: a second capture is a second row."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in movements:
        taken_by = row["object_id"] if row["kind"] in MONEY_IN else row["parent_id"]
        sums[_order_of(row), row["currency"], taken_by] += row["amount_minor"]
    return (Taken(order, currency, net) for (order, currency, _), net in sums.items() if net)


def _order_of(row: Mapping[str, Any]) -> str:
    return str(row["metadata"].get("order") or row["custom_id"] or f"nobody's {row['object_id']}")


def _twice(movements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A second capture is no fault once it went back."""
    held = Counter(taken.order for taken in _net(movements) if taken.amount_minor > 0)
    for order, times in held.items():
        if times > 1:
            yield f"money was taken {times} times for order {order}"


def _unlike_their_order(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """What was captured pays the order, whatever went back of it since."""
    for order, currency, _, status, order_status, amount, order_currency, captured in rows:
        paid = f"{captured} {currency}"
        if bool(captured) != (status == "succeeded"):
            yield f"order {order}: its charge is {status} with {paid} captured"
        if captured and (paid, order_status) != (f"{amount} {order_currency}", "completed"):
            yield f"order {order} of {amount} {order_currency} is {order_status}, paid {paid}"
