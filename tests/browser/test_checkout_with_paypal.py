"""A buyer who pays with PayPal in the example's checkout."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.storefront import Storefront, expect_says, open_paypal, order_ticket

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

OWN_PAGE = "Pay on PayPal's own page"


def test_paypals_button_pays(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    open_paypal(page).get_by_role("button", name="Pay", exact=True).click()

    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1


def test_a_declined_payer_is_told_and_may_pay_otherwise(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    open_paypal(page).get_by_role("button", name="be declined").click()
    expect_says(page, "PayPal")
    expect(page.locator("#ways")).not_to_have_attribute("inert", "")
    open_paypal(page).get_by_role("button", name="Pay", exact=True).click()

    expect_says(page, "Paid")
    assert [status for status, _ in storefront.charges(order)] == ["failed", "succeeded"]
    assert storefront.times_paid(order) == 1


def test_a_payer_who_cancels_may_come_back_to_the_same_charge(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    open_paypal(page).get_by_role("button", name="Cancel").click()
    expect_says(page, "You cancelled")
    assert storefront.times_paid(order) == 0
    open_paypal(page).get_by_role("button", name="Pay", exact=True).click()

    expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1


def test_a_window_that_is_closed_is_a_cancelling(page: Page, storefront: Storefront) -> None:
    order_ticket(page, storefront, "with PayPal")
    window = open_paypal(page)
    window.get_by_role("button", name="Cancel").wait_for()

    window.close()

    expect_says(page, "You cancelled")


def test_without_the_script_paypals_own_page_leads_there_and_back(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    page.get_by_role("button", name=OWN_PAGE).click()
    page.get_by_role("button", name="Pay", exact=True).click()

    page.wait_for_url(f"**/orders/{order}?*PayerID=*")
    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1


def test_who_turns_away_on_paypals_own_page_finds_the_order_payable(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    page.get_by_role("button", name=OWN_PAGE).click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"**/orders/{order}?*")
    expect_says(page, "Your confirmation is needed")
    open_paypal(page).get_by_role("button", name="Pay", exact=True).click()

    expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1


def test_a_doubled_click_opens_one_window_and_is_one_charge(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    with page.expect_popup() as window:
        page.get_by_role("button", name="PayPal", exact=True).dblclick()
    window.value.get_by_role("button", name="Pay", exact=True).click()

    expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1
    assert len(page.context.pages) == 1


def test_the_keyboard_alone_pays(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "with PayPal")

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="PayPal", exact=True)).to_be_focused()
    with page.expect_popup() as window:
        page.keyboard.press("Enter")
    pay = window.value.get_by_role("button", name="Pay", exact=True)
    pay.wait_for()
    window.value.keyboard.press("Tab")
    expect(pay).to_be_focused()
    window.value.keyboard.down("Enter")  # the window may be gone before the key is up

    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1
