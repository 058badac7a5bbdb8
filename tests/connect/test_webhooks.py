"""What connected accounts tell: their own charges hear of it, and nobody else's."""

import json
import uuid
from typing import Any

import pytest

from tests.api.platform import error_of
from tests.connect.conftest import MakeStage
from tests.connect.stage import Stage, connect_event

PROCESSING = "pm_card_sandbox_processing"


@pytest.fixture(scope="module")
def stage(make: MakeStage) -> Any:
    """A stage that hears the sandbox's webhooks."""
    stage = make()
    with stage.listening():
        yield stage


def intent_of(stage: Stage, path: str, status: str, **changes: Any) -> dict[str, Any]:
    """A PaymentIntent that names the charge, as anybody could write it."""
    row = stage.row(path)
    return {
        "id": row.provider_reference or f"pi_{uuid.uuid4().hex}",
        "object": "payment_intent",
        "status": status,
        "metadata": {"charge": str(row.identifier)},
        "last_payment_error": {"type": "card_error", "code": "card_declined"},
    } | changes


def test_what_settles_later_on_an_account_is_heard_at_connects_endpoint(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    before = stage.status(path)

    stage.control.settle(stage.row(path).provider_reference)
    stage.hear("payment_intent.succeeded")

    assert (before, stage.status(path)) == ("processing", "succeeded")
    ((source,),) = stage.platform.sql(
        "SELECT account FROM webhook_events WHERE charge_id = :id"
        " AND event_type = 'payment_intent.succeeded'",
        id=stage.row(path).id,
    )
    assert source == account


def test_an_event_of_another_account_reaches_no_charge_by_its_object(stage: Stage) -> None:
    (event, _, _), (_, _, stranger) = stage.authorized(), stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    failed = intent_of(stage, path, "requires_payment_method")

    answer = stage.deliver(connect_event("payment_intent.payment_failed", stranger, failed))
    stage.run()

    assert answer.status_code == 200
    assert stage.status(path) == "processing"


def test_an_event_of_another_account_reaches_no_charge_by_what_its_owner_wrote(
    stage: Stage,
) -> None:
    (event, _, _), (_, _, stranger) = stage.authorized(), stage.authorized()
    theirs = stage.charged(event, PROCESSING)
    ours = stage.charged(stage.platform.event(), PROCESSING)
    stage.run()

    for path in (theirs, ours):
        failed = intent_of(stage, path, "requires_payment_method", id=f"pi_{uuid.uuid4().hex}")
        stage.deliver(connect_event("payment_intent.payment_failed", stranger, failed))
    stage.run()

    assert (stage.status(theirs), stage.status(ours)) == ("processing", "processing")


def test_what_an_organizer_sells_elsewhere_is_not_waited_for(stage: Stage) -> None:
    _, _, account = stage.authorized()
    sold = {
        "id": f"pi_{uuid.uuid4().hex}",
        "object": "payment_intent",
        "status": "processing",
        "metadata": {"shirt": "L"},
    }
    told = connect_event("payment_intent.processing", account, sold)

    stage.deliver(told)
    stage.run()

    ((result, tries),) = stage.platform.sql(
        "SELECT result, tries FROM webhook_events WHERE event_id = :id", id=told["id"]
    )
    assert (result, tries) == ("unmatched", 0)


def test_an_event_of_the_other_mode_is_stored_and_ignored(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    failed = intent_of(stage, path, "requires_payment_method")
    told = connect_event("payment_intent.payment_failed", account, failed, livemode=True)

    answers = [stage.deliver(told) for _ in range(2)]
    stage.run()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert stage.status(path) == "processing"
    stored = stage.platform.sql(
        "SELECT result, handled_at, dispatch_at FROM webhook_events WHERE event_id = :id",
        id=told["id"],
    )
    assert [(row.result, row.dispatch_at) for row in stored] == [("ignored", None)]


def test_each_endpoint_has_secrets_of_its_own(stage: Stage) -> None:
    _, _, account = stage.authorized()
    told = connect_event("payment_intent.succeeded", account, {"id": "pi_1"})
    platforms = stage.platform.deps.settings.stripe_webhook_secrets[0].get_secret_value()
    body = json.dumps({**told, "account": None}).encode()

    at_connects = stage.deliver(told, platforms)
    at_ours = stage.platform.app.test_client().post(
        "/webhooks/stripe", data=body, headers=stage.signed(body)
    )

    assert (at_connects.status_code, at_ours.status_code) == (400, 400)
    assert error_of(at_connects)["detail"] == "The webhook could not be verified."


def test_connects_secret_does_not_speak_for_the_platforms_account(stage: Stage) -> None:
    told = connect_event("payment_intent.succeeded", "", {"id": "pi_1"})
    del told["account"]

    assert stage.deliver(told).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"x" * 2_000_000])
def test_what_is_unsigned_or_unreadable_is_refused(stage: Stage, body: bytes) -> None:
    client = stage.platform.app.test_client()

    unsigned = client.post("/webhooks/stripe/connect", data=body)
    signed = client.post("/webhooks/stripe/connect", data=body, headers=stage.signed(body))

    assert {unsigned.status_code, signed.status_code} <= {400, 413}


def test_a_platform_without_organizers_has_no_such_endpoint(make: MakeStage) -> None:
    stage = make(stripe_client_id="")

    answer = stage.deliver(connect_event("payment_intent.succeeded", "acct_1", {"id": "pi_1"}))

    assert answer.status_code == 404


def test_an_event_delivered_twice_is_one_event(stage: Stage) -> None:
    event, _, account = stage.authorized()
    path = stage.charged(event, PROCESSING)
    stage.run()
    failed = intent_of(stage, path, "requires_payment_method")
    told = connect_event("payment_intent.payment_failed", account, failed)

    for _ in range(2):
        assert stage.deliver(told).status_code == 200
        stage.run()

    stored = stage.platform.sql(
        "SELECT id FROM webhook_events WHERE event_id = :id AND result = 'applied'", id=told["id"]
    )
    assert len(stored) == 1
    assert stage.status(path) == "failed"
