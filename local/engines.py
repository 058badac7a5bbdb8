"""The two engines that Chargehand stands on, given or embedded."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.folders import claimed
from local.postgres import Postgres
from local.redis import Redis

SLOW_REDIS = (
    "There is no Redis here, so a stand-in serves: it works, but carries about 11 tasks a second. "
    "Install redis-server or valkey-server for more."
)

__all__ = ["EngineUrls", "Postgres", "Redis", "engines"]


@dataclass(frozen=True)
class EngineUrls:
    """Where the two engines are, with what a person should know about them."""

    database: str
    redis: str
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def engines(
    folder: Path, *, database_url: str | None = None, redis_url: str | None = None
) -> Iterator[EngineUrls]:
    """Both engines for the block: the ones given, else embedded ones over `folder`."""
    folder = folder.resolve()
    with contextlib.ExitStack() as stack:
        stack.enter_context(claimed(folder))
        notes: list[str] = []
        if not database_url:
            postgres = stack.enter_context(Postgres(folder / "postgres"))
            database_url = postgres.url
            if postgres.folder != folder / "postgres":
                notes.append(
                    f"This project is closed to others, so Postgres' data is in {postgres.folder}"
                )
        if not redis_url:
            redis = stack.enter_context(Redis(folder / "redis"))
            redis_url = redis.url
            if redis.is_slow:
                notes.append(SLOW_REDIS)
        yield EngineUrls(database_url, redis_url, tuple(notes))
