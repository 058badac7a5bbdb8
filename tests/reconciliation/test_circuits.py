"""A provider that refuses us or ails is let alone, and nobody pays for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.repository import charges
from tests.reconciliation.circuits import calls, circuit, pause, resume, settle_all, statuses
from tests.reconciliation.refunding import ask, paid
from tests.reconciliation.workshop import Workshop
from worker import charging, refunding

MANY = 24


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
