"""A trace goes from the request through the row into the worker; a webhook's points at it.

Each line of the logs says what it belongs to.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from local.engines import Redis
from local.folders import temporary_folder
from tests.system.collector import Collector, Told
from tests.system.system import System

REQUEST = "POST /v1/orders/<order>/charge"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        yield listening


@pytest.fixture(scope="module")
def system(
    new_database: Callable[[], str], collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Everything running, traced."""
    with temporary_folder("system") as folder, Redis(folder) as server:
        running = System(
            Path(tmp_path_factory.mktemp("system")),
            new_database(),
            server,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
            OTEL_BSP_SCHEDULE_DELAY="50",
        )
        try:
            running.start()
            yield running
        finally:
            running.stop()


def accepted(system: System, collector: Collector, charge_id: int) -> Told:
    """The span of the request that the charge's row names."""
    query = f"SELECT split_part(traceparent, '-', 3) FROM charges WHERE id = {charge_id}"  # noqa: S608
    named = system.sql(query)
    spans: list[Told] = []

    def is_told() -> bool:
        spans[:] = [one for one in collector.named(REQUEST) if one.id == named[0][0]]
        return bool(spans)

    system.until(is_told, "the request's span arrives")
    return spans[0]


def test_one_trace_holds_request_task_and_call(system: System, collector: Collector) -> None:
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])
    assert system.settled(link) == "succeeded"
    request = accepted(system, collector, charge_id)

    def children(parent: Told, name: str) -> list[Told]:
        return [one for one in collector.named(name) if one.parent == parent.id]

    system.until(lambda: children(request, "charge.execute"), "the task's span arrives")
    task = children(request, "charge.execute")[0]
    system.until(lambda: children(task, "stripe charge"), "the call's span arrives")
    call = children(task, "stripe charge")[0]

    assert (request.process, task.process) == ("chargehand-web", "chargehand-worker")
    assert (request.parent, {request.trace, task.trace, call.trace}) == ("", {request.trace})
    assert task.facts["chargehand.charge_id"] == charge_id
    assert call.facts["chargehand.answer"] == "approved"


def test_a_webhooks_trace_points_at_the_charges(system: System, collector: Collector) -> None:
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])
    request = accepted(system, collector, charge_id)
    handled = "webhook_event.handle"

    system.until(lambda: collector.named(handled, charge_id=charge_id), "a webhook is handled")

    for task in collector.named(handled, charge_id=charge_id):
        assert task.links == {(request.trace, request.id)}
        assert task.trace != request.trace
        system.until(lambda task=task: task.parent in received(collector), "its POST is told of")
        assert received(collector)[task.parent] == task.trace


def received(collector: Collector) -> dict[str, str]:
    """The traces of the webhooks that came, by their spans."""
    return {one.id: one.trace for one in collector.named("POST /webhooks/stripe")}


def test_a_refunds_trace_is_its_requests_and_points_at_the_charges(
    system: System, collector: Collector
) -> None:
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])
    request = accepted(system, collector, charge_id)
    assert system.settled(link) == "succeeded"

    made = system.post(f"{link}/refunds", "refund", {}, scope="refunds:write")

    assert made.status_code == 202, made.text
    refund = {"charge_id": charge_id, "refund_id": int(made.json()["data"]["id"])}
    system.until(lambda: collector.named("refund.execute", **refund), "the refund's span arrives")
    task = collector.named("refund.execute", **refund)[0]
    assert task.links == {(request.trace, request.id)}
    assert task.trace != request.trace
    asked = "POST /v1/charges/<charge>/refunds"
    system.until(
        lambda: task.parent in {one.id for one in collector.named(asked)}, "its request's, too"
    )


def test_what_reconciliation_does_for_a_charge_points_at_the_charges_trace(
    system: System, collector: Collector
) -> None:
    link = system.charge_new("pm_card_sandbox_processing_stuck")
    charge_id = int(link.rsplit("/", 1)[1])
    request = accepted(system, collector, charge_id)
    system.until(lambda: system.status(link) == "processing", "it waits")

    system.sql(f"UPDATE charges SET deadline_at = now() WHERE id = {charge_id} RETURNING 1")  # noqa: S608

    def looked_up() -> list[Told]:
        return collector.named("charge.look_up", charge_id=charge_id)

    system.until(looked_up, "it is looked up")
    done = looked_up()[0]
    assert done.links == {(request.trace, request.id)}
    assert done.trace != request.trace
    rounds = "reconcile.run"
    system.until(lambda: done.parent in {one.id for one in collector.named(rounds)}, "its round's")
    system.until(lambda: called_within(collector, done), "the provider's call within it")


