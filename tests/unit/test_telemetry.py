"""Traces leave by an allow-list; what is off, traces or Sentry, is not even imported."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from local.folders import PROJECT
from shared.telemetry import AllowListed
from tests.unit.test_settings import GOOD

HEAVY = (
    *("opentelemetry.sdk.trace.export", "opentelemetry.exporter", "google.protobuf"),
    "sentry_sdk",
)
ON = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    "SENTRY_DSN": "http://key@127.0.0.1:9000/1",
}
PROGRAM = """
import sys
import {door}
print(*(name for name in {heavy} if name in sys.modules))
"""


def test_a_span_leaves_without_what_is_not_allow_listed() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListed(kept)))
    with pytest.raises(ValueError, match="hush"):
        _run(provider.get_tracer("test"))

    (left,) = kept.get_finished_spans()
    assert "hush" not in left.to_json()
    assert dict(left.attributes or {}) == {"chargehand.charge_id": 7}
    assert [event.name for event in left.events] == ["sent", "exception"]
    assert dict(left.events[1].attributes or {}) == {"exception.type": "ValueError"}
    assert (left.name, left.status.status_code) == ("charge.execute", StatusCode.ERROR)
    assert len(left.links) == 1


def _run(tracer: Tracer) -> None:
    told = {"url.query": "code=hush", "chargehand.instrument": "hush"}
    with tracer.start_as_current_span("charge.execute", attributes=told) as span:
        span.set_attribute("chargehand.charge_id", 7)
        span.add_event("sent", {"body": "hush"})
        span.add_link(span.get_span_context(), {"token": "hush"})
        span.set_status(StatusCode.ERROR, "hush")
        raise ValueError("hush")


@pytest.mark.parametrize("door", ["worker.app", "worker.relay", "api_shim.wsgi"])
def test_what_is_off_is_not_imported(door: str) -> None:
    off, on = imported(door), imported(door, **ON)

    assert off == []
    assert on == list(HEAVY) or door == "worker.relay"  # which is set up once it runs


def imported(door: str, **changed: str) -> list[str]:
    """Which of the heavy modules a process has once it is loaded."""
    program = PROGRAM.format(door=door, heavy=HEAVY)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=GOOD | changed,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.split()
