"""What dies costs time, never a charge."""

import os
import signal

import redis as redis_py

from tests.system.system import System

CREATE = "POST /v1/payment_intents$"


def test_a_charge_goes_from_http_to_the_provider_and_back(system: System) -> None:
    link = system.charge_new()

    status = system.settled(link)

    assert status == "succeeded"
    assert system.sql("SELECT count(*) FROM orders WHERE status = 'completed'") == [(1,)]


def test_a_worker_killed_during_the_call_leaves_one_capture(system: System) -> None:
    system.control.fault("hang_after", CREATE, seconds=30, provider="stripe")
    silence = system.control.fault("webhook_drop", provider="stripe", times=None)
    before = system.captures().total()
    link = system.charge_new()
    system.until(lambda: system.captures().total() == before + 1, "the provider committed")
    assert system.status(link) == "submitting"

    system.processes["worker"].kill()
    system.processes["worker"].start()

    assert system.settled(link) == "succeeded"
    assert set(system.captures().values()) == {1}
    system.control.remove_fault(silence)


def test_a_timeout_after_the_provider_committed_is_never_called_a_failure(system: System) -> None:
    system.control.fault("hang_after", CREATE, seconds=30, provider="stripe")
    link = system.charge_new()

    seen = set()
    while (status := system.status(link)) not in {"succeeded", "failed", "needs-review"}:
        seen.add(status)

    assert status == "succeeded"
    assert "failed" not in seen
    assert set(system.captures().values()) == {1}


def test_a_hundred_queued_charges_outlive_the_loss_of_all_redis(system: System) -> None:
    system.processes["worker"].stop()
    links = system.charge_many(100)
    client = redis_py.Redis.from_url(system.redis.url)
    system.until(lambda: client.llen("chargehand:stripe") >= 100, "the relay published them")

    client.flushall()
    system.processes["worker"].start()

    assert {system.settled(link) for link in links} == {"succeeded"}
    assert set(system.captures().values()) == {1}
    client.close()


def test_without_redis_charges_are_accepted_and_settle_when_it_is_back(system: System) -> None:
    system.redis.kill()

    links = system.charge_many(10)
    waiting = {system.status(link) for link in links}
    system.redis.start()

    assert waiting == {"accepted"}
    assert {system.settled(link) for link in links} == {"succeeded"}
    assert set(system.captures().values()) == {1}


def test_a_redis_that_hangs_costs_the_charges_time_and_the_relay_nothing(system: System) -> None:
    os.kill(system.redis.pid, signal.SIGSTOP)
    try:
        links = system.charge_many(4)
        waiting = system.logs().count("relay.waiting")
        system.until(lambda: system.logs().count("relay.waiting") > waiting, "the relay waits")
    finally:
        os.kill(system.redis.pid, signal.SIGCONT)

    assert {system.settled(link) for link in links} == {"succeeded"}
    assert system.processes["relay"].is_running
    assert set(system.captures().values()) == {1}


def test_a_worker_outlives_a_redis_that_dies_with_charges_in_its_hands(system: System) -> None:
    system.control.fault("delay", CREATE, ms=3000, provider="stripe", times=3)
    links = [system.charge_new() for _ in range(3)]
    system.until(lambda: {system.status(link) for link in links} == {"submitting"}, "all called")

    system.redis.kill()
    system.until(lambda: "Connection to broker lost" in system.logs(), "the worker noticed")
    system.redis.start()

    assert {system.settled(link) for link in links} == {"succeeded"}
    assert system.processes["worker"].is_running
    assert set(system.captures().values()) == {1}


def test_a_message_delivered_many_times_captures_once(system: System) -> None:
    system.processes["relay"].stop()
    link = system.charge_new()
    charge_id = int(link.rsplit("/", 1)[1])

    for _ in range(8):
        system.tell("charge.execute", charge_id)
    status = system.settled(link)
    system.tell("charge.execute", charge_id)
    system.processes["relay"].start()

    assert status == "succeeded"
    assert set(system.captures().values()) == {1}


def test_a_worker_that_is_told_to_stop_finishes_its_charge(system: System) -> None:
    system.control.fault("delay", CREATE, ms=1000, provider="stripe")
    link = system.charge_new()
    system.until(lambda: system.status(link) == "submitting", "the call is on the wire")

    system.processes["worker"].stop()
    status = system.status(link)
    system.processes["worker"].start()

    assert status == "succeeded"


def test_no_token_appears_in_a_log_or_in_redis(system: System) -> None:
    client = redis_py.Redis.from_url(system.redis.url)
    tokens = ("tok_visa", "tok_chargeDeclined", system.keys.STRIPE_API_KEY)

    link = system.charge_new("tok_chargeDeclined")
    system.settled(link)

    said = system.logs() + "".join(str(client.dump(key)) for key in client.scan_iter())
    rows = str(system.sql("SELECT request, outcome FROM attempts"))
    rows += str(system.sql("SELECT reason, evidence FROM transitions"))
    assert "charge.settled" in said
    assert not [token for token in tokens if token in said + rows]
    client.close()
