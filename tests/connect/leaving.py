"""Organizers who disconnect their account, heard and unheard."""

from tests.connect.stage import Stage
from worker import inbox

LEFT = "account.application.deauthorized"
PROCESSING = "pm_card_sandbox_processing"
APPLICATION = {"id": "ca_sandbox", "object": "application"}


def leave(stage: Stage, account: str) -> None:
    """Let the organizer disconnect the account, and handle that before anything else."""
    stage.control.leave_platform(account)
    stage.control.wait_for(lambda _: bool(unhandled(stage)))
    for key in unhandled(stage):
        inbox.handle(stage.platform.deps, key)


def leave_unheard(stage: Stage, account: str) -> None:
    """Let the organizer disconnect the account, and its webhook be lost."""
    stage.control.fault("webhook_drop", LEFT)
    stage.control.leave_platform(account)


def unhandled(stage: Stage) -> list[int]:
    """The news of leaving that nobody has handled."""
    rows = stage.platform.sql(
        "SELECT id FROM webhook_events WHERE event_type = :t AND handled_at IS NULL", t=LEFT
    )
    return [row.id for row in rows]


def is_revoked(stage: Stage, key: str) -> bool:
    """Whether that authorization counts no longer."""
    ((revoked,),) = stage.platform.sql(
        "SELECT revoked_at IS NOT NULL FROM stripe_authorizations WHERE id = :id", id=int(key)
    )
    return bool(revoked)
