"""RabbitMQ by its URL alone, PgBouncer by its URL and deploy/pgbouncer.ini."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kombu import Connection, Queue

from local.engines import Redis
from local.folders import temporary_folder
from shared.db import LIMITS
from shared.task_names import QUEUES
from tests.conftest import migrate
from tests.system import pgbouncer, rabbitmq
from tests.system.pgbouncer import POOL, PgBouncer
from tests.system.rabbitmq import RabbitMQ
from tests.system.system import CONSUMERS, System
from tests.system.traffic import Traffic

over_rabbitmq = pytest.mark.skipif(
    rabbitmq.PROGRAM is None, reason="rabbitmq-server is not installed"
)
through_pgbouncer = pytest.mark.skipif(
    pgbouncer.PROGRAM is None, reason="pgbouncer is not installed"
)


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMQ | None]:
    """A node that may be killed; None where there is no RabbitMQ."""
    if rabbitmq.PROGRAM is None:
        yield None
        return
    with temporary_folder("rabbitmq") as folder, RabbitMQ(folder) as node:
        yield node


@pytest.fixture(scope="module")
def pool(new_database: Callable[[], str]) -> Iterator[PgBouncer | None]:
    """What stands before a database; None where there is no PgBouncer."""
    if pgbouncer.PROGRAM is None:
        yield None
        return
    with temporary_folder("pgbouncer") as folder, PgBouncer(folder, new_database()) as running:
        yield running


@pytest.fixture(scope="module")
def system(
    broker: RabbitMQ | None,
    pool: PgBouncer | None,
    new_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """Everything running over what of both is there; the limits go without their Redis."""
    folder = Path(tmp_path_factory.mktemp("system"))
    database = pool.url if pool else new_database()
    settings = {"BROKER_URL": broker.url} if broker else {}
    with temporary_folder("system") as data, Redis(data) as redis:
        running = System(folder, database, redis, CONSUMERS, **settings)
        if broker:
            redis.kill()
        try:
            running.start()
            yield running
        finally:
            running.stop()


@through_pgbouncer
def test_charges_and_refunds_settle_through_few_connections(
    system: System, pool: PgBouncer
) -> None:
    links = system.charge_many(20)
    assert {system.settled(link) for link in links} == {"succeeded"}

    for link in links[:5]:
        asked = system.post(f"{link}/refunds", "refund", {}, scope="refunds:write")
        assert asked.status_code == 202
    refunded = "SELECT status, count(*) FROM refunds GROUP BY 1"
    system.until(lambda: system.sql(refunded) == [("succeeded", 5)], "the refunds settle")

    assert set(system.captures().values()) == {1}
    assert pool.connections("SERVERS") <= POOL < pool.connections("CLIENTS")


@through_pgbouncer
def test_the_limits_of_a_session_hold_behind_it(pool: PgBouncer) -> None:
    held = {}
    with closing(psycopg2.connect(pool.url)) as connection, connection.cursor() as cursor:
        for limit in LIMITS:
            cursor.execute(f"SHOW {limit}")
            held[limit] = cursor.fetchall()[0][0]

    assert held == LIMITS


@through_pgbouncer
def test_migrations_pass_through_it(pool: PgBouncer) -> None:
    migrate(pool.url)


@over_rabbitmq
def test_charges_settle_over_quorum_queues(system: System, broker: RabbitMQ) -> None:
    links = system.charge_many(40)

    assert {system.settled(link) for link in links} == {"succeeded"}
    assert set(system.captures().values()) == {1}
    with Connection(broker.url) as connection:
        for queue in QUEUES:  # RabbitMQ refuses to declare a queue as anything but what it is
            quorum = {"x-queue-type": "quorum"}
            Queue(queue, queue_arguments=quorum).bind(connection).queue_declare()


@over_rabbitmq
def test_a_broker_that_hangs_costs_the_charges_time_and_the_relay_nothing(
    system: System, broker: RabbitMQ
) -> None:
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        links = system.charge_many(2)
        waiting = system.logs().count("relay.waiting")
        system.until(lambda: system.logs().count("relay.waiting") > waiting, "the relay waits")
    finally:
        os.kill(broker.pid, signal.SIGCONT)

    assert {system.settled(link) for link in links} == {"succeeded"}
    assert set(system.captures().values()) == {1}


@over_rabbitmq
def test_a_broker_that_dies_while_buyers_pay_loses_and_doubles_nothing(
    system: System, broker: RabbitMQ
) -> None:
    traffic = Traffic(system)

    with traffic.flowing():
        traffic.flow()
        broker.kill()
        waiting = system.charge_new()
        broker.start()
        traffic.flow()

    assert {system.settled(link) for link in (waiting, *traffic.links.values())} == {"succeeded"}
    assert set(system.captures().values()) == {1}
    assert all(process.is_running for process in system.processes.values())
