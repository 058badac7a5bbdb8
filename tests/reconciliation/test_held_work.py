"""What waits while a circuit rests, and what goes on without the provider."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.repository import called_off
from tests.reconciliation.circuits import calls, circuit, pause, resume, settle_all
from tests.reconciliation.refunding import ask, paid
from tests.reconciliation.workshop import Workshop
from worker import canceling, charging, reconciliation, watch


@pytest.fixture
def make_charge() -> dict[Provider, Callable[[Workshop], int]]:
    return {
        Provider.STRIPE: Workshop.charge_by_stripe,
        Provider.PAYPAL: Workshop.charge_by_paypal,
    }


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
            called_off.wish_to_cancel(connection, charge_id, workshop.clock())
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
        called_off.wish_to_cancel(connection, refused, workshop.clock())
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
