"""What an operator does to a charge happens as its provider says, or not at all."""

import uuid

from tests.api.platform import Platform
from tests.ops.conftest import Desk, id_of


def test_the_next_attempt_is_made_due(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.charged())
    platform.sql(
        "UPDATE charges SET next_attempt_at = now() + interval '1 hour',"
        " dispatch_at = now() + interval '1 hour' WHERE id = :id",
        id=charge,
    )
    assert "Make the next attempt now" in actor.get(f"/ops/charges/{charge}").text

    answer = actor.act(f"/ops/charges/{charge}/retry")

    assert answer.headers["Location"] == f"/ops/charges/{charge}"
    ((is_due,),) = platform.sql(
        "SELECT next_attempt_at <= now() FROM charges WHERE id = :id", id=charge
    )
    assert is_due
    assert "charge.retry: due now" in actor.get(f"/ops/charges/{charge}").text


def test_what_was_never_sent_is_called_off_at_once(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.charged())
    assert f"/ops/charges/{charge}/cancel" in actor.get(f"/ops/charges/{charge}").text

    answer = actor.act(f"/ops/charges/{charge}/cancel")

    assert answer.headers["Location"] == f"/ops/charges/{charge}"
    page = actor.get(f"/ops/charges/{charge}").text
    assert f"Charge {charge}: canceled" in page
    assert "charge.cancel: canceled" in page
    assert "Call off" not in page


def test_what_waits_for_its_payer_is_called_off_by_its_provider(
    platform: Platform, actor: Desk
) -> None:
    charge = id_of(platform.charged())
    platform.sql(
        "UPDATE charges SET status = 'submitting', claimed_until = now(), claim_number = 1"
        " WHERE id = :id",
        id=charge,
    )
    platform.sql(
        "UPDATE charges SET status = 'requires_action', claimed_until = NULL, instrument = NULL,"
        " dispatch_at = NULL, next_attempt_at = NULL WHERE id = :id",
        id=charge,
    )

    answer = actor.act(f"/ops/charges/{charge}/cancel")

    assert answer.status_code == 303, answer.text
    ((is_due, status),) = platform.sql(
        "SELECT dispatch_at <= now(), status FROM charges WHERE id = :id", id=charge
    )
    assert (is_due, status) == (True, "requires_action")
    page = actor.get(f"/ops/charges/{charge}").text
    assert "its provider will be asked" in page
    assert "<dt>Called off</dt>" in page


def test_what_is_paid_is_not_called_off(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.paid())
    assert f"/ops/charges/{charge}/cancel" not in actor.get(f"/ops/charges/{charge}").text

    answer = actor.act(f"/ops/charges/{charge}/cancel")

    assert answer.status_code == 409
    assert "only a refund gives its money back" in answer.text


def test_what_waits_for_a_person_is_kept_with_a_note(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.charged())
    platform.sql(
        "UPDATE charges SET status = 'needs_review', instrument = NULL, dispatch_at = NULL,"
        " next_attempt_at = NULL, deadline_at = NULL WHERE id = :id",
        id=charge,
    )
    platform.sql(
        "INSERT INTO transitions (charge_id, at, actor, event, from_status, to_status, reason)"
        " VALUES (:id, now(), 'sweep', 'unresolved', 'processing', 'needs_review', 'too long')",
        id=charge,
    )
    page = actor.get("/ops/reviews").text
    assert "too long" in page
    assert f"/ops/charges/{charge}/resolve" in page

    answer = actor.act(f"/ops/charges/{charge}/resolve", decision="keep")

    assert answer.status_code == 303, answer.text
    assert "kept before a person" in actor.get(f"/ops/charges/{charge}").text


def test_what_waits_for_nobody_is_not_decided(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.charged())

    answer = actor.act(f"/ops/charges/{charge}/resolve", decision="keep")

    assert answer.status_code == 409
    assert "there is nothing to decide" in answer.text


def test_a_payment_is_refunded_once_though_its_form_is_sent_twice(
    platform: Platform, actor: Desk
) -> None:
    charge = id_of(platform.paid())
    once = str(uuid.uuid4())
    assert f"/ops/charges/{charge}/refund" in actor.get(f"/ops/charges/{charge}").text

    for _ in range(2):
        answer = actor.act(f"/ops/charges/{charge}/refund", once=once, amount="5.00")
        assert answer.status_code == 303, answer.text

    amounts = platform.sql("SELECT amount_minor FROM refunds WHERE charge_id = :id", id=charge)
    assert amounts == [(500,)]


def test_more_than_was_paid_is_not_given_back(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.paid())

    answer = actor.act(f"/ops/charges/{charge}/refund", amount="20.00")

    assert answer.status_code == 409
    assert platform.sql("SELECT 1 FROM refunds WHERE charge_id = :id", id=charge) == []
