"""A buyer who pays by card in the example's checkout."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.storefront import (
    CHALLENGE,
    CHALLENGED,
    DECLINED,
    Storefront,
    answer_challenge,
    expect_after_reloads,
    expect_says,
    fill_card,
    order_ticket,
    pay_by_card,
)

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

CREATING = "^POST /v1/payment_intents$"


def test_a_card_pays(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "by card")

    pay_by_card(page)

    expect_says(page, "Paid")
    expect(page.locator("#ways")).to_be_hidden()
    assert storefront.times_paid(order) == 1


def test_what_was_paid_is_given_once_the_event_arrives(page: Page, storefront: Storefront) -> None:
    order_ticket(page, storefront, "by card")
    pay_by_card(page)
    expect_says(page, "Paid")

    ticket = page.locator("#ticket")
    expect_after_reloads(page, ticket)
    number = ticket.inner_text()
    page.reload()

    expect(ticket).to_have_text(number)


def test_a_declined_card_says_so_and_another_pays(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "by card")

    pay_by_card(page, DECLINED)
    expect_says(page, "Your card was declined")
    expect(page.get_by_role("button", name="Pay")).to_be_focused()
    pay_by_card(page)

    expect_says(page, "Paid")
    assert [status for status, _ in storefront.charges(order)] == ["failed", "succeeded"]
    assert storefront.times_paid(order) == 1


def test_what_is_not_a_whole_card_is_said_without_a_charge(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "by card")

    pay_by_card(page, "4242 4242")
    expect_says(page, "Your card number is incomplete")
    pay_by_card(page, "4242 4242 4242 4241")

    expect_says(page, "Your card number is invalid")
    assert storefront.charges(order) == []


def test_a_completed_challenge_pays(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "by card")

    pay_by_card(page, CHALLENGED)
    answer_challenge(page, "Complete")

    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1


def test_a_failed_challenge_says_so_and_another_card_pays(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "by card")

    pay_by_card(page, CHALLENGED)
    answer_challenge(page, "Fail")
    expect_says(page, "Your bank did not confirm that it was you")
    pay_by_card(page)

    expect_says(page, "Paid")
    assert [status for status, _ in storefront.charges(order)] == ["failed", "succeeded"]
    assert storefront.times_paid(order) == 1


def test_a_reload_shows_the_challenge_again(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "by card")
    pay_by_card(page, CHALLENGED)
    expect(page.locator(CHALLENGE)).to_be_visible()

    page.reload()
    answer_challenge(page, "Complete")

    expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1


def test_a_doubled_click_is_one_charge(page: Page, storefront: Storefront) -> None:
    order = order_ticket(page, storefront, "by card")
    fill_card(page)

    page.get_by_role("button", name="Pay").dblclick()

    expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1
    assert storefront.times_paid(order) == 1


def test_a_reload_while_the_bank_is_at_work_goes_on_waiting(
    page: Page, storefront: Storefront
) -> None:
    order = order_ticket(page, storefront, "by card")
    storefront.control.fault("processing", CREATING, then="never")
    pay_by_card(page)
    expect_says(page, "Your bank is still at work")

    page.reload()
    expect_says(page, "Your bank is still at work")
    expect(page.locator("#ways")).to_have_attribute("inert", "")
    ((_, intent),) = storefront.charges(order)
    storefront.control.settle(str(intent))

    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1


def test_a_second_tab_joins_the_charge_of_the_first(
    browser: Browser, storefront: Storefront
) -> None:
    with chromium.visit(browser, tolerating="status of 409") as first:
        order = order_ticket(first, storefront, "by card")
        second = first.context.new_page()
        second.goto(first.url)
        storefront.control.fault("processing", CREATING, then="never")

        pay_by_card(first)
        expect_says(first, "Your bank is still at work")
        pay_by_card(second)
        expect_says(second, "Your bank is still at work")
        ((_, intent),) = storefront.charges(order)
        storefront.control.settle(str(intent))

        for page in (first, second):
            expect_says(page, "Paid")


def test_an_answer_that_was_lost_is_asked_for_again(
    browser: Browser, storefront: Storefront
) -> None:
    charging = "**/v1/orders/*/charge"
    with chromium.visit(browser, tolerating="ERR_FAILED") as page:
        order = order_ticket(page, storefront, "by card")
        page.route(charging, lambda route: (route.fetch(), route.abort())[1], times=1)

        pay_by_card(page)

        expect_says(page, "Paid")
    assert len(storefront.charges(order)) == 1
    assert storefront.times_paid(order) == 1


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_alone_pays(page: Page, storefront: Storefront, key: str) -> None:
    order = order_ticket(page, storefront, "by card")

    card = page.frame_locator("#card iframe")
    fields = {"card number": CHALLENGED, "expiration date": "1234", "CVC": "123"}
    expect(card.get_by_label("card number")).to_be_visible()

    page.keyboard.press("Tab")
    for label, text in fields.items():
        expect(card.get_by_label(label)).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pay")).to_be_focused()
    page.keyboard.press(key)
    expect(page.frame_locator(CHALLENGE).get_by_role("button", name="Complete")).to_be_focused()
    page.keyboard.press(key)

    expect_says(page, "Paid")
    assert storefront.times_paid(order) == 1
