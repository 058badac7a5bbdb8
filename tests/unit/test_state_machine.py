"""The state machine: every pair, every path, every order of what providers can tell."""

from collections.abc import Iterable
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.charge import Status
from shared.domain.state_machine import ALLOWED_MOVES, TRANSITIONS, Event, next_status

EVENTS = [
    *(Event.CLAIMED, Event.NOT_SENT, Event.OUTCOME_LOST, Event.PROVEN_ABSENT),
    *(Event.ACTION_REQUIRED, Event.PAYER_ACTED, Event.SUBMITTED, Event.APPROVED),
    *(Event.DECLINED, Event.CANCELED, Event.RETURNED, Event.CONTRADICTED),
    *(Event.UNRESOLVED, Event.WITHDRAWN),
    *(Event.REVIEWED_PAID, Event.REVIEWED_FAILED, Event.REVIEWED_CANCELED),
]
DECIDED = EVENTS[-3:]
"""What a person alone does; all else happens by itself."""
BY_ITSELF = EVENTS[:-3]
CODES = {
    "acc": Status.ACCEPTED,
    "sub": Status.SUBMITTING,
    "ind": Status.INDETERMINATE,
    "act": Status.REQUIRES_ACTION,
    "pro": Status.PROCESSING,
    "SUC": Status.SUCCEEDED,
    "FAI": Status.FAILED,
    "CAN": Status.CANCELED,
    "REV": Status.NEEDS_REVIEW,
}
# A dot is a charge that stays where it is.
GRID = """
    claim not lost abs act pay sub app dec can ret con unr wit paid fail canc
acc sub   .   .    .   .   .   pro SUC FAI CAN FAI REV .   CAN .    .    .
sub .     acc ind  .   act .   pro SUC FAI CAN FAI REV .   .   .    .    .
ind .     .   .    acc act .   pro SUC FAI CAN FAI REV REV .   .    .    .
act .     .   .    .   .   acc pro SUC FAI CAN FAI REV REV .   .    .    .
pro .     .   .    .   .   .   .   SUC FAI CAN FAI REV REV .   .    .    .
SUC .     .   .    .   .   .   .   .   .   .   .   REV .   .   .    .    .
FAI .     .   .    .   .   .   .   SUC .   .   .   REV .   .   .    .    .
CAN .     .   .    .   .   .   .   REV .   .   .   REV .   .   .    .    .
REV .     .   .    .   .   .   .   .   .   .   .   .   .   .   SUC  FAI  CAN
"""
ROWS = [line.split() for line in GRID.strip().splitlines()[1:]]
PAIRS = [
    (CODES[row[0]], event, CODES[row[0] if cell == "." else cell])
    for row in ROWS
    for event, cell in zip(EVENTS, row[1:], strict=True)
]

FACTS = [
    Event.ACTION_REQUIRED,
    Event.PAYER_ACTED,
    Event.SUBMITTED,
    Event.APPROVED,
    Event.DECLINED,
    Event.CANCELED,
]
"""What a provider can truthfully say, early or late, once or again."""

CLOSING = [Event.APPROVED, Event.DECLINED, Event.CANCELED]
"""The facts after which it says nothing new."""

LIVE = [
    Status.ACCEPTED,
    Status.SUBMITTING,
    Status.INDETERMINATE,
    Status.REQUIRES_ACTION,
    Status.PROCESSING,
]
NO_MONEY = frozenset({Status.FAILED, Status.CANCELED})


def test_the_grid_names_every_status_and_every_event() -> None:
    assert {status for status, _, _ in PAIRS} == set(Status)
    assert {event for _, event, _ in PAIRS} == set(Event)
    assert len(PAIRS) == len(Status) * len(Event)


@pytest.mark.parametrize(("status", "event", "expected"), PAIRS)
def test_every_event_moves_every_status_where_the_grid_says(
    status: Status, event: Event, expected: Status
) -> None:
    assert next_status(status, event) is expected


def test_the_allowed_moves_are_those_of_the_grid() -> None:
    moves = {(start, end) for start, _, end in PAIRS if start is not end}

    assert moves == ALLOWED_MOVES


