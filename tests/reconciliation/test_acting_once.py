"""An operator's action that arrives many times at once."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Connection

from shared.operations.acting import Mandate, act
from shared.repository.operator_actions import OperatorAction
from tests.reconciliation.workshop import Workshop

AT_ONCE = 8


def test_an_action_that_is_sent_many_times_at_once_is_done_once(workshop: Workshop) -> None:
    mandate = Mandate("ops@example.com", "the buyer wrote", uuid.uuid4())
    together, done = Barrier(AT_ONCE), list[str]()

    def do(_: Connection) -> str:
        done.append("done")
        time.sleep(0.2)  # so that the others come meanwhile
        return "done"

    def press(_: int) -> OperatorAction:
        together.wait()
        return act(workshop.deps, mandate, "charge.retry", "charge 1", do)

    with ThreadPoolExecutor(AT_ONCE) as fingers:
        answers = list(fingers.map(press, range(AT_ONCE)))

    assert done == ["done"]
    assert answers == [answers[0]] * AT_ONCE
