"""A provider that refuses us or ails is let alone, and nobody pays for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.repository import charges, circuits
from tests.reconciliation.refunding import ask, paid
from tests.reconciliation.workshop import Workshop
from worker import canceling, charging, reconciliation, refunding, watch

STRIPE = Key(Provider.STRIPE)
MANY = 24


@pytest.fixture
def make_charge() -> dict[Provider, Callable[[Workshop], int]]:
    return {
        Provider.STRIPE: Workshop.charge_by_stripe,
        Provider.PAYPAL: Workshop.charge_by_paypal,
    }


def calls(workshop: Workshop) -> int:
    """How many calls arrived in the sandbox, refused ones included."""
    return len(workshop.control.requests())


def posts(workshop: Workshop) -> int:
    """How many POSTs arrived that may charge."""
    return workshop.posts("/v1/payment_intents")


def circuit(workshop: Workshop, key: Key = STRIPE) -> tuple[Any, ...] | None:
    rows = workshop.sql(
        "SELECT state, cause, failures, probe_number FROM circuits"
        " WHERE provider = :provider AND account = :account",
        provider=key.provider,
        account=key.account,
    )
    return rows[0] if rows else None


def settle_all(workshop: Workshop, seconds: int = 60) -> None:
    """What the running system does in that time, at least once a second and a half."""
    for _ in range(seconds):
        workshop.run()
        workshop.advance(seconds=1)


def statuses(workshop: Workshop) -> set[str]:
    return {row[0] for row in workshop.sql("SELECT status FROM charges")}


def pause(workshop: Workshop, key: Key = STRIPE) -> None:
    with unit_of_work(workshop.deps.engine) as connection:
        circuits.pause(connection, key, actor="ann", reason="an incident", now=workshop.clock())


def resume(workshop: Workshop, key: Key = STRIPE) -> None:
    with unit_of_work(workshop.deps.engine) as connection:
        circuits.resume(connection, key, actor="ann", reason="it is over", now=workshop.clock())


@pytest.mark.parametrize("fault", ["401", "403"])
def test_one_refusal_stops_all_calls_and_mended_keys_settle_all_without_anybody_asking(
    workshop: Workshop, fault: str
) -> None:
    workshop.control.fault(fault, provider="stripe", times=None)
    for _ in range(MANY):
        workshop.charge_by_stripe()
    with capture_logs() as logs:
        workshop.run()
    refused = calls(workshop)
    settle_all(workshop)
    probes = calls(workshop) - refused
    waiting = statuses(workshop)
    workshop.control.remove_fault()

    settle_all(workshop)

    assert refused == 1
    assert [line["log_level"] for line in logs if line["event"] == "circuit.opened"] == ["error"]
    assert probes <= 7  # 5, 10, 20, 20 s: no more than the rests leave room for
    assert waiting == {"accepted"}
    assert statuses(workshop) == {"succeeded"}
    assert workshop.captures() == MANY
    assert workshop.sql("SELECT max(number), max(tries) FROM attempts") == [(1, 1)]


def test_a_sustained_outage_leaves_probes_alone_and_its_end_settles_all(
    workshop: Workshop,
) -> None:
    workshop.control.fault("503", provider="stripe", times=None)
    for _ in range(MANY * 2):
        workshop.charge_by_stripe()
    workshop.run()
    opened, before = circuit(workshop), calls(workshop)
    settle_all(workshop)
    probes = circuit(workshop)
    assert opened is not None
    assert probes is not None
    per_probe = 3  # an adapter's short retries of the harmless call before the charge
    during = calls(workshop) - before
    workshop.control.remove_fault()

    settle_all(workshop)

    assert opened[:2] == ("open", "ailing")
    assert 2 <= probes[3] <= 7
    assert during <= probes[3] * per_probe
    assert statuses(workshop) == {"succeeded"}
    assert workshop.captures() == MANY * 2


def test_exactly_one_of_many_claims_is_the_probe(workshop: Workshop) -> None:
    due = [workshop.charge_by_stripe() for _ in range(20)]
    workshop.control.fault("401", provider="stripe", times=1)
    charging.execute(workshop.deps, due[0])
    workshop.advance(seconds=6)
    now = workshop.clock()

    def claim(charge_id: int) -> int | None:
        with unit_of_work(workshop.deps.engine) as connection:
            until = now + timedelta(seconds=45)
            claimed = charges.claim_charge(connection, charge_id, now=now, until=until)
            return claimed.probe if claimed else None

    with ThreadPoolExecutor(20) as workers:
        probes = [number for number in workers.map(claim, due[1:]) if number is not None]

    assert probes == [1]
    assert workshop.sql("SELECT sum(claim_number) FROM charges WHERE id <> :id", id=due[0]) == [
        (1,)
    ]


def test_a_probe_whose_worker_died_lapses_with_its_lease(workshop: Workshop) -> None:
    first, second = workshop.charge_by_stripe(), workshop.charge_by_stripe()
    workshop.control.fault("401", provider="stripe", times=1)
    charging.execute(workshop.deps, first)
    workshop.advance(seconds=6)
    now = workshop.clock()
    with unit_of_work(workshop.deps.engine) as connection:
        charges.claim_charge(connection, second, now=now, until=now + timedelta(seconds=45))
    workshop.run()
    held = statuses(workshop)

    settle_all(workshop, 90)

    assert held == {"accepted", "submitting"}
    assert statuses(workshop) == {"succeeded"}
    assert workshop.captures() == 2


def test_a_message_in_the_queue_of_a_held_charge_changes_nothing(workshop: Workshop) -> None:
    refund_id = ask(workshop, paid(workshop, Provider.STRIPE))
    charge_id = workshop.charge_by_stripe()
    pause(workshop)
    rows = workshop.sql("SELECT * FROM charges ORDER BY id"), workshop.sql("SELECT * FROM refunds")
    before = calls(workshop)

    charging.execute(workshop.deps, charge_id)
    refunding.execute(workshop.deps, refund_id)

    assert calls(workshop) == before
    assert rows == (
        workshop.sql("SELECT * FROM charges ORDER BY id"),
        workshop.sql("SELECT * FROM refunds"),
    )


def test_a_pause_holds_until_it_is_resumed_and_both_are_on_record(workshop: Workshop) -> None:
    pause(workshop)
    workshop.charge_by_stripe()
    settle_all(workshop, 300)
    held = statuses(workshop)

    resume(workshop)
    settle_all(workshop, 10)

    assert held == {"accepted"}
    assert statuses(workshop) == {"succeeded"}
    assert workshop.sql("SELECT actor, from_state, to_state, reason FROM circuit_changes") == [
        ("ann", "closed", "paused", "an incident"),
        ("ann", "paused", "closed", "it is over"),
    ]


def test_one_provider_s_circuit_does_not_stop_the_other(workshop: Workshop) -> None:
    pause(workshop, Key(Provider.PAYPAL))
    by_card, by_paypal = workshop.charge_by_stripe(), workshop.charge_by_paypal()

    workshop.run()

    assert (workshop.status(by_card), workshop.status(by_paypal)) == ("succeeded", "accepted")


def test_one_organizer_s_account_does_not_stop_another(workshop: Workshop) -> None:
    account = workshop.connect()
    theirs = workshop.charge_by_stripe()
    workshop.authorization = None
    ours = workshop.charge_by_stripe()
    pause(workshop, Key(Provider.STRIPE, account))

    workshop.run()

    assert (workshop.status(ours), workshop.status(theirs)) == ("succeeded", "accepted")


@pytest.mark.parametrize("provider", list(Provider))
def test_a_refund_waits_for_its_circuit_and_is_alarmed(
    workshop: Workshop, provider: Provider
) -> None:
    refund_id = ask(workshop, paid(workshop, provider))
    workshop.control.fault("403", provider=provider, times=None)
    workshop.run()
    settle_all(workshop, 30)
    with capture_logs() as logs:
        watch.run(workshop.deps)
    waiting = workshop.sql("SELECT status FROM refunds WHERE id = :id", id=refund_id)
    workshop.control.remove_fault()

    settle_all(workshop)

    (alarm,) = [line for line in logs if line["event"] == "circuit.unclosed"]
    assert (alarm["log_level"], alarm["provider"], alarm["cause"]) == ("error", provider, "refused")
    assert (alarm["charges"], alarm["refunds"]) == (0, 1)
    assert waiting == [("pending",)]
    assert workshop.sql("SELECT status FROM refunds WHERE id = :id", id=refund_id) == [
        ("succeeded",)
    ]


@pytest.mark.parametrize("provider", list(Provider))
def test_a_provider_without_credentials_is_as_one_that_refuses_them(
    workshop: Workshop, provider: Provider, make_charge: dict[Provider, Callable[[Workshop], int]]
) -> None:
    charge_id = make_charge[provider](workshop)
    others = {name: one for name, one in workshop.deps.providers.items() if name is not provider}
    without = replace(workshop.deps, providers=others)

    workshop.run(without)
    after = workshop.row(charge_id)
    workshop.advance(seconds=6)
    charging.execute(without, charge_id)
    again = circuit(workshop, Key(provider))
    settle_all(workshop)

    assert (after.status, after.claim_number, after.attempts) == ("accepted", 0, 0)
    assert again == ("open", "refused", 1, 0)
    assert circuit(workshop, Key(provider))[0] == "closed"  # type: ignore[index]
    assert workshop.status(charge_id) != "accepted"


def test_a_charge_is_not_given_up_for_the_time_that_our_key_was_refused(
    workshop: Workshop,
) -> None:
    charge_id = workshop.charge_by_stripe()
    workshop.control.fault("401", provider="stripe", times=None)
    workshop.run()
    workshop.advance(hours=4)
    workshop.control.remove_fault()
    workshop.control.fault("429", provider="stripe", times=1)
    workshop.run()
    after = workshop.status(charge_id)

    settle_all(workshop)

    assert after == "accepted"
    assert workshop.status(charge_id) == "succeeded"


def test_a_cancellation_waits_for_its_circuit_unless_nothing_was_sent(workshop: Workshop) -> None:
    sent = workshop.charge_by_paypal()
    workshop.run()
    unsent = workshop.charge_by_paypal()
    pause(workshop, Key(Provider.PAYPAL))
    for charge_id in (sent, unsent):
        with unit_of_work(workshop.deps.engine) as connection:
            charges.wish_to_cancel(connection, charge_id, workshop.clock())
    before = calls(workshop)
    workshop.run()
    canceling.execute(workshop.deps, sent)
    held = workshop.status(sent), workshop.status(unsent), calls(workshop) - before

    resume(workshop, Key(Provider.PAYPAL))
    settle_all(workshop, 10)

    assert held == ("requires_action", "canceled", 0)
    assert workshop.status(sent) == "canceled"


def test_reconciliation_leaves_out_whoever_s_circuit_is_open_and_says_so(
    workshop: Workshop,
) -> None:
    pause(workshop)
    with capture_logs() as logs:
        reconciliation.run(workshop.deps)
    paths = {line["path"] for line in workshop.control.requests()}

    resume(workshop)
    reconciliation.run(workshop.deps)

    said = [line["provider"] for line in logs if line["event"] == "reconciliation.skipped"]
    assert said == ["stripe"]
    assert "/v1/events" not in paths
    assert workshop.gets("/v1/events") > 0


def test_what_only_waits_for_its_payer_is_looked_up_though_nothing_is_due_that_could_probe(
    workshop: Workshop,
) -> None:
    waiting = workshop.charge_by_stripe("tok_threeDSecure2Required")
    workshop.run()
    workshop.control.fault("401", provider="stripe", times=None)
    refused = workshop.charge_by_stripe()
    workshop.run()
    with unit_of_work(workshop.deps.engine) as connection:
        charges.wish_to_cancel(connection, refused, workshop.clock())
    workshop.run()
    workshop.control.remove_fault()
    workshop.control.authenticate(workshop.row(waiting).provider_reference)
    assert (circuit(workshop) or ("",))[0] == "open"
    assert workshop.sql("SELECT count(*) FROM charges WHERE dispatch_at IS NOT NULL") == [(0,)]

    for _ in range(3):
        workshop.advance(minutes=61)
        reconciliation.run(workshop.deps)
        workshop.run()

    assert workshop.status(waiting) == "succeeded"
