"""Beat ends, whatever a signal finds it doing."""

import pytest
from celery import Celery

from worker.liveness import LivingScheduler


def test_a_signal_in_the_middle_of_a_publication_waits_for_no_lock_of_it() -> None:
    scheduler = LivingScheduler(Celery(broker="memory://"))
    connection = scheduler.connection.connect()

    scheduler.close()

    assert scheduler.connection.connection is connection
    with pytest.raises(SystemExit):
        scheduler.tick()
