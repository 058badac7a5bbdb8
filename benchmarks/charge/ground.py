"""The ground that all run on: engines, the sandbox, databases to fill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg2
from psycopg2 import sql
from psycopg2.errors import DuplicateDatabase

from local import environment as env
from local.child import Child
from local.development_keys import DevelopmentKeys
from local.engines import EngineUrls, Postgres, Redis
from local.folders import PROJECT, temporary_folder
from local.sandboxed import Sandbox

MIGRATE: Final = ("-m", "alembic", "-c", "shared/migrations/alembic.ini", "upgrade", "head")
TEMPLATE: Final = "benchmark_template"


@dataclass(frozen=True)
class Ground:
    """What is there to run on."""

    folder: Path
    postgres: Postgres
    redis: Redis
    sandbox: Sandbox
    keys: DevelopmentKeys

    def environment(self, database: str) -> dict[str, str]:
        """The settings of the processes that work on that database."""
        urls = EngineUrls(database, self.redis.url)
        complete = env.complete(env.given(), urls, self.keys)
        return {
            **complete,
            "STRIPE_API_KEY": self.keys.STRIPE_API_KEY,
            "STRIPE_API_BASE": self.sandbox.url,
            "STRIPE_WEBHOOK_SECRETS": self.keys.STRIPE_WEBHOOK_SECRETS,
            "STRIPE_RATE_LIMIT": "0",
        }

    def child(self, name: str, command: str, environment: Mapping[str, str]) -> Child:
        """A process, not started."""
        log = self.folder / f"{name}.log"
        return Child(["sh", "-c", f"exec {command}"], log, PROJECT, environment)

    @contextmanager
    def database(self, name: str, *, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a fresh database, migrated or a copy of another, gone at the end."""
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.postgres.url_of(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def kept_database(self, name: str) -> str:
        """The URL of a database that stays, migrated; made where it is not there."""
        with suppress(DuplicateDatabase):
            self._run("CREATE DATABASE {}", name)
        url = self.postgres.url_of(name)
        environment = {**os.environ, "DATABASE_URL": url}
        subprocess.run([sys.executable, *MIGRATE], cwd=PROJECT, env=environment, check=True)
        return url

    def _run(self, statement: str, *names: str) -> None:
        with closing(psycopg2.connect(self.postgres.url)) as connection:
            connection.autocommit = True  # CREATE DATABASE refuses to run inside a transaction
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def open_ground(kept: Path | None = None) -> Iterator[Ground]:
    """Engines, the sandbox and a migrated database, for the block; `kept` is where Postgres stays.

    Elsewhere it is gone at the end.
    """
    keys = DevelopmentKeys()
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    with (
        temporary_folder("bench") as folder,
        Postgres((kept or folder) / "p") as postgres,
        Redis(folder / "r") as redis,
        Sandbox(folder, keys, env.given()) as sandbox,
    ):
        ground = Ground(folder, postgres, redis, sandbox, keys)
        ground.kept_database(TEMPLATE)
        yield ground
