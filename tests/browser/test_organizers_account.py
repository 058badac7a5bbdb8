"""A ticket whose organizer is charged on a Stripe account of their own."""

import time
from typing import Any

import jwt
import pytest
import requests
from playwright.sync_api import Page

from local.environment import web_url
from tests.browser.storefront import (
    CHALLENGED,
    Storefront,
    answer_challenge,
    expect_says,
    order_ticket,
    pay_by_card,
)

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

EVENT = "open-air"


def ask(
    storefront: Storefront, who: str, method: str, path: str, document: object = None
) -> dict[str, Any]:
    scope = "orders:write" if who == "shop" else ""
    claims = {"sub": who, "scope": scope, "exp": int(time.time()) + 600}
    token = jwt.encode(claims, storefront.settings["JWT_SECRET"], "HS256")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
    url = web_url(storefront.settings) + path
    answer = requests.request(method, url, json=document, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return dict(answer.json())


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
