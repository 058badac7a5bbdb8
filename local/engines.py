"""The two engines that Chargehand stands on, given or embedded."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.engine import Engine
from local.folders import claimed
from local.postgres import Postgres
from local.redis import Redis

__all__ = ["EngineUrls", "Postgres", "Redis", "engines"]


@dataclass(frozen=True)
class EngineUrls:
    """Where the two engines are, with the pids of ours, with what a person should know."""

    database: str
    redis: str
    pids: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def engines(
    folder: Path, *, database_url: str | None = None, redis_url: str | None = None
) -> Iterator[EngineUrls]:
    """Both engines for the block: the ones given, else embedded ones over `folder`.

    Raises FolderInUse when another run has the folder, EngineError when an engine will not start.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(claimed(folder.resolve()))
        own: list[Engine] = []
        if not database_url:
            own.append(stack.enter_context(Postgres(folder / "postgres")))
            database_url = own[-1].url
        if not redis_url:
            own.append(stack.enter_context(Redis(folder / "redis")))
            redis_url = own[-1].url
        pids = {engine.name: engine.pid for engine in own}
        notes = tuple(engine.note for engine in own if engine.note)
        yield EngineUrls(database_url, redis_url, pids, notes)
