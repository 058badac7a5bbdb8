"""Events of Stripe's, told to an adapter."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.providers.base import Translation
from tests.contract.stripe_wire import CHARGE, ORDER, adapter, answer
from tests.contract.wire import Script, serving

OURS = frozenset({str(CHARGE), str(ORDER)})
BOTH_IDS = frozenset({"pi_1", "ch_1"})
REFUND: dict[str, Any] = {
    "id": "re_1",
    "object": "refund",
    "amount": 500,
    "charge": "ch_1",
    "currency": "usd",
    "metadata": {},
    "payment_intent": "pi_1",
    "status": "succeeded",
}
DISPUTE: dict[str, Any] = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1999,
    "charge": "ch_1",
    "currency": "usd",
    "payment_intent": "pi_1",
    "reason": "fraudulent",
    "status": "needs_response",
}
SHOUTED_OUT = answer({"unexpected": "question"}, "418 Nobody should ask")


def event(kind: str, thing: object) -> bytes:
    return json.dumps({"object": "event", "type": kind, "data": {"object": thing}}).encode()


def translated(
    body: bytes, script: Script = SHOUTED_OUT, account: str | None = None
) -> Translation:
    with serving(script) as (url, _):
        return adapter(url).translate(body, account)


@contextmanager
def unasked() -> Iterator[str]:
    """An address at which no question may arrive."""
    with serving(SHOUTED_OUT) as (url, seen):
        yield url
        assert seen == []
