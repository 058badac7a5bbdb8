"""What was told of a charge leads to it, and is told again only where somebody wants it."""

import pytest

from tests.api.platform import Platform
from tests.ops.conftest import Desk, id_of


def told(platform: Platform, actor: Desk, charge: int) -> int:
    """The event that tells that the charge was called off."""
    actor.act(f"/ops/charges/{charge}/cancel")
    ((event,),) = platform.sql("SELECT max(id) FROM outbound_events")
    return int(event)


def test_an_event_that_nobody_wants_is_not_offered_to_be_told_again(
    platform: Platform, actor: Desk
) -> None:
    event = told(platform, actor, id_of(platform.charged()))

    page = actor.get(f"/ops/outbound/{event}").text

    assert "No endpoint wants it." in page
    assert "Tell again" not in page
    assert "nobody wants it" in actor.get("/ops/outbound").text


def test_an_event_leads_to_its_charge_and_says_whether_it_was_delivered(
    platform: Platform, actor: Desk
) -> None:
    platform.endpoint()
    charge = id_of(platform.charged())
    event = told(platform, actor, charge)
    ((identifier,),) = platform.sql("SELECT identifier FROM charges WHERE id = :id", id=charge)

    page = actor.get(f"/ops/outbound/{event}").text
    answer = actor.client.get(f"/ops/search?q={identifier}")

    assert f'<a href="/ops/search?q={identifier}">Its charge</a>' in page
    assert answer.headers["Location"] == f"/ops/charges/{charge}"
    assert "Tell again" in page
    assert "<td>pending</td>" in actor.get("/ops/outbound").text


@pytest.mark.parametrize("kind", ["outbound", "webhooks", "refunds", "deliveries"])
def test_an_id_that_none_can_be_is_a_page_that_says_so(reader: Desk, kind: str) -> None:
    answer = reader.get(f"/ops/{kind}/99999999999999999999")

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
