"""The model provider's refunds: one by each new key, of what is left of a capture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, cast

from proof.ledger import GivenBack, Ledger, Thing
from proof.wire import UNDONE, Answer, Verdict
from shared.domain import outcomes as o
from shared.domain.charge import Operation, Provider
from shared.domain.refund import Captured, RefundStatus
from shared.domain.refund_decisions import RefundOutcome, Refused
from shared.providers.base import FrozenCall, RefundRequest

SETTLING: Final = timedelta(minutes=2)
"""For so long after a try its absence from the lists proves nothing."""
STORED: Final = o.Indeterminate("500, stored", replayable=False)

_OPERATIONS: Final = {
    Provider.STRIPE: Operation.STRIPE_REFUND,
    Provider.PAYPAL: Operation.PAYPAL_CAPTURE_REFUND,
}
_LATER: Final = frozenset({Verdict.ACTION, Verdict.PENDING})

Send = Callable[[Operation, str, Callable[[Verdict], Answer]], Answer]


class ModelRefunds:
    """Implements Refunds. PayPal, too, makes one by each key here.

    The real one refuses our reference a second time, which no schedule may need.
    """

    def __init__(
        self,
        name: Provider,
        ledger: Ledger,
        send: Send,
        told: Callable[[Answer], Answer],
        clock: Callable[[], datetime],
    ) -> None:
        self._operation = _OPERATIONS[name]
        self._ledger = ledger
        self._send = send
        self._told = told
        self._clock = clock

    def freeze(self, request: RefundRequest) -> FrozenCall:
        """Fix the call."""
        body = {
            "object": request.captured.provider_reference,
            "amount": request.money.amount_minor,
            "refund": str(request.refund),
            "charge": str(request.charge),
            "order": str(request.order),
        }
        return FrozenCall(self._operation, body)

    def perform(self, call: FrozenCall, key: str) -> RefundOutcome:
        """Send the call."""
        answer = self._send(self._operation, key, partial(self._carry_out, call))
        return cast("RefundOutcome", answer)

    def find(self, call: FrozenCall, started_at: datetime) -> RefundOutcome:
        """Look for a refund that names ours, consistently."""
        found = self._of(call)
        if found is not None:
            return cast("RefundOutcome", self._told(found.fact()))
        is_early = self._clock() - started_at < SETTLING
        nothing = o.Indeterminate("too early", retry_after=SETTLING) if is_early else o.Absent("-")
        return cast("RefundOutcome", self._told(nothing))

    def fetch(self, reference: str, captured: Captured) -> RefundOutcome:
        """Read one refund."""
        del captured
        made = next(made for made in self._ledger.refunds if made.reference == reference)
        return cast("RefundOutcome", self._told(made.fact()))

    def _carry_out(self, call: FrozenCall, verdict: Verdict) -> Answer:
        if verdict in UNDONE:
            return STORED
        thing, amount = self._thing(call), call.body["amount"]
        if verdict is Verdict.DECLINED or amount > thing.left:
            found = self._of(call)  # what is refused is looked up, as the adapters do
            return found.fact() if found else Refused("refused", "Nothing went back.")
        status = RefundStatus.PENDING if verdict in _LATER else RefundStatus.SUCCEEDED
        ours = frozenset(call.body[name] for name in ("refund", "charge", "order"))
        made = self._ledger.refund(thing, amount, status, ours)
        return STORED if verdict is Verdict.STORED_AFTER else made.fact()

    def _thing(self, call: FrozenCall) -> Thing:
        thing = self._ledger.of(call.body["object"])
        assert thing is not None, "refunded of an id that was never given"
        return thing

    def _of(self, call: FrozenCall) -> GivenBack | None:
        made = (made for made in self._thing(call).refunds if call.body["refund"] in made.ours)
        return next(made, None)
