"""The audit: what was promised, what the database says, what the providers' ledger says.

It shares no code with what it audits: SQL on one side, the sandbox's own endpoint on the other.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import psycopg2
import psycopg2.extras

TAKEN: Final = frozenset({"charge", "capture"})
ENDS: Final = frozenset({"succeeded", "failed", "canceled", "needs_review"})
REFUND_ENDS: Final = ENDS

_CHARGES: Final = """
    SELECT id, status, parked_reason, amount_captured_minor AS captured FROM charges ORDER BY id
"""
_CAPTURES: Final = """
    SELECT o.identifier::text AS order_id, c.currency, c.capture_reference,
           c.amount_captured_minor AS captured, c.amount_refunded_minor AS refunded
    FROM charges c JOIN orders o ON o.id = c.order_id WHERE c.amount_captured_minor > 0
    UNION ALL
    SELECT o.identifier::text, s.currency, s.capture_reference, s.amount_minor,
           coalesce(sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded'), 0)::bigint
    FROM stray_captures s JOIN charges c ON c.id = s.charge_id JOIN orders o ON o.id = c.order_id
    LEFT JOIN refunds r ON r.stray_capture_id = s.id
    GROUP BY o.identifier, s.id
"""
_REFUNDS: Final = "SELECT id, charge_id, status, amount_minor, provider_reference FROM refunds"
_MOVES: Final = "SELECT charge_id, to_status, at FROM transitions ORDER BY id"


@dataclass(frozen=True, slots=True)
class Books:
    """All that is compared: `ledger` is the sandbox's, the rows are the database's."""

    charges: Sequence[Mapping[str, Any]]
    captures: Sequence[Mapping[str, Any]]
    """Of charges, and what came late or twice."""
    refunds: Sequence[Mapping[str, Any]]
    ledger: Sequence[Mapping[str, Any]]
    promised: Collection[int]
    """Charges that were answered 202, by whoever asked."""
    promised_refunds: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `breaches` are sentences; none is the only good number."""

    breaches: tuple[str, ...]
    outcomes: Counter[str] = field(default_factory=Counter)
    refund_outcomes: Counter[str] = field(default_factory=Counter)
    captures: int = 0
    twice: int = 0
    """Orders captured more than once, net."""
    lost_answers: int = 0
    """Movements of money whose answer never reached us."""


def judge(books: Books) -> Verdict:
    """Compare the books as they stand."""
    moved = [row for row in books.ledger if row["kind"] in TAKEN | {"refund"}]
    twice = [order for order, times in _times_taken(moved).items() if times > 1]
    unanswered = [row for row in moved if not row["response_delivered"]]
    return Verdict(
        breaches=(
            *(f"Order {order} was captured more than once." for order in twice),
            *_lost(books),
            *_unsettled(books),
            *_unlike(books, moved),
            *_unfound(books, unanswered),
        ),
        outcomes=Counter(row["status"] for row in books.charges),
        refund_outcomes=Counter(row["status"] for row in books.refunds),
        twice=len(twice),
        captures=sum(row["kind"] in TAKEN for row in moved),
        lost_answers=len(unanswered),
    )


def _times_taken(moved: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many captures of each order still hold money."""
    held: Counter[tuple[str, str]] = Counter()
    for row in moved:
        held[_order(row), _taken_by(row)] += row["amount_minor"]
    return Counter(order for (order, _), amount in held.items() if amount > 0)


def _lost(books: Books) -> Iterator[str]:
    for charge in sorted(set(books.promised) - {row["id"] for row in books.charges}):
        yield f"Charge {charge} was accepted and is not in the database."
    for refund in sorted(set(books.promised_refunds) - {row["id"] for row in books.refunds}):
        yield f"Refund {refund} was accepted and is not in the database."


def _unsettled(books: Books) -> Iterator[str]:
    for row in books.charges:
        if row["status"] not in ENDS:
            parked = f", {row['parked_reason']}" if row["parked_reason"] else ""
            yield f"Charge {row['id']} is stuck: {row['status']}{parked}."
    for row in books.refunds:
        if row["status"] not in REFUND_ENDS:
            yield f"Refund {row['id']} is stuck: {row['status']}."


def _unlike(books: Books, moved: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each capture: as much taken, as much given back, on both sides, of the same order."""
    ours = {
        row["capture_reference"]: (
            row["order_id"],
            row["currency"],
            row["captured"],
            row["refunded"],
        )
        for row in books.captures
    }
    theirs = _captures(moved)
    for capture in sorted(ours.keys() | theirs.keys(), key=str):
        here, there = ours.get(capture), theirs.get(capture)
        if here != there:
            yield f"Capture {capture}: the database has {_told(here)}, the ledger {_told(there)}."
    for row in books.charges:
        if bool(row["captured"]) != (row["status"] == "succeeded"):
            yield f"Charge {row['id']} is {row['status']} with {row['captured']} captured."


def _captures(moved: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str, int, int]]:
    found: dict[str, tuple[str, str, int, int]] = {}
    for row in moved:
        capture, amount = _taken_by(row), row["amount_minor"]
        order, currency, taken, returned = found.get(capture, (_order(row), row["currency"], 0, 0))
        is_taking = row["kind"] in TAKEN
        taken, returned = (taken + amount, returned) if is_taking else (taken, returned - amount)
        found[capture] = (order, currency, taken, returned)
    return found


def _told(side: tuple[str, str, int, int] | None) -> str:
    if side is None:
        return "nothing"
    order, currency, taken, returned = side
    return f"{taken} less {returned} {currency} of order {order}"


def _unfound(books: Books, unanswered: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    known = {row["capture_reference"] for row in books.captures}
    known |= {row["provider_reference"] for row in books.refunds}
    for row in unanswered:
        if row["object_id"] not in known:
            yield f"The {row['kind']} {row['object_id']}, whose answer was lost, was never found."


def _order(row: Mapping[str, Any]) -> str:
    return str(row["metadata"].get("order") or row["custom_id"] or "nobody's")


def _taken_by(row: Mapping[str, Any]) -> str:
    return str(row["object_id"] if row["kind"] in TAKEN else row["parent_id"])


def read(
    database_url: str,
    ledger: Sequence[Mapping[str, Any]],
    promised: Collection[int],
    promised_refunds: Collection[int],
) -> Books:
    """The books, with the database's side read now."""
    charges, captures, refunds = (
        _rows(database_url, query) for query in (_CHARGES, _CAPTURES, _REFUNDS)
    )
    return Books(charges, captures, refunds, ledger, promised, promised_refunds)


def read_ended(database_url: str) -> set[int]:
    """The charges that have their end."""
    return {row["id"] for row in _rows(database_url, _CHARGES) if row["status"] in ENDS}


def read_moves(database_url: str) -> dict[int, list[tuple[str, float]]]:
    """What each charge became, and when, in seconds since the epoch."""
    moves: dict[int, list[tuple[str, float]]] = {}
    for row in _rows(database_url, _MOVES):
        at: datetime = row["at"]
        moves.setdefault(row["charge_id"], []).append((row["to_status"], at.timestamp()))
    return moves


def _rows(database_url: str, query: str) -> list[dict[str, Any]]:
    factory = psycopg2.extras.RealDictCursor
    with (
        contextlib.closing(psycopg2.connect(database_url)) as connection,
        connection.cursor(cursor_factory=factory) as cursor,
    ):
        cursor.execute(query)
        return [dict(row) for row in cursor.fetchall()]
