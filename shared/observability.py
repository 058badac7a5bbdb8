"""Logs: one event a line, key=value, no secrets."""

from __future__ import annotations

import logging
import logging.config
import sys
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from shared import tracing
from shared.failures import traced
from shared.settings import Settings

log = structlog.get_logger()


def _add_trace(_logger: object, _method: str, event: EventDict) -> EventDict:
    if trace_id := tracing.trace_id():
        event["trace_id"] = trace_id
    return event


def _without_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A library's line about an exception, as the library wrote it in its code."""
    if event.get("exc_info"):
        event["event"] = event["_record"].msg
    return event


_FACTS: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    _add_trace,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_EXCEPTION: Final = structlog.processors.ExceptionRenderer(lambda failed: traced(failed[1]))
_LINE: Final = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])


def configure(settings: Settings, process: str) -> None:
    """Set up what this process tells: logs, and where the settings say so traces and exceptions.

    What nobody asked for is not even imported.
    """
    watching: list[Processor] = []
    if settings.sentry_dsn.get_secret_value():
        sentry = import_module("shared.sentry")
        sentry.start(settings, process)
        watching.append(sentry.report)
    configure_logging(settings.log_level, watching)
    sys.excepthook = _crashed
    if settings.otel_exporter_otlp_endpoint:
        import_module("shared.telemetry").start(settings, process)


def _crashed(_kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    log.critical("process.failed", exc_info=error)


def about(**facts: object) -> None:
    """Name what the request or task at hand is about: on each line from here on, in its span."""
    structlog.contextvars.bind_contextvars(**facts)
    tracing.note(**facts)


def configure_logging(level: str, watching: Sequence[Processor] = ()) -> None:
    """Send our events and the libraries' warnings to standard error, a line each.

    Who is `watching` sees each line, its exception included.
    """
    logging.config.dictConfig(library_logging(watching))
    structlog.configure(
        processors=[*_FACTS, *watching, _EXCEPTION, _LINE],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def library_logging(watching: Sequence[Processor] = ()) -> dict[str, Any]:
    """How libraries speak, as logging.config takes it; gunicorn also tells how it is.

    Of tasks that fail, `worker.context` tells.
    """
    gunicorn = {"level": "INFO", "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": _formatter, "watching": watching}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {"gunicorn.error": gunicorn, "celery.app.trace": {"level": "CRITICAL"}},
    }


def _formatter(watching: Sequence[Processor]) -> logging.Formatter:
    foreign = [structlog.stdlib.add_logger_name, _without_values]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*foreign, *_FACTS, *watching, _EXCEPTION],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _LINE],
    )
