"""Each row of the contract of webhook endpoints and outbound events."""

import uuid
from typing import Any

import pytest

from shared.repository.endpoints import MOST_ENDPOINTS
from tests.api.factories import Json, endpoint_document
from tests.api.platform import PLATFORM, Platform, data_of, document_of, error_of
from tests.api.scenes import outbound_event

ENDPOINTS = "/v1/webhook-endpoints"


def patch(platform: Platform, key: str, **attributes: Any) -> Json:
    told = {name.replace("_", "-"): value for name, value in attributes.items()}
    document = {"data": {"type": "webhook-endpoint", "id": key, "attributes": told}}
    answer = platform.ask("PATCH", f"{ENDPOINTS}/{key}", document, as_=PLATFORM)
    assert answer.status_code == 200, answer.text
    return dict(data_of(answer)["attributes"])


def test_the_secret_is_shown_once(platform: Platform) -> None:
    made = platform.ask("POST", ENDPOINTS, endpoint_document(), as_=PLATFORM)

    seen = platform.ask("GET", str(made.headers["Location"]), as_=PLATFORM)

    secret = data_of(made)["attributes"]["secret"]
    assert secret.startswith("whsec_")
    assert "secret" not in data_of(seen)["attributes"]
    assert secret not in str(platform.sql("SELECT secret FROM outbound_secrets"))


def test_a_rotated_secret_is_another_one_and_the_old_one_stays_for_a_day(
    platform: Platform,
) -> None:
    key = platform.endpoint()

    rotated = platform.ask("POST", f"{ENDPOINTS}/{key}/rotate-secret", as_=PLATFORM)

    query = """
        SELECT secret, expires_at - created_at > '23 h' FROM outbound_secrets
        WHERE endpoint_id = :key ORDER BY id
    """
    old, new = platform.sql(query, key=key)
    opened = platform.deps.vault.open(bytes(new[0]))
    assert opened == data_of(rotated)["attributes"]["secret"]
    assert platform.deps.vault.open(bytes(old[0])) != opened
    assert (old[1], new[1]) == (True, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x" * 3000,
        "ftp://127.0.0.1/",
        "http://10.0.0.1/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:6379/",
        "http://127.0.0.1/\x00",
        "http://127.0.0.1/ä",
        None,
        7,
    ],
)
def test_an_address_where_no_event_may_go_is_refused(platform: Platform, url: object) -> None:
    document = endpoint_document(url=url)

    answer = platform.ask("POST", ENDPOINTS, document, as_=PLATFORM)

    assert answer.status_code == 422, answer.text
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/url"}


def test_an_endpoint_cannot_move_to_where_no_event_may_go(platform: Platform) -> None:
    key = platform.endpoint()
    attributes = {"url": "http://169.254.169.254/latest/meta-data/"}
    document = {"data": {"type": "webhook-endpoint", "id": key, "attributes": attributes}}

    answer = platform.ask("PATCH", f"{ENDPOINTS}/{key}", document, as_=PLATFORM)

    assert answer.status_code == 422
    assert "link-local" in error_of(answer)["detail"]


@pytest.mark.parametrize("kind", ["order.eaten", "endpoint.ping.pong", 7])
def test_an_unknown_event_type_is_refused(platform: Platform, kind: object) -> None:
    answer = platform.ask("POST", ENDPOINTS, endpoint_document(event_types=[kind]), as_=PLATFORM)

    assert answer.status_code == 422
    assert error_of(answer)["source"]["pointer"].startswith("/data/attributes/event-types")


def test_an_endpoint_is_disabled_and_enabled_by_request(platform: Platform) -> None:
    key = platform.endpoint()

    off = patch(platform, key, status="disabled")
    ping = platform.ask("POST", f"{ENDPOINTS}/{key}/ping", as_=PLATFORM)
    on = patch(platform, key, status="enabled")

    assert (off["status"], off["disabled-reason"]) == ("disabled", "by request")
    assert ping.status_code == 409
    assert (on["status"], on["disabled-reason"]) == ("enabled", None)


def test_what_is_not_sent_of_an_endpoint_stays(platform: Platform) -> None:
    key = platform.endpoint(event_types=["order.completed"])

    moved = patch(platform, key, url="http://127.0.0.1/elsewhere")

    assert moved["url"] == "http://127.0.0.1/elsewhere"
    assert moved["event-types"] == ["order.completed"]


