"""What /metrics tells of the database, what dashboards and alerts may ask, and what is written."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from local.folders import PROJECT
from tests.database.rows import charge as new_charge
from tests.database.rows import new_order, run
from tests.database.test_refund_invariants import captured, refund
from tests.web.conftest import MakeClient

ALERTS = PROJECT / "deploy/prometheus/alerts.yml"
DASHBOARD = PROJECT / "deploy/grafana/chargehand.json"
PAGE = PROJECT / "docs/metrics.md"
NAME = re.compile(r"\bchargehand_[a-z_]+\b")
SUFFIX = re.compile(r"_(total|bucket|count|sum|created)$")
LABELS = {
    *("provider", "status", "state", "cause", "operation", "answer", "result", "queue", "of"),
    *("round", "what", "type", "task", "error", "method", "route", "le"),
    "process",
}


def samples(client: FlaskClient) -> Iterable[Any]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return [sample for family in families for sample in family.samples]


def value(client: FlaskClient, name: str, **labels: str) -> float:
    return sum(float(s.value) for s in samples(client) if (s.name, s.labels) == (name, labels))


def names(client: FlaskClient) -> set[str]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    told = {family.name for family in families if family.name.startswith("chargehand_")}
    return {name for name in told if not name.endswith("_created")}


def asked(text: str) -> set[str]:
    return set(NAME.findall(text))


def expressions(panels: list[dict[str, Any]]) -> list[str]:
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


@pytest.fixture
def charge(database_url: str) -> None:
    """A charge that was accepted, and is due."""
    with psycopg2.connect(database_url) as connection:
        new_charge(connection, new_order(connection))
    connection.close()


@pytest.mark.usefixtures("charge")
def test_charges_are_told_by_provider_and_status_with_no_label_more(client: FlaskClient) -> None:
    told = samples(client)

    assert value(client, "chargehand_charges", provider="stripe", status="accepted") >= 1
    assert value(client, "chargehand_database_up") == 1
    assert {label for sample in told for label in sample.labels if is_ours(sample)} <= LABELS


def test_refunds_that_wait_for_a_person_are_told(client: FlaskClient, database_url: str) -> None:
    with psycopg2.connect(database_url) as db:
        made = refund(db, captured(db, new_order(db, "g"), "g"))
        run(db, "UPDATE refunds SET status = 'needs_review' WHERE id = %s RETURNING id", made)
    db.close()

    assert value(client, "chargehand_refunds_in_review", provider="stripe") == 1


def test_without_a_database_the_counts_are_read_all_the_same(make_client: MakeClient) -> None:
    client = make_client(database_url="postgresql://127.0.0.1:1/nowhere")

    assert value(client, "chargehand_database_up") == 0
    assert "chargehand_http_requests" in names(client)
    assert "chargehand_charges" not in names(client)


def test_alerts_and_dashboard_ask_for_what_is_counted(client: FlaskClient) -> None:
    dashboard = " ".join(expressions(json.loads(DASHBOARD.read_text())["panels"]))
    counted = names(client)

    for name in asked(ALERTS.read_text()) | asked(dashboard):
        assert name in counted or SUFFIX.sub("", name) in counted


def test_the_page_of_metrics_has_each_that_is_counted(client: FlaskClient) -> None:
    written = re.findall(r"^\| `(chargehand_\w+)`", PAGE.read_text(), re.MULTILINE)

    assert set(written) == names(client)


@pytest.mark.parametrize("what", ["check rules alerts.yml", "test rules alerts.test.yml"])
def test_prometheus_takes_the_alerts_and_each_fires_where_it_should(what: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: it comes with Debian's package prometheus")

    done = subprocess.run(
        [promtool, *what.split()], cwd=ALERTS.parent, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tested_and_leads_to_its_section() -> None:
    rules = ALERTS.read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    anchors = re.findall(r"runbook: docs/operate\.md#([a-z-]+)", rules)
    tests = ALERTS.with_name("alerts.test.yml").read_text()
    tested = re.findall(r"- name: ([A-Z]\w+)", tests)

    assert tested == alerts
    assert anchors == [re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower() for alert in alerts]


def is_ours(sample: Any) -> bool:
    return str(sample.name).startswith("chargehand_")
