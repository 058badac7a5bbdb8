"""Events are handled again and told again, where there is somebody to hear them."""

import pytest

from tests.api.platform import PLATFORM, Platform
from tests.ops.conftest import Desk, id_of


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


def test_an_event_that_no_endpoint_wants_is_not_said_to_be_sent(
    platform: Platform, actor: Desk
) -> None:
    platform.sql("UPDATE outbound_endpoints SET status = 'deleted', disabled_reason = NULL")
    actor.act(f"/ops/charges/{id_of(platform.charged())}/cancel")
    ((event,),) = platform.sql("SELECT max(id) FROM outbound_events")

    answer = actor.act(f"/ops/outbound/{event}/replay")

    assert answer.status_code == 409
    assert "nothing is sent" in answer.text