def test_a_deleted_endpoint_is_not_there_any_more(platform: Platform) -> None:
    key = platform.endpoint()
    gone = platform.ask("DELETE", f"{ENDPOINTS}/{key}", as_=PLATFORM)
    outbound_event(platform)

    again = platform.ask("DELETE", f"{ENDPOINTS}/{key}", as_=PLATFORM)
    listed = document_of(platform.ask("GET", ENDPOINTS, as_=PLATFORM))["data"]

    assert gone.status_code == 200
    assert again.status_code == 404
    assert key not in [endpoint["id"] for endpoint in listed]
    query = "SELECT count(*) FROM outbound_deliveries WHERE endpoint_id = :key"
    assert [tuple(row) for row in platform.sql(query, key=key)] == [(0,)]


def test_there_are_only_so_many_endpoints(platform: Platform) -> None:
    platform.endpoint()
    for _ in range(MOST_ENDPOINTS - 1):
        platform.ask("POST", ENDPOINTS, endpoint_document(), as_=PLATFORM)

    answer = platform.ask("POST", ENDPOINTS, endpoint_document(), as_=PLATFORM)

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "too_many_endpoints"


@pytest.mark.parametrize(
    "path",
    [
        f"{ENDPOINTS}/0",
        f"{ENDPOINTS}/99999999999999999999999",
        f"{ENDPOINTS}/{uuid.UUID(int=1)}",
        f"{ENDPOINTS}/x/deliveries",
        "/v1/outbound-events/0",
        "/v1/outbound-events?filter[order]=0",
    ],
)
def test_what_is_unknown_is_not_found(platform: Platform, path: str) -> None:
    assert platform.ask("GET", path, as_=PLATFORM).status_code == 404


def test_events_are_listed_by_order_page_after_page(platform: Platform) -> None:
    platform.endpoint()
    for _ in range(2):
        outbound_event(platform)
    query = "SELECT o.id, v.id FROM outbound_events v JOIN orders o ON o.id = v.order_id"
    order, event = platform.sql(f"{query} ORDER BY v.id DESC LIMIT 1")[0]

    mine = document_of(
        platform.ask("GET", f"/v1/outbound-events?filter[order]={order}", as_=PLATFORM)
    )
    first = document_of(platform.ask("GET", "/v1/outbound-events?page[size]=1", as_=PLATFORM))
    second = document_of(platform.ask("GET", first["links"]["next"], as_=PLATFORM))

    assert [one["id"] for one in mine["data"]] == [str(event)]
    assert first["data"][0]["id"] == str(event)
    assert second["data"][0]["id"] == str(event - 1)


def test_deliveries_are_listed_page_after_page(platform: Platform) -> None:
    key = platform.endpoint()
    for _ in range(3):
        outbound_event(platform)

    path, seen = f"{ENDPOINTS}/{key}/deliveries?page[size]=2", []
    while path:
        page = document_of(platform.ask("GET", path, as_=PLATFORM))
        seen += [delivery["id"] for delivery in page["data"]]
        path = page["links"]["next"]

    assert len(seen) == len(set(seen)) == 3
    assert seen == sorted(seen, key=int, reverse=True)


def test_a_replay_makes_a_delivered_event_due_again_under_its_id(platform: Platform) -> None:
    key = platform.endpoint()
    event = outbound_event(platform)
    platform.sql(
        "UPDATE outbound_deliveries SET status = 'delivered', finished_at = now(),"
        " claimed_until = NULL, next_attempt_at = NULL, dispatch_at = NULL"
        " WHERE endpoint_id = :key",
        key=key,
    )

    answer = platform.ask("POST", f"/v1/outbound-events/{event}/replay", as_=PLATFORM)

    rows = platform.sql(
        "SELECT event_id, status, tries FROM outbound_deliveries WHERE endpoint_id = :key", key=key
    )
    assert data_of(answer)["id"] == event
    assert [tuple(row) for row in rows] == [(int(event), "pending", 0)]


def test_a_replay_reaches_an_endpoint_that_came_later(platform: Platform) -> None:
    platform.endpoint()
    event = outbound_event(platform)
    late = platform.endpoint()

    platform.ask("POST", f"/v1/outbound-events/{event}/replay", as_=PLATFORM)

    query = "SELECT event_id FROM outbound_deliveries WHERE endpoint_id = :key"
    assert [row[0] for row in platform.sql(query, key=late)] == [int(event)]


def test_a_ping_reaches_the_one_endpoint_even_when_replayed(platform: Platform) -> None:
    key = platform.endpoint(event_types=["order.completed"])
    platform.ask("POST", ENDPOINTS, endpoint_document(), as_=PLATFORM)

    ping = platform.ask("POST", f"{ENDPOINTS}/{key}/ping", as_=PLATFORM)
    event = data_of(ping)["id"]
    platform.ask("POST", f"/v1/outbound-events/{event}/replay", as_=PLATFORM)

    query = "SELECT endpoint_id FROM outbound_deliveries WHERE event_id = :event"
    assert [row[0] for row in platform.sql(query, event=event)] == [int(key)]