def test_every_status_has_a_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize(
    ("start", "forbidden"),
    [
        (Status.SUCCEEDED, Status.FAILED),
        (Status.SUCCEEDED, Status.PROCESSING),
        (Status.FAILED, Status.PROCESSING),
        (Status.CANCELED, Status.SUCCEEDED),
        (Status.SUCCEEDED, Status.ACCEPTED),
        (Status.FAILED, Status.ACCEPTED),
    ],
)
def test_no_path_of_any_events_makes_a_forbidden_move(start: Status, forbidden: Status) -> None:
    assert forbidden not in reachable_from(start)


@pytest.mark.parametrize("closed", [Status.SUCCEEDED, Status.CANCELED])
def test_a_settled_charge_stays_or_is_put_before_a_person(closed: Status) -> None:
    assert reachable_from(closed) == {closed, Status.NEEDS_REVIEW}


def test_money_alone_leads_from_a_refusal_to_success() -> None:
    ways = {event for start, event, end in PAIRS if start is Status.FAILED is not end}

    assert ways == {Event.APPROVED, Event.CONTRADICTED}
    assert next_status(Status.FAILED, Event.APPROVED) is Status.SUCCEEDED


def test_a_charge_before_a_person_is_moved_by_that_person_alone() -> None:
    assert reachable_from(Status.NEEDS_REVIEW) == {Status.NEEDS_REVIEW}
    assert {next_status(Status.NEEDS_REVIEW, event) for event in DECIDED} == {
        *(Status.SUCCEEDED, Status.FAILED, Status.CANCELED)
    }


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.NEEDS_REVIEW])
def test_a_person_moves_nothing_that_is_not_before_them(status: Status) -> None:
    assert {next_status(status, event) for event in DECIDED} == {status}


@pytest.mark.parametrize("status", LIVE)
def test_every_live_charge_can_still_end_in_each_way(status: Status) -> None:
    ends = {Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.NEEDS_REVIEW}

    assert ends <= reachable_from(status)


def test_only_evidence_leads_out_of_not_knowing() -> None:
    leaving = {event for event in Event if next_status(Status.INDETERMINATE, event) in LIVE[:2]}

    assert leaving == {Event.PROVEN_ABSENT}


def test_a_call_is_made_only_after_a_claim_of_an_accepted_charge() -> None:
    ways = {(start, event) for start, event, end in PAIRS if end is Status.SUBMITTING != start}

    assert ways == {(Status.ACCEPTED, Event.CLAIMED)}


@given(st.sampled_from(list(Status)), st.lists(st.sampled_from(BY_ITSELF)))
def test_a_success_is_never_lost_whatever_follows(start: Status, later: list[Event]) -> None:
    paid = next_status(start, Event.APPROVED)

    end = after(paid, later)

    assert end in {Status.SUCCEEDED, Status.NEEDS_REVIEW}


@given(st.sampled_from(LIVE), st.data())
def test_the_order_and_repetition_of_facts_change_nothing_unless_a_person_is_asked(
    start: Status, data: st.DataObject
) -> None:
    facts = [
        data.draw(st.sampled_from(CLOSING)),
        *data.draw(st.lists(st.sampled_from(FACTS), max_size=5)),
    ]
    repeated = facts + data.draw(st.lists(st.sampled_from(facts), max_size=5))

    once = after(start, data.draw(st.permutations(facts)))
    again = after(start, data.draw(st.permutations(repeated)))

    assert what_it_means(once) == what_it_means(again) or Status.NEEDS_REVIEW in {once, again}


@given(st.sampled_from(LIVE), st.lists(st.sampled_from(FACTS)), st.integers(min_value=0))
def test_money_is_never_overlooked_wherever_its_fact_arrives(
    start: Status, others: list[Event], position: int
) -> None:
    place = position % (len(others) + 1)

    end = after(start, [*others[:place], Event.APPROVED, *others[place:]])

    assert end in {Status.SUCCEEDED, Status.NEEDS_REVIEW}


@given(st.sampled_from(LIVE), st.lists(st.sampled_from([Event.SUBMITTED, Event.APPROVED])))
def test_a_late_pending_never_takes_a_success_back(start: Status, facts: list[Event]) -> None:
    end = after(start, [Event.APPROVED, *facts])

    assert end is Status.SUCCEEDED


def after(status: Status, events: Iterable[Event]) -> Status:
    return reduce(next_status, events, status)


def reachable_from(start: Status) -> set[Status]:
    found = {start}
    while grown := {next_status(status, event) for status in found for event in BY_ITSELF} - found:
        found |= grown
    return found


def what_it_means(status: Status) -> str:
    return "no money" if status in NO_MONEY else status.value
