"""What every adapter owes those whose money goes back."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import UnrepresentableAmount
from shared.domain.money import Money
from shared.domain.refund import RefundFact, RefundStatus
from shared.domain.refund_decisions import Refused
from tests.contract.mailbox import Mailbox
from tests.contract.refunding import PART, VENUES, Venue, freeze, key_of, refund
from tests.contract.rig import PRICE

LONG_AGO = timedelta(hours=1)
LOST_AFTER = ["reset_after", "close_after", "truncate_after", "malformed_json", "empty_body"]


@pytest.fixture(params=sorted(VENUES))
def venue(request: pytest.FixtureRequest, sandbox_url: str, mailbox: Mailbox) -> Venue:
    """Each way to refund in turn, in a world of its own."""
    return VENUES[request.param](sandbox_url, mailbox)


def test_a_refund_names_the_money_the_capture_and_our_row(venue: Venue) -> None:
    request = venue.paid()

    fact = refund(venue, request)

    assert isinstance(fact, RefundFact)
    assert (fact.money, fact.status) == (PART, RefundStatus.SUCCEEDED)
    assert fact.capture_reference == request.captured.capture_reference
    assert str(request.refund) in fact.our_references
    assert venue.refunded() == [500]


def test_a_refund_asked_twice_under_one_key_is_one_refund(venue: Venue) -> None:
    request = venue.paid()

    first, second = refund(venue, request), refund(venue, request)

    assert isinstance(first, RefundFact)
    assert second == first
    assert venue.refunded() == [500]


def test_two_equal_partial_refunds_are_two_refunds(venue: Venue) -> None:
    request = venue.paid()
    other = replace(request, refund=uuid.uuid4())

    first, second = refund(venue, request), refund(venue, other)

    assert isinstance(first, RefundFact)
    assert isinstance(second, RefundFact)
    assert first.refund_reference != second.refund_reference
    assert venue.refunded() == [500, 500]


def test_the_whole_amount_can_go_back(venue: Venue) -> None:
    fact = refund(venue, replace(venue.paid(), money=PRICE))

    assert isinstance(fact, RefundFact)
    assert venue.refunded() == [1999]


def test_more_than_is_left_is_refused(venue: Venue) -> None:
    request = venue.paid()
    refund(venue, request)

    outcome = refund(venue, replace(request, refund=uuid.uuid4(), money=PRICE))

    assert isinstance(outcome, Refused)
    assert outcome.code
    assert venue.refunded() == [500]


def test_a_capture_that_went_back_wholly_is_refused(venue: Venue) -> None:
    request = venue.paid()
    refund(venue, replace(request, refund=uuid.uuid4(), money=PRICE))

    outcome = refund(venue, request)

    assert isinstance(outcome, Refused)
    assert venue.refunded() == [1999]


def test_a_refund_refused_because_it_was_made_is_found(venue: Venue) -> None:
    request = replace(venue.paid(), money=PRICE)
    call = freeze(venue, request)
    made = venue.adapter.refunds.perform(call, key_of(request))

    again = venue.adapter.refunds.perform(call, "a key that nobody remembers")

    assert isinstance(made, RefundFact)
    assert again == made
    assert venue.refunded() == [1999]


@pytest.mark.parametrize("fault", LOST_AFTER)
def test_a_lost_answer_is_found_again_by_the_same_key(venue: Venue, fault: str) -> None:
    request = venue.paid()
    venue.strike(fault)

    lost, again = refund(venue, request), refund(venue, request)

    assert isinstance(lost, o.Indeterminate)
    assert lost.replayable
    assert isinstance(again, RefundFact)
    assert venue.refunded() == [500]


@pytest.mark.parametrize("fault", ["reset_before", "500_before", "502", "503", "504"])
def test_a_refund_lost_on_its_way_is_no_refusal(venue: Venue, fault: str) -> None:
    request = venue.paid()
    venue.strike(fault)

    lost, again = refund(venue, request), refund(venue, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, RefundFact)
    assert venue.refunded() == [500]


def test_a_timeout_is_not_a_failure(venue: Venue) -> None:
    request = venue.paid()
    venue.strike("hang_after", seconds=60)

    lost = venue.rig.hasty.refunds.perform(freeze(venue, request), key_of(request))
    again = refund(venue, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, RefundFact)
    assert venue.refunded() == [500]


@pytest.mark.parametrize("committed", [True, False])
def test_a_stored_500_is_settled_by_looking(venue: Venue, *, committed: bool) -> None:
    request = venue.paid()
    venue.strike("500_stored", committed=committed)
    call = freeze(venue, request)

    refund(venue, request)
    found = venue.adapter.refunds.find(call, datetime.now(UTC) - LONG_AGO)

    assert isinstance(found, RefundFact if committed else o.Absent)
    assert venue.refunded() == ([500] if committed else [])


def test_looking_too_early_proves_nothing_absent(venue: Venue) -> None:
    call = freeze(venue, venue.paid())

    found = venue.adapter.refunds.find(call, datetime.now(UTC))

    assert isinstance(found, o.Indeterminate)
    assert found.retry_after


def test_looking_without_an_answer_proves_nothing(venue: Venue) -> None:
    call = freeze(venue, venue.paid())

    found = venue.rig.stranded.refunds.find(call, datetime.now(UTC) - LONG_AGO)

    assert isinstance(found, o.Indeterminate)


def test_looking_never_takes_another_refund_of_the_same_amount_for_ours(venue: Venue) -> None:
    request = venue.paid()
    refund(venue, replace(request, refund=uuid.uuid4()))

    found = venue.adapter.refunds.find(freeze(venue, request), datetime.now(UTC) - LONG_AGO)

    assert isinstance(found, o.Absent)


def test_a_refund_reads_the_same_later(venue: Venue) -> None:
    request = venue.paid()
    made = refund(venue, request)
    assert isinstance(made, RefundFact)

    read = venue.adapter.refunds.fetch(made.refund_reference, request.captured)

    assert read == made


def test_a_read_without_an_answer_says_nothing(venue: Venue) -> None:
    request = venue.paid()
    made = refund(venue, request)
    assert isinstance(made, RefundFact)

    away = venue.rig.stranded.refunds.fetch(made.refund_reference, request.captured)
    shut = venue.rig.stranger.refunds.fetch(made.refund_reference, request.captured)

    assert isinstance(away, o.Indeterminate)
    assert isinstance(shut, o.Misconfigured)


def test_what_never_connected_was_not_sent(venue: Venue) -> None:
    request = venue.paid()

    outcome = venue.rig.stranded.refunds.perform(freeze(venue, request), key_of(request))

    assert isinstance(outcome, o.NotSent)
    assert venue.refunded() == []


def test_a_rate_limit_was_not_sent_and_says_for_how_long(venue: Venue) -> None:
    request = venue.paid()
    venue.strike("429", retry_after=7)

    outcome = refund(venue, request)

    assert isinstance(outcome, o.NotSent)
    assert outcome.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("fault", ["401", "403"])
def test_refused_credentials_are_nobodys_refusal(venue: Venue, fault: str) -> None:
    request = venue.paid()
    venue.strike(fault, times=3)

    outcome = refund(venue, request)

    assert isinstance(outcome, o.Misconfigured)
    assert venue.refunded() == []


def test_a_key_that_was_used_for_something_else_is_settled_by_looking(venue: Venue) -> None:
    request = venue.paid()
    other = replace(request, refund=uuid.uuid4(), money=Money(400, "USD"))
    refund(venue, other)

    outcome = venue.adapter.refunds.perform(freeze(venue, request), key_of(other))

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable
    assert venue.refunded() == [400]


def test_somebody_elses_refund_is_no_answer(venue: Venue) -> None:
    request = venue.paid()
    refund(venue, replace(request, refund=uuid.uuid4()))
    venue.strike("id_mixup")

    outcome = refund(venue, request)

    assert isinstance(outcome, o.Indeterminate)


def test_an_amount_goes_back_to_the_minor_unit_or_not_at_all(venue: Venue) -> None:
    with pytest.raises(UnrepresentableAmount):
        venue.adapter.refunds.freeze(replace(venue.paid(), money=Money(10005, "KWD")))
