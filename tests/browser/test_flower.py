"""Flower, page by page: what an operator finds there, and what nobody does."""

import re
import socket
import sys
from pathlib import Path

import pytest
import requests
from flower.urls import handlers
from playwright.sync_api import Page, expect

from local.child import Child
from local.folders import PROJECT
from local.ports import free_port
from local.processes import read_procfile
from shared.task_names import QUEUES
from tests.browser.flower import (
    charged,
    leads,
    open_tasks,
    over,
    patiently,
    read,
    tasks_of,
    url,
)
from tests.browser.storefront import Storefront

pytestmark = pytest.mark.timeout(300)  # the first test waits for the system

COMMANDS = read_procfile(PROJECT / "Procfile")
WORKERS = [name for name, command in COMMANDS.items() if " worker.app worker " in command]
OPEN = {"/metrics", "/healthcheck", "/static/x", "/login/?", "/logout", ".*"}
ROUTES = [str((getattr(one, "regex", None) and one.regex.pattern) or one[0]) for one in handlers]
GUARDED = ["/task/1", *(re.sub(r"\(.[+*]\)", "x", route.rstrip("$")) for route in ROUTES)]
PAGES = ["/workers?json=1", "/tasks", "/broker", "/metrics"]
ANSWERS = ["/api/tasks?limit=1000", "/api/workers?refresh=1", "/api/task/types"]
TOKENS = ("tok_visa", "tok_chargeDeclined")


def test_the_workers_page_shows_each_worker_of_the_procfile(
    operator: Page, storefront: Storefront
) -> None:
    operator.goto(url(storefront, "/"))

    for worker in WORKERS:
        row = operator.locator("#workers-table tbody tr", has_text=f"{worker}@")
        expect(row.get_by_text("Online")).to_be_visible()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_workers_page_names_the_queue_that_it_takes_from(
    operator: Page, storefront: Storefront, worker: str
) -> None:
    operator.goto(url(storefront, f"/worker/{worker}@{socket.gethostname()}#tab-queues"))

    expect(operator.locator("#workername")).to_contain_text(f"{worker}@")
    expect(operator.locator("#tab-queues")).to_contain_text(worker)
    assert operator.get_by_role("button", name="Shut Down").count() == 0


def test_the_broker_page_shows_how_much_waits_in_each_queue(
    operator: Page, storefront: Storefront
) -> None:
    operator.goto(url(storefront, "/broker"))

    for queue in QUEUES:
        expect(operator.locator(f"[id='{queue}'] td").nth(1)).to_have_text(re.compile(r"\d+"))


def test_a_task_tells_of_its_charge_and_leads_to_it(operator: Page, storefront: Storefront) -> None:
    order, charge = charged(storefront, "tok_visa")
    open_tasks(operator, storefront, charge)
    row = operator.locator("#tasks-table tbody tr", has_text="charge.execute")
    for told in (f"'charge': {charge}", order, "'provider': 'stripe'", "'Approved'", "SUCCESS"):
        expect(row).to_contain_text(told)

    row.locator("a[href^='/task/']").click()
    expect(operator.locator(".task-data-row", has_text="Result")).to_contain_text(order)
    expect(operator.locator(".task-data-row", has_text="Result")).to_contain_text("-1'")
    assert leads(operator, storefront, str(charge)) == f"/ops/charges/{charge}"


def test_the_webhook_of_a_charge_is_listed_with_it(operator: Page, storefront: Storefront) -> None:
    _, charge = charged(storefront, "tok_visa")
    handled = "SELECT id FROM webhook_events WHERE charge_id = %s AND handled_at IS NOT NULL"
    patiently(lambda: storefront.sql(handled, str(charge)))
    over(storefront, "webhook_event", storefront.sql(handled, str(charge))[0][0])
    open_tasks(operator, storefront, charge)

    row = operator.locator("#tasks-table tbody tr", has_text="webhook_event.handle").first
    expect(row).to_contain_text(f"'charge': {charge}")


def test_a_charge_that_is_tried_again_shows_each_try_with_its_reason(
    operator: Page, storefront: Storefront
) -> None:
    storefront.control.fault("429", op="POST /v1/payment_intents", retry_after=1)
    _, charge = charged(storefront, "tok_visa")
    open_tasks(operator, storefront, charge, least=2)

    rows = operator.locator("#tasks-table tbody tr", has_text="charge.execute")
    expect(rows.filter(has_text="NotSent")).to_contain_text("'reason'")
    expect(rows.filter(has_text="Approved")).to_have_count(1)


