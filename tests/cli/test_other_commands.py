"""What operators do besides charges: refunds, events, circuits, comparisons, tokens, migrations."""

import json
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine

from cli.__main__ import main
from cli.doctor import clock, database
from tests.cli.conftest import WHY, Hand
from tests.conftest import PROJECT
from worker import event_lists, reconciliation, watch


def paid(hand: Hand) -> int:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()
    return charge


def test_a_part_of_a_payment_is_given_back_once(hand: Hand) -> None:
    charge = paid(hand)
    words = ("refunds", "create", charge, "--amount", "5.00", *WHY, "--once", uuid.uuid4())

    first, second = hand.read(*words), hand.read(*words)
    hand.workshop.run()

    assert first == second
    (refund,) = hand.read("refunds", "list")
    assert (refund["status"], refund["money"]["amount_minor"]) == ("succeeded", 500)
    assert hand.read("refunds", "show", refund["identifier"])["reason"] == "the buyer called"
    kinds = {each["kind"] for each in hand.read("charges", "show", charge)["timeline"]}
    assert {"refund", "refund transition", "operator"} <= kinds


@pytest.mark.parametrize("amount", ["20.00", "0", "-1", "1.005", "much"])
def test_no_more_is_given_back_than_is_there(hand: Hand, amount: str) -> None:
    charge = paid(hand)

    assert hand.refused("refunds", "create", charge, "--amount", amount, *WHY)


