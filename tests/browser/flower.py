"""Flower of the running system, as an operator reaches it."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Page

from shared.flower_settings import FlowerSettings
from tests.browser.storefront import PATIENCE_SECONDS, Storefront, ask

EVENT = "watched"
OVER = {"succeeded", "failed"}


def url(shop: Storefront, path: str) -> str:
    """The address of a page of Flower's."""
    return f"{shop.settings['FLOWER_URL']}{path}"


def login(shop: Storefront) -> tuple[str, str]:
    """The operator's user and password."""
    user, _, password = shop.settings["FLOWER_BASIC_AUTH"].partition(":")
    return user, password


def read(shop: Storefront, path: str) -> requests.Response:
    """What an operator's program is answered."""
    return requests.get(url(shop, path), auth=login(shop), timeout=30)


def charged(shop: Storefront, token: str) -> tuple[str, int]:
    """A new order's identifier, the id of its charge, which is over."""
    order = str(uuid.uuid4())
    event = {"identifier": EVENT, "name": "Watched", "currency": "EUR", "can-pay-by-stripe": True}
    ask(shop, "shop", "POST", "/v1/events", {"data": {"type": "event", "attributes": event}})
    wish: dict[str, Any] = {"type": "order", "relationships": {"event": {"data": None}}}
    wish["attributes"] = {"identifier": order, "user-id": "buyer", "amount": "19.99"}
    wish["attributes"] |= {"currency": "EUR", "payment-mode": "stripe"}
    wish["relationships"]["event"]["data"] = {"type": "event", "id": EVENT}
    ask(shop, "shop", "POST", "/v1/orders", {"data": wish})
    wish = {"type": "charge", "attributes": {"stripe": token}}
    charge = ask(shop, "buyer", "POST", f"/v1/orders/{order}/charge", {"data": wish})["data"]["id"]
    patiently(lambda: shop.charges(order)[0][0] in OVER)
    return order, int(charge)


def refunded(shop: Storefront, charge: int) -> int:
    """The id of a new refund of all that the charge took, which is over."""
    wish = {"data": {"type": "refund", "attributes": {"reason": "a seat less"}}}
    asked = ask(shop, "shop", "POST", f"/v1/charges/{charge}/refunds", wish)
    refund = int(asked["data"]["id"])
    ended = "SELECT 1 FROM refunds WHERE id = %s AND status = 'succeeded'"
    patiently(lambda: shop.sql(ended, str(refund)))
    return refund


def over(shop: Storefront, thing: str, row_id: int) -> str:
    """The id of a task about a thing that is over, as Flower's API tells."""
    path = f"/api/tasks?search=kwargs:{thing}"
    sent = f"{{{thing!r}: {row_id}}}"

    def found() -> list[str]:
        tasks = read(shop, path).json().items()
        return [name for name, task in tasks if task["kwargs"] == sent and task["runtime"]]

    patiently(found)
    return found()[0]


def patiently(condition: Callable[[], object]) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def tasks_of(shop: Storefront, charge: int) -> list[dict[str, Any]]:
    """What Flower's API tells of the tasks sent for a charge that are over, the oldest first."""
    tasks = read(shop, f"/api/tasks?search=kwargs:charge={charge}").json()
    seen = [task | {"uuid": name} for name, task in tasks.items()]
    return sorted((task for task in seen if task["runtime"]), key=lambda task: task["received"])


def open_tasks(page: Page, shop: Storefront, charge: int, least: int = 1) -> None:
    """Open the list of the tasks about a charge, as the console links to it."""
    patiently(lambda: len(tasks_of(shop, charge)) >= least)
    page.goto(FlowerSettings(flower_url=url(shop, "")).tasks_url(charge))


def leads(page: Page, shop: Storefront, thing: str) -> str:
    """Where in the console a task's page leads, by the link that names the thing."""
    link = page.locator(f"a[title='{thing}']").get_attribute("href")
    led = page.request.get(url(shop, str(link)), max_redirects=0).headers["location"]
    assert led.startswith(shop.settings["CONSOLE_URL"])
    return led.removeprefix(shop.settings["CONSOLE_URL"].rstrip("/"))
