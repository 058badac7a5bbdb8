"""What was sent is kept for a month; what is owed is kept."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.db import unit_of_work
from shared.domain.outbound import OutboundType
from shared.repository import endpoints, outbound_retention
from tests.outbound.post_office import PostOffice
from worker import retention


def sweep(office: PostOffice) -> int:
    with unit_of_work(office.deps.engine) as connection:
        return outbound_retention.forget_deliveries(connection, office.clock())


def test_a_delivery_is_dropped_after_a_month_and_its_event_stays(office: PostOffice) -> None:
    with office.receiver() as receiver:
        office.announce(office.order(), OutboundType.CHARGE_SUCCEEDED)
        office.run()
    office.clock.now += timedelta(days=29)
    early = sweep(office)
    office.clock.now += timedelta(days=2)

    assert (early, sweep(office)) == (0, 1)
    assert len(receiver.accepted) == 1
    assert office.sql("SELECT count(*) FROM outbound_events") == [(1,)]
    assert office.sql("SELECT count(*) FROM outbound_attempts") == [(0,)]


def deliver_long_ago(office: PostOffice, count: int) -> None:
    """So many events of an order, each delivered."""
    endpoint, order = office.endpoint("http://127.0.0.1:9/"), office.order()
    office.sql(
        """
        WITH told AS (
            INSERT INTO outbound_events (identifier, order_id, event_type, payload, created_at)
            SELECT gen_random_uuid(), :order, 'charge.succeeded', '{}', :at
            FROM generate_series(1, :count) RETURNING id
        )
        INSERT INTO outbound_deliveries
            (event_id, endpoint_id, order_id, status, created_at, finished_at)
        SELECT id, :endpoint, :order, 'delivered', :at, :at FROM told RETURNING id
        """,
        endpoint=endpoint,
        order=order,
        count=count,
        at=office.clock(),
    )
    office.clock.now += timedelta(days=300)


def test_a_round_goes_on_while_there_is_more_to_drop(office: PostOffice) -> None:
    deliver_long_ago(office, 2 * outbound_retention.MOST + 1_000)

    retention.run(office.deps)

    assert office.sql("SELECT count(*) FROM outbound_deliveries") == [(0,)]


def test_a_round_ends_in_time_and_leaves_none_of_its_kinds_out(office: PostOffice) -> None:
    def late() -> datetime:
        office.clock.now += retention.LONGEST
        return office.clock.now

    deliver_long_ago(office, outbound_retention.MOST + 1_000)
    settings = office.deps.settings.model_copy(update={"outbound_events_kept": 3})

    retention.run(replace(office.deps, settings=settings, clock=late))

    for table in ("outbound_deliveries", "outbound_events"):
        assert office.sql(f"SELECT count(*) FROM {table}") == [(1_000,)]  # noqa: S608 our own names


def test_what_a_disabled_endpoint_is_owed_is_kept(office: PostOffice) -> None:
    endpoint = office.endpoint("http://127.0.0.1:9/")
    with unit_of_work(office.deps.engine) as connection:
        endpoints.disable(connection, endpoint, "by request", office.clock())
    office.announce(office.order(), OutboundType.CHARGE_SUCCEEDED)
    office.clock.now += timedelta(days=300)

    assert sweep(office) == 0
    assert office.statuses() == {"pending": 1}


def test_an_event_that_is_owed_is_kept_as_long(office: PostOffice) -> None:
    settings = office.deps.settings.model_copy(update={"outbound_events_kept": 3})
    forgetful = replace(office.deps, settings=settings)
    endpoint = office.endpoint("http://127.0.0.1:9/")
    office.announce(office.order(), OutboundType.CHARGE_SUCCEEDED)
    office.clock.now += timedelta(days=300)
    retention.run(forgetful)
    owed = office.sql("SELECT count(*) FROM outbound_events")
    with unit_of_work(office.deps.engine) as connection:
        endpoints.delete(connection, endpoint, office.clock())
    retention.run(forgetful)

    assert owed == [(1,)]
    assert office.sql("SELECT count(*) FROM outbound_events") == [(0,)]


def test_a_deleted_endpoint_goes_with_all_that_was_for_it(office: PostOffice) -> None:
    endpoint = office.endpoint("http://127.0.0.1:9/")
    office.announce(office.order(), OutboundType.CHARGE_SUCCEEDED)
    with unit_of_work(office.deps.engine) as connection:
        endpoints.delete(connection, endpoint, office.clock())
    sweep(office)
    kept = office.sql("SELECT count(*) FROM outbound_endpoints")
    office.clock.now += timedelta(days=31)
    sweep(office)

    assert kept == [(1,)]
    for table in ("outbound_endpoints", "outbound_secrets", "outbound_deliveries"):
        assert office.sql(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 our own names
