"""Logs: one event a line, key=value, no secrets."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any, Final

import structlog

# A traceback is the plain one, in any mode: the fashionable ones print local variables, which hold
# instruments, keys, bodies of webhooks.
_TOLD: Final[list[structlog.typing.Processor]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
_LINE: Final = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])


def configure_logging(level: str) -> None:
    """Send our events and the libraries' warnings to standard error, a line each."""
    logging.config.dictConfig(library_logging())
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_TOLD, _LINE],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def library_logging() -> dict[str, Any]:
    """How libraries speak, as logging.config takes it; gunicorn also tells how it is."""
    gunicorn = {"level": "INFO", "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": _formatter}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {"gunicorn.error": gunicorn},
    }


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_TOLD],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _LINE],
    )
