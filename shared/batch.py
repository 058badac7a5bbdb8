"""A batch: statements whose rows nobody reads, sent in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, singledispatch
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Values = dict[str, Any]
Write = tuple[Executable, Values]


class Writer(Protocol):
    """What carries out a statement whose rows nobody reads: a connection, or a batch."""

    def execute(self, statement: Executable, values: Values, /) -> object:
        """Carry it out after those before it, now or when the batch is sent."""
        ...


@contextmanager
def together(connection: Connection) -> Iterator[Writer]:
    """Send what the block executes when it ends, in that order; nothing of it where it raises.

    Postgres carries the statements out one by one: each sees what those before it wrote.
    """
    batch = _Batch([])
    yield batch
    if batch.writes:
        send(connection, batch.writes)


@singledispatch
def send(writer: Writer, writes: list[Write]) -> None:
    """Carry the writes out one by one; raises what any of them would."""
    for statement, values in writes:
        writer.execute(statement, values)


@send.register
def _(connection: Connection, writes: list[Write]) -> None:
    texts, bound = list[str](), Values()
    for place, (statement, values) in enumerate(writes):
        part = _part(statement, frozenset(values), place, connection.dialect)
        texts.append(part.sql)
        bound |= part.bind(values)
    connection.exec_driver_sql("; ".join(texts), bound)


@dataclass(frozen=True, slots=True)
class _Batch:
    writes: list[Write]

    def execute(self, statement: Executable, values: Values, /) -> None:
        self.writes.append((statement, values))


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement at its place in a batch, which is how its parameters' names begin."""

    sql: str
    parameters: tuple[_Parameter, ...]

    def bind(self, values: Values) -> Values:
        return {each.bound_as: each.bind(values) for each in self.parameters}


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    bound_as: str
    literal: object
    """What the statement itself holds, where no value is given."""
    process: Callable[[Any], Any] | None
    """What makes of a value what the driver takes."""

    def bind(self, values: Values) -> object:
        value = values.get(self.name, self.literal)
        return self.process(value) if self.process else value


@cache
def _part(statement: Executable, names: frozenset[str], place: int, dialect: Dialect) -> _Part:
    compiled = cast("ClauseElement", statement).compile(dialect=dialect, column_keys=sorted(names))
    assert isinstance(compiled, SQLCompiler), "a statement, not a schema"
    literals = compiled.construct_params(dict.fromkeys(names))
    parameters = (
        _Parameter(
            name,
            f"{place}.{name}",
            literals[name],
            bind.type.dialect_impl(dialect).bind_processor(dialect),
        )
        for name, bind in compiled.binds.items()
        if name in literals
    )
    sql = str(compiled).replace("%(", f"%({place}.")
    return _Part(sql, tuple(parameters))