def test_what_was_not_captured_is_not_given_back(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()

    told = hand.refused("refunds", "create", charge, *WHY)

    assert told == f"Error: Charge {charge} has no captured money."


def test_an_event_is_shown_tried_and_driven_anew(hand: Hand) -> None:
    charge = paid(hand)
    event_lists.read(hand.workshop.deps)
    hand.workshop.run()
    events = hand.read("webhooks", "list")
    event = next(each["id"] for each in events if each["event_type"] == "charge.succeeded")

    tried = hand.read("webhooks", "dry-run", event)
    done = hand.read("webhooks", "replay", event, *WHY)

    assert (tried["charge_id"], tried["would_be"]) == (charge, "succeeded")
    assert "Approved, reference pi_" in tried["says"]
    assert "money 19.99 USD" in tried["says"]
    assert hand.read("webhooks", "show", event)["body"]["data"]["object"]["amount"] == 1999
    assert done["outcome"] == "due again"
    assert [each["id"] for each in hand.read("webhooks", "list", "--waiting")] == [event]
    hand.workshop.sql(
        "UPDATE webhook_events SET dispatch_at = 'infinity' WHERE id = :id RETURNING 1", id=event
    )
    assert hand.read("webhooks", "replay", event, *WHY)["outcome"] == "due now"
    hand.workshop.run()
    assert hand.read("webhooks", "show", event)["result"] == "applied"


def test_an_event_that_nobody_has_is_a_sentence(hand: Hand) -> None:
    assert hand.refused("webhooks", "show", 7) == "Error: There is no webhook event 7."
    assert hand.refused("webhooks", "dry-run", 7) == "Error: There is no webhook event 7."
    assert hand.refused("webhooks", "replay", 7, *WHY) == "Error: There is no webhook event 7."


def test_a_circuit_is_paused_and_resumed_once_each(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()

    hand.read("circuits", "pause", "stripe", *WHY)
    assert "paused already" in hand.refused("circuits", "pause", "stripe", *WHY)
    hand.workshop.run()

    assert hand.workshop.captures() == 0
    (circuit,) = hand.read("circuits", "list")
    assert [circuit[name] for name in ("state", "actor", "reason")] == [
        *("paused", "ada", "the buyer called")
    ]
    assert "ada" in hand.run("circuits", "list").stdout
    hand.read("circuits", "resume", "stripe", *WHY)
    assert "lets calls through already" in hand.refused("circuits", "resume", "stripe", *WHY)
    hand.workshop.advance(seconds=60)
    hand.workshop.run()
    assert hand.workshop.status(charge) == "succeeded"
    assert [action for _, action, *_ in hand.actions()] == ["circuit.pause", "circuit.resume"]


def test_a_charge_that_waits_is_looked_at_before_its_time(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    hand.workshop.run()
    hand.workshop.control.settle(hand.workshop.row(charge).provider_reference)
    assert reconciliation.look_up_overdue(hand.workshop.deps) == 0

    hand.read("reconcile", "charge", charge, *WHY)

    assert reconciliation.look_up_overdue(hand.workshop.deps) == 1
    assert hand.workshop.status(charge) == "succeeded"
    assert "nothing is open about it" in hand.refused("reconcile", "charge", charge, *WHY)


def test_a_day_is_compared_again_or_at_all(hand: Hand) -> None:
    today = datetime.now(UTC).date()
    day = today - timedelta(days=40)

    for _ in range(2):
        hand.read("reconcile", "day", "stripe", day, *WHY)

    assert hand.workshop.sql("SELECT day, due_at <= now() FROM reconciliation_runs") == [
        (day, True)
    ]
    assert "has not ended yet" in hand.refused("reconcile", "day", "stripe", today, *WHY)
    for provider, early in (("stripe", "2010-12-31"), ("paypal", today - timedelta(days=1100))):
        assert "begins before" in hand.refused("reconcile", "day", provider, early, *WHY)
    for words in (("circuits", "pause", "stripe"), ("reconcile", "day", "stripe", day)):
        assert "knows the account" in hand.refused(*words, "--account", "acct_typo", *WHY)
    assert hand.read("reconcile", "differences") == []
    assert "no open difference" in hand.refused("reconcile", "explain", 7, *WHY)


def test_a_token_is_made_for_a_role(hand: Hand) -> None:
    made = hand.read("tokens", "make", "platform", "tickets", "--minutes", 5, *WHY)

    secret = hand.workshop.deps.settings.token_secrets[0]
    claims = jwt.decode(made["token"], secret, ["HS256"])
    assert (claims["sub"], claims["scope"]) == ("tickets", "orders:write")
    assert claims["exp"] == int(datetime.fromisoformat(made["expires_at"]).timestamp())
    ((_, action, subject, *_),) = hand.actions()
    assert (action, subject) == ("token.make", "platform tickets")


def test_the_doctor_names_what_is_away_and_ends_with_one(hand: Hand) -> None:
    ended = hand.run("doctor")

    assert ended.exit_code == 1
    assert ended.stdout, repr(ended.exception)
    lines = {line.split()[1]: line.split()[0] for line in ended.stdout.splitlines()[1:]}
    assert (lines["database"], lines["migration"], lines["broker"]) == ("ok", "ok", "WRONG")
    assert lines["beat"] == "WRONG"
    watch.run(hand.workshop.deps)
    assert "ok     beat" in hand.run("doctor").stdout


def test_the_doctor_sees_a_pooler_that_drops_the_limits(hand: Hand) -> None:
    url = hand.workshop.deps.engine.url
    assert "They hold." in hand.run("doctor").stdout

    bare = create_engine(url)
    found = list(database(replace(hand.workshop.deps, engine=bare)))
    bare.dispose()

    assert [finding.what for finding in found if not finding.is_well] == ["database's limits"]


def test_the_doctor_sees_a_clock_that_is_wrong() -> None:
    now = datetime.now(UTC)

    assert clock("a clock", now + timedelta(seconds=1), now).is_well
    assert not clock("a clock", now - timedelta(minutes=1), now).is_well


def test_migrate_says_what_is_missing_and_brings_it(hand: Hand) -> None:
    url = hand.workshop.deps.engine.url.render_as_string(hide_password=False)
    hand.workshop.sql("UPDATE alembic_version SET version_num = '0001' RETURNING 1")
    told = migrate(url, "--check")
    assert (told.returncode, "not 00" in told.stderr) == (1, True)
    hand.workshop.sql(
        "UPDATE alembic_version SET version_num = :head RETURNING 1",
        head=told.stderr.split("not ")[1][:4],
    )

    told = migrate(url, "--check", "--json")
    assert (told.returncode, json.loads(told.stdout)["is_newest"]) == (0, True)
    assert "newest migration" in migrate(url).stdout


def test_every_command_explains_itself() -> None:
    for words in walk(main, []):
        told = CliRunner().invoke(main, [*words, "--help"])
        assert told.exit_code == 0
        assert len(told.stdout.splitlines()) > 3, words


def walk(command: object, words: list[str]) -> list[list[str]]:
    inner = getattr(command, "commands", {})
    return [words, *(each for name in inner for each in walk(inner[name], [*words, name]))]


def migrate(url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-m", "cli", "migrate", *words]
    settings = {"DATABASE_URL": url.replace("+psycopg2", ""), "PATH": os.environ["PATH"]}
    return subprocess.run(
        program, cwd=PROJECT, env=settings, capture_output=True, text=True, check=False
    )


def test_what_operators_did_is_listed_by_who_and_how(hand: Hand) -> None:
    hand.read("circuits", "pause", "stripe", *WHY)
    hand.read("circuits", "resume", "stripe", "--actor", "grace", "--reason", "it is back")

    both, by_ada = hand.read("audit", "list"), hand.read("audit", "list", "--actor", "ada")

    assert [each["actor"] for each in both] == ["grace", "ada"]
    assert [each["action"] for each in by_ada] == ["circuit.pause"]
    assert hand.read("audit", "list", "--before", both[0]["id"]) == by_ada
    assert "it is back" in hand.run("audit", "list", "--action", "circuit.resume").stdout


def test_what_the_platform_is_told_is_listed_and_told_again_where_somebody_listens(
    hand: Hand,
) -> None:
    paid(hand)

    listed = hand.read("outbound", "list")

    assert [each["event_type"] for each in listed] == ["order.completed", "charge.succeeded"]
    assert hand.read("outbound", "list", "--status", "given_up") == []
    assert "nothing is sent" in hand.refused("outbound", "replay", listed[0]["id"], *WHY)


@pytest.mark.parametrize(("role", "scope"), [("observer", "ops:read"), ("operator", "ops:act")])
def test_tokens_of_the_console_are_made(hand: Hand, role: str, scope: str) -> None:
    made = hand.read("tokens", "make", role, "ada", *WHY)

    secret = hand.workshop.deps.settings.token_secrets[0]
    assert jwt.decode(made["token"], secret, ["HS256"])["scope"] == scope
