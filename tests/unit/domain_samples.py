"""A charge in the middle of its life, with everything that can be said of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.domain import outcomes as o
from shared.domain.charge import Charge, OrderStatus, Provider, Status
from shared.domain.decisions import Circumstances, Limits
from shared.domain.money import Money

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHARGE_IDENTIFIER = UUID("11111111-1111-4111-8111-111111111111")
ORDER_IDENTIFIER = UUID("22222222-2222-4222-8222-222222222222")

CHARGE = Charge(
    id=7,
    identifier=CHARGE_IDENTIFIER,
    order_id=3,
    order_identifier=ORDER_IDENTIFIER,
    order_status=OrderStatus.PENDING,
    provider=Provider.STRIPE,
    status=Status.SUBMITTING,
    money=Money(1999, "USD"),
    account="acct_1",
    provider_reference=None,
    capture_reference=None,
    claim_number=1,
    created_at=NOON - MINUTE,
)

LIMITS = Limits(
    unsent=timedelta(hours=3),
    indeterminate=timedelta(hours=48),
    action=timedelta(hours=1),
    waiting=timedelta(days=14),
)
SEEN = Circumstances(now=NOON, tries=4, jitter=0.5, livemode=False, limits=LIMITS)
DELAY = timedelta(seconds=16)
"""What the retry policy makes of four tries and half of full jitter."""

APPROVED = o.Approved(
    reference="pi_1",
    capture_reference="ch_1",
    money=Money(1999, "USD"),
    our_references=frozenset({str(CHARGE_IDENTIFIER)}),
    livemode=False,
    account="acct_1",
)
DECLINED = o.Declined("card_declined", "Your card was declined.", o.Refusal.INSTRUMENT)
REQUIRES_ACTION = o.RequiresAction("pi_1", o.NextAction("redirect", url="https://example.com/3ds"))
PAYER_ACTED = o.PayerActed("pi_1")
SUBMITTED = o.Submitted("pi_1", "sepa_debit")
CANCELED = o.Canceled("pi_1")
WITHDRAWN = o.Withdrawn("cancelled before anything was sent")
CONTRADICTED = o.Contradicted("refunded 25.00 USD of 19.99 USD")
NOT_SENT = o.NotSent("connection refused")
INDETERMINATE = o.Indeterminate("read timed out")
ABSENT = o.Absent("no PaymentIntent names the charge")
MISCONFIGURED = o.Misconfigured("401 Invalid API Key")

OUTCOMES: tuple[o.Outcome, ...] = (
    APPROVED,
    DECLINED,
    REQUIRES_ACTION,
    PAYER_ACTED,
    SUBMITTED,
    CANCELED,
    WITHDRAWN,
    CONTRADICTED,
    NOT_SENT,
    INDETERMINATE,
    ABSENT,
    MISCONFIGURED,
)
