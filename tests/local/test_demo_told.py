"""The demonstration says how many events were told and how many are owed."""

from local.demo.told import Told, read_told, settled_telling
from shared.domain.outbound import OutboundType
from tests.outbound.post_office import PostOffice


def test_what_was_delivered_is_told_and_the_rest_is_owed(database_url: str) -> None:
    with PostOffice(database_url) as office, office.receiver() as receiver:
        before = settled_telling(database_url)
        office.announce(office.order(), OutboundType.ORDER_COMPLETED)
        office.run()
        receiver.status = 500
        office.announce(office.order(), OutboundType.ORDER_COMPLETED)
        office.run()

        assert (before, read_told(database_url)) == (Told(0, 0), Told(1, 1))
