"""The pages on a phone: nothing to scroll sideways for, nothing too small to read or to hit."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.storefront import Storefront, open_paypal, order_ticket

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

SMALLEST_TEXT = 16
SMALLEST_TARGET = 44
"""CSS pixels: WCAG 2.2, success criterion 2.5.5."""

Way = Callable[[Page, Storefront], Page]


def shop(page: Page, storefront: Storefront) -> Page:
    page.goto(storefront.url)
    return page


def card(page: Page, storefront: Storefront) -> Page:
    order_ticket(page, storefront, "by card")
    return page


def paypal(page: Page, storefront: Storefront) -> Page:
    order_ticket(page, storefront, "with PayPal")
    return page


def approval(page: Page, storefront: Storefront) -> Page:
    return open_paypal(paypal(page, storefront))


@pytest.mark.parametrize("way", [shop, card, paypal, approval])
def test_a_page_fits_is_legible_and_can_be_hit(
    page: Page, storefront: Storefront, way: Way
) -> None:
    seen = way(page, storefront)
    expect(seen.get_by_role("button").first).to_be_visible()
    seen.set_viewport_size({"width": 360, "height": 740})

    width = seen.evaluate("document.documentElement.scrollWidth")
    sizes = seen.eval_on_selector_all(
        "p, button, h1", "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    heights = seen.eval_on_selector_all(
        "button", "all => all.map(e => e.offsetHeight).filter(height => height)"
    )

    assert width <= 360
    assert min(sizes) >= SMALLEST_TEXT
    assert min(heights) >= SMALLEST_TARGET
