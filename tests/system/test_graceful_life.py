"""Processes come, go and come twice: nothing is lost, doubled or left in doubt."""

import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from local.engines import Redis
from local.folders import temporary_folder
from shared.task_names import QUEUES
from tests.outbound.post_office import Receiver
from tests.system.system import COMMANDS, CONSUMERS, System
from tests.system.traffic import Traffic

GRACE = 30.0
"""Seconds that the strictest platforms give after SIGTERM, but for those that give ten."""

UNHURRIED = {
    "CLAIM_LEASE": "30",
    "PROVIDER_DEADLINE": "20",
    "PROVIDER_READ_TIMEOUT": "15",
    "EVENT_POLL_IDLE_INTERVAL": "2",
}
"""As in production: what is in doubt here, a restart brought into doubt."""

HOLDS = {"worker": {"stripe", "paypal"}, "stripe": {"stripe"}, "paypal": {"paypal"}}
"""Whose charges a process has in its hands."""

pytestmark = pytest.mark.timeout(300)  # it goes through all processes

LISTS = {"/v1/events", "/v1/notifications/webhooks-events"}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(CONSUMERS, id="few"),
        pytest.param({queue: [queue] for queue in QUEUES}, id="all", marks=pytest.mark.long),
    ],
)
def system(
    request: pytest.FixtureRequest,
    new_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """Everything running, beat twice: by few processes, or by as many as the Procfile has."""
    folder = Path(tmp_path_factory.mktemp("system"))
    with temporary_folder("system") as data, Redis(data) as redis:
        running = System(folder, new_database(), redis, request.param, **UNHURRIED)
        running.processes["beat-2"] = running.child("beat-2", COMMANDS["beat"])
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def receiver(system: System) -> Iterator[Receiver]:
    """The platform's endpoint."""
    listening = Receiver()
    with listening:
        made = system.post(
            "/v1/webhook-endpoints",
            "webhook-endpoint",
            {"url": listening.url},
            scope="orders:write",
        )
        assert made.status_code == 201, made.text
        yield listening


@pytest.mark.usefixtures("receiver")
def test_two_beats_do_no_harm(system: System) -> None:
    for provider in ("stripe", "paypal"):
        system.control.fault("webhook_drop", provider=provider, times=None)
    paid = system.charge_many(4)
    assert {system.settled(link) for link in paid} == {"succeeded"}
    waiting = [system.charge_new("pm_card_sandbox_processing_stuck") for _ in range(4)]
    system.until(lambda: {system.status(link) for link in waiting} == {"processing"}, "they wait")

    for link in waiting:
        system.control.settle(system.attributes(link)["provider-reference"])
    for link in paid:
        system.control.dashboard_refund(system.attributes(link)["provider-reference"])
    assert {system.settled(link) for link in waiting} == {"succeeded"}
    refunded = "SELECT status, amount_minor, count(*) FROM refunds GROUP BY 1, 2"
    system.until(lambda: system.sql(refunded) == [("succeeded", 1999, 4)], "all refunds are found")
    days = "SELECT provider, account, day, checks FROM reconciliation_runs"
    system.until(lambda: len(system.sql(days)) == 2, "both ledgers are compared")
    for name in ("beat", "beat-2"):
        system.processes[name].stop()
        rounds = system.rounds()
        system.until(lambda rounds=rounds: system.rounds() > rounds + 1, "the other beats alone")
        system.processes[name].start()

    system.control.remove_fault()
    assert all(checks == 1 for *_, checks in system.sql(days))
    assert told_twice(system) == []
    assert set(system.captures().values()) == {1}
    pause = float(system.environment["EVENT_POLL_INTERVAL"])
    for asked in asked_at(system).values():
        assert len(asked) > 2
        assert min(later - earlier for earlier, later in pairwise(asked)) >= pause


@pytest.mark.usefixtures("receiver")
def test_restarts_in_turn_lose_and_double_nothing(system: System) -> None:
    for provider, operation in (("stripe", "payment_intents$"), ("paypal", "capture$")):
        system.control.fault("delay", f"POST .*{operation}", ms=1000, provider=provider, times=None)
    traffic = Traffic(system)

    with traffic.flowing():
        renew(system, traffic)
        for name, process in system.processes.items():
            traffic.flow()
            system.until(lambda name=name: in_hand(system, name), f"{name} has a charge in hand")
            process.stop(GRACE)
            assert process.exit_code == 0, name
            assert name not in HOLDS or not in_hand(system, name)
            process.start()
        traffic.flow()

    system.control.remove_fault()
    assert {system.settled(link) for link in traffic.links.values()} == {"succeeded"}
    captures = system.captures()
    assert {captures[order] for order in traffic.links} == {1}
    in_doubt = system.sql(
        "SELECT charge_id, reason FROM transitions WHERE to_status IN ('indeterminate', 'failed')"
    )
    assert in_doubt == []
    assert system.sql("SELECT charge_id, tries FROM attempts WHERE tries <> 1") == []
    assert told_twice(system) == []
    owed = "SELECT count(*) FROM outbound_deliveries WHERE finished_at IS NULL"
    system.until(lambda: system.sql(owed) == [(0,)], "all is told")


def renew(system: System, traffic: Traffic) -> None:
    """Let gunicorn's master change its workers: nobody is turned away."""
    master = system.processes["web"].pid
    old = psutil.Process(master).children()
    traffic.flow()
    asked_again = traffic.asked_again

    os.kill(master, signal.SIGHUP)
    system.until(lambda: not any(child.is_running() for child in old), "the old worker is gone")
    traffic.flow()

    assert traffic.asked_again == asked_again


def in_hand(system: System, name: str) -> int:
    """How many calls that process has not ended; of one that makes none, how many all have not."""
    calling = system.sql("SELECT provider FROM charges WHERE status = 'submitting'")
    return sum(provider in HOLDS.get(name, HOLDS["worker"]) for (provider,) in calling)


def told_twice(system: System) -> list[tuple[object, ...]]:
    """Events of the platform's, and moves of charges, that are there more than once."""
    return system.sql(
        "SELECT order_id, event_type FROM outbound_events GROUP BY 1, 2 HAVING count(*) > 1"
        " UNION ALL SELECT charge_id, to_status FROM transitions WHERE to_status = 'succeeded'"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )


def asked_at(system: System) -> dict[str, list[float]]:
    """When each provider's list of events was asked for."""
    asked = defaultdict(list)
    for line in system.control.requests():
        if line["path"] in LISTS:
            asked[line["path"]].append(line["ts"])
    return asked
