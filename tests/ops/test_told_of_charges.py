"""What a page says of a charge that waits, and of what its provider told."""

import json

import pytest

from tests.api.platform import Platform
from tests.ops.conftest import Desk, id_of


def timeline(desk: Desk, charge: int) -> str:
    """The rows of a charge's timeline."""
    page = desk.get(f"/ops/charges/{charge}").text.partition("<h2>Timeline</h2>")[2]
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_a_timeline_begins_with_the_charge_s_acceptance(platform: Platform, reader: Desk) -> None:
    rows = timeline(reader, id_of(platform.charged()))

    assert "<td>acceptance</td><td>19.99 USD accepted" in rows.partition("</tr>")[0]
    assert "waits for a worker" in rows


def test_what_a_pause_holds_says_so_in_its_timeline_and_when_it_is_retried(
    platform: Platform, actor: Desk
) -> None:
    charge = id_of(platform.charged())
    actor.act("/ops/circuits/pause", provider="stripe", account="", reason="Stripe is out")

    before = timeline(actor, charge)
    actor.act(f"/ops/charges/{charge}/retry")
    after = timeline(actor, charge)
    actor.act("/ops/circuits/resume", provider="stripe", account="")

    assert "grace paused stripe at" in before
    assert "waits for a worker" not in before
    assert "charge.retry: due, but held: grace paused stripe at" in after
    assert "due now" not in after


HARMLESS = {
    "status": "COMPLETED",
    "type": "payment_intent.succeeded",
    "event_type": "PAYMENT.CAPTURE.COMPLETED",
    "resource_type": "checkout-order",
    "create_time": "2031-05-01T10:20:30Z",
    "created": 1_935_000_000,
}
HIDDEN = ("summary", "client_secret", "email", *HARMLESS)


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
def test_how_a_thing_stands_and_since_when_is_shown_of_an_event_s_body(
    platform: Platform, reader: Desk, provider: str
) -> None:
    told = {"object": HARMLESS, "other": {name: f"told_1_{name}" for name in HIDDEN}}
    ((event,),) = platform.sql(
        "INSERT INTO webhook_events (provider, event_id, event_type, body, created_at, received_at,"
        " handled_at, result, found_by, dispatch_at) VALUES (:provider, 'evt_told', 'x', :body,"
        " now(), now(), now(), 'ignored', 'webhook', NULL) RETURNING id",
        provider=provider,
        body=json.dumps(told).encode(),
    )

    page = reader.get(f"/ops/webhooks/{event}").text

    assert [value for value in HARMLESS.values() if str(value) not in page] == []
    assert "told_1" not in page
