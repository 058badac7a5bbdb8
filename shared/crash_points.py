"""Crash points: every place between durable intent and durable result, where a proof kills us."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, auto, unique
from typing import Final

EXIT_CODE: Final = 86
"""How a process ends that died at its crash point."""


@unique
class CrashPoint(Enum):
    """What has just happened, or just become durable, while what follows from it has not."""

    CHARGE_ACCEPTED = auto()
    """The charge is committed; its 202 is not sent."""
    CHARGE_CALLED_OFF = auto()
    """The wish to cancel is committed; its 202 is not sent."""
    REFUND_ACCEPTED = auto()
    """The refund is committed; its 202 is not sent."""
    EVENT_STORED = auto()
    """The webhook is committed; its 200 is not sent, so that it will come again."""

    ROWS_TAKEN = auto()
    """What is due is put off; no message is published."""
    ROWS_PUBLISHED = auto()
    """The messages are at the broker; the publisher knows, and nobody else."""
    ROWS_REFUSED = auto()
    """The broker failed within a batch; the rows are not given back."""

    TOKEN_TAKEN = auto()
    """A call of the provider's limit is spent; nothing is claimed."""
    CHARGE_CLAIMED = auto()
    """The attempt is committed; nothing is sent."""
    REQUEST_SENT = auto()
    """The last byte of a call left, to whomever; nothing of the answer came."""
    CHARGE_ANSWERED = auto()
    """The answer is in hand; nothing of it is written."""
    CIRCUIT_TOLD = auto()
    """What a call says of its circuit is committed; nothing is written of what it was for."""
    CHARGE_SETTLED = auto()
    """What came of the charge is committed; its message is not acknowledged."""
    ACCOUNT_SHUT = auto()
    """The provider confirmed that an organizer left; nothing of it is written."""

    CANCELING_CLAIMED = auto()
    """The claim is committed; the provider is not asked to cancel."""
    CANCELING_ANSWERED = auto()
    """The provider answered; nothing of it is written."""
    CANCELING_SETTLED = auto()
    """What came of the wish is committed; its message is not acknowledged."""

    REFUND_CLAIMED = auto()
    """The frozen call is committed; nothing is sent."""
    REFUND_ANSWERED = auto()
    """The answer is in hand; nothing of it is written."""
    REFUND_SETTLED = auto()
    """What came of the refund is committed; its message is not acknowledged."""

    EVENT_READ = auto()
    """A stored event is understood; nothing of it is applied."""
    EVENT_APPLIED = auto()
    """The event is applied, with the proof; its message is not acknowledged."""

    DELIVERY_CLAIMED = auto()
    """The try is committed; nothing is sent."""
    DELIVERY_ANSWERED = auto()
    """The endpoint answered; nothing of it is written."""
    DELIVERY_SETTLED = auto()
    """What came of the delivery is committed; its message is not acknowledged."""

    OVERDUE_TAKEN = auto()
    """The overdue charges are put off; none is looked up."""
    OVERDUE_ANSWERED = auto()
    """The provider said where an overdue charge stands; nothing of it is written."""
    OVERDUE_SETTLED = auto()
    """One overdue charge is settled; those after it are not."""

    LIST_TAKEN = auto()
    """A list of events is put off; nothing of it is read."""
    LIST_READ = auto()
    """A page of events is in hand; neither they nor the cursor are written."""
    LIST_STORED = auto()
    """A page of events is committed with the cursor; the list may go on."""

    LEDGER_TAKEN = auto()
    """A day of a ledger is put off; nothing of it is read."""
    LEDGER_READ = auto()
    """A page of the day is in hand; neither it nor the place is written."""
    LEDGER_STORED = auto()
    """A page of the day is committed; the day may go on, and is not compared."""
    LEDGER_COMPARED = auto()
    """The day's differences are committed; none is looked into."""
    CAPTURE_LOOKED_INTO = auto()
    """The provider said how a capture stands that differs; nothing of it is written."""
    REFUND_LOOKED_INTO = auto()
    """The provider said how a refund stands that differs; nothing of it is written."""

    CODE_EXCHANGED = auto()
    """The organizer's account is connected at the provider; no row says so."""
    AUTHORIZATION_REVOKED = auto()
    """The authorization is revoked; its account is still connected at the provider."""
    ACCOUNT_LET_GO = auto()
    """The account is disconnected at the provider; its authorization is not deleted."""


@dataclass(slots=True)
class _Doom:
    point: CrashPoint | None = None
    passes: int = 0


_doom: Final = _Doom()


def arm(point: CrashPoint, passes: int = 0) -> None:
    """Let this process die at the point, once it went past it so often.

    No setting does this, and nothing that runs calls it: only a proof, in a process of its own.
    """
    _doom.point, _doom.passes = point, passes


def reached(point: CrashPoint) -> None:
    """Go on, unless this process is to die here: at once, with nothing cleaned up."""
    if point is not _doom.point:
        return
    if _doom.passes:
        _doom.passes -= 1
        return
    os._exit(EXIT_CODE)
