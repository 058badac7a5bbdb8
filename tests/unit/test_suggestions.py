"""What Chargehand would do with a charge that it put before a person."""

from dataclasses import replace

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Status
from shared.domain.evidence import facts_of
from shared.domain.late_money import Misfit
from shared.domain.suggestions import Action, Case, suggest
from tests.unit.domain_samples import APPROVED, CHARGE, NOON, OUTCOMES, SUBMITTED


@pytest.mark.parametrize(
    ("misfit", "action"),
    [
        (Misfit.MODE, Action.DISMISS),
        (Misfit.ACCOUNT, Action.LOOK_UP),
        (Misfit.UNNAMED, Action.LOOK_UP),
        (Misfit.RESTATED, Action.LOOK_UP),
        (Misfit.SECOND_CAPTURE, Action.REFUND),
        (Misfit.WRONG_AMOUNT, Action.REFUND),
        (Misfit.WRONG_CURRENCY, Action.REFUND),
        (Misfit.ORDER_PAID, Action.REFUND),
        (Misfit.ORDER_CANCELLED, Action.REFUND),
        (Misfit.ORDER_EXPIRED, Action.ACCEPT),
        (Misfit.CHARGE_CANCELED, Action.REFUND),
        (Misfit.ANOTHER_CHARGE, Action.REFUND),
        (Misfit.UNDER_REVIEW, Action.LOOK_UP),
    ],
)
def test_money_that_does_not_pay_has_its_suggestion(misfit: Misfit, action: Action) -> None:
    suggestion = suggest(Case(CHARGE, APPROVED, misfit))

    assert suggestion.action is action
    assert suggestion.because.endswith(".")


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (Status.INDETERMINATE, Action.LOOK_UP),
        (Status.PROCESSING, Action.LOOK_UP),
        (Status.REQUIRES_ACTION, Action.CANCEL),
    ],
)
def test_silence_has_its_suggestion_by_where_the_charge_stood(
    status: Status, action: Action
) -> None:
    suggestion = suggest(Case(replace(CHARGE, status=status), SUBMITTED))

    assert suggestion.action is action
    assert suggestion.because.endswith(".")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_there_is_always_one(status: Status, outcome: o.Outcome) -> None:
    suggestion = suggest(Case(replace(CHARGE, status=status), outcome))

    assert suggestion.because


def test_the_evidence_holds_what_an_outcome_says_but_no_secret() -> None:
    action = o.NextAction("redirect", "https://s.example?client_secret=x", "pi_secret_x", NOON)

    approved = facts_of(replace(APPROVED, card=o.Card("card", "visa", "4242")))
    waiting = facts_of(o.RequiresAction("pi_1", action))

    assert approved["outcome"] == "Approved"
    assert approved["money"] == "19.99 USD"
    assert approved["card"] == {"paid_via": "card", "brand": "visa", "last4": "4242"}
    assert waiting == {"outcome": "RequiresAction", "reference": "pi_1", "action": "redirect"}
