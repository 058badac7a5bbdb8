"""What every payment provider's adapter owes its callers."""

from datetime import timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money
from tests.contract.performing import freeze, key_of, perform
from tests.contract.rig import PRICE, Rig, Story


def test_an_approval_carries_all_that_is_checked_before_marking_paid(rig: Rig) -> None:
    request = rig.request()

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Approved)
    assert outcome.money == PRICE
    assert str(request.charge) in outcome.our_references
    assert (outcome.livemode, outcome.account) == (False, None)
    assert outcome.capture_reference
    assert outcome.card is not None
    assert rig.captured(request) == [PRICE]


def test_the_same_key_moves_money_once(rig: Rig) -> None:
    request = rig.request()
    call = freeze(rig, request)

    first = rig.adapter.perform(call, request.instrument, key_of(request))
    second = rig.adapter.perform(call, request.instrument, key_of(request))

    assert isinstance(first, o.Approved)
    assert second == first
    assert rig.captured(request) == [PRICE]


def test_a_decline_is_definite_and_can_be_shown(rig: Rig) -> None:
    request = rig.request(Story.IS_DECLINED)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Declined)
    assert outcome.code
    assert outcome.message
    assert outcome.refusal is not o.Refusal.REQUEST
    assert rig.captured(request) == []


def test_a_payer_who_must_act_is_told_how(rig: Rig) -> None:
    request = rig.request(Story.MUST_ACT)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.RequiresAction)
    assert outcome.reference
    assert outcome.action.url or outcome.action.client_secret
    assert rig.captured(request) == []


def test_what_settles_later_is_submitted(rig: Rig) -> None:
    request = rig.request(Story.SETTLES_LATER)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Submitted)
    assert outcome.reference
    assert outcome.reason


@pytest.mark.parametrize(
    ("decimal", "currency"),
    [("19.99", "USD"), ("0.29", "USD"), ("64.10", "EUR"), ("1000", "JPY"), ("10.005", "KWD")],
)
def test_an_amount_is_taken_to_the_minor_unit_or_not_at_all(
    rig: Rig, decimal: str, currency: str
) -> None:
    money = Money.parse(decimal, currency)

    try:
        request = rig.request(money=money)
        outcome = perform(rig, request)
    except UnrepresentableAmount:
        assert currency == "KWD"
        return

    # Some amounts are exact but below what the provider takes.
    taken = [money] if isinstance(outcome, o.Approved) else []
    assert isinstance(outcome, o.Approved | o.Declined)
    assert rig.captured(request) == taken


def test_a_rate_limit_was_not_sent_and_says_for_how_long(rig: Rig) -> None:
    request = rig.request()
    rig.strike("429", retry_after=7)

    outcome = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(outcome, o.NotSent)
    assert outcome.retry_after == timedelta(seconds=7)
    assert isinstance(again, o.Approved)


def test_unknown_credentials_are_nobodys_decline(rig: Rig) -> None:
    request = rig.request()

    outcome = rig.stranger.perform(freeze(rig, request), request.instrument, key_of(request))

    assert isinstance(outcome, o.Misconfigured)
    assert rig.captured(request) == []


def test_a_missing_permission_is_nobodys_decline(rig: Rig) -> None:
    request = rig.request()
    rig.strike("403")

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Misconfigured)
    assert rig.captured(request) == []


def test_a_redirect_is_not_followed(rig: Rig) -> None:
    request = rig.request()
    rig.strike("302", location="/elsewhere")

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Indeterminate)
    assert rig.captured(request) == []


def test_no_outcome_and_no_frozen_call_shows_a_secret(rig: Rig) -> None:
    texts: list[str] = []

    for story in Story:
        request = rig.request(story)
        texts += [repr(freeze(rig, request)), repr(perform(rig, request))]
        texts.append(
            repr(rig.stranger.perform(freeze(rig, request), request.instrument, key_of(request)))
        )

    assert [text for text in texts if any(secret in text for secret in rig.secrets)] == []
