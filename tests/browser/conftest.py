"""One browser for the whole run; one local system with its shop for the tests of this folder."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from local.engines import Redis
from local.folders import temporary_folder
from tests.browser import chromium
from tests.browser.flower import login
from tests.browser.storefront import Storefront, opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running browser; skips where none is installed."""
    program = chromium.installed()
    if program is None:
        pytest.skip(chromium.ABSENT)
    with chromium.launched(program) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor with a phone; no page may complain in the console."""
    with chromium.visit(browser) as visited:
        yield visited


@pytest.fixture(scope="package")
def storefront(new_database: Callable[[], str]) -> Iterator[Storefront]:
    """All that `script/server` runs, the shop included."""
    with (
        temporary_folder("storefront") as folder,
        Redis(folder) as redis,
        opened(folder, new_database(), redis.url) as running,
    ):
        yield running


@pytest.fixture
def operator(browser: Browser, storefront: Storefront) -> Iterator[Page]:
    """An operator's page of Flower; it may not complain in the console."""
    user, password = login(storefront)
    credentials = {"username": user, "password": password}
    with chromium.visit(browser, http_credentials=credentials) as page:
        yield page
