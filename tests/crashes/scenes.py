"""A scene: what somebody was at who dies, and how that ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.crash_points import CrashPoint
from shared.domain.charge import Provider
from tests.crashes.invariants import assert_ended
from tests.crashes.outcomes import Outcome
from tests.crashes.site import Site


def nothing(_: Site) -> None:
    """Nobody does anything."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A hand at work on something that is due."""

    points: tuple[CrashPoint, ...]
    provider: Provider | None = None
    """Whose business it is, if a provider's."""
    prepare: Callable[[Site], tuple[Any, ...]]
    """Set it up, and say what the hand is given."""
    hand: str
    op: str = ""
    """The call at which the provider's outcome strikes."""
    calls_before: int = 0
    """How many calls leave before that one: for a PaymentMethod, for PayPal's token."""
    spared: Mapping[Outcome, str] = field(default_factory=dict)
    """The outcomes that cannot be here, and why."""
    meanwhile: Callable[[Site], None] = nothing
    """What happens as soon as somebody died."""
    afterwards: Callable[[Site], None] = nothing
    """What others do once it is at rest: the payer, the rounds of beat."""
    ends: str = "succeeded"
    """How the charge ends, unless it is declined."""
    check: Callable[[Site, str], None] = assert_ended


NO_BANK: Final[Mapping[Outcome, str]] = {
    Outcome.DECLINE: "only a bank declines, and only a payment",
}
READ_ONLY: Final[Mapping[Outcome, str]] = {
    **NO_BANK,
    Outcome.STORED_500_BEFORE: "what is only read commits nothing",
}
OUTLIVED: Final[Mapping[Outcome, str]] = {
    Outcome.STORED_500_BEFORE: "PayPal's keys outlive the approval, a refund's by 45 days",
}
NOBODY_ASKED: Final[Mapping[Outcome, str]] = {
    outcome: "no provider is asked here" for outcome in Outcome if outcome is not Outcome.SUCCESS
}