def called_within(collector: Collector, span: Told) -> bool:
    return any(one.parent == span.id for one in collector.named("stripe fetch"))


def test_a_trace_outlives_the_broker_with_all_in_it(system: System, collector: Collector) -> None:
    system.processes["worker"].stop()
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])
    published = f"SELECT dispatch_at > next_attempt_at FROM charges WHERE id = {charge_id}"  # noqa: S608
    system.until(lambda: system.sql(published) == [(True,)], "its message is out")
    with redis.Redis.from_url(system.redis.url) as client:
        client.flushall()
    system.processes["worker"].start()

    assert system.settled(link) == "succeeded"
    system.until(lambda: collector.named("charge.execute", charge_id=charge_id), "its span arrives")

    request = accepted(system, collector, charge_id)
    tasks = collector.named("charge.execute", charge_id=charge_id)
    assert {(task.trace, task.parent) for task in tasks} == {(request.trace, request.id)}


FACT = re.compile(r"(\w+)=('(?:[^'\\]|\\.)*'|\S+)")
OF_THE_PROCESS = {"metrics.served", "relay.started", "relay.waiting"}
"""Lines that belong to no request and no task."""
SUBJECTS = {
    "charge.execute": "charge_id",
    "refund.execute": "refund_id",
    "webhook_event.handle": "webhook_event_id",
    "outbound_event.deliver": "delivery_id",
}


def lines(system: System, *processes: str) -> list[dict[str, str]]:
    """What our code said, by facts; libraries name their logger."""
    said = "\n".join(system.processes[name].log.read_text() for name in processes)
    written = [line for line in said.splitlines() if line.startswith("timestamp=")]
    told = [dict(FACT.findall(line)) for line in written]  # without Celery's banner
    return [{k: v.strip("'") for k, v in line.items()} for line in told if "logger" not in line]


def test_every_line_says_of_what_it_speaks(system: System) -> None:
    nobody = {"url": "http://127.0.0.1:1025/", "event-types": ["charge.succeeded"]}
    made = system.post("/v1/webhook-endpoints", "webhook-endpoint", nobody, scope="orders:write")
    assert made.status_code == 201, made.text
    link = system.charge_new()
    charge_id = link.rsplit("/", 1)[1]
    assert system.settled(link) == "succeeded"
    refund = system.post(f"{link}/refunds", "refund", {}, scope="refunds:write")
    assert refund.status_code == 202
    refund_id = refund.json()["data"]["id"]
    awaited = {"webhook_event.handled", "outbound_event.tried"}

    def is_told() -> bool:
        told = lines(system, "worker", "outbound")
        settled = [line.get("refund_id") for line in told if line["event"] == "refund.settled"]
        return refund_id in settled and awaited <= {line["event"] for line in told}

    system.until(is_told, "all has been told")

    web, tasks = lines(system, "web"), lines(system, "worker", "outbound")
    assert [line for line in web if "request_id" not in line] == []
    spoken = [line for line in tasks if line["event"] not in OF_THE_PROCESS]
    assert [line for line in spoken if not {"task", "task_id", "trace_id"} <= line.keys()] == []
    assert [line for line in spoken if SUBJECTS.get(line["task"], "task") not in line] == []
    (accepted,) = [
        line
        for line in web
        if (line["event"], line.get("charge_id")) == ("charge.accepted", charge_id)
    ]
    of_charge = [
        line
        for line in spoken
        if (line["task"], line.get("charge_id")) == ("charge.execute", charge_id)
    ]
    assert {line["event"] for line in of_charge} >= {"provider.answered", "charge.settled"}
    assert all({"order", "provider", "attempt"} <= line.keys() for line in of_charge)
    assert {line["trace_id"] for line in of_charge} == {accepted["trace_id"]}
    of_refund = [line for line in spoken if line.get("refund_id") == refund_id]
    assert all(line["charge_id"] == charge_id for line in of_refund)


def test_a_task_that_fails_says_of_what_and_not_with_what(system: System) -> None:
    system.processes["worker"].stop()
    link = system.charge_new()
    charge_id = link.rsplit("/", 1)[1]
    system.sql(f"UPDATE charges SET instrument = 'hush' WHERE id = {charge_id} RETURNING 1")  # noqa: S608
    system.processes["worker"].start()

    def failures() -> list[dict[str, str]]:
        return [line for line in lines(system, "worker") if line["event"] == "task.failed"]

    system.until(failures, "the failure is told")

    failed = failures()[0]
    assert (failed["task"], failed["charge_id"]) == ("charge.execute", charge_id)
    assert "InvalidToken" in failed["exception"]
    assert "task_id" in failed
