"""Flower's own pages on a phone, by axe-core: what its templates lack is told, nothing else is.

docs/operate.md names the same.
"""

import socket
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from local.folders import PROJECT
from tests.browser.chromium import PHONE
from tests.browser.flower import charged, patiently, tasks_of, url
from tests.browser.storefront import Storefront

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES: dict[str, tuple[Callable[[str], str], str, set[str]]] = {
    "workers": (lambda _: "/", "#workers-table tbody tr", {"aria-valid-attr", "color-contrast"}),
    "tasks": (
        lambda _: "/tasks",
        "#tasks-table tbody tr",
        {"aria-valid-attr", "color-contrast", "scrollable-region-focusable"},
    ),
    "a task": (lambda task: f"/task/{task}", "#task-page", {"color-contrast"}),
    "broker": (lambda _: "/broker", "td", {"color-contrast"}),
    "a worker": (
        lambda _: f"/worker/stripe@{socket.gethostname()}",
        "#workername",
        {"color-contrast"},
    ),
}
"""Each page: its path, what it has once it is there, and which of axe's rules Flower breaks."""


@pytest.fixture(scope="module")
def task(storefront: Storefront) -> str:
    """A charge's task that is over."""
    _, charge = charged(storefront, "tok_visa")
    patiently(lambda: tasks_of(storefront, charge))
    return str(tasks_of(storefront, charge)[0]["uuid"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_breaks_no_rule_but_those_told(
    operator: Page, storefront: Storefront, task: str, name: str, scheme: str
) -> None:
    path, content, known = PAGES[name]
    operator.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    operator.goto(url(storefront, path(task)))
    expect(operator.locator(content).first).to_be_attached()

    found = Axe().run(operator, options={"runOnly": AA}).response["violations"]

    assert [each for each in found if each["id"] not in known] == []
    assert operator.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_page_of_operators_names_what_flower_breaks() -> None:
    told = (PROJECT / "docs/operate.md").read_text()

    for rule in {rule for _, _, known in PAGES.values() for rule in known}:
        assert f"`{rule}`" in told
