"""Nothing is claimed without a token, and nothing that had to wait is lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.client import MONEY_IN
from shared.container import Container
from shared.db import unit_of_work
from shared.domain.charge import Provider, StripeToken
from shared.repository import dispatch
from shared.task_names import QUEUES
from shared.token_buckets import NOW, Limit
from tests.reconciliation.buckets import BucketsInRedis
from tests.reconciliation.refunding import WAYS, ask, paid, refund
from tests.reconciliation.workshop import HANDLERS, Workshop
from worker import canceling, charging, refunding

WAIT = timedelta(seconds=40)


@dataclass
class Empty:
    """Buckets without a token; whom they were asked for."""

    asked: list[Provider] = field(default_factory=list)

    def are_limited(self) -> bool:
        return True

    def take(self, provider: Provider) -> timedelta:
        self.asked.append(provider)
        return WAIT


def but_its_instant(row: Any) -> dict[str, Any]:
    """A row's columns without the instant at which it is told again."""
    return {name: value for name, value in row._asdict().items() if name != "dispatch_at"}


def paced(workshop: Workshop, buckets: Empty) -> Container:
    return replace(workshop.deps, buckets=buckets)


@pytest.mark.parametrize("provider", list(Provider))
def test_a_charge_without_a_token_is_put_off_unclaimed(
    workshop: Workshop, provider: Provider
) -> None:
    instrument = StripeToken("tok_visa") if provider is Provider.STRIPE else None
    charge_id, buckets = workshop.charge(workshop.order(provider), instrument), Empty()
    before, now = workshop.row(charge_id), workshop.clock()

    charging.execute(paced(workshop, buckets), charge_id)

    after = workshop.row(charge_id)
    assert buckets.asked == [provider]
    assert but_its_instant(after) == but_its_instant(before)
    assert now + WAIT <= after.dispatch_at <= workshop.clock() + WAIT * 1.1
    assert workshop.sql("SELECT FROM attempts") == []
    assert workshop.control.requests() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_refund_without_a_token_is_put_off_unclaimed(workshop: Workshop, way: str) -> None:
    refund_id = ask(workshop, paid(workshop, way))
    before, now = refund(workshop, refund_id), workshop.clock()
    posts = workshop.posts(WAYS[way].path)

    refunding.execute(paced(workshop, Empty()), refund_id)

    after = refund(workshop, refund_id)
    assert but_its_instant(after) == but_its_instant(before)
    assert after.dispatch_at >= now + WAIT
    assert workshop.posts(WAYS[way].path) == posts


def test_a_cancel_without_a_token_is_put_off_unclaimed(workshop: Workshop) -> None:
    charge_id = workshop.charge_by_paypal()
    workshop.run()
    workshop.sql(
        "UPDATE charges SET cancel_requested_at = now(), dispatch_at = now() WHERE id = :id"
        " RETURNING id",
        id=charge_id,
    )
    before = workshop.row(charge_id)

    canceling.execute(paced(workshop, Empty()), charge_id)

    after = workshop.row(charge_id)
    assert but_its_instant(after) == but_its_instant(before)
    assert after.dispatch_at >= before.dispatch_at + WAIT


def test_a_charge_in_other_hands_costs_no_token_and_keeps_its_instant(workshop: Workshop) -> None:
    charge_id, buckets = workshop.charge_by_stripe(), Empty()
    workshop.sql(
        "UPDATE charges SET status = 'submitting', claimed_until = now() + interval '45 s',"
        " dispatch_at = now() + interval '45 s' WHERE id = :id RETURNING id",
        id=charge_id,
    )
    held = workshop.row(charge_id)

    charging.execute(paced(workshop, buckets), charge_id)

    assert buckets.asked == []
    assert workshop.row(charge_id) == held


def test_workers_together_never_charge_faster_than_the_limit(
    workshop: Workshop, in_redis: BucketsInRedis
) -> None:
    limit, count = Limit(2.5), 12
    workers = [
        replace(workshop.deps, buckets=in_redis.of_a_process(stripe=limit.per_second))
        for _ in range(3)
    ]
    charges = [workshop.charge_by_stripe() for _ in range(count)]
    start = workshop.control.now()

    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(lambda deps: work(workshop, deps, charges), workers))

    captured = sorted(row["ts"] for row in workshop.control.ledger() if row["kind"] in MONEY_IN)
    # Each capture came after its token, each token after the start, however slow the machine is.
    allowed = [limit.rate * (at - start) + limit.burst for at in captured]
    assert len(captured) == count
    assert all(number <= most for number, most in enumerate(allowed, 1))
    assert {workshop.row(charge).claim_number for charge in charges} == {1}


def work(workshop: Workshop, deps: Container, charges: list[int]) -> None:
    """Carry on what is due until all charges are settled."""
    while any(workshop.status(charge) != "succeeded" for charge in charges):
        now = deps.clock()
        with unit_of_work(deps.engine) as connection:
            most = dict.fromkeys(QUEUES, 500)
            again = now + timedelta(seconds=30)
            due = dispatch.take_due(connection, now=now, again=again, most=most)
        for task, row_id, _ in due:
            HANDLERS[task](deps, row_id)


def test_where_nothing_is_limited_nobody_asks(workshop: Workshop) -> None:
    charge_id = workshop.charge_by_stripe()

    workshop.run()

    assert not workshop.deps.buckets.are_limited()
    assert workshop.deps.buckets.take(Provider.STRIPE) == NOW
    assert workshop.status(charge_id) == "succeeded"
