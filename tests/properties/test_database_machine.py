"""The worker's code over a real Postgres, with threads that meet: every law holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from sqlalchemy import create_engine

from proof.ground import CommittedGround
from proof.world import Ground
from shared.task_names import CHARGE_EXECUTE
from tests.properties.machine import HOWS, PICKS, ChargeMachine
from worker import charging, inbox


class InPostgres(ChargeMachine):
    """Each life in a database of its own."""

    new_database: ClassVar[Callable[[], str]]

    def ground(self) -> Ground:
        """A new database."""
        url = type(self).new_database().replace("://", "+psycopg2://")
        self._engine = create_engine(url, pool_size=4)
        return CommittedGround(self._engine)

    @rule(instruments=st.tuples(PICKS, PICKS))
    def the_buyer_asks_twice_at_once(self, instruments: tuple[int, int]) -> None:
        """Two requests meet."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(partial(self.world.accept, unseen=False), instruments))

    @rule(pick=PICKS, how=HOWS)
    def a_message_is_delivered_twice_at_once(self, pick: int, how: int) -> None:
        """Two workers take the same message in the same instant."""
        del how
        messages = self.world.queue.messages
        if not messages:
            return
        task, row_id = messages.pop(pick % len(messages))
        run = charging.execute if task == CHARGE_EXECUTE else inbox.handle
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: run(self.world.deps, row_id), range(2)))

    def teardown(self) -> None:
        """Heal, then leave the database."""
        try:
            super().teardown()
        finally:
            if hasattr(self, "_engine"):
                self._engine.dispose()


@pytest.fixture
def machine(new_database: Callable[[], str]) -> type[InPostgres]:
    """The machine, with somewhere to live."""
    InPostgres.new_database = staticmethod(new_database)
    return InPostgres


@pytest.mark.timeout(900)
def test_every_law_holds_in_postgres(machine: type[InPostgres]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=25))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_law_holds_in_postgres_for_long(machine: type[InPostgres]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=300, stateful_step_count=40))
