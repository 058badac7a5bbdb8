"""A shop: a database that grows into the past, and what there is to do in it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import psycopg2
from sqlalchemy import Connection

from api_shim.standing import read_families
from benchmarks.charge.ground import Ground
from benchmarks.console import PAGES
from benchmarks.population import Size, populate
from benchmarks.serving import execute, place, select
from benchmarks.turns import Measure, Sample
from shared.batch import together
from shared.db import unit_of_work
from shared.domain.charge import Operation, Provider, Status
from shared.domain.outcomes import Approved
from shared.providers.base import FrozenCall
from shared.repository import attempts, charges, dispatch, movements, overdue, retention
from shared.repository.charge_tallies import count_hours
from shared.repository.ledger_runs import LedgerRun
from shared.settlement import Source, settle
from shared.task_names import QUEUES
from tests.api.platform import Platform, make_platform
from tests.ops.conftest import ACTOR, Desk

SOME: Final = 500
A_DAY: Final = 5_000
MOST_WHOLE: Final = 1_000_000
"""Of older charges than these nothing is stored but them and their orders: all takes an hour."""
TIMES: Final = 10
YEARS: Final = timedelta(days=3650)
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
CALL: Final = FrozenCall(Operation.STRIPE_PAYMENT, {"payment_intent": {"amount": 1999}})


@dataclass
class Shop:
    """The database, and our code over it in this process."""

    database: str
    platform: Platform
    desk: Desk
    charges: int

    def grow(self, charges: int) -> None:
        """Store older charges, until there are as many."""
        more, began = charges - self.charges, time.monotonic()
        if more <= 0:
            return
        size = Size(more, more / A_DAY, ended_days=self.charges / A_DAY)
        with closing(psycopg2.connect(self.database)) as connection:
            populate(connection, size, is_whole=charges <= MOST_WHOLE)
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            execute(self.database, statement)
        self.charges = charges
        print(f"  {charges:,} charges after {time.monotonic() - began:.0f} s", flush=True)

    def work(self) -> dict[str, Measure]:
        """What there is to do, each with how to time it."""
        own: dict[str, Measure] = {
            "accept": self._accept,
            "claim, settle": self._charge,
            "relay round": self._undone(self._relay),
            "sweep round": self._undone(self._sweep),
            "retention round": self._undone(self._forget),
            "a day reconciled": self._undone(self._reconcile),
            "metrics": self._undone(lambda within: read_families(within, datetime.now(UTC))),
        }
        return own | {name: self._page(path) for name, path in PAGES.items()}

    def _accept(self) -> Sample:
        keys = [str(key) for key in place(self.database, TIMES)]
        return _median([partial(self._ask, key) for key in keys])

    def _ask(self, order: str) -> None:
        answer = self.platform.charge(order, stripe="tok_visa")
        assert answer.status_code == HTTPStatus.ACCEPTED, answer.text

    def _charge(self) -> Sample:
        accepted = [
            self.platform.charge(str(key)).headers["Location"]
            for key in place(self.database, TIMES)
        ]
        return _median([partial(self._carry, int(path.rsplit("/", 1)[1])) for path in accepted])

    def _carry(self, charge_id: int) -> None:
        deps, now = self.platform.deps, datetime.now(UTC)
        with unit_of_work(deps.engine) as within:
            until = now + timedelta(seconds=30)
            claimed = charges.claim_charge(within, charge_id, now=now, until=until)
            assert claimed
            charge = claimed.charge
            with together(within) as writer:
                attempts.start_attempt(writer, charge, CALL, number=claimed.attempts + 1, now=now)
        outcome = Approved(
            reference=f"pi_grown_{charge_id}",
            capture_reference=f"ch_grown_{charge_id}",
            money=charge.money,
            our_references=frozenset({str(charge.identifier)}),
            livemode=False,
        )
        with unit_of_work(deps.engine) as within:
            status = settle(within, deps, charge_id, outcome, Source("worker", charge.claim_number))
        assert status is Status.SUCCEEDED

    def _relay(self, within: Connection) -> object:
        now = datetime.now(UTC)
        most = dict.fromkeys(QUEUES, 100)
        return dispatch.take_due(within, now=now, again=now + timedelta(seconds=30), most=most)

    def _sweep(self, within: Connection) -> object:
        now = datetime.now(UTC)
        return overdue.call_off_abandoned(within, now, YEARS), overdue.expire_orders(within, now)

    def _forget(self, within: Connection) -> object:
        return [retention.drop_oldest(within, kind, FIRST) for kind in retention.KINDS]

    def _reconcile(self, within: Connection) -> object:
        begin = datetime.now(UTC) - timedelta(days=1)
        run = LedgerRun(0, Provider.STRIPE, None, begin.date(), None, 0, 0, 0)
        return movements.entries_of(within, run, begin)

    def _undone(self, work: Callable[[Connection], object]) -> Measure:
        """That work, within a transaction that changes nothing."""

        def do() -> None:
            with self.platform.deps.engine.connect() as within:
                work(within)
                within.rollback()

        return lambda: _median([do] * TIMES)

    def _page(self, path: str) -> Measure:
        calls = [partial(self._show, path.format(some=SOME + number)) for number in range(TIMES)]

        def ask() -> Sample:
            self._tally()
            return _median(calls)

        return ask

    def _tally(self) -> None:
        """Count hours, as the watch does each minute."""
        with unit_of_work(self.platform.deps.engine) as within:
            while count_hours(within, datetime.now(UTC)):
                pass

    def _show(self, path: str) -> None:
        assert self.desk.get(path).status_code == HTTPStatus.OK, path


@contextmanager
def shop(ground: Ground, name: str, charges: int) -> Iterator[Shop]:
    """A shop that has sold so much, a day's charges or so more where it was here before."""
    database = ground.kept_database(name)
    platform = make_platform(database, ground.redis.url)
    desk = Desk(platform.app.test_client())
    desk.post("/ops/sign-in", token=platform.token(ACTOR))
    ((stored,),) = select(database, "SELECT count(*) FROM charges")
    made = Shop(database, platform, desk, stored)
    made.grow(min(charges, MOST_WHOLE))
    made.grow(charges)
    yield made
    platform.deps.engine.dispose()


def _median(calls: Sequence[Callable[[], object]]) -> Sample:
    taken = []
    for call in calls:
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return Sample(statistics.median(taken))
