"""A local system with its shop, as `script/server` runs it, and its buyers' steps."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import psycopg2
import requests
from playwright.sync_api import Locator, Page, expect

from local import environment as env
from local.child import Child
from local.folders import PROJECT
from local.ports import free_port
from local.storefront import shop_url
from sandbox.client import MONEY_IN, Json, SandboxControl

PATIENCE_SECONDS = 90.0
VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000000000003220"
CHALLENGE = "iframe[title='3D Secure challenge']"


@dataclass(frozen=True)
class Storefront:
    """What runs: `url` is the shop's, `control` plays the banks."""

    settings: Mapping[str, str]
    control: SandboxControl

    @property
    def url(self) -> str:
        """Where tickets are sold."""
        return shop_url(self.settings)

    def times_paid(self, order: str) -> int:
        """How many times money was taken for an order, by the providers' ledger."""
        return len(self.takings(order))

    def takings(self, order: str) -> list[Json]:
        """The ledger's rows of money taken for an order."""
        taken = [row for row in self.control.ledger() if row["kind"] in MONEY_IN]
        return [row for row in taken if order in (row["custom_id"], row["metadata"].get("order"))]

    def charges(self, order: str) -> list[tuple[Any, ...]]:
        """The status and provider's reference of an order's charges, the oldest first."""
        return self.sql(
            "SELECT c.status, c.provider_reference FROM charges c"
            " JOIN orders o ON o.id = c.order_id WHERE o.identifier = %s ORDER BY c.id",
            order,
        )

    def sql(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows of the system's database."""
        connection = psycopg2.connect(self.settings["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall()
        finally:
            connection.close()


@contextmanager
def opened(folder: Path, database_url: str, redis_url: str) -> Iterator[Storefront]:
    """The whole system for the block, once the shop answers."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "local.server", "--data", str(folder / "data")]
    engines = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    ports = {name: str(free_port()) for name in ("PORT", "FLOWER_PORT", "SHOP_PORT")}
    given = env.given() | engines | ports
    server = Child([*command, "--ready-file", str(ready)], folder / "log", PROJECT, given)
    server.start()
    try:
        until(ready.exists, server)
        settings = json.loads(ready.read_text())
        until(lambda: _answers(shop_url(settings)), server)
        with SandboxControl(settings["STRIPE_API_BASE"], settings["STRIPE_API_KEY"]) as control:
            yield Storefront(settings, control)
    finally:
        server.stop(60)


def ask(
    shop: Storefront, who: str, method: str, path: str, document: object = None
) -> dict[str, Any]:
    """The API's answer to a user, who as `shop` may write orders."""
    scope = "orders:write refunds:write" if who == "shop" else ""
    claims = {"sub": who, "scope": scope, "exp": int(time.time()) + 600}
    token = jwt.encode(claims, shop.settings["JWT_SECRET"], "HS256")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.api+json"}
    url = env.web_url(shop.settings) + path
    answer = requests.request(method, url, json=document, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return dict(answer.json())


def until(condition: Callable[[], bool], server: Child) -> None:
    """Poll until it holds; a server that ended is no longer waited for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert server.is_running, server.tail(60)
        assert time.monotonic() < deadline, server.tail()
        time.sleep(0.05)


def order_ticket(page: Page, shop: Storefront, way: str) -> str:
    """Order a ticket, `by card` or `with PayPal`; the order's identifier."""
    page.goto(shop.url)
    page.get_by_role("button", name=f"Buy {way}").click()
    expect(page.locator("#ways")).to_be_visible()
    return page.url.rpartition("/")[2]


def fill_card(page: Page, number: str = VISA) -> None:
    """Fill the card's frame."""
    frame = page.frame_locator("#card iframe")
    frame.get_by_label("card number").fill(number)
    frame.get_by_label("expiration date").fill("1234")
    frame.get_by_label("CVC").fill("123")


def pay_by_card(page: Page, number: str = VISA) -> None:
    """Fill the card's frame, and pay."""
    fill_card(page, number)
    page.get_by_role("button", name="Pay").click()


def answer_challenge(page: Page, button: str) -> None:
    """Press `Complete` or `Fail` in the bank's frame."""
    page.frame_locator(CHALLENGE).get_by_role("button", name=button).click()


def open_paypal(page: Page) -> Page:
    """Press PayPal's button; the window that it opens."""
    with page.expect_popup() as window:
        page.get_by_role("button", name="PayPal", exact=True).click()
    return window.value


def expect_says(page: Page, text: str) -> None:
    """Wait until the page says something with that text."""
    expect(page.get_by_role("status")).to_have_text(re.compile(text))


def expect_after_reloads(page: Page, element: Locator) -> None:
    """Reload until the page has an element that its backend adds when it hears of it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not element.count():
        assert time.monotonic() < deadline, page.content()
        page.reload()
        expect_says(page, ".")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
