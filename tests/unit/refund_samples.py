"""A refund in the middle of its life, with everything that can be said of it."""

from uuid import UUID

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.refund import Origin, Refund, RefundFact, RefundStatus
from shared.domain.refund_decisions import RefundOutcome, Refused
from tests.unit.domain_samples import MINUTE, NOON

REFUND_IDENTIFIER = UUID("33333333-3333-4333-8333-333333333333")

REFUND = Refund(
    id=5,
    identifier=REFUND_IDENTIFIER,
    charge_id=7,
    origin=Origin.OURS,
    status=RefundStatus.PENDING,
    money=Money(500, "USD"),
    provider_reference=None,
    capture_reference="ch_1",
    claim_number=1,
    tries=4,
    maybe_executed=True,
    created_at=NOON - MINUTE,
)


def told(status: RefundStatus, reference: str = "re_1", minor: int = 500) -> RefundFact:
    ours = frozenset({str(REFUND_IDENTIFIER)})
    return RefundFact(reference, "ch_1", Money(minor, "USD"), status, ours)


PENDING = told(RefundStatus.PENDING)
SUCCEEDED = told(RefundStatus.SUCCEEDED)
FAILED = told(RefundStatus.FAILED)
CANCELED = told(RefundStatus.CANCELED)
TOO_MUCH = told(RefundStatus.SUCCEEDED, minor=501)
REFUSED = Refused("charge_disputed", "Stripe refused the refund.")
NOT_SENT = o.NotSent("connection refused")
INDETERMINATE = o.Indeterminate("read timed out")
ABSENT = o.Absent("no refund of the PaymentIntent names ours")
MISCONFIGURED = o.Misconfigured("401 Invalid API Key")

OUTCOMES: tuple[RefundOutcome, ...] = (
    PENDING,
    SUCCEEDED,
    FAILED,
    CANCELED,
    TOO_MUCH,
    REFUSED,
    NOT_SENT,
    INDETERMINATE,
    ABSENT,
    MISCONFIGURED,
)
