"""The console, page by page: accessible, narrow, by keyboard; and what it is for.

`SCREENSHOTS=docs script/test tests/browser/test_console.py` takes the pictures of docs/ anew.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.browser.chromium import PHONE
from tests.browser.console import Scene, in_doubt, opened
from worker import charging

PAGES: dict[str, Callable[[Scene], str]] = {
    "home": lambda _: "",
    "charges": lambda _: "/charges",
    "charges of a status": lambda _: "/charges?status=needs_review",
    "paid": lambda scene: f"/charges/{scene.charges['paid']}",
    "refunded": lambda scene: f"/charges/{scene.charges['refunded']}",
    "declined": lambda scene: f"/charges/{scene.charges['declined']}",
    "waiting for its payer": lambda scene: f"/charges/{scene.charges['waiting for its payer']}",
    "before a person": lambda scene: f"/charges/{scene.charges['before a person']}",
    "in doubt": lambda scene: f"/charges/{scene.charges['in doubt']}",
    "two charges of an order": lambda scene: f"/search?q={order_of(scene, 'declined')}",
    "nothing found": lambda _: "/search?q=pi_nobody",
    "reviews": lambda _: "/reviews",
    "differences": lambda _: "/differences",
    "webhooks": lambda _: "/webhooks",
    "waiting webhooks": lambda _: "/webhooks?waiting",
    "a webhook": lambda _: "/webhooks/1",
    "a dry run": lambda _: "/webhooks/1?dry-run=1",
    "outbound": lambda _: "/outbound",
    "an outbound event": lambda scene: f"/outbound/{scene.newest('outbound_events')}",
    "circuits": lambda _: "/circuits",
    "audit": lambda _: "/audit",
}
PICTURES = {"home": "home", "refunded": "charge", "reviews": "reviews"}
HTML = "text/html"
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
MARK = (
    "document.addEventListener('focusin', event => event.target.toggleAttribute('data-met', true))"
)
UNMET = """all => all.filter(e => e.checkVisibility() && !e.hasAttribute('data-met'))
    .map(e => e.outerHTML)"""


@pytest.fixture(scope="module")
def scene(sandbox_url: str, database_url: str) -> Iterator[Scene]:
    """A console with something on every page."""
    with opened(sandbox_url, database_url) as made:
        yield made


@pytest.fixture(scope="module")
def operator(browser: Browser, scene: Scene) -> Iterator[Page]:
    """An operator's page; none of the pages may complain in the browser's console."""
    with chromium.visit(browser) as page:
        scene.sign_in(page)
        yield page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(operator: Page, scene: Scene, name: str) -> None:
    operator.goto(scene.url(PAGES[name](scene)))

    assert is_narrow(operator)
    assert unmet_by_keyboard(operator) == []
    assert violations(operator) == []
    take_picture(operator, name)


def test_plots_can_be_read_as_tables(operator: Page, scene: Scene) -> None:
    operator.goto(scene.url(""))

    operator.get_by_text("Success rate as a table").press("Enter")

    figures = operator.get_by_role("region", name="Success rate").get_by_role("cell")
    expect(figures.get_by_text("%").first).to_be_visible()
    assert violations(operator) == []


def test_a_page_that_is_none_and_the_sign_in_are_for_everybody(
    browser: Browser, scene: Scene
) -> None:
    with chromium.visit(browser, tolerating="status of 404") as page:
        scene.sign_in(page)
        page.goto(scene.url("/nowhere"))
        expect(page.get_by_role("alert")).to_contain_text("There is no page")
        assert (violations(page), is_narrow(page)) == ([], True)

        page.get_by_role("button", name="Sign out").press("Enter")
        expect(page.get_by_label("Token")).to_be_visible()
        assert (violations(page), unmet_by_keyboard(page), is_narrow(page)) == ([], [], True)


def test_a_buyer_says_she_paid_and_her_order_is_pending(operator: Page, scene: Scene) -> None:
    order, charge = in_doubt(scene.workshop)
    clicks: list[Locator] = []

    def click(what: Locator) -> None:
        what.click()
        clicks.append(what)

    operator.goto(scene.url(""))
    operator.get_by_role("searchbox").fill(str(order.identifier))
    click(operator.get_by_role("button", name="Search"))
    expect(operator.get_by_role("heading", name=f"Charge {charge}: indeterminate")).to_be_visible()
    attempt = operator.get_by_role("row", name="1 is open")
    click(attempt.get_by_text("Facts"))
    expect(attempt.get_by_text('"outcome": "Indeterminate"')).to_be_visible()
    operator.get_by_label("Reason").first.fill("the buyer says that she paid")
    click(operator.get_by_role("button", name="Make the next attempt now"))
    expect(operator.get_by_text("charge.retry: due now")).to_be_visible()
    charging.execute(scene.workshop.deps, charge)
    operator.reload()

    expect(operator.get_by_role("heading", name=f"Charge {charge}: succeeded")).to_be_visible()
    assert len(clicks) <= 3


def test_a_link_of_another_site_s_leads_into_the_session(operator: Page, scene: Scene) -> None:
    link = f'<title>A chat</title><a href="{scene.url("/circuits")}">The alert</a>'
    operator.route(
        "http://chat.example/", lambda route: route.fulfill(body=link, content_type=HTML)
    )
    operator.goto("http://chat.example/")

    operator.get_by_role("link", name="The alert").click()

    expect(operator.get_by_role("heading", name="Circuits", level=1)).to_be_visible()
    operator.goto(scene.url(""))
    expect(operator.get_by_role("heading", name="Console")).to_be_visible()


def test_from_what_a_buyer_says_to_the_answer_by_keyboard_alone(
    operator: Page, scene: Scene
) -> None:
    operator.goto(scene.url(""))

    operator.get_by_role("searchbox").fill(order_of(scene, "paid"))
    operator.get_by_role("searchbox").press("Enter")

    expect(operator.get_by_role("heading", name="succeeded")).to_be_visible()


def violations(page: Page) -> list[str]:
    """What axe-core finds, in the light and in the dark."""
    found: list[str] = []
    for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for each in Axe().run(page, options=options).response["violations"]:
            found += [f"{scheme} {each['id']}: {node['html']}" for node in each["nodes"]]
    page.emulate_media(color_scheme="light")
    return found


def unmet_by_keyboard(page: Page) -> list[str]:
    """What can be used, and is not come to by pressing Tab."""
    page.evaluate(MARK)
    for _ in range(page.locator(FOCUSABLE).count() + 1):
        page.keyboard.press("Tab")
    return list(page.eval_on_selector_all(FOCUSABLE, UNMET))


def is_narrow(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])


def order_of(scene: Scene, charge: str) -> str:
    ((order,),) = scene.workshop.sql(
        "SELECT o.identifier FROM orders o JOIN charges c ON c.order_id = o.id WHERE c.id = :id",
        id=scene.charges[charge],
    )
    return str(order)


def take_picture(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder is None or name not in PICTURES:
        return
    page.set_viewport_size({"width": 960, "height": 900})
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    page.screenshot(path=Path(folder) / f"console-{PICTURES[name]}.png")
    page.set_viewport_size(PHONE)