def test_a_declined_charge_shows_the_code(operator: Page, storefront: Storefront) -> None:
    _, charge = charged(storefront, "tok_chargeDeclined")
    open_tasks(operator, storefront, charge)

    row = operator.locator("#tasks-table tbody tr", has_text="charge.execute")
    expect(row).to_contain_text("'outcome': 'Declined', 'code': 'generic_decline'")


def test_a_task_that_failed_shows_why(operator: Page, storefront: Storefront) -> None:
    told = "kwargsrepr=str({'refund': 77})"
    send = f"from shared.celery_app import app; app.send_task('refund.execute', {told})"
    sent = Child([sys.executable, "-c", send], Path("/dev/null"), PROJECT, storefront.settings)
    sent.start()
    operator.goto(url(storefront, "/tasks?state=FAILURE"))

    row = operator.locator("#tasks-table tbody tr", has_text="refund.execute").first
    for _ in range(30):
        if row.count():
            break
        operator.wait_for_timeout(1000)
        operator.reload()
    expect(row).to_contain_text("TaskFailed('TypeError')")
    sent.stop()
    row.locator("a[href^='/task/']").click()
    assert leads(operator, storefront, "refund-77") == "/ops/refunds/77"


def test_rounds_drive_no_charge_out_of_its_memory(storefront: Storefront) -> None:
    _, charge = charged(storefront, "tok_visa")
    patiently(lambda: tasks_of(storefront, charge))

    heard = {task["name"] for task in read(storefront, ANSWERS[0]).json().values()}

    assert "charge.execute" in heard
    assert not {name for name in heard if name.endswith(".run")}


@pytest.mark.parametrize("path", [path for path in GUARDED if path not in OPEN])
def test_nothing_is_shown_without_the_password(storefront: Storefront, path: str) -> None:
    asked = [("GET", None), ("POST", None), ("GET", ("operator", "guess"))]
    answers = {
        requests.request(method, url(storefront, path), auth=auth, timeout=30).status_code
        for method, auth in asked
    }

    assert 401 in answers
    assert answers <= {401, 405}


def test_nothing_shows_an_instrument_or_a_secret(storefront: Storefront) -> None:
    _, charge = charged(storefront, TOKENS[0])
    charged(storefront, TOKENS[1])
    patiently(lambda: tasks_of(storefront, charge))
    tasks = [f"/task/{task}" for task in read(storefront, ANSWERS[0]).json()]
    workers = [f"/worker/{worker}@{socket.gethostname()}" for worker in WORKERS]
    shown = [read(storefront, path) for path in (*PAGES, *ANSWERS, *workers, *tasks[:100])]

    assert {answer.status_code for answer in shown} == {200}
    for secret in (*TOKENS, *secrets_of(storefront)):
        assert not any(secret in answer.text for answer in shown)


def secrets_of(shop: Storefront) -> list[str]:
    named = ("SECRET", "KEY", "AUTH")
    names = [name for name in shop.settings if name.startswith(("STRIPE", "PAYPAL", "JWT", "ENC"))]
    return [shop.settings[name] for name in names if any(word in name for word in named)]


def test_what_flower_saw_outlives_it(storefront: Storefront, tmp_path: Path) -> None:
    port, kept = free_port(), tmp_path / "flower"
    told = {"FLOWER_PORT": str(port), "FLOWER_DB": str(kept)}
    settings = {**storefront.settings, **told, "FLOWER_URL": f"http://127.0.0.1:{port}"}
    second = Storefront(settings, storefront.control)
    command = ["sh", "-c", f"exec {COMMANDS['flower']}"]
    flower = Child(command, tmp_path / "log", PROJECT, settings)

    flower.start()
    try:
        patiently(lambda: answers(second) and hears(second))
        order, charge = charged(second, "tok_visa")
        patiently(lambda: tasks_of(second, charge))
        flower.stop()
        files = list(tmp_path.glob("flower*"))
        flower.start()
        patiently(lambda: answers(second))
        (task,) = tasks_of(second, charge)
    finally:
        flower.stop()

    assert order in task["result"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    kept_bytes = b"".join(file.read_bytes() for file in files)
    assert order.encode() in kept_bytes
    assert not any(one.encode() in kept_bytes for one in ("tok_visa", *secrets_of(second)))


def hears(shop: Storefront) -> bool:
    """Whether it saw any of the tasks of this charge or one before."""
    charged(shop, "tok_visa")
    return bool(read(shop, "/api/tasks").json())


def answers(shop: Storefront) -> bool:
    try:
        return read(shop, "/healthcheck").ok
    except requests.ConnectionError:
        return False
