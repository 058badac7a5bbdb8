"""What dies or comes twice during a refund costs time, never a second refund."""

from tests.system.system import System

REFUND = "POST /v1/refunds$"


def ask(system: System, charge: str, **attributes: str) -> str:
    """Ask for a refund; its link."""
    answer = system.post(f"{charge}/refunds", "refund", attributes, scope="refunds:write")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["links"]["self"])


def paid(system: System) -> str:
    """A charge that was paid; its link."""
    link = system.charge_new()
    assert system.settled(link) == "succeeded"
    return link


def given_back(system: System, charge: str) -> list[int]:
    """What the sandbox's ledger gave back of the charge, one entry a movement."""
    identifier = system.attributes(charge)["identifier"]
    return [
        -row["amount_minor"]
        for row in system.control.ledger()
        if row["kind"] == "refund" and row["metadata"]["charge"] == identifier
    ]


def settled(system: System, refund: str) -> str:
    """The refund's status, once it is no longer pending."""
    system.until(lambda: system.status(refund) != "pending", f"{refund} settles")
    return system.status(refund)


def test_a_refund_goes_from_http_to_the_provider_and_back(system: System) -> None:
    charge = paid(system)

    refund = ask(system, charge, amount="5.00")

    assert settled(system, refund) == "succeeded"
    assert given_back(system, charge) == [500]
    assert system.attributes(charge)["amount-refunded"] == "5.00"


def test_a_worker_killed_during_a_refund_leaves_one_refund(system: System) -> None:
    charge = paid(system)
    system.control.fault("hang_after", REFUND, seconds=30, provider="stripe")
    silence = system.control.fault("webhook_drop", provider="stripe", times=None)
    refund = ask(system, charge, amount="5.00")
    system.until(lambda: given_back(system, charge) == [500], "the provider committed")
    doubtful = system.status(refund)

    system.processes["worker"].kill()
    system.processes["worker"].start()

    assert doubtful == "pending"
    assert settled(system, refund) == "succeeded"
    assert given_back(system, charge) == [500]
    system.control.remove_fault(silence)


def test_a_refund_message_delivered_many_times_is_one_refund(system: System) -> None:
    charge = paid(system)
    system.processes["relay"].stop()
    refund = ask(system, charge, amount="5.00")
    refund_id = int(refund.rsplit("/", 1)[1])

    for _ in range(8):
        system.tell("refund.execute", refund_id)
    status = settled(system, refund)
    system.tell("refund.execute", refund_id)
    system.processes["relay"].start()

    assert status == "succeeded"
    assert given_back(system, charge) == [500]


def test_a_webhook_that_overtakes_the_answer_and_the_answer_are_one_refund(
    system: System,
) -> None:
    charge = paid(system)
    system.control.fault("webhook_before_response", REFUND, provider="stripe")

    refund = ask(system, charge)

    assert settled(system, refund) == "succeeded"
    number = int(charge.rsplit("/", 1)[1])
    rows = system.sql(f"SELECT count(*) FROM refunds WHERE charge_id = {number}")  # noqa: S608
    assert rows == [(1,)]
    assert given_back(system, charge) == [1999]


def test_a_buyer_calls_off_a_charge_that_waits(system: System) -> None:
    charge = system.charge_new("tok_threeDSecure2Required")
    system.until(lambda: system.status(charge) == "requires-action", "the payer must act")

    answer = system.post(f"{charge}/cancel", "charge", {})

    assert answer.status_code == 202
    assert system.settled(charge) == "canceled"
