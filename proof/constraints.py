"""The constraints of the database that a worker's statement could break, by their names."""

from __future__ import annotations

from typing import Final

from proof.tables import Check, Row, Tables
from shared.domain.charge import RELEASED, SETTLED, OrderStatus, Status
from shared.domain.refund import RefundStatus
from shared.domain.refund_moves import ALLOWED_MOVES as REFUND_MOVES
from shared.domain.state_machine import ALLOWED_MOVES

_DUE: Final = frozenset({Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE})
_PARTED: Final = RELEASED | {Status.NEEDS_REVIEW}


class Refused(Exception):
    """A write that the database would refuse: its argument is the constraint's name."""


def is_live(row: Row) -> bool:
    """Whether the charge keeps its order from another one."""
    return row["status"] not in _PARTED


def check_charge(tables: Tables, before: Row | None, row: Row) -> None:
    """What the database holds of a charge."""
    status = row["status"]
    if before is not None and before["status"] != status:
        _demand((before["status"], status) in ALLOWED_MOVES, "ck_charges_moves")
    refunded, captured = row["amount_refunded_minor"], row["amount_captured_minor"]
    _demand(0 <= refunded <= captured, "ck_charges_refunded_within_captured")
    is_paid = captured == row["amount_minor"] and row["capture_reference"] is not None
    _demand(status != Status.SUCCEEDED or is_paid, "ck_charges_success_is_captured")
    is_claimed = row["claimed_until"] is not None
    _demand(status != Status.SUBMITTING or is_claimed, "ck_charges_submitting_is_claimed")
    is_dispatched = row["dispatch_at"] is not None and row["next_attempt_at"] is not None
    _demand(status not in _DUE or is_dispatched, "ck_charges_waiting_is_dispatched")
    is_erased = row["instrument"] is None
    _demand(status not in SETTLED or is_erased, "ck_charges_settled_keeps_no_instrument")
    _check_alone(tables, row)


def _check_alone(tables: Tables, row: Row) -> None:
    for other in tables.rows["charges"].values():
        if other["id"] == row["id"]:
            continue
        both_live = is_live(row) and is_live(other)
        one_order = both_live and row["order_id"] == other["order_id"]
        _demand(not one_order, "uq_charges_one_live_per_order")
        one_object = both_live and _same(row, other, "provider_reference")
        _demand(not one_object, "uq_charges_provider_reference")
        _demand(not _same(row, other, "capture_reference"), "uq_charges_capture_reference")


def check_order(tables: Tables, before: Row | None, row: Row) -> None:
    """What the database holds of an order."""
    if before is None or before["status"] == row["status"]:
        return
    statuses = {charge["status"] for charge in tables.where("charges", order_id=row["id"])}
    is_completed = row["status"] == OrderStatus.COMPLETED
    _demand(not is_completed or Status.SUCCEEDED in statuses, "ck_orders_completed_by_money")
    _demand(is_completed or statuses <= RELEASED, "ck_orders_kept_while_charged")


def check_event(_tables: Tables, _before: Row | None, row: Row) -> None:
    """What the database holds of a webhook event."""
    waits = row["handled_at"] is None
    _demand(
        not waits or row["dispatch_at"] is not None, "ck_webhook_events_unhandled_is_dispatched"
    )


def check_attempt(tables: Tables, before: Row | None, row: Row) -> None:
    """What the database holds of an attempt."""
    if before is None:
        is_alone = not tables.where("attempts", charge_id=row["charge_id"], finished_at=None)
        _demand(is_alone, "uq_attempts_one_open_per_charge")
        return
    frozen = ("idempotency_key", "request", "operation", "key_expires_at")
    _demand(all(row[name] == before[name] for name in frozen), "ck_attempts_frozen")


def check_refund(_tables: Tables, before: Row | None, row: Row) -> None:
    """What the database holds of a refund."""
    status, is_new = row["status"], before is None or before["status"] == row["status"]
    _demand(is_new or (before and before["status"], status) in REFUND_MOVES, "ck_refunds_moves")
    is_dispatched = row["dispatch_at"] is not None and row["next_attempt_at"] is not None
    is_pending = status == RefundStatus.PENDING
    _demand(not is_pending or is_dispatched, "ck_refunds_pending_is_dispatched")


CHECKS: Final[dict[str, Check]] = {
    "charges": check_charge,
    "orders": check_order,
    "webhook_events": check_event,
    "attempts": check_attempt,
    "refunds": check_refund,
}


def _same(row: Row, other: Row, column: str) -> bool:
    return row[column] is not None and row[column] == other[column]


def _demand(holds: bool, constraint: str) -> None:  # noqa: FBT001 the constraint itself
    if not holds:
        raise Refused(constraint)
