"""The course of a dispute, from the complaint to the verdict."""

from dataclasses import replace

from sandbox.call import Deed
from sandbox.paypal.books import books_of, has_money, moment
from sandbox.paypal.capturing import movement
from sandbox.paypal.identifiers import dispute_id
from sandbox.paypal.objects import Capture, Dispute
from sandbox.paypal.problems import unprocessable
from sandbox.paypal.telling import tell_dispute

OUTCOMES = {"seller": "RESOLVED_SELLER_FAVOUR", "buyer": "RESOLVED_BUYER_FAVOUR"}


def open_dispute(deed: Deed, capture: Capture, reason: str) -> Dispute:
    """Let the payer complain: what is left of the capture is held."""
    if not has_money(capture) or capture.disputed or capture.refundable.minor <= 0:
        raise unprocessable("INVALID_CAPTURE_STATUS")
    now = moment(deed)
    dispute = Dispute(
        id=dispute_id(),
        capture_id=capture.id,
        amount=capture.refundable,
        reason=reason,
        status="OPEN",
        created_at=now,
        updated_at=now,
        custom_id=capture.custom_id,
        invoice_id=capture.invoice_id,
    )
    books_of(deed).keep(dispute, replace(capture, disputed=True))
    deed.record(movement("dispute_hold", dispute.id, capture.id, capture, -dispute.amount.minor))
    tell_dispute(deed, dispute, "CREATED")
    return dispute


def review_dispute(deed: Deed, dispute: Dispute) -> Dispute:
    """Let PayPal look into it."""
    return _move(deed, dispute, status="UNDER_REVIEW", verb="UPDATED")


def resolve_dispute(deed: Deed, dispute: Dispute, winner: str) -> Dispute:
    """End it: the seller gets the hold back, or the buyer keeps it for good."""
    if winner not in OUTCOMES or dispute.status == "RESOLVED":
        raise unprocessable("INVALID_PARAMETER_VALUE", field="/winner", value=winner)
    resolved = _move(
        deed, replace(dispute, outcome=OUTCOMES[winner]), status="RESOLVED", verb="RESOLVED"
    )
    capture = books_of(deed).captures[dispute.capture_id]
    lost = winner == "buyer"
    books_of(deed).keep(replace(capture, disputed=False, charged_back=lost))
    if not lost:
        deed.record(
            movement("dispute_release", dispute.id, capture.id, capture, dispute.amount.minor)
        )
    return resolved


def _move(deed: Deed, dispute: Dispute, *, status: str, verb: str) -> Dispute:
    moved = replace(dispute, status=status, updated_at=moment(deed))
    books_of(deed).keep(moved)
    tell_dispute(deed, moved, verb)
    return moved
