"""A provider that hangs holds up nothing of the other one."""

import re
from collections.abc import Callable, Iterator

import pytest

from local.engines import Redis
from local.folders import PROJECT, temporary_folder
from local.processes import read_procfile
from shared.domain.charge import Provider
from shared.task_names import QUEUES
from tests.system.system import System

THREADS = 4
LONGER_THAN_ANY_TEST = {
    "PROVIDER_READ_TIMEOUT": "200",
    "PROVIDER_DEADLINE": "200",
    "CLAIM_LEASE": "300",
}
CREATE = {
    Provider.STRIPE: ("/v1/payment_intents", {"stripe": "tok_visa"}),
    Provider.PAYPAL: ("/v2/checkout/orders", {}),
}


def consumers() -> dict[str, list[str]]:
    """The Procfile's workers by name, with the queues that each takes from."""
    found = {
        name: re.search(r"--queues (\S+)", command)
        for name, command in read_procfile(PROJECT / "Procfile").items()
    }
    return {name: queues[1].split(",") for name, queues in found.items() if queues}


@pytest.fixture(scope="module")
def system(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A worker for each provider's charges, with few threads; a call may hang as it likes."""
    path = tmp_path_factory.mktemp("bulkheads")
    taken = consumers()
    charging = {provider.value: taken.pop(provider.value) for provider in Provider}
    others = {"others": [queue for queues in taken.values() for queue in queues]}
    settings = LONGER_THAN_ANY_TEST | {"WORKER_CONCURRENCY": str(THREADS)}
    with temporary_folder("bulkheads") as folder, Redis(folder) as redis:
        running = System(path, new_database(), redis, charging | others, **settings)
        try:
            running.start()
            yield running
        finally:
            for process in running.processes.values():
                process.kill()  # a warm end would wait for what hangs
            running.stop()


def test_each_queue_has_a_worker_and_none_takes_from_two_providers() -> None:
    taken = consumers()

    assert sorted(queue for queues in taken.values() for queue in queues) == sorted(QUEUES)
    for queues in taken.values():
        named = {provider for provider in Provider for queue in queues if provider in queue}
        assert len(named) <= 1


@pytest.mark.parametrize("hanging", list(Provider))
def test_a_charge_settles_while_every_thread_of_the_other_provider_hangs(
    system: System, hanging: Provider
) -> None:
    path, instrument = CREATE[hanging]
    system.control.fault("hang_before", f"POST {path}$", provider=hanging.value, times=None)
    asked = [system.charge(system.order(hanging), **instrument) for _ in range(THREADS * 3)]
    system.until(lambda: hanging_calls(system, path) == THREADS, "every thread hangs")

    settled = system.settled(charge_at_the_other(system, hanging))
    still_hanging = hanging_calls(system, path)
    stuck = {system.status(answer.json()["data"]["links"]["self"]) for answer in asked}
    system.processes[hanging].kill()
    system.control.remove_fault()
    system.processes[hanging].start()

    assert settled == "succeeded"
    assert still_hanging == THREADS
    assert stuck <= {"accepted", "submitting"}


def hanging_calls(system: System, path: str) -> int:
    """How many calls of that path the sandbox has not answered."""
    lines = system.control.requests()
    return sum(line["path"] == path and not line["finished"] for line in lines)


def charge_at_the_other(system: System, hanging: Provider) -> str:
    """Charge a new order at the other provider, with all that its payer does; the charge's link."""
    if hanging is Provider.PAYPAL:
        return system.charge_new()
    answer = system.charge(system.order("paypal"))
    link = str(answer.json()["data"]["links"]["self"])
    system.until(lambda: system.status(link) == "requires-action", "the link to approve")
    system.control.approve_paypal(system.attributes(link)["provider-reference"])
    return link
