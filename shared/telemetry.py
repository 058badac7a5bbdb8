"""The way out for traces: OpenTelemetry's SDK and exporter, which let allow-listed words pass.

Imported where OTEL_EXPORTER_OTLP_ENDPOINT is set, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from shared.settings import Settings
from shared.tracing import FACTS

SHOWN: Final = frozenset(
    (
        *("http.request.method", "http.route", "http.response.status_code"),
        *("error.type", "exception.type"),
        *(f"{FACTS}{name}" for name in "request_id task_id charge_id refund_id order".split()),
        *(f"{FACTS}{name}" for name in "webhook_event_id delivery_id provider attempt".split()),
        *(f"{FACTS}{name}" for name in "answer".split()),
    )
)
"""The attributes that may leave: an exception's text and stack, and all else, stay here."""


class AllowListed(SpanExporter):
    """An exporter of spans that are nothing but their name, times, links and `SHOWN` attributes."""

    def __init__(self, port: SpanExporter) -> None:
        self._port = port

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the port, of what may be shown."""
        return self._port.export([_shown(span) for span in spans])

    def shutdown(self) -> None:
        """As the port."""
        self._port.shutdown()


def start(settings: Settings, process: str) -> None:
    """Trace this process, and send its spans in batches; one that cannot be sent is dropped.

    The SDK's own variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) hold, too.
    """
    named = Resource.create({"service.name": f"chargehand-{process}"})
    provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()))
    endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(AllowListed(OTLPSpanExporter(endpoint))))
    trace.set_tracer_provider(provider)


def _shown(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[
            Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events
        ],
        links=[trace.Link(link.context) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {name: value for name, value in (attributes or {}).items() if name in SHOWN}
