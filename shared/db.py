"""The database connection, with the one block that commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine, TextualSelect, column, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from shared import tracing
from shared.settings import Settings

LIMITS: Final = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""What each session asks for; where a pooler drops that, it has to be set there."""

_SESSION: Final = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())

_SHORT_REST: Final = 1.0
"""Seconds for which a connection is taken to live on without a look."""

_TRACED: Final = text("SELECT set_config('chargehand.traceparent', :traceparent, true)")

_NAMES: Final = re.compile(r"(\w+)\s*(?:,|$)")


def reading(columns: str, sql: str) -> TextualSelect:
    """A statement whose rows have these columns, written as in its SQL: `c.id, c.status AS state`.

    For those that are executed all the time: of a `text()` SQLAlchemy finds the columns out anew
    with each execution, which takes as long as sending it.
    """
    return text(sql).columns(*map(column, _NAMES.findall(columns)))


def make_engine(settings: Settings, *, name: str) -> Engine:
    """A pooled engine for one process; `name` shows in pg_stat_activity."""
    engine = create_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        hide_parameters=True,  # what failed is logged; its values may be secrets
        pool_timeout=10,
        connect_args={
            "application_name": f"chargehand-{name}",
            "connect_timeout": 5,
            "options": _SESSION,
            "keepalives_idle": 10,
            "tcp_user_timeout": 15_000,
        },
    )
    _ping_the_rested(engine)
    return engine


def _ping_the_rested(engine: Engine) -> None:
    """SQLAlchemy's `pool_pre_ping`, but for connections that have just been used.

    Those cost a round trip in five. Where one of them is lost its statement tells, once: then
    all of the pool are let go.
    """

    @event.listens_for(engine, "checkin")
    def rests(_: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def is_taken(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        if monotonic() - entry.info.get("rests_since", monotonic()) < _SHORT_REST:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as lost:
            raise InvalidatePoolError from lost


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
