"""A ticket whose organizer is charged on a Stripe account of their own."""

import pytest
from playwright.sync_api import Page

from tests.browser.storefront import (
    CHALLENGED,
    Storefront,
    answer_challenge,
    ask,
    expect_says,
    order_ticket,
    pay_by_card,
)

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

EVENT = "open-air"


def connect_organizer(storefront: Storefront) -> tuple[str, str]:
    """The address of the event's new authorization, the account that it is for."""
    organizers = {"type": "event", "id": EVENT, "attributes": {"organizer-ids": ["organizer"]}}
    ask(storefront, "shop", "PATCH", f"/v1/events/{EVENT}", {"data": organizers})
    code = storefront.control.authorization_code()
    authorization = {
        "type": "stripe-authorization",
        "attributes": {"stripe-auth-code": code["code"]},
        "relationships": {"event": {"data": {"type": "event", "id": EVENT}}},
    }
    made = ask(storefront, "organizer", "POST", "/v1/stripe-authorization", {"data": authorization})
    return f"/v1/stripe-authorization/{made['data']['id']}", code["account"]


def test_the_card_is_collected_challenged_and_charged_there(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "by card")
    authorization, account = connect_organizer(storefront)
    page.reload()

    pay_by_card(page, CHALLENGED)
    answer_challenge(page, "Complete")
    expect_says(page, "Paid")
    ask(storefront, "organizer", "DELETE", authorization)

    assert [row["account"] for row in storefront.takings(order)] == [account]
