"""The console in a browser of a phone's width: no complaint, nothing wider than the screen."""

from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.api.platform import Platform, make_platform
from tests.browser.chromium import PHONE

PAGES = ["", "/charges", "/reviews", "/webhooks", "/outbound", "/circuits", "/audit"]


@pytest.fixture(scope="module")
def platform(database_url: str, redis: str) -> Iterator[Platform]:
    """The shim over a fresh database."""
    made = make_platform(database_url, redis)
    yield made
    made.deps.engine.dispose()


@pytest.fixture(scope="module")
def address(platform: Platform) -> Iterator[str]:
    """Where it is served."""
    server = make_server("127.0.0.1", 0, platform.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/ops"
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_what_a_buyer_says_to_the_answer_by_keyboard_alone(
    page: Page, platform: Platform, address: str
) -> None:
    order = platform.order()
    platform.charged(order)
    page.goto(address)
    page.get_by_label("Token").fill(platform.token({"sub": "ada", "scope": "ops:act"}))
    page.get_by_role("button", name="Sign in").press("Enter")
    expect(page.get_by_role("heading", name="Console")).to_be_visible()

    page.get_by_role("searchbox").fill(order)
    page.get_by_role("searchbox").press("Enter")

    expect(page.get_by_role("heading", name="accepted")).to_be_visible()
    assert is_narrow(page)
    for path in PAGES:
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert is_narrow(page), path


def is_narrow(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])
