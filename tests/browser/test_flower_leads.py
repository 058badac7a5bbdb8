"""From a task in Flower to what it is about in the console, and from an attempt to its task."""

import pytest
from playwright.sync_api import Page, expect

from shared.flower_settings import FlowerSettings
from tests.browser.flower import charged, leads, over, patiently, refunded, tasks_of, url
from tests.browser.storefront import Storefront

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system


def test_a_refund_s_task_leads_to_its_charge_and_back(
    operator: Page, storefront: Storefront
) -> None:
    _, charge = charged(storefront, "tok_visa")
    refund = refunded(storefront, charge)
    task = over(storefront, "refund", refund)
    operator.goto(url(storefront, f"/task/{task}"))

    assert leads(operator, storefront, str(charge)) == f"/ops/charges/{charge}"
    assert leads(operator, storefront, f"refund-{refund}") == f"/ops/refunds/{refund}"


def test_a_webhook_s_task_leads_to_its_event(operator: Page, storefront: Storefront) -> None:
    _, charge = charged(storefront, "tok_visa")
    handled = "SELECT id FROM webhook_events WHERE charge_id = %s AND handled_at IS NOT NULL"
    patiently(lambda: storefront.sql(handled, str(charge)))
    event = storefront.sql(handled, str(charge))[0][0]
    operator.goto(url(storefront, f"/task/{over(storefront, 'webhook_event', event)}"))

    assert leads(operator, storefront, f"webhook_event-{event}") == f"/ops/webhooks/{event}"
    assert leads(operator, storefront, str(charge)) == f"/ops/charges/{charge}"


def test_a_delivery_s_task_says_what_was_answered_and_leads_to_it(
    operator: Page, storefront: Storefront
) -> None:
    order, _ = charged(storefront, "tok_visa")
    owed = """
        SELECT d.id FROM outbound_deliveries d JOIN orders o ON o.id = d.order_id
        WHERE o.identifier = %s AND d.finished_at IS NOT NULL
    """
    patiently(lambda: storefront.sql(owed, order))
    delivery = storefront.sql(owed, order)[0][0]
    operator.goto(url(storefront, f"/task/{over(storefront, 'delivery', delivery)}"))

    expect(operator.locator(".task-data-row", has_text="Result")).to_contain_text("'status_code'")
    assert leads(operator, storefront, f"delivery-{delivery}") == f"/ops/deliveries/{delivery}"


def test_an_attempt_keeps_which_task_made_it(operator: Page, storefront: Storefront) -> None:
    _, charge = charged(storefront, "tok_visa")
    ((kept,),) = storefront.sql("SELECT task_id FROM attempts WHERE charge_id = %s", str(charge))
    patiently(lambda: tasks_of(storefront, charge))

    operator.goto(FlowerSettings(flower_url=url(storefront, "")).task_url(kept))

    expect(operator.locator(".task-data-row", has_text="Keyword")).to_contain_text(str(charge))
    assert kept in {task["uuid"] for task in tasks_of(storefront, charge)}
