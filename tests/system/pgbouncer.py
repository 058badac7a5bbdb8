"""PgBouncer as deploy/pgbouncer.ini has it, where the program is installed."""

import shutil
from collections.abc import Sequence
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2.extras import RealDictCursor

from local.accounts import postgres_account
from local.engine import Engine
from local.folders import PROJECT
from local.ports import LOOPBACK

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
POOL = 4
"""Connections to Postgres, which all processes share."""


class PgBouncer(Engine):
    """In transaction mode before the database at that URL."""

    name = "pgbouncer"

    def __init__(self, folder: Path, database_url: str) -> None:
        self.account = postgres_account()  # it refuses to be root
        super().__init__(folder)
        self._behind = urlsplit(database_url)

    @property
    def url(self) -> str:
        """A URL for psycopg2."""
        return self.url_of(self._behind.path.strip("/"))

    def connections(self, of: str) -> int:
        """How many there are now to the database: of CLIENTS, or of SERVERS."""
        with closing(psycopg2.connect(self.url_of("pgbouncer"))) as admin:
            admin.autocommit = True
            with admin.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(f"SHOW {of}")
                return sum(row["database"] != "pgbouncer" for row in cursor.fetchall())

    def url_of(self, database: str) -> str:
        """The URL of one database behind it, or of its own."""
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    def _prepare(self) -> None:
        pass

    def _command(self) -> Sequence[str]:
        file = self.folder / "pgbouncer.ini"
        with file.open("w") as written:
            self._settings().write(written)
        return [str(PROGRAM), str(file)]

    def _settings(self) -> ConfigParser:
        shipped = ConfigParser(interpolation=None)
        shipped.read(PROJECT / "deploy" / "pgbouncer.ini")
        limits = shipped["databases"]["chargehand"].partition("connect_query=")[2]
        where = f"host={self._behind.hostname} port={self._behind.port} user=postgres"
        shipped["databases"] = {"*": f"{where} connect_query={limits}"}
        del shipped["pgbouncer"]["auth_file"]
        shipped["pgbouncer"].update(
            {
                "auth_type": "any",
                "admin_users": "postgres",
                "default_pool_size": str(POOL),
                "listen_port": str(self.port),
                "unix_socket_dir": "",
            }
        )
        return shipped

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True
