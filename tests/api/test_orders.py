"""Events and orders: told by the platform, listed and cancelled by those they belong to."""

import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.factories import order_document
from tests.api.platform import (
    ADMIN,
    BUYER,
    PLATFORM,
    Platform,
    data_of,
    document_of,
    error_of,
)


def set_status(
    platform: Platform, order: str, status: str, *, as_: dict[str, str] | None = None, **more: str
) -> TestResponse:
    """Ask for the order's status to be changed, as its buyer."""
    data = {"type": "order", "id": order, "attributes": {"status": status}} | more
    return platform.ask("PATCH", f"/v1/orders/{order}", {"data": data}, as_=as_ or BUYER)


def listed(platform: Platform, query: str = "", **claims: str) -> list[str]:
    """The identifiers of the orders on a page."""
    answer = platform.ask("GET", f"/v1/orders{query}", as_=claims)
    return [order["attributes"]["identifier"] for order in document_of(answer)["data"]]


def test_the_same_event_again_is_an_update(platform: Platform) -> None:
    identifier = platform.event()
    told = {"identifier": identifier, "name": "Moved", "currency": "EUR"}

    answer = platform.ask(
        "POST", "/v1/events", {"data": {"type": "event", "attributes": told}}, as_=PLATFORM
    )

    assert answer.status_code == 200
    assert data_of(answer)["attributes"]["name"] == "Moved"


def test_a_change_leaves_what_it_does_not_name(platform: Platform) -> None:
    identifier = platform.event(**{"paypal-email": "pay@example.org"})
    data = {"type": "event", "id": identifier, "attributes": {"name": "Moved"}}

    answer = platform.ask("PATCH", f"/v1/events/{identifier}", {"data": data}, as_=PLATFORM)

    attributes = data_of(answer)["attributes"]
    assert (attributes["name"], attributes["paypal-email"]) == ("Moved", "pay@example.org")
    assert attributes["can-pay-by-stripe"] is True


@pytest.mark.parametrize("changes", [{"name": None}, {"currency": "XXZ"}, {"organizer-ids": "me"}])
def test_a_change_to_nonsense_changes_nothing(platform: Platform, changes: dict[str, Any]) -> None:
    identifier = platform.event(name="A concert")
    data = {"type": "event", "id": identifier, "attributes": changes}

    answer = platform.ask("PATCH", f"/v1/events/{identifier}", {"data": data}, as_=PLATFORM)

    assert answer.status_code == 422
    shown = platform.ask("GET", f"/v1/events/{identifier}", as_=PLATFORM)
    assert data_of(shown)["attributes"]["name"] == "A concert"


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        (None, 'Missing id in "data" node'),
        ("7777777", "Value of id does not match the resource identifier in url"),
    ],
)
def test_a_change_names_the_row_of_its_address(
    platform: Platform, told: str | None, detail: str
) -> None:
    identifier = platform.event()
    data = {"type": "event", "id": told, "attributes": {"name": "Moved"}}

    answer = platform.ask("PATCH", f"/v1/events/{identifier}", {"data": data}, as_=PLATFORM)

    assert answer.status_code == 400
    assert error_of(answer)["detail"] == detail


def test_an_event_of_digits_alone_would_be_taken_for_a_key(platform: Platform) -> None:
    told = {"identifier": "12345678", "name": "A concert", "currency": "USD"}

    answer = platform.ask(
        "POST", "/v1/events", {"data": {"type": "event", "attributes": told}}, as_=PLATFORM
    )

    assert answer.status_code == 422


def test_the_same_order_again_is_the_same_order(platform: Platform) -> None:
    document = order_document(platform.event())

    first = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)
    again = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)

    assert (first.status_code, again.status_code) == (201, 200)
    assert data_of(first) == data_of(again)


def test_another_order_under_the_same_identifier_is_a_conflict(platform: Platform) -> None:
    document = order_document(platform.event())
    platform.ask("POST", "/v1/orders", document, as_=PLATFORM)
    document["data"]["attributes"]["amount"] = "0.01"

    answer = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)

    assert answer.status_code == 409


def test_an_order_of_an_unknown_event_is_not_taken(platform: Platform) -> None:
    answer = platform.ask("POST", "/v1/orders", order_document("no-such-event"), as_=PLATFORM)

    assert answer.status_code == 404
    assert error_of(answer)["detail"] == "Event: no-such-event not found"


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("19.999", "USD"),
        ("1000.5", "JPY"),
        ("10.0055", "KWD"),
        ("1e3", "USD"),
        (" 19.99", "USD"),
        ("-1", "USD"),
        ("NaN", "USD"),
        ("١٩", "USD"),
        ("", "USD"),
        ("9" * 39, "USD"),
        ("999999999999999", "CLF"),
    ],
)
def test_an_amount_that_its_currency_does_not_have_is_refused(
    platform: Platform, amount: str, currency: str
) -> None:
    document = order_document(platform.event(), amount=amount, currency=currency)

    answer = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/amount"}


