"""Operators see a charge whole, and find it by every name."""

import json
import os
import pty
import termios
from contextlib import redirect_stdout
from io import StringIO

import pytest

from cli.printing import print_table
from tests.cli.conftest import Hand


def test_a_charge_is_found_by_every_name_it_has(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()
    row = hand.workshop.row(charge)
    ((order,),) = hand.workshop.sql("SELECT identifier FROM orders WHERE id = :id", id=row.order_id)
    names = {
        "charge id": charge,
        "charge identifier": row.identifier,
        "order identifier": order,
        "provider reference": row.provider_reference,
        "capture reference": row.capture_reference,
    }

    hits = {matched: hand.read("search", name) for matched, name in names.items()}

    for matched, found in hits.items():
        (hit,) = [each for each in found if each["matched"] == matched]
        assert (hit["charge_id"], hit["order_id"]) == (charge, row.order_id)


def test_a_charge_is_found_by_the_key_that_its_provider_was_sent(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()
    ((key,),) = hand.workshop.sql("SELECT idempotency_key FROM attempts")

    assert [hit["charge_id"] for hit in hand.read("search", key)] == [charge]


def test_what_names_nothing_is_not_found(hand: Hand) -> None:
    assert hand.read("search", "pi_nobody") == []
    assert hand.read("search", "9" * 40) == []


def test_a_charge_is_shown_with_all_that_happened_in_the_order_of_time(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()

    shown = hand.read("charges", "show", charge)

    entries = shown["timeline"]
    assert [each["kind"] for each in entries].count("attempt") == 1
    assert {"transition", "attempt", "outbound event"} <= {each["kind"] for each in entries}
    assert [each["at"] for each in entries] == sorted(each["at"] for each in entries)
    assert shown["charge"]["money"] == {"amount_minor": 1999, "currency": "USD"}
    assert (shown["purchase"]["order_status"], shown["waits"]) == ("completed", None)
    assert shown["purchase"]["order"] in hand.run("charges", "show", charge).stdout


def test_why_a_charge_waits_is_said_first(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe("tok_threeDSecure2Required")
    assert "waits for a worker" in hand.run("charges", "show", charge).stdout.splitlines()[0]
    hand.workshop.run()

    first = hand.run("charges", "show", charge).stdout.splitlines()[0]

    assert first.startswith("It waits for its payer; the provider is asked at 20")


def test_of_a_frozen_request_only_what_is_known_to_be_harmless_is_shown(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    hand.workshop.run()

    (attempt,) = [
        each["facts"]
        for each in hand.read("charges", "show", charge)["timeline"]
        if each["kind"] == "attempt"
    ]

    intent = attempt["request"]["payment_intent"]
    assert (intent["amount"], intent["payment_method"]) == (1999, "…")
    assert attempt["request"]["payment_method"]["card"]["token"] == "…"


def test_people_get_lines_that_fit_their_terminal_and_programs_get_them_whole() -> None:
    why = "a reason " * 50

    assert on_a_terminal(60, why)[1] == f"stripe    {why[:49]}…"
    assert on_a_terminal(600, why)[1] == f"stripe    {why}".strip()
    with redirect_stdout(StringIO()) as kept:
        print_table(("provider", "reason"), [("stripe", why)])
    assert why.strip() in kept.getvalue()


def on_a_terminal(columns: int, why: str) -> list[str]:
    """The lines of a table there."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w") as terminal, redirect_stdout(terminal):
        print_table(("provider", "reason"), [("stripe", why)])
    lines = b""
    while lines.count(b"\n") < 2:
        lines += os.read(ours, 4096)
    os.close(ours)
    return lines.decode().splitlines()


def test_overdue_charges_are_listed_the_longest_first(hand: Hand) -> None:
    charges = [hand.workshop.charge_by_stripe() for _ in range(3)]
    hand.workshop.sql(
        "UPDATE charges SET created_at = now() - id * interval '1 hour' WHERE id = ANY(:ids)"
        " RETURNING 1",
        ids=charges[1:],
    )

    assert [each["id"] for each in hand.read("charges", "list", "--overdue")] == charges[:0:-1]
    assert hand.run("charges", "list", "--overdue", "--status", "failed").exit_code == 2


def test_why_charges_failed_stands_in_their_list(hand: Hand) -> None:
    hand.workshop.charge_by_stripe("tok_chargeDeclinedInsufficientFunds")
    hand.workshop.run()

    assert "insufficient_funds" in hand.run("charges", "list", "--status", "failed").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("charges", "list", "--most", -1),
        ("charges", "list", "--before", 2**64),
        ("charges", "show", 2**64),
        ("webhooks", "show", 2**64),
    ],
)
def test_a_number_that_no_row_has_is_a_sentence(hand: Hand, words: tuple[object, ...]) -> None:
    ended = hand.run(*words)

    assert ended.exit_code == 2
    assert "is not in the range" in ended.stderr


def test_charges_are_listed_by_where_they_stand_page_by_page(hand: Hand) -> None:
    paid = [hand.workshop.charge_by_stripe() for _ in range(3)]
    hand.workshop.run()
    waiting = hand.workshop.charge_by_stripe()

    first = hand.read("charges", "list", "--status", "succeeded", "--most", 2)
    rest = hand.read("charges", "list", "--status", "succeeded", "--before", first[-1]["id"])

    assert [each["id"] for each in first + rest] == paid[::-1]
    assert hand.read("charges", "list")[0]["id"] == waiting


def test_what_waits_for_a_person_is_listed_with_why_and_what_to_do(hand: Hand) -> None:
    charge = in_review(hand)

    (review,) = hand.read("charges", "reviews")

    assert review["charge"]["id"] == charge
    assert review["suggestion"]["action"] == "look_up"
    assert str(charge) in hand.run("charges", "reviews").stdout


def test_a_refusal_is_json_for_a_program(hand: Hand) -> None:
    ended = hand.run("charges", "show", 999, "--json")

    assert ended.exit_code == 1
    assert json.loads(ended.stdout) == {"error": "There is no charge 999."}
    assert not ended.stderr


def test_when_a_charge_settled_is_kept(hand: Hand) -> None:
    charge = hand.workshop.charge_by_stripe()
    accepted = hand.workshop.row(charge)

    hand.workshop.run()

    settled = hand.workshop.row(charge)
    assert accepted.settled_at is None
    assert settled.created_at < settled.settled_at <= settled.updated_at
    assert hand.workshop.row(in_review(hand)).settled_at is None


def test_a_charge_that_nobody_has_is_a_sentence(hand: Hand) -> None:
    assert hand.refused("charges", "show", 7) == "Error: There is no charge 7."


def in_review(hand: Hand) -> int:
    """A charge that was in doubt for too long."""
    charge = hand.workshop.charge_by_stripe("pm_card_sandbox_processing_stuck")
    hand.workshop.run()
    hand.workshop.sql(
        "INSERT INTO transitions (charge_id, at, actor, event, from_status, to_status, reason,"
        " evidence) VALUES (:id, now(), 'sweep', 'unresolved', 'processing', 'needs_review',"
        " 'too long', CAST(:evidence AS jsonb)) RETURNING 1",
        id=charge,
        evidence='{"suggestion": {"action": "look_up", "because": "Nobody knows."}}',
    )
    hand.workshop.sql(
        "UPDATE charges SET status = 'needs_review', instrument = NULL WHERE id = :id RETURNING 1",
        id=charge,
    )
    return charge
