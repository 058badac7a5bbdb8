"""The database connection, with the one block that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, text

from shared import tracing
from shared.settings import Settings

LIMITS: Final = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""What each session asks for; where a pooler drops that, it has to be set there."""

_SESSION: Final = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())

_TRACED: Final = text("SELECT set_config('chargehand.traceparent', :traceparent, true)")


def make_engine(settings: Settings, *, name: str) -> Engine:
    """A pooled engine for one process; `name` shows in pg_stat_activity."""
    return create_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        hide_parameters=True,  # what failed is logged; its values may be secrets
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={
            "application_name": f"chargehand-{name}",
            "connect_timeout": 5,
            "options": _SESSION,
            "keepalives_idle": 10,
            "tcp_user_timeout": 15_000,
        },
    )


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end of the block, rolled back when it raises.

    Rows that it inserts keep the trace it is in. Never hold it over a network call.
    """
    traceparent = tracing.traceparent()
    with engine.begin() as connection:
        if traceparent:
            connection.execute(_TRACED, {"traceparent": traceparent})
        yield connection
