"""What every adapter makes of a call whose answer it never saw."""

from datetime import UTC, datetime

import pytest

from shared.domain import outcomes as o
from tests.contract.performing import AN_HOUR, freeze, key_of, perform
from tests.contract.rig import PRICE, Rig, Story

LOST_BEFORE = ["reset_before", "close_before"]
"""Nothing happened, but nobody can know."""
LOST_AFTER = [
    "reset_after",
    "close_after",
    "truncate_after",
    "chunked_truncation",
    "malformed_json",
    "empty_body",
    "wrong_shape",
    "id_mixup",
]
"""It happened, but the answer says nothing of it."""


def test_what_never_connected_was_not_sent(rig: Rig) -> None:
    request = rig.request()

    outcome = rig.stranded.perform(freeze(rig, request), request.instrument, key_of(request))

    assert isinstance(outcome, o.NotSent)


@pytest.mark.parametrize("fault", LOST_BEFORE)
def test_a_request_lost_on_its_way_is_no_refusal(rig: Rig, fault: str) -> None:
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert lost.replayable
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


@pytest.mark.parametrize("fault", LOST_AFTER)
def test_a_lost_answer_is_found_again_by_the_same_key(rig: Rig, fault: str) -> None:
    perform(rig, rig.request())
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert lost.replayable
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


@pytest.mark.parametrize("fault", ["hang_after", "slow_body"])
def test_an_answer_that_takes_too_long_is_given_up(rig: Rig, fault: str) -> None:
    request = rig.request()
    call = freeze(rig, request)
    rig.strike(fault, **({"ms": 200, "bytes": 8} if fault == "slow_body" else {"seconds": 60}))

    lost = rig.hasty.perform(call, request.instrument, key_of(request))
    again = rig.adapter.perform(call, request.instrument, key_of(request))

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


def test_a_lost_answer_is_found_by_looking(rig: Rig) -> None:
    request = rig.request()
    call = freeze(rig, request)
    rig.strike("reset_after")
    rig.adapter.perform(call, request.instrument, key_of(request))

    found = rig.adapter.find(call, request.instrument, key_of(request), datetime.now(UTC))

    assert isinstance(found, o.Approved)
    assert found.money == PRICE
    assert str(request.charge) in found.our_references


def test_a_decline_whose_answer_was_lost_is_found_by_looking(rig: Rig) -> None:
    request = rig.request(Story.IS_DECLINED)
    call = freeze(rig, request)
    rig.strike("reset_after")
    rig.adapter.perform(call, request.instrument, key_of(request))

    found = rig.adapter.find(call, request.instrument, key_of(request), datetime.now(UTC))

    assert not isinstance(found, o.Approved | o.Submitted)
    assert rig.captured(request) == []


def test_looking_for_what_never_was_finds_no_money(rig: Rig) -> None:
    request = rig.request()
    perform(rig, rig.request())

    found = rig.adapter.find(
        freeze(rig, request), request.instrument, key_of(request), datetime.now(UTC) - AN_HOUR
    )

    assert isinstance(found, o.Absent)


def test_looking_without_an_answer_proves_nothing(rig: Rig) -> None:
    request = rig.request()

    found = rig.stranded.find(
        freeze(rig, request), request.instrument, key_of(request), datetime.now(UTC) - AN_HOUR
    )

    assert isinstance(found, o.Indeterminate)


@pytest.mark.parametrize("fault", ["500_before", "502", "503", "504"])
def test_a_server_error_leaves_it_open(rig: Rig, fault: str) -> None:
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]
