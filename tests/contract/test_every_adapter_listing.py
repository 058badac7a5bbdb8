"""What every adapter makes of its provider's list of events."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.fault_catalogue import FAULTS, Stage
from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook, SignatureUnverifiable
from shared.providers.base import EventPage, ListedEvent, ProviderEvent
from tests.contract.performing import AN_HOUR, perform
from tests.contract.rig import PRICE, Delivery, Rig

BROKEN: list[tuple[str, dict[str, object]]] = [
    ("malformed_json", {}),
    ("empty_body", {}),
    ("wrong_shape", {}),
    ("wrong_shape", {"body": {"events": [{}], "data": [{}], "object": "list", "has_more": False}}),
    ("wrong_shape", {"body": {"events": [7], "data": [7], "object": "list", "has_more": False}}),
    ("wrong_shape", {"body": {"events": {}, "data": [], "object": "list"}}),
    ("truncate_after", {}),
    ("503", {}),
    ("302", {"location": "/elsewhere"}),
]


def since() -> datetime:
    return datetime.now(UTC) - AN_HOUR


def listed(rig: Rig, begin: datetime) -> list[ListedEvent]:
    """The whole list, page by page."""
    found: list[ListedEvent] = []
    page: str | None = None
    while True:
        answer = rig.adapter.list_events(None, begin, page)
        assert isinstance(answer, EventPage), answer
        found += answer.events
        if answer.next_page is None:
            return found
        assert answer.events
        page = answer.next_page


def believed(rig: Rig, delivery: Delivery) -> ProviderEvent | None:
    """The event, if the adapter takes it for its provider's."""
    try:
        return rig.adapter.verify(delivery.headers, delivery.body)
    except (ForgedWebhook, SignatureUnverifiable):
        return None


def test_a_list_tells_what_a_webhook_tells(rig: Rig) -> None:
    request = rig.request()
    perform(rig, request)
    delivery = rig.payment_event(request)
    delivered = rig.adapter.verify(delivery.headers, delivery.body)

    found = {each.event.event_id: each for each in listed(rig, since())}

    same = found[delivered.event_id]
    assert same.event == delivered
    told = rig.adapter.translate(same.body, None)
    assert told == rig.adapter.translate(delivery.body, None)
    assert isinstance(told.fact, o.Approved)
    assert told.fact.money == PRICE


@pytest.mark.parametrize(
    "fault", [name for name, kind in FAULTS.items() if kind.stage is Stage.CONTENT]
)
def test_no_webhook_that_is_believed_hides_what_the_list_tells(rig: Rig, fault: str) -> None:
    rig.control.fault(fault, times=None)
    perform(rig, rig.request())

    told = [event for delivery in rig.told() if (event := believed(rig, delivery))]

    found = {each.event.event_id: each.event for each in listed(rig, since())}
    assert [event for event in told if found.get(event.event_id, event) != event] == []


def test_a_list_of_many_pages_is_read_whole_with_nothing_twice(rig: Rig) -> None:
    requests = [rig.request() for _ in range(60)]
    for request in requests:
        perform(rig, request)

    first = rig.adapter.list_events(None, since(), None)
    found = listed(rig, since())

    assert isinstance(first, EventPage)
    assert first.next_page
    assert len({each.event.event_id for each in found}) == len(found) > len(first.events)
    facts = [rig.adapter.translate(each.body, None).fact for each in found]
    paid = {fact.capture_reference for fact in facts if isinstance(fact, o.Approved)}
    assert len(paid) == len(requests)


def test_what_is_older_is_not_listed(rig: Rig) -> None:
    perform(rig, rig.request())

    assert listed(rig, datetime.now(UTC) + timedelta(minutes=1)) == []


def test_a_rate_limit_says_for_how_long(rig: Rig) -> None:
    rig.strike_lists("429", retry_after=7)

    page = rig.adapter.list_events(None, since(), None)

    assert isinstance(page, o.Indeterminate)
    assert page.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(("fault", "arguments"), BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_page_is_never_an_empty_one(
    rig: Rig, fault: str, arguments: dict[str, object]
) -> None:
    perform(rig, rig.request())
    rig.strike_lists(fault, **arguments)

    page = rig.adapter.list_events(None, since(), None)

    assert isinstance(page, o.Indeterminate)


def test_a_list_without_an_answer_says_nothing(rig: Rig) -> None:
    assert isinstance(rig.stranded.list_events(None, since(), None), o.Indeterminate)
    assert isinstance(rig.stranger.list_events(None, since(), None), o.Misconfigured)


def test_a_place_that_the_list_does_not_know_is_no_end_of_it(rig: Rig) -> None:
    perform(rig, rig.request())

    page = rig.adapter.list_events(None, since(), "WH-NOWHERE")

    assert not (isinstance(page, EventPage) and page.events == ())
