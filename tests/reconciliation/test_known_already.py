"""An event mostly tells what the direct answer told before."""

from sqlalchemy.event import listen

from tests.reconciliation.workshop import Workshop
from worker import event_lists, inbox


def test_an_event_of_what_is_known_writes_nothing_but_that_it_was_handled(
    workshop: Workshop,
) -> None:
    workshop.charge_by_stripe()
    workshop.run()
    assert event_lists.read(workshop.deps) == 2
    events = workshop.sql("SELECT id FROM webhook_events")
    asked: list[str] = []
    listen(workshop.deps.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    for [event] in events:
        inbox.handle(workshop.deps, event)

    written = [statement.split()[1] for statement in asked if statement.startswith("UPDATE")]
    assert written == ["webhook_events"] * 2
