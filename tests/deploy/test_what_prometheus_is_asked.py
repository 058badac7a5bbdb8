"""What the alerts and the dashboard ask Prometheus: it parses, and names what exists."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase

from api_shim import metrics as web_metrics
from local.folders import PROJECT
from shared import metrics

PAGE = (PROJECT / "docs/metrics.md").read_text()
ROW = re.compile(r"^\| `(chargehand_\w+)` \| (\w+) \| ([\w, ]*?) ?\|", re.MULTILINE)
ENDS = {
    "gauge": {"": set[str]()},
    "counter": {"_total": set[str]()},
    "histogram": {"_bucket": {"le"}, "_sum": set[str](), "_count": set[str]()},
}
SERIES: Mapping[str, set[str]] = {
    name + end: set(labels.split(", ")) - {""} | more
    for name, kind, labels in ROW.findall(PAGE)
    for end, more in ENDS[kind].items()
}
"""Each series that the page of metrics tells of, with its labels."""
ADDED = {"instance", "job"}
"""Labels that Prometheus adds."""
SELECTOR = re.compile(r"\b(chargehand_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
EXPRESSION = re.compile(r"^ +expr: (?:\|\n)?(.*?)\n +(?:for|labels):", re.DOTALL | re.MULTILINE)
GROUPED = re.compile(r"\b(?:by|on|ignoring|without) \(([\w, ]*)\)")


def targets() -> list[dict[str, Any]]:
    panels = json.loads((PROJECT / "deploy/grafana/chargehand.json").read_text())["panels"]
    assert all(panel.get("targets") for panel in panels if panel["type"] != "row")
    return [target for panel in panels for target in panel.get("targets", [])]


def of_alerts() -> list[str]:
    rules = (PROJECT / "deploy/prometheus/alerts.yml").read_text()
    return [" ".join(found.split()) for found in EXPRESSION.findall(rules)]


def grouped(expression: str) -> set[str]:
    """The labels that its result has."""
    return {label for found in GROUPED.findall(expression) for label in found.split(", ")} - {""}


ASKED = sorted({*of_alerts(), *(target["expr"] for target in targets())})


def test_every_alert_is_looked_at() -> None:
    rules = (PROJECT / "deploy/prometheus/alerts.yml").read_text()

    assert len(of_alerts()) == rules.count("- alert: ") > 20


@pytest.mark.parametrize("expression", ASKED)
def test_it_names_series_and_labels_that_exist(expression: str) -> None:
    labels = set[str]()
    for series, matchers in SELECTOR.findall(expression):
        assert series in SERIES
        assert set(MATCHER.findall(matchers)) <= SERIES[series] | ADDED
        labels |= SERIES[series]

    assert grouped(expression) <= labels | ADDED


@pytest.mark.parametrize("target", targets(), ids=lambda target: target["expr"])
def test_a_legend_tells_labels_that_the_answer_has(target: dict[str, Any]) -> None:
    told = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))

    assert told <= grouped(target["expr"])


def test_prometheus_parses_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: it comes with Debian's package prometheus")
    rules = [{"record": f"asked:{n}", "expr": asked} for n, asked in enumerate(ASKED)]
    file = tmp_path / "asked.yml"
    file.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))  # JSON is YAML

    done = subprocess.run(
        [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ASKED)} rules found" in done.stdout


@pytest.mark.parametrize("module", [metrics, web_metrics], ids=lambda module: module.__name__)
def test_the_page_of_metrics_tells_kinds_and_labels_as_they_are(module: Any) -> None:
    counted = [each for each in vars(module).values() if isinstance(each, MetricWrapperBase)]
    told = {name: (kind, labels) for name, kind, labels in ROW.findall(PAGE)}

    assert counted
    for each in counted:
        (family,) = each.describe()
        assert told[family.name] == (family.type, ", ".join(each._labelnames))  # noqa: SLF001 told nowhere else
