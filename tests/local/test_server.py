"""The supervision of the Procfile's processes, with small stand-ins for them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from local.folders import PROJECT
from local.ports import free_port

DEADLINE_SECONDS = 60
WEB = """
import http.server, os, pathlib
here = pathlib.Path(__file__).parent
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = "degraded" if (here / "wait").exists() else "ok"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "%s"}' % status.encode())
        with (here / "asked").open("a") as asked:
            asked.write(status)
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
server.serve_forever()
"""
GIVEN = {
    "DATABASE_URL": "postgresql://given",
    "REDIS_URL": "redis://given",
    "STRIPE_API_KEY": "sk_test_given",
}


@dataclass(frozen=True)
class Server:
    """A running local.server with what it writes."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    def said(self) -> str:
        return (self.folder / "out").read_text()

    def pids(self) -> list[int]:
        written = [path.read_text().strip() for path in self.folder.glob("*.pid")]
        return [int(pid) for pid in written if pid]

    def everything_ended(self) -> bool:
        return not any(is_running(pid) for pid in self.pids())


StartServer = Callable[..., Server]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    started: list[Server] = []

    def start(another_process: str = "exec sleep 600", release: str = "true") -> Server:
        (tmp_path / "web.py").write_text(WEB)
        (tmp_path / "Procfile").write_text(
            f"release: {release}\n"
            f"web: echo $$ > {tmp_path}/web.pid; exec python {tmp_path}/web.py\n"
            f"other: echo $$ > {tmp_path}/other.pid; {another_process}\n"
        )
        command = [sys.executable, "-m", "local.server", "--data", str(tmp_path / "data")]
        command += ["--procfile", str(tmp_path / "Procfile")]
        command += ["--ready-file", str(tmp_path / "ready")]
        environment = {**os.environ, **GIVEN, "PORT": str(free_port())}
        with (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=out, stderr=subprocess.STDOUT
            )
        started.append(Server(process, tmp_path))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()
        wait_until(server.everything_ended)


def test_a_server_says_that_it_is_ready_once_its_web_process_answers(
    start_server: StartServer, tmp_path: Path
) -> None:
    (tmp_path / "wait").touch()
    server = start_server()
    wait_until((tmp_path / "asked").exists)
    was_ready_early = (tmp_path / "ready").exists()

    (tmp_path / "wait").unlink()
    wait_until((tmp_path / "ready").exists)

    settings = json.loads((tmp_path / "ready").read_text())
    assert not was_ready_early
    assert settings["DATABASE_URL"] == "postgresql://given"
    assert f"http://127.0.0.1:{settings['PORT']}/health/ready" in server.said()


def test_its_settings_are_kept_for_the_command_line_and_for_nobody_else(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    wait_until((tmp_path / "ready").exists)
    kept = tmp_path / "data" / "settings.sh"

    read = subprocess.run(
        ["sh", "-c", f'. {kept}; echo $DATABASE_URL $REDIS_URL; test -n "$ENCRYPTION_KEYS"'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert read.stdout == "postgresql://given redis://given\n"
    assert kept.stat().st_mode & 0o077 == 0
    assert f". {kept}; script/chargehand" in server.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_process(
    start_server: StartServer, tmp_path: Path, number: signal.Signals
) -> None:
    server = start_server()
    wait_until((tmp_path / "ready").exists)

    server.process.send_signal(number)

    assert server.process.wait(DEADLINE_SECONDS) == 128 + number
    assert server.everything_ended()


def test_a_signal_during_the_release_is_heard(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(release=f"touch {tmp_path}/releasing; exec sleep 600")
    wait_until((tmp_path / "releasing").exists)

    server.process.terminate()

    assert server.process.wait(DEADLINE_SECONDS) == 128 + signal.SIGTERM


def test_a_release_that_fails_starts_nothing(start_server: StartServer) -> None:
    server = start_server(release="exit 3")

    code = server.process.wait(DEADLINE_SECONDS)

    assert code == 1
    assert "The migrations failed" in server.said()
    assert server.pids() == []


def test_a_server_killed_outright_leaves_nothing_running(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    wait_until((tmp_path / "ready").exists)

    server.process.kill()

    wait_until(server.everything_ended)


def test_a_process_that_ends_by_itself_ends_all_and_is_named_with_its_last_words(
    start_server: StartServer,
) -> None:
    server = start_server("echo these are my last words; exit 7")

    code = server.process.wait(DEADLINE_SECONDS)

    verdict = server.said().split("\n\n")[-1]
    assert code == 1
    assert verdict.startswith("other ended by itself")
    assert "these are my last words" in verdict
    assert server.everything_ended()


def test_generated_keys_survive_a_restart(start_server: StartServer, tmp_path: Path) -> None:
    secrets = []
    for _ in range(2):
        server = start_server()
        wait_until((tmp_path / "ready").exists)
        secrets.append(json.loads((tmp_path / "ready").read_text())["JWT_SECRET"])
        server.process.terminate()
        server.process.wait(DEADLINE_SECONDS)
        (tmp_path / "ready").unlink()

    assert secrets[0] == secrets[1]


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
