"""What operators do to what the ticketing platform is told."""

from __future__ import annotations

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.errors import ActionRefused
from shared.operations.acting import Mandate, act
from shared.repository import outbound_views, outbox
from shared.repository.operator_actions import OperatorAction


def tell_again(deps: Container, event_id: int, mandate: Mandate) -> OperatorAction:
    """Send the event again, under its own id, to each endpoint that wants it."""

    def do(connection: Connection) -> str:
        if outbound_views.read_event(connection, event_id, None) is None:
            raise ActionRefused(f"There is no outbound event {event_id}.")
        if not outbox.replay(connection, event_id, deps.clock()):
            raise ActionRefused(
                f"No endpoint wants outbound event {event_id}, or it is told of it at this moment:"
                " nothing is sent."
            )
        return "due again"

    return act(deps, mandate, "outbound_event.replay", f"outbound event {event_id}", do)
