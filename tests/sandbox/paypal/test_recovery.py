"""What a merchant can still find out after webhooks were lost."""

import json
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from paypalrestsdk.exceptions import ResourceNotFound

from tests.sandbox.listener import Delivery, Listener
from tests.sandbox.paypal.shop import Shop, issue_of

HOUR, DAY = 3600.0, 86400.0
LIST = "v1/notifications/webhooks-events"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"


def zulu(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def transactions(shop: Shop, start: float, end: float, **query: str) -> list[dict[str, Any]]:
    asked = {"start_date": zulu(start), "end_date": zulu(end), **query}
    answer = shop.api.get(f"v1/reporting/transactions?{urlencode(asked)}")
    return [row["transaction_info"] for row in answer["transaction_details"]]


def postback(shop: Shop, delivery: Delivery, webhook_id: str, raw: bytes | None = None) -> str:
    """Ask PayPal itself, the event spliced in as it came."""
    told = {name.upper(): value for name, value in delivery.headers.items()}
    texts = {
        "auth_algo": told["PAYPAL-AUTH-ALGO"],
        "cert_url": told["PAYPAL-CERT-URL"],
        "transmission_id": told["PAYPAL-TRANSMISSION-ID"],
        "transmission_sig": told["PAYPAL-TRANSMISSION-SIG"],
        "transmission_time": told["PAYPAL-TRANSMISSION-TIME"],
        "webhook_id": webhook_id,
    }
    body = json.dumps(texts)[:-1].encode() + b', "webhook_event": ' + (raw or delivery.body) + b"}"
    answer = requests.post(
        f"{shop.url}/v1/notifications/verify-webhook-signature",
        data=body,
        headers={"Authorization": f"Bearer {shop.api.get_access_token()}"},
        timeout=20,
    )
    return str(answer.json()["verification_status"])


def test_an_event_nobody_listened_to_is_in_the_list(shop: Shop) -> None:
    capture = shop.captured()
    shop.captured()

    listed = shop.api.get(f"{LIST}?transaction_id={capture['id']}&event_type={CAPTURED}")

    (event,) = listed["events"]
    assert event["resource"]["id"] == capture["id"]
    assert shop.api.get(f"{LIST}/{event['id']}") == event


def test_the_list_is_read_page_by_page(shop: Shop) -> None:
    for _ in range(5):
        shop.captured()
    wanted = [event["id"] for event in shop.events(CAPTURED)]

    pages, path = [], f"{LIST}?event_type={CAPTURED}&page_size=2"
    while path:
        page = shop.api.get(path)
        pages.append([event["id"] for event in page["events"]])
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].removeprefix(f"{shop.url}/") if following else ""

    assert [len(page) for page in pages] == [2, 2, 1]
    assert list(chain.from_iterable(pages)) == wanted


def test_the_list_is_bounded_by_time(shop: Shop) -> None:
    shop.captured()
    between = shop.control.advance(HOUR)
    shop.control.advance(HOUR)
    late = shop.captured()

    newer = shop.api.get(f"{LIST}?event_type={CAPTURED}&start_time={zulu(between)}")["events"]
    older = shop.api.get(f"{LIST}?event_type={CAPTURED}&end_time={zulu(between)}")["events"]

    assert [event["resource"]["id"] for event in newer] == [late["id"]]
    assert len(older) == 1


def test_events_are_kept_for_thirty_days(shop: Shop) -> None:
    shop.captured()
    (event,) = shop.events(CAPTURED)

    shop.control.advance(30 * DAY + 60)

    shop.api.token_hash = None
    assert shop.events(CAPTURED) == []
    with pytest.raises(ResourceNotFound):
        shop.api.get(f"{LIST}/{event['id']}")


def test_an_unknown_query_member_is_refused(shop: Shop) -> None:
    refused = shop.api.get(f"{LIST}?event_typ={CAPTURED}")

    assert refused["error"]["details"] == [{"field": "event_typ", "issue": "UNSUPPORTED_PARAMETER"}]


def test_a_lost_event_is_sent_again_on_demand(shop: Shop, listener: Listener) -> None:
    shop.captured()
    (event,) = shop.events(CAPTURED)
    shop.control.paypal_webhook(listener.url)

    shop.api.post(f"{LIST}/{event['id']}/resend", {})

    assert listener.wait_for(CAPTURED).event == event


def test_paypal_vouches_for_its_own_delivery_only(shop: Shop, listener: Listener) -> None:
    webhook_id = shop.control.paypal_webhook(listener.url)["id"]
    shop.captured()
    delivery = listener.wait_for(CAPTURED)

    genuine = postback(shop, delivery, webhook_id)
    rewritten = postback(shop, delivery, webhook_id, json.dumps(delivery.event).encode())
    misdirected = postback(shop, delivery, "WEBHOOK_ID")

    assert (genuine, rewritten, misdirected) == ("SUCCESS", "FAILURE", "FAILURE")


def test_the_report_lags_three_hours_behind(shop: Shop) -> None:
    begun = shop.control.now()
    capture = shop.captured("10.00", custom_id="ch_1", invoice_id="inv_1")
    at_once = transactions(shop, begun - DAY, begun + DAY)

    shop.control.advance(3 * HOUR + 60)

    (line,) = transactions(shop, begun - DAY, begun + DAY)
    assert at_once == []
    assert (line["transaction_id"], line["custom_field"]) == (capture["id"], "ch_1")
    assert (line["transaction_event_code"], line["transaction_status"]) == ("T0006", "S")
    assert line["fee_amount"]["value"].startswith("-")


def test_the_lag_of_the_report_is_a_setting(shop: Shop) -> None:
    begun = shop.control.now()
    shop.control.settings(reporting_lag_seconds=0)

    capture = shop.captured("10.00")
    refund = shop.refund(capture["id"], "4.00")

    lines = transactions(shop, begun - 60, begun + DAY)
    assert [line["transaction_id"] for line in lines] == [capture["id"], refund["id"]]
    assert lines[1]["transaction_amount"] == {"currency_code": "USD", "value": "-4.00"}
    (found,) = transactions(shop, begun - 60, begun + DAY, transaction_id=refund["id"])
    assert found == lines[1]


def test_a_report_spans_at_most_31_days(shop: Shop) -> None:
    now = shop.control.now()
    asked = urlencode({"start_date": zulu(now - 32 * DAY), "end_date": zulu(now)})

    refused = shop.api.get(f"v1/reporting/transactions?{asked}")

    assert issue_of(refused) == "INVALID_PARAMETER_VALUE"
