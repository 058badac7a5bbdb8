"""The way out for exceptions: Sentry's SDK, which lets an allow-list pass.

Imported where SENTRY_DSN is set, and nowhere else.
"""

from __future__ import annotations

from typing import Any, Final

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.types import Event, Hint
from structlog.typing import EventDict

from shared.failures import named
from shared.settings import Settings

_FIELDS: Final = "event_id timestamp level platform environment server_name tags".split()
_ERROR: Final = "type module value".split()
_FRAME: Final = "filename function module lineno in_app".split()
_TAGS: Final = (
    *("event", "process", "request_id", "trace_id", "task", "task_id", "charge_id", "refund_id"),
    *("webhook_event_id", "delivery_id", "order", "provider", "attempt"),
)
"""What of a line of the log is told with its exception."""


def start(settings: Settings, process: str) -> None:
    """Be ready to `report` from this process; nothing is watched or patched."""
    sentry_sdk.init(
        settings.sentry_dsn.get_secret_value(),
        environment=settings.environment,
        before_send=shown,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=lambda *_: None)],
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        propagate_traces=False,
        send_client_reports=False,
    )
    sentry_sdk.set_tag("process", process)


def report(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Tell Sentry of the exception that is logged as an error: a processor of structlog's."""
    failed = event.get("exc_info")
    if failed and event["level"] in {"error", "critical"}:
        with sentry_sdk.new_scope() as scope:
            scope.set_tags({name: event[name] for name in _TAGS if name in event})
            scope.capture_exception(None if failed is True else failed)
    return event


def shown(event: Event, hint: Hint) -> Event:
    """Of an event what may leave: where it happened, in which class of error, for which row."""
    kept: dict[str, Any] = _only(_FIELDS, event)
    kept["tags"] = _only(_TAGS, dict(event.get("tags", {})))
    errors = [_error(error) for error in event.get("exception", {}).get("values", [])]
    if errors and "exc_info" in hint:
        errors[-1]["value"] = named(hint["exc_info"][1])
    kept["exception"] = {"values": errors}
    return kept  # type: ignore[return-value] # an Event, of fewer fields


def _error(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    kept = _only(_ERROR, error | {"value": ""})
    return kept | {"stacktrace": {"frames": [_only(_FRAME, frame) for frame in frames]}}


def _only(names: list[str] | tuple[str, ...], told: Any) -> dict[str, Any]:  # noqa: ANN401 # Sentry's JSON
    return {name: told[name] for name in names if name in told}
