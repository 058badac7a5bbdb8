"""Beat ends, whatever a signal finds it doing."""

import pytest
from celery import Celery

from worker.liveness import LivingScheduler


def test_beat_ends_at_its_next_tick_where_the_exit_of_a_signal_is_swallowed() -> None:
    scheduler = LivingScheduler(Celery(broker="memory://"))
    scheduler.close()  # as a signal's handler does, before it raises

    with pytest.raises(SystemExit) as ended:
        scheduler.tick()

    assert ended.value.code is None  # and no fault's sentence
