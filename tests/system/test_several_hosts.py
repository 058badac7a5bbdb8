"""Hosts of workers, relays and beats: what cuts one off costs time, never a charge."""

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
import redis as redis_py

from local.engines import Postgres, Redis
from local.folders import temporary_folder
from tests.conftest import migrate, quick_folder
from tests.outbound.post_office import Receiver, id_of
from tests.system.network import Host, Network, Unavailable
from tests.system.system import COMMANDS, CONSUMERS, System, consume

CREATE = "POST /v1/payment_intents$"
SLOTS = 16
IN_HAND = SLOTS + 4
"""More than one host's worker has in its hands."""

SETTINGS = {
    "CLAIM_LEASE": "6",
    "PROVIDER_DEADLINE": "5",
    "PROVIDER_READ_TIMEOUT": "4",
    "EVENT_POLL_INTERVAL": "3600",  # else the provider's list tells of what webhooks did not
}
TOO_LATE = re.compile("claim.lost|OperationalError")
"""It found that another has its charge; or no way to the database for as long as it may try."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Two hosts around the middle, in which the test is."""
    if sys.platform != "linux":
        pytest.skip("network namespaces are Linux's")
    with ExitStack() as stack:
        try:
            made = stack.enter_context(Network("left", "right"))
        except Unavailable as why:
            pytest.skip(f"no network of our own can be made: {why}")
        yield made


@pytest.fixture(scope="module")
def system(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Engines, sandbox and web in the middle, all else on both hosts."""
    folder = Path(tmp_path_factory.mktemp("system"))
    with (
        quick_folder() as data,
        Postgres(data / "postgres", durable=False) as postgres,
        temporary_folder("system") as cache,
        Redis(cache) as redis,
    ):
        let_in(postgres, redis)
        migrate(postgres.url)
        running = System(folder, postgres.url, redis, {}, WORKER_CONCURRENCY=str(SLOTS), **SETTINGS)
        spread(running, network)
        try:
            running.start()
            yield running
        finally:
            for process in running.processes.values():
                process.kill()  # to end in peace takes those who wait for an answer from before
            running.stop()


def let_in(postgres: Postgres, redis: Redis) -> None:
    """Let engines that trust one address trust the hosts', too."""
    with closing(psycopg2.connect(postgres.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW hba_file")
        with Path(cursor.fetchall()[0][0]).open("a") as rules:
            rules.write("host all all 127.0.0.0/8 trust\n")
        cursor.execute("SELECT pg_reload_conf()")
    with redis_py.Redis.from_url(redis.url) as client:
        client.config_set("protected-mode", "no")


def spread(system: System, network: Network) -> None:
    """Take relay and beat out of the middle, have them with workers on each host."""
    commands = {"relay": COMMANDS["relay"], "beat": f"{COMMANDS['beat']} --loglevel INFO"}
    for name in commands:
        del system.processes[name]
    for host in network.hosts:
        workers = {name: consume(f"{name}-{host.name}", CONSUMERS[name]) for name in CONSUMERS}
        for name, command in (commands | workers).items():
            process = f"{name}-{host.name}"
            system.processes[process] = system.child(process, host.command(command))


def said(system: System, host: Host, process: str) -> str:
    """What a process of that host has logged."""
    return system.processes[f"{process}-{host.name}"].log.read_text(errors="replace")


def test_a_host_that_is_cut_off_with_charges_in_its_hands_loses_and_doubles_nothing(
    system: System, network: Network
) -> None:
    left, right = network.hosts
    endpoint = Receiver()
    with endpoint:
        tell(system, endpoint)
        await_workers(system, network)
        system.control.fault("webhook_drop", provider="stripe", times=None)
        system.control.fault("hang_after", CREATE, seconds=30, provider="stripe", times=IN_HAND)
        links = system.charge_many(IN_HAND)
        system.until(lambda: system.captures().total() == IN_HAND, "all money is taken")

        with left.cut_off():
            links += system.charge_many(SLOTS)
            assert {system.settled(link) for link in links} == {"succeeded"}
        system.until(lambda: TOO_LATE.search(said(system, left, "worker")), "it comes too late")

        with right.cut_off():
            links += system.charge_many(SLOTS)
            assert {system.settled(link) for link in links} == {"succeeded"}

        expect_each_thing_once(system, endpoint, len(links))
    assert all(process.is_running for process in system.processes.values())


def tell(system: System, endpoint: Receiver) -> None:
    """Have the platform told there."""
    attributes = {"url": endpoint.url}
    made = system.post(
        "/v1/webhook-endpoints", "webhook-endpoint", attributes, scope="orders:write"
    )
    assert made.status_code == 201, made.text


def await_workers(system: System, network: Network) -> None:
    """Wait until each host works, and its clock goes."""
    for host in network.hosts:
        system.until(lambda host=host: "sweep.done" in said(system, host, "worker"), "it sweeps")
        system.until(lambda host=host: "Sending due task" in said(system, host, "beat"), "it beats")


def expect_each_thing_once(system: System, endpoint: Receiver, charges: int) -> None:
    """Money, moves and events, whoever did what how often."""
    untold = "SELECT count(*) FROM outbound_deliveries WHERE status <> 'delivered'"
    system.until(lambda: system.sql(untold) == [(0,)], "the platform is told")
    told = "SELECT count(*), count(DISTINCT (order_id, event_type)) FROM outbound_events"
    again = "SELECT 1 FROM transitions GROUP BY charge_id, to_status HAVING count(*) > 1"

    assert list(system.captures().values()) == [1] * charges
    assert system.sql("SELECT status, count(*) FROM charges GROUP BY 1") == [("succeeded", charges)]
    assert system.sql("SELECT count(*) FROM attempts WHERE finished_at IS NULL") == [(0,)]
    assert system.sql(told) == [(2 * charges, 2 * charges)]
    assert len({id_of(event) for event in endpoint.accepted}) == 2 * charges
    assert system.sql(again) == []
