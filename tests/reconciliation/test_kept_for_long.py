"""An event stays, however old, until it has been handled for long; one driven anew for ever."""

from dataclasses import replace
from uuid import uuid4

import pytest

from shared.container import Container
from shared.operations.acting import Mandate
from shared.operations.replay import redrive
from tests.reconciliation.test_failing_events import store
from tests.reconciliation.workshop import Workshop
from worker import retention
from worker.inbox import handle

LONG = 150
"""Days, with months of which three are kept."""


@pytest.fixture
def forgetful(workshop: Workshop) -> Container:
    """The workshop, keeping events for three months."""
    settings = workshop.deps.settings.model_copy(update={"webhook_events_kept": 3})
    return replace(workshop.deps, settings=settings)


def kept(workshop: Workshop, forgetful: Container) -> int:
    """How many events a round leaves."""
    retention.run(forgetful)
    return int(workshop.sql("SELECT count(*) FROM webhook_events")[0][0])


def test_an_event_is_kept_until_it_was_handled_for_long(
    workshop: Workshop, forgetful: Container
) -> None:
    event = store(workshop, "evt_late", workshop.clock())
    workshop.advance(days=LONG)
    unhandled = kept(workshop, forgetful)
    assert handle(workshop.deps, event)
    just_handled = kept(workshop, forgetful)
    workshop.advance(days=LONG)

    assert (unhandled, just_handled, kept(workshop, forgetful)) == (1, 1, 0)


def test_an_event_that_was_driven_anew_is_on_record_for_ever(
    workshop: Workshop, forgetful: Container
) -> None:
    event = store(workshop, "evt_anew", workshop.clock())
    assert handle(workshop.deps, event)
    redrive(workshop.deps, event, Mandate("ada", "read by mended code", uuid4()))
    assert handle(workshop.deps, event)
    workshop.advance(days=LONG)

    assert kept(workshop, forgetful) == 1
