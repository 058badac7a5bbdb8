"""An OpenTelemetry collector on this machine: it keeps the spans that it is sent."""

from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.sandbox.listener import Listener


@dataclass(frozen=True)
class Told:
    """A span as it came, ids in hexadecimal; `parent` is empty at a trace's root."""

    process: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    facts: dict[str, str | int]
    links: frozenset[tuple[str, str]]


class Collector(Listener):
    """Takes OTLP by HTTP (opentelemetry.io/docs/specs/otlp)."""

    @property
    def endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is."""
        return self.url.removesuffix("/webhooks")

    def spans(self) -> list[Told]:
        """All that came."""
        return [
            _told(_process(resource.resource), span)
            for delivery in list(self.deliveries)
            for resource in ExportTraceServiceRequest.FromString(delivery.body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str, **facts: str | int) -> list[Told]:
        """The spans of that name with these facts of ours."""
        wanted = {f"chargehand.{fact}": value for fact, value in facts.items()}
        return [
            one for one in self.spans() if one.name == name and wanted.items() <= one.facts.items()
        ]


def _process(resource: Resource) -> str:
    named = {one.key: one.value.string_value for one in resource.attributes}
    return str(named["service.name"])


def _told(process: str, span: Span) -> Told:
    return Told(
        process=process,
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        failed=span.status.code == 2,
        facts={one.key: one.value.string_value or one.value.int_value for one in span.attributes},
        links=frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )
