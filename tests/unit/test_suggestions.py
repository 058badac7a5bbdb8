"""What Chargehand would do with a charge that it put before a person."""

from dataclasses import replace

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Charge, OrderStatus, Status
from shared.domain.evidence import facts_of
from shared.domain.money import Money
from shared.domain.suggestions import Action, Case, suggest
from tests.unit.domain_samples import APPROVED, CHARGE, INDETERMINATE, NOON, OUTCOMES, SUBMITTED

PAID = replace(CHARGE, status=Status.SUCCEEDED, capture_reference="ch_0")
FAILED = replace(CHARGE, status=Status.FAILED)
OVER = replace(CHARGE, order_status=OrderStatus.EXPIRED)
TAKEN = replace(FAILED, order_status=OrderStatus.COMPLETED)
LESS, EUROS = Money(1, "USD"), Money(1999, "EUR")


@pytest.mark.parametrize(
    ("charge", "outcome", "action"),
    [
        (CHARGE, replace(APPROVED, livemode=True), Action.DISMISS),
        (CHARGE, replace(APPROVED, account=None), Action.LOOK_UP),
        (CHARGE, replace(APPROVED, our_references=frozenset()), Action.LOOK_UP),
        (PAID, APPROVED, Action.REFUND),
        (CHARGE, replace(APPROVED, money=LESS), Action.REFUND),
        (CHARGE, replace(APPROVED, money=EUROS), Action.REFUND),
        (OVER, APPROVED, Action.REFUND),
        (TAKEN, APPROVED, Action.REFUND),
        (FAILED, APPROVED, Action.ACCEPT),
        (replace(CHARGE, status=Status.INDETERMINATE), INDETERMINATE, Action.LOOK_UP),
        (replace(CHARGE, status=Status.PROCESSING), SUBMITTED, Action.LOOK_UP),
        (replace(CHARGE, status=Status.REQUIRES_ACTION), SUBMITTED, Action.CANCEL),
    ],
)
def test_each_case_has_its_suggestion(charge: Charge, outcome: o.Outcome, action: Action) -> None:
    suggestion = suggest(Case(charge, outcome, livemode=False))

    assert suggestion.action is action
    assert suggestion.because.endswith(".")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_there_is_always_one(status: Status, outcome: o.Outcome) -> None:
    suggestion = suggest(Case(replace(CHARGE, status=status), outcome, livemode=False))

    assert suggestion.because


def test_another_mode_outweighs_all_that_is_wrong_besides() -> None:
    wrong = replace(APPROVED, livemode=True, money=LESS)

    assert suggest(Case(CHARGE, wrong, livemode=False)).action is Action.DISMISS


def test_the_evidence_holds_what_an_outcome_says_but_no_secret() -> None:
    action = o.NextAction("redirect", "https://s.example?client_secret=x", "pi_secret_x", NOON)

    approved = facts_of(replace(APPROVED, card=o.Card("card", "visa", "4242")))
    waiting = facts_of(o.RequiresAction("pi_1", action))

    assert approved["outcome"] == "Approved"
    assert approved["money"] == "19.99 USD"
    assert approved["card"] == {"paid_via": "card", "brand": "visa", "last4": "4242"}
    assert waiting == {"outcome": "RequiresAction", "reference": "pi_1", "action": "redirect"}