def test_an_amount_is_checked_before_the_event_is_looked_for(platform: Platform) -> None:
    document = order_document("no-such-event", amount="19.999")

    answer = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "instant",
    [
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-25", "tomorrow"),
        *("2026-11-25T09:30:00", -1, 1.5, "1764063000"),
    ],
)
def test_an_instant_that_utc_cannot_express_is_refused(platform: Platform, instant: object) -> None:
    document = order_document(platform.event(), expires_at=instant)

    answer = platform.ask("POST", "/v1/orders", document, as_=PLATFORM)

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": "/data/attributes/expires-at"}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("19.99", "USD", 1999), ("0.29", "USD", 29), ("64.10", "EUR", 6410), ("1000", "JPY", 1000)],
)
def test_an_amount_is_kept_in_minor_units(
    platform: Platform, amount: str, currency: str, minor: int
) -> None:
    order = platform.order(amount=amount, currency=currency)

    rows = platform.sql("SELECT amount_minor FROM orders WHERE identifier = :id", id=order)

    assert rows == [(minor,)]


@pytest.mark.parametrize("claims", [BUYER, PLATFORM, ADMIN])
def test_an_unpaid_order_can_be_cancelled(platform: Platform, claims: dict[str, str]) -> None:
    order = platform.order()

    first = set_status(platform, order, "cancelled", as_=claims)
    again = set_status(platform, order, "cancelled", as_=claims)

    assert (first.status_code, again.status_code) == (200, 200)
    assert data_of(first)["attributes"]["status"] == "cancelled"


@pytest.mark.parametrize("claims", [BUYER, PLATFORM, ADMIN])
def test_nobody_completes_an_order_but_money(platform: Platform, claims: dict[str, str]) -> None:
    order = platform.order()

    answer = set_status(platform, order, "completed", as_=claims)

    assert answer.status_code == 403
    assert platform.sql("SELECT status FROM orders WHERE identifier = :o", o=order) == [
        ("pending",)
    ]


@pytest.mark.parametrize("status", ["pending", "expired", "paid", 7])
def test_an_order_takes_no_other_status(platform: Platform, status: str) -> None:
    assert set_status(platform, platform.order(), status).status_code == 422


def test_an_order_with_a_live_charge_is_not_cancelled(platform: Platform) -> None:
    order = platform.order()
    platform.charged(order)

    answer = set_status(platform, order, "cancelled")

    assert answer.status_code == 409
    assert error_of(answer)["code"] == "charge_live"


def test_an_order_that_expired_is_not_cancelled(platform: Platform) -> None:
    order = platform.order()
    platform.sql("UPDATE orders SET status = 'expired' WHERE identifier = :o", o=order)

    assert set_status(platform, order, "cancelled").status_code == 409


def test_an_order_is_never_deleted(platform: Platform) -> None:
    answer = platform.ask("DELETE", f"/v1/orders/{platform.order()}", as_=BUYER)

    assert answer.status_code == 405


def test_everybody_lists_what_is_theirs(platform: Platform) -> None:
    buyer, organizer = f"b-{uuid.uuid4()}", f"o-{uuid.uuid4()}"
    event = platform.event(**{"organizer-ids": [organizer]})
    bought = platform.order(user_id=buyer)
    sold = platform.order(event=event, user_id="somebody")
    both = platform.order(event=event, user_id=organizer)

    assert listed(platform, sub=buyer) == [bought]
    assert listed(platform, sub=organizer) == [both, sold]
    assert listed(platform, "?page[size]=3", **ADMIN) == [both, sold, bought]


def test_a_list_is_narrowed_by_status_and_event(platform: Platform) -> None:
    buyer = f"b-{uuid.uuid4()}"
    event = platform.event()
    kept, dropped = (platform.order(event=event, user_id=buyer) for _ in range(2))
    elsewhere = platform.order(user_id=buyer)
    set_status(platform, dropped, "cancelled", as_={"sub": buyer})

    assert listed(platform, "?filter[status]=pending", sub=buyer) == [elsewhere, kept]
    assert listed(platform, f"?filter[event]={event}", sub=buyer) == [dropped, kept]


def test_pages_follow_each_other_without_gap_or_repetition(platform: Platform) -> None:
    buyer = f"b-{uuid.uuid4()}"
    orders = [platform.order(user_id=buyer) for _ in range(5)]
    seen: list[str] = []
    link: str | None = "/v1/orders?page[size]=2"

    while link:
        page = document_of(platform.ask("GET", link, as_={"sub": buyer}))
        seen += [order["attributes"]["identifier"] for order in page["data"]]
        link = page["links"]["next"]

    assert seen == orders[::-1]


@pytest.mark.parametrize(
    "query",
    [
        *("page[size]=0", "page[size]=101", "page[size]=x", "page[after]=%00", "page[after]=AAAA"),
        *("filter[status]=paid", "filter[user]=me", "page[after]=__________8", "sort=amount"),
    ],
)
def test_a_list_names_the_parameter_it_does_not_understand(platform: Platform, query: str) -> None:
    answer = platform.ask("GET", f"/v1/orders?{query}", as_=BUYER)

    assert answer.status_code == 400
    assert error_of(answer)["source"] == {"parameter": query.partition("=")[0]}
