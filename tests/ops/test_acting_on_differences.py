"""What is found out of refunds, ledgers and accounts is kept, and of nothing else."""

from datetime import UTC, datetime, timedelta

from tests.api.platform import Platform
from tests.ops.conftest import Desk, id_of

STRIPE = {"provider": "stripe", "account": ""}


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
        assert actor.act("/ops/differences/compare", **STRIPE, day=day).status_code == status


def test_an_account_that_nobody_has_is_neither_stopped_nor_compared(actor: Desk) -> None:
    for path in ("circuits/pause", "differences/compare"):
        answer = actor.act(f"/ops/{path}", provider="stripe", account="acct_typo", day="2026-01-31")

        assert answer.status_code == 409
        assert "No authorization and no charge knows" in answer.text
