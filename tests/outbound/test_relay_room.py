"""A queue that nobody empties holds up no other."""

from dataclasses import dataclass, field

from celery import Celery

from shared.domain.outbound import OutboundType
from shared.repository.dispatch import Due
from shared.task_names import OUTBOUND, OUTBOUND_EVENT_DELIVER, QUEUES
from tests.outbound.post_office import PostOffice
from worker.dispatch import publish_due
from worker.relay import room_in

BROKER = Celery(broker="memory://")


@dataclass
class Shelf:
    """A broker's queues, as a publisher sees them."""

    waiting: dict[str, int] = field(default_factory=dict)
    published: list[Due] = field(default_factory=list)

    def publish(self, due: list[Due]) -> None:
        """Keep them."""
        self.published += due

    def backlog(self) -> dict[str, int]:
        """What waits."""
        return self.waiting


def test_each_queue_has_a_room_of_its_own(office: PostOffice) -> None:
    window = office.deps.settings.relay_window
    shelf = Shelf(dict.fromkeys(QUEUES, 0) | {OUTBOUND: window + 7})

    room = room_in(office.deps, shelf)

    assert room[OUTBOUND] == -7
    assert {free for queue, free in room.items() if queue != OUTBOUND} == {window}


def test_what_finds_no_room_stays_due(office: PostOffice) -> None:
    office.endpoint("http://127.0.0.1:9/")
    for _ in range(5):
        office.announce(office.order(), OutboundType.CHARGE_FAILED)
    shelf = Shelf()

    for free in (-7, 0, 2):
        publish_due(office.deps, BROKER, shelf, office.clock(), {OUTBOUND: free})

    assert [due.task for due in shelf.published] == [OUTBOUND_EVENT_DELIVER] * 2
    assert len(office.due()) == 3
