"""What every adapter owes a buyer who calls a charge off."""

from shared.domain import outcomes as o
from tests.contract.performing import perform
from tests.contract.rig import PRICE, Rig, Story

KEY = "chg-cancel"


def waiting(rig: Rig) -> str:
    """The provider's object that waits for its payer."""
    outcome = perform(rig, rig.request(Story.MUST_ACT))
    assert isinstance(outcome, o.RequiresAction), outcome
    return outcome.reference


def test_what_waits_for_its_payer_can_be_called_off(rig: Rig) -> None:
    reference = waiting(rig)

    assert rig.adapter.cancel(reference, None, KEY) == o.Canceled(reference)


def test_calling_off_twice_is_calling_off_once(rig: Rig) -> None:
    reference = waiting(rig)
    rig.adapter.cancel(reference, None, KEY)

    again = rig.adapter.cancel(reference, None, "another key")

    assert again == o.Canceled(reference)


def test_money_that_moved_is_not_called_off(rig: Rig) -> None:
    request = rig.request()
    approved = perform(rig, request)
    assert isinstance(approved, o.Approved)

    outcome = rig.adapter.cancel(approved.reference, None, KEY)

    assert outcome == approved
    assert rig.captured(request) == [PRICE]


def test_no_answer_is_no_cancellation(rig: Rig) -> None:
    reference = waiting(rig)

    outcome = rig.stranded.cancel(reference, None, KEY)

    assert isinstance(outcome, o.NotSent | o.Indeterminate)


def test_refused_credentials_cancel_nothing(rig: Rig) -> None:
    reference = waiting(rig)

    outcome = rig.stranger.cancel(reference, None, KEY)

    assert isinstance(outcome, o.Misconfigured)
