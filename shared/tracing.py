"""Traces: a span around a piece of work, its context as a text that a row can keep.

Speaks OpenTelemetry's API alone, which does nothing until `shared.telemetry` gives it an SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

FACTS: Final = "chargehand."
"""What the names of our own attributes begin with."""

_W3C: Final = TraceContextTextMapPropagator()
_HEADER: Final = "traceparent"
_TRACER: Final = trace.get_tracer("chargehand")


def is_on() -> bool:
    """Whether this process traces."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, *, parent: str | None = None, **facts: object
) -> AbstractContextManager[Span]:
    """A span for the block, within the current one or the `traceparent` (W3C) that is given.

    An exception that passes marks it as failed. Where nothing is traced it does nothing.
    """
    if not is_on():
        return nullcontext(trace.INVALID_SPAN)
    return _TRACER.start_as_current_span(
        name,
        context=_context(parent) if parent else None,
        kind=kind,
        attributes=_attributes(facts),
    )


def note(**facts: object) -> None:
    """Let the current span tell what it is about."""
    trace.get_current_span().set_attributes(_attributes(facts))


def traceparent() -> str | None:
    """The current span's context (W3C Trace Context §3.2); None where nothing is traced."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_HEADER)


def trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def link(parent: str | None) -> None:
    """Let the current span point at the span of a `traceparent`, in a trace of its own."""
    target = trace.get_current_span(_context(parent)).get_span_context()
    if target.is_valid:
        trace.get_current_span().add_link(target)


def _context(parent: str | None) -> Context:
    return _W3C.extract({_HEADER: parent or ""}, Context())


def _attributes(facts: Mapping[str, object]) -> dict[str, str | int]:
    return {
        f"{FACTS}{name}": value if isinstance(value, int) else str(value)
        for name, value in facts.items()
        if value is not None
    }
