"""The doctor says what stands still or waits for a person, and what to do."""

from datetime import timedelta

import pytest

from shared.domain.charge import Provider
from tests.cli.conftest import WHY, Hand
from tests.cli.test_resolving_refunds import LOST, before_a_person
from worker import event_lists, watch


def told(hand: Hand, what: str) -> list[str]:
    """What the doctor says of it, after its mark."""
    lines = [line.split(maxsplit=2) for line in hand.run("doctor").stdout.splitlines()]
    return [f"{mark}: {says}" for mark, of, *rest in lines if of == what for says in rest]


@pytest.mark.parametrize("what", ["relay", "charges", "reviews", "ledgers", "events", "circuits"])
def test_all_is_well_where_work_goes_on(hand: Hand, what: str) -> None:
    hand.workshop.charge_by_stripe()
    hand.workshop.run()

    (line,) = told(hand, what)
    assert line.startswith("ok: ")


def test_what_is_well_is_said_of_each_in_its_own_words(hand: Hand) -> None:
    said = [told(hand, what) for what in ("relay", "charges", "reviews", "ledgers", "circuits")]

    assert len({line for (line,) in said}) == len(said)


def test_what_is_due_and_unpublished_is_the_relays(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()
    hand.workshop.clock.ahead += timedelta(seconds=70)

    (line,) = told(hand, "relay")
    assert line.startswith("WRONG: 1 rows for stripe are due since ")
    assert "restart the relay" in line


def test_what_is_due_since_a_moment_is_on_its_way(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()

    assert told(hand, "relay") == ["ok: Nothing is due and unpublished."]


def test_what_stands_too_long_is_named(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.clock.ahead += timedelta(days=1)

    *_, line = told(hand, "charges")
    assert line.startswith(f"WRONG: 1 stand in accepted for too long, the oldest first: {charge}.")


def test_a_charge_that_is_published_and_taken_by_no_worker_is_named(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.sql("UPDATE charges SET dispatch_at = now() + interval '1 hour' RETURNING id")
    hand.workshop.clock.ahead += timedelta(seconds=100)
    assert told(hand, "charges") == ["ok: None stands for too long."]

    hand.workshop.clock.ahead += timedelta(seconds=30)

    (line,) = told(hand, "charges")
    assert line.startswith("WRONG: 1 at stripe are due since ")
    assert line.endswith(f" first: {charge}. Start workers for the queue stripe.")
    assert told(hand, "relay") == ["ok: Nothing is due and unpublished."]


def test_a_charge_that_its_circuit_held_is_late_only_from_the_resumption_on(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()
    hand.read("circuits", "pause", "stripe", *WHY)
    hand.workshop.clock.ahead += timedelta(minutes=10)
    assert told(hand, "charges") == ["ok: None stands for too long."]

    hand.read("circuits", "resume", "stripe", *WHY)
    assert told(hand, "charges") == ["ok: None stands for too long."]

    hand.workshop.clock.ahead += timedelta(minutes=2)
    (line,) = told(hand, "charges")
    assert line.startswith("WRONG: 1 at stripe are due since ")


def test_beat_is_wrong_soon_after_its_last_round_whatever_else_reads_lists(hand: Hand) -> None:
    event_lists.read(hand.workshop.deps)
    assert told(hand, "beat") == [
        "WRONG: It never had a round: start the processes beat and maintenance of the Procfile."
    ]

    watch.run(hand.workshop.deps)
    hand.workshop.clock.ahead += timedelta(minutes=2, seconds=30)
    (line,) = told(hand, "beat")
    assert line.startswith("ok: Its last round was at ")

    hand.workshop.clock.ahead += timedelta(minutes=1)
    event_lists.read(hand.workshop.deps)
    (line,) = told(hand, "beat")
    assert line.startswith("WRONG: Its last round was at ")


def test_a_paused_circuit_and_what_waits_for_it(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()
    hand.read("circuits", "pause", "stripe", *WHY)

    (line,) = told(hand, "circuits")
    assert line.startswith("WRONG: No calls to stripe by our own account: paused, ")
    assert line.endswith("1 charges and 0 refunds wait. `circuits resume` lets go.")


def test_a_circuit_that_is_open_for_refused_credentials(hand: Hand) -> None:
    hand.workshop.control.fault("401", "POST /v1/payment_intents", provider=Provider.STRIPE)
    hand.workshop.charge_by_stripe()
    hand.workshop.run()

    (line,) = told(hand, "circuits")
    assert "Set credentials that are good" in line


def test_what_waits_for_a_person(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()
    hand.workshop.run()
    hand.workshop.sql("UPDATE charges SET status = 'needs_review' RETURNING id")

    assert told(hand, "reviews") == ["WRONG: 1 charges at stripe wait: see `charges reviews`."]


def test_what_waits_for_a_person_is_not_told_twice(hand: Hand) -> None:
    hand.workshop.charge_by_stripe()
    hand.workshop.run()
    hand.workshop.sql("UPDATE charges SET status = 'needs_review' RETURNING id")
    hand.workshop.clock.ahead += timedelta(days=30)

    assert told(hand, "charges") == ["ok: None stands for too long."]


def test_refunds_that_wait_for_a_person(hand: Hand) -> None:
    before_a_person(hand, LOST)

    assert told(hand, "reviews") == ["WRONG: 1 refunds at stripe wait: see `refunds list`."]


def test_months_that_nobody_makes(hand: Hand) -> None:
    (before,) = told(hand, "months")
    hand.workshop.clock.ahead += timedelta(days=62)

    (line,) = told(hand, "months")
    assert (before[:3], line[:6]) == ("ok:", "WRONG:")
    assert "does beat run" in line


def test_a_migration_that_was_not_made(hand: Hand) -> None:
    ((newest,),) = hand.workshop.sql("SELECT version_num FROM alembic_version")
    (before,) = told(hand, "migration")
    set_ = "UPDATE alembic_version SET version_num = :name RETURNING 1"
    hand.workshop.sql(set_, name="0001")

    (line,) = told(hand, "migration")
    hand.workshop.sql(set_, name=newest)
    assert (before[:3], line[:6]) == ("ok:", "WRONG:")


def test_differences_that_nobody_explained(hand: Hand) -> None:
    hand.workshop.sql(
        "INSERT INTO reconciliation_runs (provider, day, unexplained, due_at, created_at)"
        " VALUES ('stripe', '2026-01-01', 3, now(), now()) RETURNING id"
    )

    (line,) = told(hand, "ledgers")
    assert line == "WRONG: 3 differences are not explained: see `reconcile differences`."


def test_events_that_cannot_be_handled(hand: Hand) -> None:
    hand.workshop.sql(
        "INSERT INTO webhook_events (provider, event_id, event_type, body, created_at, received_at,"
        " dispatch_at, failure, tries, found_by)"
        " VALUES ('stripe', 'evt_1', 'charge.succeeded', '{}',"
        " now(), now(), now(), 'KeyError', 3, 'webhook') RETURNING id"
    )

    (line,) = told(hand, "events")
    assert line.startswith("WRONG: 1 of stripe cannot be handled (KeyError)")
