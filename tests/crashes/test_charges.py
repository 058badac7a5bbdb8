"""Whoever dies with a charge in his hands, it ends once, and as the provider's ledger says."""

import pytest

from shared.crash_points import CrashPoint
from tests.crashes.doomed import Zygote
from tests.crashes.invariants import assert_at_rest, assert_true
from tests.crashes.outcomes import Outcome
from tests.crashes.recovery import hear, redeliver, rest
from tests.crashes.scenes import CHARGES
from tests.reconciliation.workshop import Workshop

POINTS = (
    CrashPoint.CHARGE_CLAIMED,
    CrashPoint.REQUEST_SENT,
    CrashPoint.CHARGE_ANSWERED,
    CrashPoint.CHARGE_SETTLED,
)
ROWS = [
    pytest.param(point, way, outcome, id=f"{point.name}-{way}-{outcome.name}")
    for point in POINTS
    for way in CHARGES
    for outcome in Outcome
    if (way, outcome) != ("paypal checkout", Outcome.DECLINE)  # where nobody pays yet
]


@pytest.mark.parametrize(("point", "way", "outcome"), ROWS)
def test_a_charge_ends_once_whoever_dies(
    workshop: Workshop, zygote: Zygote, point: CrashPoint, way: str, outcome: Outcome
) -> None:
    scene = CHARGES[way]
    charge = scene.prepare(workshop)
    outcome.befall(workshop.control, scene.op)
    passes = scene.calls_before if point is CrashPoint.REQUEST_SENT else 0

    zygote.die(workshop, point, scene.task, charge, passes=passes)
    redeliver(workshop, scene.task, charge)
    rest(workshop)
    if workshop.status(charge) == "requires_action":
        workshop.approve(charge)
    hear(workshop)

    assert_at_rest(workshop)
    assert_true(workshop, charge, "failed" if outcome is Outcome.DECLINE else "succeeded")
