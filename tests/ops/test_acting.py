"""Who may acts, with a reason, once; everybody else changes nothing."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.platform import PLATFORM, Platform
from tests.ops.conftest import Desk, SitDown, id_of

ACTIONS = [
    "/ops/charges/1/retry",
    "/ops/charges/1/cancel",
    "/ops/charges/1/resolve",
    "/ops/circuits/pause",
    "/ops/charges/1/refund",
    "/ops/charges/1/reconcile",
    "/ops/refunds/1/resolve",
    "/ops/differences/1/explain",
    "/ops/differences/compare",
    "/ops/webhooks/1/replay",
    "/ops/outbound/1/replay",
]
PAUSE = {"provider": "stripe", "account": ""}


def on_record(platform: Platform) -> int:
    ((count,),) = platform.sql("SELECT count(*) FROM operator_actions")
    return int(count)


def paused(platform: Platform) -> int:
    ((count,),) = platform.sql("SELECT count(*) FROM circuits WHERE state = 'paused'")
    return int(count)


@pytest.mark.parametrize("path", [*ACTIONS, "/ops/circuits/resume"])
def test_who_is_not_signed_in_does_nothing(
    platform: Platform, sit_down: SitDown, path: str
) -> None:
    before = on_record(platform)

    assert sit_down(None).act(path, **PAUSE).status_code == 401

    assert on_record(platform) == before


@pytest.mark.parametrize("path", [*ACTIONS, "/ops/circuits/resume"])
def test_who_may_only_read_does_nothing(platform: Platform, reader: Desk, path: str) -> None:
    before = on_record(platform)

    answer = reader.act(path, **PAUSE)

    assert answer.status_code == 403
    assert "ops:act" in answer.text
    assert on_record(platform) == before


@pytest.mark.parametrize("csrf", ["", "another session's"])
def test_a_form_of_another_site_does_nothing(platform: Platform, actor: Desk, csrf: str) -> None:
    before = on_record(platform)

    answer = actor.act("/ops/circuits/pause", csrf=csrf, **PAUSE)

    assert answer.status_code == 400
    assert (on_record(platform), paused(platform)) == (before, 0)


def test_no_reason_no_action(platform: Platform, actor: Desk) -> None:
    answer = actor.act("/ops/circuits/pause", reason=" ", **PAUSE)

    assert answer.status_code == 409
    assert "Say why" in answer.text
    assert paused(platform) == 0


@pytest.mark.parametrize("wrong", [{"once": "1"}, {"provider": "ours"}])
def test_a_form_that_is_none_does_nothing(
    platform: Platform, actor: Desk, wrong: dict[str, str]
) -> None:
    assert actor.act("/ops/circuits/pause", **PAUSE | wrong).status_code == 400

    assert paused(platform) == 0


def test_a_form_that_is_sent_twice_acts_once(platform: Platform, actor: Desk) -> None:
    before = on_record(platform)
    once = str(uuid.uuid4())

    answers = [actor.act("/ops/circuits/pause", once=once, **PAUSE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (on_record(platform), paused(platform)) == (before + 1, 1)
    assert "paused by grace: the buyer called" in actor.get("/ops/circuits").text
    actor.act("/ops/circuits/resume", **PAUSE)
    assert paused(platform) == 0
    audit = actor.get("/ops/audit").text
    assert audit.index("circuit.resume") < audit.index("circuit.pause")
    assert "grace" in audit


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


def test_a_handled_event_is_handled_again(platform: Platform, actor: Desk) -> None:
    ((event,),) = platform.sql(
        "INSERT INTO webhook_events (provider, event_id, event_type, body, created_at, received_at,"
        " handled_at, result, found_by, dispatch_at) VALUES ('stripe', 'evt_1', 'charge.updated',"
        " '', now(), now(), now(), 'ignored', 'webhook', NULL) RETURNING id"
    )
    assert "Handle it again" in actor.get(f"/ops/webhooks/{event}").text
    assert "evt_1" in actor.get("/ops/webhooks").text

    answer = actor.act(f"/ops/webhooks/{event}/replay")

    assert answer.status_code == 303, answer.text
    ((is_due,),) = platform.sql(
        "SELECT dispatch_at <= now() FROM webhook_events WHERE id = :id", id=event
    )
    assert is_due


def test_the_platform_is_told_again(platform: Platform, actor: Desk) -> None:
    endpoint = platform.endpoint()
    platform.ask("POST", f"/v1/webhook-endpoints/{endpoint}/ping", as_=PLATFORM)
    ((event, claim),) = platform.sql("SELECT event_id, claim_number FROM outbound_deliveries")
    assert "Tell again" in actor.get(f"/ops/outbound/{event}").text

    answer = actor.act(f"/ops/outbound/{event}/replay")

    assert answer.status_code == 303, answer.text
    assert platform.sql("SELECT claim_number FROM outbound_deliveries") == [(claim + 1,)]
    assert "outbound_event.replay" in actor.get("/ops/audit").text


def test_each_try_to_tell_the_platform_is_shown_with_its_answer(
    platform: Platform, reader: Desk
) -> None:
    endpoint = platform.endpoint()
    platform.ask("POST", f"/v1/webhook-endpoints/{endpoint}/ping", as_=PLATFORM)
    ((event, delivery),) = platform.sql(
        "SELECT event_id, id FROM outbound_deliveries WHERE endpoint_id = :id", id=int(endpoint)
    )
    platform.sql(
        "INSERT INTO outbound_attempts (delivery_id, number, started_at, finished_at, status_code,"
        " latency_ms, error) VALUES (:id, 1, now(), now(), 503, 42, NULL),"
        " (:id, 2, now(), now(), NULL, 7, 'connection refused'), (:id, 3, now(), NULL, NULL,"
        " NULL, NULL)",
        id=delivery,
    )

    page = reader.get(f"/ops/outbound/{event}").text

    ((url,),) = platform.sql("SELECT url FROM outbound_endpoints WHERE id = :id", id=int(endpoint))
    assert f"{url}: pending" in page
    answers = ("503</td><td>42 ms", "connection refused</td><td>7 ms", "none yet</td><td>")
    assert all(f"<td>{answer}</td>" in page for answer in answers)


@pytest.mark.parametrize("path", ["/ops/webhooks/999", "/ops/outbound/999"])
def test_an_event_that_is_none_is_a_page_that_says_so(actor: Desk, path: str) -> None:
    assert actor.get(path).status_code == 404
    assert actor.act(f"{path}/replay").status_code == 409


def test_a_refund_that_waits_for_a_person_is_told_and_kept_with_a_note(
    platform: Platform, actor: Desk
) -> None:
    path = platform.paid()
    refund = id_of(platform.refunded(path, amount="5.00"))
    platform.sql(
        "UPDATE refunds SET status = 'needs_review', dispatch_at = NULL, next_attempt_at = NULL,"
        " failure_code = 'unresolved' WHERE id = :id",
        id=refund,
    )
    platform.sql(
        "INSERT INTO refund_transitions (refund_id, at, actor, event, from_status, to_status,"
        " reason, evidence) VALUES (:id, now(), 'worker', 'unresolved', 'pending', 'needs_review',"
        " 'read timed out', '{}')",
        id=refund,
    )

    assert "1 refunds" in actor.get("/ops").text
    page = actor.get("/ops/reviews").text
    assert "read timed out" in page
    assert "5.00 USD" in page
    answer = actor.act(f"/ops/refunds/{refund}/resolve", decision="keep")

    assert answer.status_code == 303, answer.text
    assert "refund.resolve.keep" in actor.get(f"/ops/charges/{id_of(path)}").text


def test_a_difference_is_explained_and_alarms_nobody_any_more(
    platform: Platform, actor: Desk
) -> None:
    ((run,),) = platform.sql(
        "INSERT INTO reconciliation_runs (provider, day, unexplained, created_at, finished_at)"
        " VALUES ('stripe', '2026-01-31', 1, now(), now()) RETURNING id"
    )
    ((difference,),) = platform.sql(
        "INSERT INTO reconciliation_differences (run_id, type, kind, object_reference, theirs,"
        " found_at) VALUES (:run, 'unknown', 'capture', 'ch_x', '19.99 USD', now()) RETURNING id",
        run=run,
    )
    assert "Unexplained differences: 1" in actor.get("/ops").text
    assert "Unexplained differences: 1" in actor.get("/ops/reviews").text

    answer = actor.act(f"/ops/differences/{difference}/explain", reason="the shop's other till")

    assert answer.status_code == 303, answer.text
    assert "the shop&#39;s other till" in actor.get("/ops/differences").text
    assert "Unexplained differences" not in actor.get("/ops").text
    assert actor.act("/ops/differences/999/explain").status_code == 409


def test_a_day_is_compared_that_can_be(platform: Platform, actor: Desk) -> None:
    platform.sql("UPDATE charges SET created_at = now() - interval '3 days' WHERE id = 1")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    answer = actor.act("/ops/differences/compare", provider="stripe", day=yesterday)

    assert answer.status_code == 303, answer.text
    assert platform.sql("SELECT 1 FROM reconciliation_runs WHERE day = :day", day=yesterday)
    for day, status in (("today", 400), ("0001-01-01", 409), ("9999-12-31", 409)):
        assert actor.act("/ops/differences/compare", **PAUSE, day=day).status_code == status


def test_an_account_that_nobody_has_is_neither_stopped_nor_compared(actor: Desk) -> None:
    for path in ("circuits/pause", "differences/compare"):
        answer = actor.act(f"/ops/{path}", provider="stripe", account="acct_typo", day="2026-01-31")

        assert answer.status_code == 409
        assert "No authorization and no charge knows" in answer.text


def test_an_event_that_no_endpoint_wants_is_not_said_to_be_sent(
    platform: Platform, actor: Desk
) -> None:
    platform.sql("UPDATE outbound_endpoints SET status = 'deleted', disabled_reason = NULL")
    actor.act(f"/ops/charges/{id_of(platform.charged())}/cancel")
    ((event,),) = platform.sql("SELECT max(id) FROM outbound_events")

    answer = actor.act(f"/ops/outbound/{event}/replay")

    assert answer.status_code == 409
    assert "nothing is sent" in answer.text
